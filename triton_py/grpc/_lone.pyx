# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Lone calls over gRPC (see _lone.pxd)."""

from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport memcpy, strlen

from triton_py.frontend._lone cimport iovec, lone_claim, lone_send
from triton_py.grpc._call cimport Call, call_drop
from triton_py.grpc._nghttp2 cimport (
    FLAG_END_HEADERS,
    FLAG_END_STREAM,
    FRAME_DATA,
    FRAME_HEADERS,
)
from triton_py.grpc._outgoing cimport Outgoing
from triton_py.tracing._record cimport (
    STAMP_GRPC_SEND_END,
    STAMP_GRPC_SEND_START,
    recording_drop,
    recording_stamp,
    trace_now,
)


cdef enum:
    FRAME_HEAD = 9
    MOST_SEGMENTS = 8
    BLOCK_ROOM = 96         # of the fields below


# --- fields ----------------------------------------------------------------------------------

# HPACK: "literal header field without indexing, new name" (RFC 7541, 6.2.2), texts as they are. A
# length below 127 is one byte.


cdef size_t _put_field(uint8_t* to, const char* name, const char* value) noexcept:
    cdef size_t name_size = strlen(name)
    cdef size_t value_size = strlen(value)
    to[0] = 0
    to[1] = <uint8_t> name_size
    memcpy(to + 2, name, name_size)
    to[2 + name_size] = <uint8_t> value_size
    memcpy(to + 3 + name_size, value, value_size)
    return 3 + name_size + value_size


cdef uint8_t[BLOCK_ROOM] _header
cdef uint8_t[BLOCK_ROOM] _trailer
# Those of _answer's HEADER and OK.
cdef size_t _header_size = _put_field(_header, b":status", b"200")
_header_size += _put_field(&_header[_header_size], b"content-type", b"application/grpc")
_header_size += _put_field(&_header[_header_size], b"grpc-accept-encoding",
                           b"identity, deflate, gzip")
cdef size_t _trailer_size = _put_field(_trailer, b"grpc-status", b"0")


cdef size_t _put_frame(uint8_t* to, size_t length, uint8_t type, uint8_t flags, int32_t stream_id
                       ) noexcept nogil:
    to[0] = <uint8_t> (length >> 16)
    to[1] = <uint8_t> (length >> 8)
    to[2] = <uint8_t> length
    to[3] = type
    to[4] = flags
    to[5] = <uint8_t> (stream_id >> 24)
    to[6] = <uint8_t> (stream_id >> 16)
    to[7] = <uint8_t> (stream_id >> 8)
    to[8] = <uint8_t> stream_id
    return FRAME_HEAD


cdef size_t _put_begin(uint8_t* to, Call* call) noexcept nogil:
    """The header's frame, and the data frame's head; room for 2 * FRAME_HEAD + BLOCK_ROOM."""
    cdef size_t at = _put_frame(to, _header_size, FRAME_HEADERS, FLAG_END_HEADERS, call.stream_id)
    memcpy(to + at, _header, _header_size)
    at += _header_size
    return at + _put_frame(to + at, call.answer.left, FRAME_DATA, 0, call.stream_id)


cdef size_t _put_end(uint8_t* to, Call* call) noexcept nogil:
    cdef size_t at = _put_frame(to, _trailer_size, FRAME_HEADERS,
                                FLAG_END_HEADERS | FLAG_END_STREAM, call.stream_id)
    memcpy(to + at, _trailer, _trailer_size)
    return at + _trailer_size


# --- the answer ------------------------------------------------------------------------------

cdef bint lone_answer(Call* call) noexcept nogil:
    cdef uint8_t begin[2 * FRAME_HEAD + BLOCK_ROOM]
    cdef uint8_t end[FRAME_HEAD + BLOCK_ROOM]
    cdef iovec parts[MOST_SEGMENTS + 2]
    cdef Outgoing* answer = call.answer
    cdef iovec* last
    cdef uint32_t i
    if (call.responses != 1 or answer == NULL or call.fault.status != 0
            or answer.left > call.lone_room or answer.count > MOST_SEGMENTS):
        return False
    if not lone_claim(&call.lone):
        return False
    parts[0].iov_base = begin
    parts[0].iov_len = _put_begin(begin, call)
    for i in range(answer.count):
        parts[i + 1].iov_base = <void*> answer.segments[i].at
        parts[i + 1].iov_len = answer.segments[i].size
    last = &parts[answer.count + 1]
    last.iov_base = end
    last.iov_len = _put_end(end, call)
    if call.trace != NULL:
        call.send_noted = True
        recording_stamp(call.trace, STAMP_GRPC_SEND_START, trace_now())
    if not lone_send(&call.lone, parts, answer.count + 2,
                     parts[0].iov_len + answer.left + last.iov_len):
        return False
    if call.send_noted:
        # The loop may look at the connection only in a second; it leaves the trace of an answer
        # that was sent alone.
        recording_stamp(call.trace, STAMP_GRPC_SEND_END, trace_now())
        recording_drop(call.trace)
        call.trace = NULL
    call_drop(call)
    return True


cdef bytes lone_rest(Call* call):
    cdef uint8_t begin[2 * FRAME_HEAD + BLOCK_ROOM]
    cdef uint8_t end[FRAME_HEAD + BLOCK_ROOM]
    cdef size_t begin_size = _put_begin(begin, call)
    cdef size_t end_size = _put_end(end, call)
    cdef list parts = [(<char*> begin)[:begin_size]]
    cdef uint32_t i
    for i in range(call.answer.count):
        parts.append(call.answer.segments[i].at[:call.answer.segments[i].size])
    parts.append((<char*> end)[:end_size])
    return b"".join(parts)[call.lone.done:]
