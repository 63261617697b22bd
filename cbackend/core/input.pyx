# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Inputs as the backend sees them: TRITONBACKEND_RequestInput* and TRITONBACKEND_Input*."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport strcmp

from triton_py.abi.types cimport *
from triton_py.core.error cimport error_new, error_null
from triton_py.core.native cimport tp_load
from triton_py.core.objects cimport (
    INPUT_MAGIC,
    REQUEST_EXAMINED,
    REQUEST_EXECUTING,
    REQUEST_MAGIC,
    Input,
    Piece,
    Request,
)
from triton_py.core.request cimport request_input, request_to_read
from triton_py.core.request_backend cimport request_bounds
from triton_py.core.slab cimport slot_alive
from triton_py.core.text cimport Text, text_add, text_init, text_str


cdef inline Input* _nth(Request* r, uint32_t index) noexcept nogil:
    """The client's inputs come first, then those that the sequence batcher added."""
    return &r.inputs[index] if index < r.input_count else &r.extra[index - r.input_count]


cdef Input* _named(Request* r, const char* name) noexcept nogil:
    cdef uint32_t i
    for i in range(r.extra_count):
        if strcmp(r.extra[i].name, name) == 0:
            return &r.extra[i]
    return request_input(r, name)


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestInputCount(
    TRITONBACKEND_Request* request, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestInputCount", request, &error)
    if r == NULL:
        return error
    if count == NULL:
        return error_null(b"TRITONBACKEND_RequestInputCount", b"count")
    count[0] = r.input_count + r.extra_count
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestInputName(
    TRITONBACKEND_Request* request, const uint32_t index, const char** input_name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestInputName", request, &error)
    if r == NULL:
        return error
    if input_name == NULL:
        return error_null(b"TRITONBACKEND_RequestInputName", b"input_name")
    input_name[0] = NULL
    if index >= r.input_count + r.extra_count:
        return request_bounds(b"TRITONBACKEND_RequestInputName", b"input")
    input_name[0] = _nth(r, index).name
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestInput(
    TRITONBACKEND_Request* request, const char* name, TRITONBACKEND_Input** input
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Text text
    cdef Input* it
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestInput", request, &error)
    if r == NULL:
        return error
    if name == NULL or input == NULL:
        return error_null(b"TRITONBACKEND_RequestInput", b"name and input")
    it = _named(r, name)
    input[0] = <TRITONBACKEND_Input*>it
    if it == NULL:
        text_init(&text)
        text_add(&text, b"unknown request input name ")
        text_add(&text, name)
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestInputByIndex(
    TRITONBACKEND_Request* request, const uint32_t index, TRITONBACKEND_Input** input
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestInputByIndex", request, &error)
    if r == NULL:
        return error
    if input == NULL:
        return error_null(b"TRITONBACKEND_RequestInputByIndex", b"input")
    input[0] = NULL
    if index >= r.input_count + r.extra_count:
        return request_bounds(b"TRITONBACKEND_RequestInputByIndex", b"input")
    input[0] = <TRITONBACKEND_Input*>_nth(r, index)
    return NULL


cdef Input* _input(
    const char* function, TRITONBACKEND_Input* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Input* it = <Input*>handle
    if handle == NULL:
        error[0] = error_null(function, b"input")
        return NULL
    error[0] = NULL
    if (it.magic != INPUT_MAGIC or not slot_alive(it.request, REQUEST_MAGIC)
            or (tp_load(&it.request.state) != REQUEST_EXECUTING
                and tp_load(&it.request.state) != REQUEST_EXAMINED)):
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG,
                             b"not an input of a request that the backend owns")
        return NULL
    return it


cdef bint _belongs(Piece* piece, const char* policy) noexcept nogil:
    if policy == NULL:
        return piece.host_policy == NULL
    return piece.host_policy != NULL and strcmp(piece.host_policy, policy) == 0


cdef bint _has_policy(Input* it, const char* policy) noexcept nogil:
    cdef uint32_t i
    if policy != NULL:
        for i in range(it.piece_count):
            if _belongs(&it.pieces[i], policy):
                return True
    return False


cdef Piece* _piece(Input* it, const char* policy, uint32_t index) noexcept nogil:
    cdef uint32_t i
    for i in range(it.piece_count):
        if _belongs(&it.pieces[i], policy):
            if index == 0:
                return &it.pieces[i]
            index -= 1
    return NULL


cdef TRITONSERVER_Error* _properties(
    Input* it, const char* policy, const char** name, TRITONSERVER_DataType* datatype,
    const int64_t** shape, uint32_t* dims_count, uint64_t* byte_size, uint32_t* buffer_count
) noexcept nogil:
    cdef uint32_t i
    cdef uint32_t count = 0
    cdef uint64_t total = 0
    # Data that was given for one policy only is for that policy; all others share the default.
    if not _has_policy(it, policy):
        policy = NULL
    for i in range(it.piece_count):
        if _belongs(&it.pieces[i], policy):
            count += 1
            total += it.pieces[i].attributes.byte_size
    if name != NULL:
        name[0] = it.name
    if datatype != NULL:
        datatype[0] = it.datatype
    if shape != NULL:
        shape[0] = it.model_shape
    if dims_count != NULL:
        dims_count[0] = it.model_rank
    if byte_size != NULL:
        byte_size[0] = total
    if buffer_count != NULL:
        buffer_count[0] = count
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_InputProperties(
    TRITONBACKEND_Input* input, const char** name, TRITONSERVER_DataType* datatype,
    const int64_t** shape, uint32_t* dims_count, uint64_t* byte_size, uint32_t* buffer_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it = _input(b"TRITONBACKEND_InputProperties", input, &error)
    if it == NULL:
        return error
    return _properties(it, NULL, name, datatype, shape, dims_count, byte_size, buffer_count)


cdef public TRITONSERVER_Error* TRITONBACKEND_InputPropertiesForHostPolicy(
    TRITONBACKEND_Input* input, const char* host_policy_name, const char** name,
    TRITONSERVER_DataType* datatype, const int64_t** shape, uint32_t* dims_count,
    uint64_t* byte_size, uint32_t* buffer_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it = _input(b"TRITONBACKEND_InputPropertiesForHostPolicy", input, &error)
    if it == NULL:
        return error
    return _properties(it, host_policy_name, name, datatype, shape, dims_count, byte_size,
                       buffer_count)


cdef TRITONSERVER_Error* _buffer(
    Input* it, const char* policy, uint32_t index, const void** buffer,
    uint64_t* buffer_byte_size, TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id
) noexcept nogil:
    cdef Piece* piece
    if buffer == NULL or buffer_byte_size == NULL or memory_type == NULL or memory_type_id == NULL:
        return error_null(b"TRITONBACKEND_InputBuffer", b"every out parameter")
    if not _has_policy(it, policy):
        policy = NULL
    piece = _piece(it, policy, index)
    if piece == NULL:
        buffer[0] = NULL
        buffer_byte_size[0] = 0
        return request_bounds(b"TRITONBACKEND_InputBuffer", b"buffer")
    buffer[0] = piece.base
    buffer_byte_size[0] = piece.attributes.byte_size
    # The backend's wish is overwritten: the data is where the client put it.
    memory_type[0] = piece.attributes.memory_type
    memory_type_id[0] = piece.attributes.memory_type_id
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_InputBuffer(
    TRITONBACKEND_Input* input, const uint32_t index, const void** buffer,
    uint64_t* buffer_byte_size, TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it = _input(b"TRITONBACKEND_InputBuffer", input, &error)
    if it == NULL:
        return error
    return _buffer(it, NULL, index, buffer, buffer_byte_size, memory_type, memory_type_id)


cdef public TRITONSERVER_Error* TRITONBACKEND_InputBufferForHostPolicy(
    TRITONBACKEND_Input* input, const char* host_policy_name, const uint32_t index,
    const void** buffer, uint64_t* buffer_byte_size, TRITONSERVER_MemoryType* memory_type,
    int64_t* memory_type_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it = _input(b"TRITONBACKEND_InputBufferForHostPolicy", input, &error)
    if it == NULL:
        return error
    return _buffer(it, host_policy_name, index, buffer, buffer_byte_size, memory_type,
                   memory_type_id)


cdef public TRITONSERVER_Error* TRITONBACKEND_InputBufferAttributes(
    TRITONBACKEND_Input* input, const uint32_t index, const void** buffer,
    TRITONSERVER_BufferAttributes** buffer_attributes
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Piece* piece
    cdef Input* it = _input(b"TRITONBACKEND_InputBufferAttributes", input, &error)
    if it == NULL:
        return error
    if buffer == NULL or buffer_attributes == NULL:
        return error_null(b"TRITONBACKEND_InputBufferAttributes", b"buffer and buffer_attributes")
    piece = _piece(it, NULL, index)
    if piece == NULL:
        buffer[0] = NULL
        buffer_attributes[0] = NULL
        return request_bounds(b"TRITONBACKEND_InputBufferAttributes", b"buffer")
    buffer[0] = piece.base
    buffer_attributes[0] = <TRITONSERVER_BufferAttributes*>&piece.attributes
    return NULL
