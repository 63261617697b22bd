# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_Message (see message.pxd)."""

import json

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_Error,
    TRITONSERVER_Message,
)
from triton_py.core.counters cimport LIVE_MESSAGE, live
from triton_py.core.error cimport error_from_exception, error_new, error_null


cdef struct Message:
    size_t size
    char* text  # behind the struct


cdef TRITONSERVER_Error* message_new(
    TRITONSERVER_Message** message, const char* base, size_t byte_size
) noexcept nogil:
    cdef Message* m = <Message*>malloc(sizeof(Message) + byte_size + 1)
    if m == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a message")
    m.size = byte_size
    m.text = <char*>m + sizeof(Message)
    if byte_size:
        memcpy(m.text, base, byte_size)
    m.text[byte_size] = 0
    live(LIVE_MESSAGE, 1)
    message[0] = <TRITONSERVER_Message*>m
    return NULL


cdef const char* message_text(TRITONSERVER_Message* message) noexcept nogil:
    return (<Message*>message).text


cdef size_t message_size(TRITONSERVER_Message* message) noexcept nogil:
    return (<Message*>message).size


cdef void message_free(TRITONSERVER_Message* message) noexcept nogil:
    if message != NULL:
        live(LIVE_MESSAGE, -1)
        free(message)


cdef TRITONSERVER_Error* message_from_python(
    TRITONSERVER_Message** message, object value
) noexcept:
    try:
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        data = text.encode("utf-8", "surrogateescape")
        return message_new(message, data, len(data))
    except BaseException as problem:
        return error_from_exception(problem)


cdef bint _is_json(const char* base, size_t byte_size) noexcept with gil:
    try:
        json.loads(base[:byte_size])
    except (ValueError, RecursionError):
        return False
    return True


cdef public TRITONSERVER_Error* TRITONSERVER_MessageNewFromSerializedJson(
    TRITONSERVER_Message** message, const char* base, size_t byte_size
) noexcept nogil:
    if message == NULL or base == NULL:
        return error_null(b"TRITONSERVER_MessageNewFromSerializedJson", b"message and base")
    if not _is_json(base, byte_size):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"failed to parse the message: the text is not valid JSON")
    return message_new(message, base, byte_size)


cdef public TRITONSERVER_Error* TRITONSERVER_MessageDelete(
    TRITONSERVER_Message* message
) noexcept nogil:
    message_free(message)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MessageSerializeToJson(
    TRITONSERVER_Message* message, const char** base, size_t* byte_size
) noexcept nogil:
    if message == NULL or base == NULL or byte_size == NULL:
        return error_null(b"TRITONSERVER_MessageSerializeToJson", b"message, base and byte_size")
    base[0] = (<Message*>message).text
    byte_size[0] = (<Message*>message).size
    return NULL
