# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Lone calls (see _lone.pxd)."""

from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport memcpy, memset, strlen

from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, ATOMIC_ACQUIRE, atomic_add, atomic_load
from triton_py.grpc._call cimport Call, call_drop
from triton_py.grpc._nghttp2 cimport (
    FLAG_END_HEADERS,
    FLAG_END_STREAM,
    FRAME_DATA,
    FRAME_HEADERS,
)
from triton_py.grpc._outgoing cimport Outgoing


cdef extern from * nogil:
    """
    #include <sched.h>
    #include <sys/socket.h>
    #include <sys/uio.h>
    static inline bool tp_call_swap(int* state, int from, int to) {
        return __atomic_compare_exchange_n(state, &from, to, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    }
    static inline void tp_call_store(int* state, int to) {
        __atomic_store_n(state, to, __ATOMIC_RELEASE);
    }
    """
    struct iovec:
        void* iov_base
        size_t iov_len
    struct msghdr:
        iovec* msg_iov
        size_t msg_iovlen
    ssize_t sendmsg(int socket, const msghdr* message, int flags)
    int MSG_DONTWAIT
    int MSG_NOSIGNAL
    int sched_yield()
    bint swap_state "tp_call_swap"(int* state, int before, int after)
    void store_state "tp_call_store"(int* state, int after)

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

# For tests, which want to know that they met both.
cdef int _whole = 0
cdef int _partly = 0


def counts() -> tuple:
    """How many answers were sent so far without the loop, and how many the loop had to finish."""
    return atomic_load(&_whole, ATOMIC_ACQUIRE), atomic_load(&_partly, ATOMIC_ACQUIRE)


cdef void lone_arm(Call* call, int socket, size_t room) noexcept nogil:
    call.lone_socket = socket
    call.lone_room = room
    call.lone_done = 0
    call.lone = LONE_ARMED


cdef ssize_t _send(Call* call, size_t* total) noexcept nogil:
    cdef uint8_t begin[2 * FRAME_HEAD + BLOCK_ROOM]
    cdef uint8_t end[FRAME_HEAD + BLOCK_ROOM]
    cdef iovec parts[MOST_SEGMENTS + 2]
    cdef msghdr message
    cdef Outgoing* answer = call.answer
    cdef uint32_t i
    parts[0].iov_base = begin
    parts[0].iov_len = _put_begin(begin, call)
    for i in range(answer.count):
        parts[i + 1].iov_base = <void*> answer.segments[i].at
        parts[i + 1].iov_len = answer.segments[i].size
    parts[answer.count + 1].iov_base = end
    parts[answer.count + 1].iov_len = _put_end(end, call)
    total[0] = parts[0].iov_len + answer.left + parts[answer.count + 1].iov_len
    memset(&message, 0, sizeof(message))
    message.msg_iov = parts
    message.msg_iovlen = answer.count + 2
    return sendmsg(call.lone_socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL)


cdef bint lone_answer(Call* call) noexcept nogil:
    cdef size_t total
    cdef ssize_t sent
    if (call.responses != 1 or call.answer == NULL or call.fault.status != 0
            or call.answer.left > call.lone_room or call.answer.count > MOST_SEGMENTS):
        return False
    if not swap_state(&call.lone, LONE_ARMED, LONE_SENDING):
        return False
    sent = _send(call, &total)
    if sent >= 0 and <size_t> sent == total:
        atomic_add(&_whole, 1, ATOMIC_ACQ_REL)
        store_state(&call.lone, LONE_SENT)
        call_drop(call)
        return True
    # A socket that is full, or whose client is gone: the loop deals with both.
    atomic_add(&_partly, 1, ATOMIC_ACQ_REL)
    call.lone_done = <size_t> sent if sent > 0 else 0
    store_state(&call.lone, LONE_PARTLY if sent > 0 else LONE_NOT)
    return False


cdef bint lone_sent(Call* call, bint revoke) noexcept nogil:
    cdef int state
    if revoke and swap_state(&call.lone, LONE_ARMED, LONE_NOT):
        return False
    # One system call that doesn't wait is under way, no longer.
    while revoke and atomic_load(&call.lone, ATOMIC_ACQUIRE) == LONE_SENDING:
        sched_yield()
    state = atomic_load(&call.lone, ATOMIC_ACQUIRE)
    return state == LONE_SENT or state == LONE_PARTLY


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
    return b"".join(parts)[call.lone_done:]
