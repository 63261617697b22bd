# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Messages on their way out, and the decision which tensors are copied into them."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceResponseDelete,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceResponse,
)
from triton_py.frontend._backlog cimport (
    Backlog,
    backlog_add,
    backlog_drop,
    backlog_hold,
    backlog_overflows,
)
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, atomic_add
from triton_py.grpc._encode cimport message_size, put_before_data, put_data_head

cdef enum:
    JOIN_BELOW = 32768      # messages up to this size are one segment
    BORROW_FROM = 8192      # in larger ones, outputs from this size on are not copied


cdef void put_prefix(uint8_t *to, bint compressed, size_t size) noexcept nogil:
    to[0] = compressed
    to[1] = <uint8_t>(size >> 24)
    to[2] = <uint8_t>(size >> 16)
    to[3] = <uint8_t>(size >> 8)
    to[4] = <uint8_t>size


cdef Outgoing *_new(uint32_t segments, size_t inline_size) noexcept nogil:
    cdef Outgoing *message = <Outgoing *>malloc(
        sizeof(Outgoing) + segments * sizeof(Segment) + inline_size)
    if message == NULL:
        return NULL
    message.refs = 1
    message.next = NULL
    message.left = 0
    message.index = 0
    message.offset = 0
    message.response = NULL
    message.owner = NULL
    message.backlog = NULL
    message.counted = 0
    message.count = segments
    message.segments = <Segment *>(message + 1)
    return message


cdef void _delete(TRITONSERVER_InferenceResponse *response) noexcept nogil:
    cdef TRITONSERVER_Error *error = TRITONSERVER_InferenceResponseDelete(response)
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef Outgoing *outgoing_response(TRITONSERVER_InferenceResponse *response, ResponseParts &parts,
                                 bint stream, View error, size_t limit, Fault *fault
                                 ) noexcept nogil:
    cdef uint64_t size = message_size(parts, stream, error)
    cdef uint64_t inline_size = size + PREFIX
    cdef uint32_t segments = 1
    cdef bint join = size <= JOIN_BELOW
    cdef Outgoing *message
    cdef Segment *segment
    cdef uint8_t *at
    cdef size_t i
    if size > limit:
        fault_set(fault, <int>TRITONSERVER_ERROR_INTERNAL + 1,
                  "Response has byte size %llu which exceeds gRPC's byte size limit %llu.",
                  <unsigned long long>size, <unsigned long long>limit)
        return NULL
    if not join:
        for i in range(parts.outputs.size()):
            if parts.outputs[i].data.size >= BORROW_FROM:
                inline_size -= parts.outputs[i].data.size
                segments += 2
    message = _new(segments, inline_size)
    if message == NULL:
        fault_set(fault, <int>TRITONSERVER_ERROR_UNAVAILABLE + 1, "no memory for the response")
        return NULL
    at = <uint8_t *>(message.segments + segments)
    segment = message.segments
    segment.at = <const char *>at
    put_prefix(at, False, size)
    at = put_before_data(at + PREFIX, parts, stream, error)
    for i in range(parts.outputs.size()):
        at = put_data_head(at, &parts.outputs[i])
        if not join and parts.outputs[i].data.size >= BORROW_FROM:
            segment.size = <const char *>at - segment.at
            segment += 1
            segment.at = parts.outputs[i].data.data
            segment.size = parts.outputs[i].data.size
            segment += 1
            segment.at = <const char *>at
        elif parts.outputs[i].data.size:
            memcpy(at, parts.outputs[i].data.data, parts.outputs[i].data.size)
            at += parts.outputs[i].data.size
    segment.size = <const char *>at - segment.at
    message.left = size + PREFIX
    if segments > 1:
        message.response = response
    else:
        _delete(response)
    return message


cdef uint64_t outgoing_copies(ResponseParts &parts) noexcept nogil:
    cdef uint64_t copied = 0
    cdef View nothing
    cdef size_t i
    nothing.data = NULL
    nothing.size = 0
    cdef bint join = message_size(parts, False, nothing) <= JOIN_BELOW
    for i in range(parts.outputs.size()):
        if join or parts.outputs[i].data.size < BORROW_FROM:
            copied += parts.outputs[i].data.size
    return copied


cdef Outgoing *outgoing_bytes(bytes message, bint compressed) except NULL:
    cdef size_t size = <size_t>PyBytes_GET_SIZE(message)
    cdef bint join = size <= JOIN_BELOW
    cdef Outgoing *out = _new(1 if join else 2, PREFIX + (size if join else 0))
    cdef uint8_t *at
    if out == NULL:
        raise MemoryError("no memory for a message")
    at = <uint8_t *>(out.segments + out.count)
    put_prefix(at, compressed, size)
    out.segments[0].at = <const char *>at
    out.segments[0].size = PREFIX
    if join:
        memcpy(at + PREFIX, PyBytes_AS_STRING(message), size)
        out.segments[0].size += size
    else:
        out.segments[1].at = PyBytes_AS_STRING(message)
        out.segments[1].size = size
        Py_INCREF(message)
        out.owner = <PyObject *>message
    out.left = size + PREFIX
    return out


cdef bint outgoing_count(Outgoing *message, Backlog *backlog, bint bounded) noexcept nogil:
    if message.backlog != NULL:
        return False
    if not bounded:
        backlog_add(backlog, <int64_t>message.left)
    elif backlog_overflows(backlog, <int64_t>message.left):
        return True
    message.counted = message.left
    message.backlog = backlog_hold(backlog)
    return False


cdef void outgoing_uncount(Outgoing *message) noexcept nogil:
    if message.backlog == NULL:
        return
    backlog_add(message.backlog, -<int64_t>message.counted)
    backlog_drop(message.backlog)
    message.backlog = NULL


cdef void outgoing_drop(Outgoing *message) noexcept nogil:
    if message == NULL or atomic_add(&message.refs, -1, ATOMIC_ACQ_REL) != 0:
        return
    outgoing_uncount(message)
    if message.response != NULL:
        _delete(message.response)
    if message.owner != NULL:
        with gil:
            Py_DECREF(<object>message.owner)
    free(message)


cdef bytes outgoing_joined(Outgoing *message):
    cdef bytes whole = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(message.left - PREFIX))
    cdef char *to = PyBytes_AS_STRING(whole)
    cdef size_t skip = PREFIX
    cdef uint32_t i
    for i in range(message.count):
        memcpy(to, message.segments[i].at + skip, message.segments[i].size - skip)
        to += message.segments[i].size - skip
        skip = 0
    return whole
