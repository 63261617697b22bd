# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Lone requests (see _lone.pxd)."""

from libc.string cimport memset

from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, ATOMIC_ACQUIRE, atomic_add, atomic_load


cdef extern from * nogil:
    """
    #include <sched.h>
    #include <sys/socket.h>
    static inline bool tp_lone_swap(int* state, int from, int to) {
        return __atomic_compare_exchange_n(state, &from, to, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    }
    static inline void tp_lone_store(int* state, int to) {
        __atomic_store_n(state, to, __ATOMIC_RELEASE);
    }
    """
    struct msghdr:
        iovec* msg_iov
        size_t msg_iovlen
    ssize_t sendmsg(int socket, const msghdr* message, int flags)
    int MSG_DONTWAIT
    int MSG_NOSIGNAL
    int sched_yield()
    bint swap_state "tp_lone_swap"(int* state, int before, int after)
    void store_state "tp_lone_store"(int* state, int after)

# For tests, which want to know that they met both.
cdef int _whole = 0
cdef int _partly = 0


def counts() -> tuple:
    """How many answers were sent so far without the loop, and how many the loop had to finish."""
    return atomic_load(&_whole, ATOMIC_ACQUIRE), atomic_load(&_partly, ATOMIC_ACQUIRE)


cdef void lone_arm(Lone* lone, int socket) noexcept nogil:
    lone.socket = socket
    lone.done = 0
    lone.state = LONE_ARMED


cdef bint lone_claim(Lone* lone) noexcept nogil:
    return swap_state(&lone.state, LONE_ARMED, LONE_SENDING)


cdef bint lone_send(Lone* lone, iovec* parts, size_t count, size_t total) noexcept nogil:
    cdef msghdr message
    cdef ssize_t sent
    memset(&message, 0, sizeof(message))
    message.msg_iov = parts
    message.msg_iovlen = count
    sent = sendmsg(lone.socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
    if sent >= 0 and <size_t> sent == total:
        atomic_add(&_whole, 1, ATOMIC_ACQ_REL)
        store_state(&lone.state, LONE_SENT)
        return True
    # A socket that is full, or whose client is gone: the loop deals with both.
    atomic_add(&_partly, 1, ATOMIC_ACQ_REL)
    if sent > 0:
        lone.done = <size_t> sent
    store_state(&lone.state, LONE_PARTLY if sent > 0 else LONE_NOT)
    return False


cdef LoneState lone_look(Lone* lone, bint revoke) noexcept nogil:
    if revoke and swap_state(&lone.state, LONE_ARMED, LONE_NOT):
        return LONE_NOT
    # One system call that doesn't wait is under way, no longer.
    while revoke and atomic_load(&lone.state, ATOMIC_ACQUIRE) == LONE_SENDING:
        sched_yield()
    return <LoneState> atomic_load(&lone.state, ATOMIC_ACQUIRE)
