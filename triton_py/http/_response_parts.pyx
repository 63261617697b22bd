# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the answers of infer and generate have in common: parameters and sizes of outputs."""

from libc.math cimport isfinite
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport strcmp, strlen

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceResponseDelete,
    TRITONSERVER_InferenceResponseParameter,
)
from triton_py.abi.types cimport (
    TRITONSERVER_PARAMETER_BOOL,
    TRITONSERVER_PARAMETER_DOUBLE,
    TRITONSERVER_PARAMETER_INT,
    TRITONSERVER_PARAMETER_STRING,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_ParameterType,
)
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport Buf, buf_char, buf_text
from triton_py.http._exchange cimport fault_from
from triton_py.http._json_writer cimport put_double, put_int, put_string


cdef enum:
    ACCOUNT_ROOM = 1200     # the core's text is shorter than 1024


cdef void _put_account(Buf* out, const char* text, int64_t copied) noexcept nogil:
    """The core's account, a JSON object, with what this front end knows in addition."""
    cdef char whole[ACCOUNT_ROOM]
    cdef int size = snprintf(whole, ACCOUNT_ROOM, b'%.*s, "output_copied_bytes": %lld}',
                             <int> strlen(text) - 1, text, <long long> copied)
    put_string(out, whole, <size_t> size)


cdef int put_parameter(Buf* out, TRITONSERVER_InferenceResponse* response, uint32_t index,
                       int64_t copied, Fault* fault) noexcept nogil:
    cdef const char* name
    cdef const char* text
    cdef TRITONSERVER_ParameterType kind
    cdef const void* value
    cdef double real
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceResponseParameter(response, index, &name, &kind, &value)
    if error != NULL:
        return fault_from(fault, error)
    put_string(out, name, strlen(name))
    buf_char(out, c':')
    if kind == TRITONSERVER_PARAMETER_STRING:
        text = <const char*> value
        if copied >= 0 and text[0] == c'{' and strcmp(name, b"triton_account") == 0:
            _put_account(out, text, copied)
        else:
            put_string(out, text, strlen(text))
    elif kind == TRITONSERVER_PARAMETER_INT:
        put_int(out, (<const int64_t*> value)[0])
    elif kind == TRITONSERVER_PARAMETER_BOOL:
        if (<const unsigned char*> value)[0]:
            buf_text(out, b"true")
        else:
            buf_text(out, b"false")
    elif kind == TRITONSERVER_PARAMETER_DOUBLE:
        real = (<const double*> value)[0]
        if not isfinite(real):
            return fault_set(fault, 500, "response parameter '%s' is not a finite number, "
                             "which JSON can't express", name)
        put_double(out, real)
    else:
        return fault_set(fault, 501, "Response parameter of type "
                         "'TRITONSERVER_PARAMETER_BYTES' is not currently supported")
    return 0


cdef int element_count(const char* name, const int64_t* shape, uint64_t dims, uint64_t* count,
                       Fault* fault) noexcept nogil:
    cdef uint64_t i
    count[0] = 1
    for i in range(dims):
        if shape[i] < 0:
            return fault_set(fault, 500, "output '%s' has a negative dimension", name)
        if shape[i] != 0 and count[0] > (<uint64_t> 1 << 62) // <uint64_t> shape[i]:
            return fault_set(fault, 500, "the shape of output '%s' overflows", name)
        count[0] *= <uint64_t> shape[i]
    return 0


cdef void response_delete(TRITONSERVER_InferenceResponse* response) noexcept nogil:
    cdef TRITONSERVER_Error* error
    if response == NULL:
        return
    error = TRITONSERVER_InferenceResponseDelete(response)
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)
