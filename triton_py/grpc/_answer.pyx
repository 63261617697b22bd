# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a call's client gets, as fields and as data that nghttp2 asks for when it may be sent.

Small pieces of data are copied behind their frames' heads into one buffer; large ones are handed to
the transport where they lie, in views that keep their message alive.
"""

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.stdio cimport snprintf
from libc.stdlib cimport atoi
from libc.string cimport memcpy, strlen

from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, arena_take, atomic_add, buf_put
from triton_py.grpc._call cimport (
    CODING_GZIP,
    Call,
    Coding,
    call_cancel,
    call_pop,
    call_push,
)
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._context cimport CallContext
from triton_py.grpc._nghttp2 cimport (
    DATA_FLAG_EOF,
    DATA_FLAG_NO_COPY,
    DATA_FLAG_NO_END_STREAM,
    ERR_CALLBACK_FAILURE,
    ERR_DEFERRED,
    ERR_WOULDBLOCK,
    NV_FLAG_NO_COPY_NAME,
    NV_FLAG_NO_COPY_VALUE,
    NV_FLAG_NO_INDEX,
    DataProvider,
    DataSource,
    Frame,
    Nv,
    Session,
)
from triton_py.grpc._outgoing cimport Outgoing, Segment, outgoing_drop

import logging

from triton_py.grpc.status import as_triton_error, clip, encode_details, status_of

logger = logging.getLogger("triton_py.grpc")

cdef enum:
    SEND_AT_ONCE = 512 * 1024       # what is pulled from the session before the transport gets it
    COPY_BELOW = 8192               # pieces of a message that are copied behind their frame's head
    LARGEST_FRAME = 256 * 1024


# --- header fields ---------------------------------------------------------------------------

# The texts are static, so nghttp2 need not copy them.
cdef enum:
    STATIC = NV_FLAG_NO_COPY_NAME | NV_FLAG_NO_COPY_VALUE


cdef inline Nv _field(const char* name, const char* value) noexcept:
    cdef Nv out
    out.name = <const uint8_t*> name
    out.name_size = strlen(name)
    out.value = <const uint8_t*> value
    out.value_size = strlen(value)
    out.flags = STATIC
    return out


cdef Nv[5] HEADER
HEADER[0] = _field(b":status", b"200")
HEADER[1] = _field(b"content-type", b"application/grpc")
HEADER[2] = _field(b"grpc-accept-encoding", b"identity, deflate, gzip")
HEADER[3] = _field(b"grpc-encoding", b"gzip")
HEADER[4] = _field(b"grpc-encoding", b"deflate")
cdef Nv OK = _field(b"grpc-status", b"0")


cdef int _status_fields(Call* call, Nv* to, char* digits) noexcept:
    """The trailers; returns how many. ``digits`` is room for 12, which they borrow."""
    if call.status == STATUS_OK:
        to[0] = OK
        return 1
    snprintf(digits, 12, b"%d", call.status)
    to[0] = _field(b"grpc-status", digits)
    to[0].flags = NV_FLAG_NO_COPY_NAME
    if call.details == NULL:
        return 1
    to[1] = _field(b"grpc-message", b"")
    to[1].value = <const uint8_t*> call.details
    to[1].value_size = call.details_size
    to[1].flags = NV_FLAG_NO_COPY_NAME
    return 2


cdef void _unindexed(Nv* fields, size_t count) noexcept:
    """The client does not get these: they must change nothing in the tables of compression."""
    cdef size_t i
    for i in range(count):
        fields[i].flags |= NV_FLAG_NO_INDEX


cdef int _submit_header(Connection connection, Call* call) except -1:
    cdef DataProvider provider
    cdef Nv fields[4]
    cdef size_t count = 3
    cdef Coding coding = connection.endpoint.coding
    provider.source.ptr = call
    provider.read = _read
    fields[0] = HEADER[0]
    fields[1] = HEADER[1]
    fields[2] = HEADER[2]
    if coding & call.accept:
        fields[3] = HEADER[3] if coding == CODING_GZIP else HEADER[4]
        count = 4
    if connection.discarded:
        _unindexed(fields, count)
    call.responded = True
    # An error means that the stream is closing: nobody wants the answer any more.
    connection.h2.submit_response(connection.session, call.stream_id, fields, count, &provider)
    return 0


cdef void _resume(Connection connection, Call* call) noexcept:
    if call.waiting:
        call.waiting = False
        connection.h2.session_resume_data(connection.session, call.stream_id)


# --- answering -------------------------------------------------------------------------------


cdef int answer_message(Connection connection, Call* call, Outgoing* message) except -1:
    if call.ended or connection.session == NULL:
        outgoing_drop(message)
        return 0
    if call.stalled_since == 0:
        call.stalled_since = connection.endpoint.now()
    call_push(call, message)
    if not call.responded:
        _submit_header(connection, call)
    else:
        _resume(connection, call)
    return 0


cdef int answer_status(Connection connection, Call* call, int status, object text) except -1:
    cdef Nv fields[6]
    cdef char digits[12]
    cdef bytes details
    cdef char* copy
    cdef int count
    if call.ended or connection.session == NULL:
        return 0
    call.ended = True
    call.status = status
    if text:
        details = encode_details(clip(text))
        copy = <char*> arena_take(&call.arena, PyBytes_GET_SIZE(details) + 1)
        if copy != NULL:
            memcpy(copy, PyBytes_AS_STRING(details), PyBytes_GET_SIZE(details))
            call.details = copy
            call.details_size = <size_t> PyBytes_GET_SIZE(details)
    if call.in_flight:
        with nogil:
            call_cancel(call)
    if call.responded:
        _resume(connection, call)
    elif call.outgoing != NULL or status == STATUS_OK:
        _submit_header(connection, call)
    else:
        fields[0] = HEADER[0]
        fields[1] = HEADER[1]
        fields[2] = HEADER[2]
        count = 3 + _status_fields(call, &fields[3], digits)
        call.responded = True
        connection.h2.submit_response(connection.session, call.stream_id, fields, count, NULL)
    return 0


cdef int answer_error(Connection connection, Call* call, object error) except -1:
    known = as_triton_error(error)
    return answer_status(connection, call, status_of(known).value[0], known.message)


cdef int answer_http(Connection connection, Call* call, const char* status) except -1:
    cdef Nv field = _field(b":status", status)
    call.http_status = atoi(status)
    call.ended = True
    call.responded = True
    connection.h2.submit_response(connection.session, call.stream_id, &field, 1, NULL)
    return 0


# --- data ------------------------------------------------------------------------------------


cdef ssize_t _read(Session* session, int32_t stream_id, uint8_t* buffer, size_t size,
                   uint32_t* flags, DataSource* source, void* user) noexcept:
    """How many bytes the next DATA frame may carry; they are written by on_send_data."""
    cdef Connection connection = <Connection> user
    cdef Call* call = <Call*> source.ptr
    cdef Outgoing* message = call.outgoing
    cdef Nv fields[2]
    cdef char digits[12]
    cdef bint last
    cdef int count
    if message == NULL and not call.ended:
        call.waiting = True
        return ERR_DEFERRED
    last = call.ended and (message == NULL or (message.next == NULL and message.left <= size))
    if last:
        flags[0] = DATA_FLAG_EOF | DATA_FLAG_NO_END_STREAM
        count = _status_fields(call, fields, digits)
        if connection.discarded:
            _unindexed(fields, <size_t> count)
        connection.h2.submit_trailer(session, stream_id, fields, count)
    if message == NULL:
        return 0
    flags[0] |= DATA_FLAG_NO_COPY
    return <ssize_t> min(size, message.left)


cdef ssize_t on_read_length(Session* session, uint8_t frame_type, int32_t stream_id,
                            int32_t session_window, int32_t stream_window,
                            uint32_t max_frame_size, void* user) noexcept:
    return max(1, min(min(session_window, stream_window),
                      <int32_t> min(max_frame_size, <uint32_t> LARGEST_FRAME)))


cdef class PieceView:
    """A piece of a message, which lives as long as this object."""

    cdef Outgoing* message
    cdef const char* at
    cdef Py_ssize_t size

    def __dealloc__(self):
        outgoing_drop(self.message)

    def __getbuffer__(self, Py_buffer* view, int flags):
        if flags & PyBUF_WRITABLE == PyBUF_WRITABLE:
            raise BufferError("a piece of a message is read-only")
        PyBuffer_FillInfo(view, self, <void*> self.at, self.size, 1, flags)

    def __len__(self):
        return self.size


cdef int _add_view(Connection connection, Outgoing* message, const char* at, size_t size
                   ) except -1:
    cdef PieceView view
    if connection.out.size:
        connection.parts.append(PyBytes_FromStringAndSize(
            connection.out.data, <Py_ssize_t> connection.out.size))
        connection.out.size = 0
    view = PieceView.__new__(PieceView)
    atomic_add(&message.refs, 1, ATOMIC_ACQ_REL)
    view.message = message
    view.at = at
    view.size = <Py_ssize_t> size
    connection.parts.append(memoryview(view))
    return 0


cdef int _copy_or_show(Connection connection, Outgoing* message, size_t size) except -1:
    cdef Segment* segment
    cdef size_t part
    while size:
        segment = &message.segments[message.index]
        part = min(size, segment.size - message.offset)
        if part >= COPY_BELOW:
            _add_view(connection, message, segment.at + message.offset, part)
        elif part:
            buf_put(&connection.out, segment.at + message.offset, part)
        message.offset += part
        message.left -= part
        size -= part
        if message.offset == segment.size:
            message.index += 1
            message.offset = 0
    return 0


cdef void _pass_over(Outgoing* message, size_t size) noexcept:
    """What is sent already."""
    cdef size_t part
    message.left -= size
    while size:
        part = min(size, message.segments[message.index].size - message.offset)
        message.offset += part
        size -= part
        if message.offset == message.segments[message.index].size:
            message.index += 1
            message.offset = 0


cdef int on_send_data(Session* session, Frame* frame, const uint8_t* head, size_t size,
                      DataSource* source, void* user) noexcept:
    cdef Connection connection = <Connection> user
    cdef Call* call = <Call*> source.ptr
    cdef Outgoing* message = call.outgoing
    if connection.pending >= SEND_AT_ONCE:
        return ERR_WOULDBLOCK
    try:
        if call.stream_id == connection.discarded:
            _pass_over(message, size)
        else:
            buf_put(&connection.out, head, 9)
            _copy_or_show(connection, message, size)
            connection.pending += size + 9
    except BaseException as error:
        logger.error("sending a message failed", exc_info=error)
        return ERR_CALLBACK_FAILURE
    if connection.out.failed:
        return ERR_CALLBACK_FAILURE
    call.queued -= size
    call.sent += size
    call.stalled_since = 0
    if message.left == 0:
        call_pop(call)
        if call.context != NULL:
            (<CallContext> call.context).sent()
    if call.outgoing != NULL:
        call.stalled_since = connection.endpoint.now()
    return 0
