# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A lone request's answer, sent by the thread that has it.

Handing an answer to the event loop costs a wake-up, which is most of what a small request costs
when nothing else is going on; in a crowd one wake-up serves many. So where a request is the only
one in flight, and the only one of its connection, the thread that sends its response writes to the
socket itself, if the socket takes all of it at once, and the loop is not told: it finds the answer
sent when next it looks at the connection.

Until then the two agree by one atomic field, `Exchange.lone`. The socket is a descriptor of the
connection's own (dup), so that it can't become another client's while somebody writes to it; the
connection closes it only after it took the permission back.
"""

from triton_py.http._exchange cimport Exchange


cdef enum LoneState:
    LONE_NOT = 0        # the loop sends the answer
    LONE_ARMED          # whoever has the answer may send it
    LONE_SENDING        # and is about to
    LONE_SENT           # it did; the exchange was not pushed to the completion list
    LONE_PARTLY         # the socket took `Exchange.sent` bytes of it; the loop sends the rest


# Event loop: permits it, before the request is submitted. `socket` stays the connection's.
cdef void lone_arm(Exchange* exchange, int socket) noexcept nogil
# The thread with the complete answer. True: it is sent, and the caller's hold is given up.
cdef bint lone_answer(Exchange* exchange) noexcept nogil
# Event loop: whether the answer is sent. Where it is not, `revoke` takes the permission back.
cdef bint lone_sent(Exchange* exchange, bint revoke) noexcept nogil
