# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A lone request's answer, sent by the thread that has it.

Handing an answer to the event loop costs a wake-up, which is most of what a small request costs
when nothing else is going on; in a crowd one wake-up serves many. So where a request is the only
one in flight, and the only one of its connection, the thread that sends its response writes to the
socket itself, if the socket takes all of it at once, and the loop is not told: it finds the answer
sent when next it looks at the connection.

Until then the two agree by one atomic field, `Lone.state`. The socket is a descriptor of the
connection's own (dup), so that it can't become another client's while somebody writes to it; the
connection closes it only after it took the permission back.
"""


cdef extern from "<sys/uio.h>" nogil:
    struct iovec:
        void* iov_base
        size_t iov_len


cdef enum LoneState:
    LONE_NOT = 0        # the loop sends the answer
    LONE_ARMED          # whoever has the answer may send it
    LONE_SENDING        # and is about to
    LONE_SENT           # it did; nothing was pushed to the completion list
    LONE_PARTLY         # the socket took `Lone.done` bytes of it; the loop sends the rest


# Of a request; all zero at first.
cdef struct Lone:
    int state           # atomic: a LoneState
    int socket          # borrowed from the connection
    size_t done


# Event loop: permits it, before the request is submitted. `socket` stays the connection's.
cdef void lone_arm(Lone* lone, int socket) noexcept nogil
# The thread with the complete answer: whether it may send it, which it does next.
cdef bint lone_claim(Lone* lone) noexcept nogil
# It does, `total` bytes in all. True: all of it is sent. Where the socket took nothing it is the
# loop's as if there had been no permission.
cdef bint lone_send(Lone* lone, iovec* parts, size_t count, size_t total) noexcept nogil
# Event loop: what became of it. `revoke` takes back a permission that nobody used.
cdef LoneState lone_look(Lone* lone, bint revoke) noexcept nogil
