# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Lone requests (see _lone.pxd)."""

from libc.stdint cimport uint32_t
from libc.string cimport memset

from triton_py.http._answer cimport HEAD_ROOM, answer_head
from triton_py.http._exchange cimport Exchange, exchange_drop
from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, ATOMIC_ACQUIRE, atomic_add, atomic_load
from triton_py.tracing._record cimport (
    STAMP_HTTP_SEND_END,
    STAMP_HTTP_SEND_START,
    recording_stamp,
    trace_now,
)


cdef extern from * nogil:
    """
    #include <sched.h>
    #include <sys/socket.h>
    #include <sys/uio.h>
    static inline bool tp_lone_swap(int* state, int from, int to) {
        return __atomic_compare_exchange_n(state, &from, to, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    }
    static inline void tp_lone_store(int* state, int to) {
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
    bint swap_state "tp_lone_swap"(int* state, int before, int after)
    void store_state "tp_lone_store"(int* state, int after)

cdef enum:
    MOST_PIECES = 14
    # Sending takes the time of the thread that runs the model.
    MOST_BYTES = 65536


# For tests, which want to know that they met both.
cdef int _whole = 0
cdef int _partly = 0


def counts() -> tuple:
    """How many answers were sent so far without the loop, and how many the loop had to finish."""
    return atomic_load(&_whole, ATOMIC_ACQUIRE), atomic_load(&_partly, ATOMIC_ACQUIRE)


cdef void lone_arm(Exchange* exchange, int socket) noexcept nogil:
    exchange.socket = socket
    exchange.lone = LONE_ARMED


cdef ssize_t _send(Exchange* exchange, size_t* total) noexcept nogil:
    cdef char head[HEAD_ROOM]
    cdef iovec parts[MOST_PIECES + 2]
    cdef msghdr message
    cdef size_t count = 2
    cdef uint32_t i
    parts[0].iov_base = head
    parts[0].iov_len = <size_t> answer_head(exchange, exchange.body_size, False, head)
    parts[1].iov_base = exchange.text.data
    parts[1].iov_len = exchange.text.size
    for i in range(exchange.piece_count):
        parts[count].iov_base = <void*> exchange.pieces[i].at
        parts[count].iov_len = exchange.pieces[i].size
        count += 1
    total[0] = parts[0].iov_len + exchange.body_size
    memset(&message, 0, sizeof(message))
    message.msg_iov = parts
    message.msg_iovlen = count
    return sendmsg(exchange.socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL)


cdef bint lone_answer(Exchange* exchange) noexcept nogil:
    cdef size_t total
    cdef ssize_t sent
    if exchange.piece_count > MOST_PIECES or exchange.body_size > MOST_BYTES:
        return False
    if not swap_state(&exchange.lone, LONE_ARMED, LONE_SENDING):
        return False
    if exchange.trace != NULL:
        recording_stamp(exchange.trace, STAMP_HTTP_SEND_START, trace_now())
    sent = _send(exchange, &total)
    if sent >= 0 and <size_t> sent == total:
        if exchange.trace != NULL:
            recording_stamp(exchange.trace, STAMP_HTTP_SEND_END, trace_now())
        atomic_add(&_whole, 1, ATOMIC_ACQ_REL)
        store_state(&exchange.lone, LONE_SENT)
        exchange_drop(exchange)
        return True
    # A socket that is full, or whose client is gone: the loop deals with both.
    atomic_add(&_partly, 1, ATOMIC_ACQ_REL)
    exchange.sent = <size_t> sent if sent > 0 else 0
    store_state(&exchange.lone, LONE_PARTLY)
    return False


cdef bint lone_sent(Exchange* exchange, bint revoke) noexcept nogil:
    if revoke and swap_state(&exchange.lone, LONE_ARMED, LONE_NOT):
        return False
    # One system call that doesn't wait is under way, no longer.
    while revoke and atomic_load(&exchange.lone, ATOMIC_ACQUIRE) == LONE_SENDING:
        sched_yield()
    return atomic_load(&exchange.lone, ATOMIC_ACQUIRE) == LONE_SENT
