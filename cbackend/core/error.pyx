# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Error objects and the one funnel in each direction between C errors and Python exceptions."""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strlen

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_ALREADY_EXISTS,
    TRITONSERVER_ERROR_CANCELLED,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_ERROR_NOT_FOUND,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_ERROR_UNKNOWN,
    TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
)
from triton_py.core.counters cimport LIVE_ERROR, live
from triton_py.core.text cimport Text, text_add, text_init, text_str

from triton_py.errors import TritonError, error_from_code


cdef struct Error:
    TRITONSERVER_Error_Code code
    bint static_storage
    size_t length
    char* message  # points behind the struct, in the same allocation


# Handed out when there is no memory for a real one.
cdef Error _out_of_memory
_out_of_memory.code = TRITONSERVER_ERROR_INTERNAL
_out_of_memory.static_storage = True
_out_of_memory.message = <char*>b"out of memory"
_out_of_memory.length = 13

cdef Error _misuse
_misuse.code = TRITONSERVER_ERROR_INVALID_ARG
_misuse.static_storage = True
_misuse.message = <char*>b"not a live inference response"
_misuse.length = 29


cdef TRITONSERVER_Error* error_static_misuse() noexcept nogil:
    return <TRITONSERVER_Error*>&_misuse


cdef TRITONSERVER_Error* error_new(TRITONSERVER_Error_Code code, const char* msg) noexcept nogil:
    cdef const char* text = b""
    cdef size_t length
    cdef Error* error
    if msg != NULL:
        text = msg
    length = strlen(text)
    error = <Error*>malloc(sizeof(Error) + length + 1)
    if error == NULL:
        return <TRITONSERVER_Error*>&_out_of_memory
    error.code = code
    error.static_storage = False
    error.length = length
    error.message = <char*>error + sizeof(Error)
    memcpy(error.message, text, length + 1)
    live(LIVE_ERROR, 1)
    return <TRITONSERVER_Error*>error


cdef TRITONSERVER_Error* error_null(const char* function, const char* what) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, function)
    text_add(&text, b": ")
    text_add(&text, what)
    text_add(&text, b" must not be null")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* error_clone(TRITONSERVER_Error* error) noexcept nogil:
    if error == NULL:
        return NULL
    return error_new((<Error*>error).code, (<Error*>error).message)


cdef void error_free(TRITONSERVER_Error* error) noexcept nogil:
    if error == NULL or (<Error*>error).static_storage:
        return
    live(LIVE_ERROR, -1)
    free(error)


cdef TRITONSERVER_Error_Code error_code(TRITONSERVER_Error* error) noexcept nogil:
    return (<Error*>error).code


cdef const char* error_message(TRITONSERVER_Error* error) noexcept nogil:
    return (<Error*>error).message


cdef int _raise(TRITONSERVER_Error* error) except -1:
    code = <int>(<Error*>error).code
    message = (<Error*>error).message[:(<Error*>error).length].decode("utf-8", "replace")
    error_free(error)
    raise error_from_code(code, message)


cdef int check(TRITONSERVER_Error* error) except -1 nogil:
    if error == NULL:
        return 0
    with gil:
        _raise(error)


cdef TRITONSERVER_Error* error_from_exception(object exception) noexcept:
    cdef int code = TRITONSERVER_ERROR_INTERNAL
    try:
        if isinstance(exception, TritonError):
            code = exception.code
            message = str(exception)
        elif isinstance(exception, MemoryError):
            message = "out of memory"
        else:
            message = f"{type(exception).__name__}: {exception}"
        encoded = message.encode("utf-8", "replace")
        return error_new(<TRITONSERVER_Error_Code>code, encoded)
    except BaseException as problem:  # a __str__ that raises must not lose the error
        encoded = f"{type(exception).__name__} ({type(problem).__name__} in its text)".encode()
        return error_new(TRITONSERVER_ERROR_INTERNAL, encoded)


cdef public TRITONSERVER_Error* TRITONSERVER_ErrorNew(
    TRITONSERVER_Error_Code code, const char* msg
) noexcept nogil:
    return error_new(code, msg)


cdef public void TRITONSERVER_ErrorDelete(TRITONSERVER_Error* error) noexcept nogil:
    error_free(error)


cdef public TRITONSERVER_Error_Code TRITONSERVER_ErrorCode(
    TRITONSERVER_Error* error
) noexcept nogil:
    if error == NULL:
        return TRITONSERVER_ERROR_UNKNOWN
    return (<Error*>error).code


cdef public const char* TRITONSERVER_ErrorCodeString(TRITONSERVER_Error* error) noexcept nogil:
    cdef TRITONSERVER_Error_Code code = TRITONSERVER_ErrorCode(error)
    if code == TRITONSERVER_ERROR_UNKNOWN:
        return b"Unknown"
    if code == TRITONSERVER_ERROR_INTERNAL:
        return b"Internal"
    if code == TRITONSERVER_ERROR_NOT_FOUND:
        return b"Not found"
    if code == TRITONSERVER_ERROR_INVALID_ARG:
        return b"Invalid argument"
    if code == TRITONSERVER_ERROR_UNAVAILABLE:
        return b"Unavailable"
    if code == TRITONSERVER_ERROR_UNSUPPORTED:
        return b"Unsupported"
    if code == TRITONSERVER_ERROR_ALREADY_EXISTS:
        return b"Already exists"
    if code == TRITONSERVER_ERROR_CANCELLED:
        return b"Cancelled"
    return b"<invalid code>"


cdef public const char* TRITONSERVER_ErrorMessage(TRITONSERVER_Error* error) noexcept nogil:
    if error == NULL:
        return b""
    return (<Error*>error).message
