# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONBACKEND_State*: implicit state of sequences.

State belongs to a sequence, and the control plane refuses models with sequence batching until
there is a sequence batcher. So every request is one without state, and these functions answer
what Triton answers for those.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport (
    TRITONBACKEND_Request,
    TRITONBACKEND_State,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_BufferAttributes,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
)
from triton_py.core.error cimport error_new, error_null
from triton_py.core.objects cimport Request
from triton_py.core.request cimport request_of_backend
from triton_py.core.text cimport Text, text_add, text_init, text_str


cdef public TRITONSERVER_Error* TRITONBACKEND_StateNew(
    TRITONBACKEND_State** state, TRITONBACKEND_Request* request, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, const uint32_t dims_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Text text
    cdef Request* r = request_of_backend(b"TRITONBACKEND_StateNew", request, &error)
    if r == NULL:
        return error
    if state == NULL or name == NULL:
        return error_null(b"TRITONBACKEND_StateNew", b"state and name")
    state[0] = NULL
    text_init(&text)
    text_add(&text, b"unable to add state '")
    text_add(&text, name)
    text_add(&text, b"'. State configuration is missing for model '")
    text_add(&text, r.model.name)
    text_add(&text, b"'.")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* _no_state(const char* function) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, function)
    text_add(&text, b": not a state: no request of this server has one")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef public TRITONSERVER_Error* TRITONBACKEND_StateUpdate(
    TRITONBACKEND_State* state
) noexcept nogil:
    return _no_state(b"TRITONBACKEND_StateUpdate")


cdef public TRITONSERVER_Error* TRITONBACKEND_StateBuffer(
    TRITONBACKEND_State* state, void** buffer, const uint64_t buffer_byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id
) noexcept nogil:
    return _no_state(b"TRITONBACKEND_StateBuffer")


cdef public TRITONSERVER_Error* TRITONBACKEND_StateBufferAttributes(
    TRITONBACKEND_State* state, TRITONSERVER_BufferAttributes** buffer_attributes
) noexcept nogil:
    return _no_state(b"TRITONBACKEND_StateBufferAttributes")
