# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A lone call's answer, sent by the thread that has it: as in triton_py.http, for the same reason.

nghttp2 is not for two threads, so that thread writes the three frames of the answer itself: header,
data, trailers. Their fields are written out in full and not to be indexed, which changes no table
of either side's compression. The loop makes up for it when it next has to do with the connection:
it lets nghttp2 send the same answer, and throws those frames away. So streams and windows are as
they should be.

The two threads agree by `Call.lone`. The socket is a descriptor of the connection's own (dup),
which it closes only after it took the permission back. Whatever else the loop has to write on that
connection, it takes the permission back first.
"""

from triton_py.grpc._call cimport Call


cdef enum LoneState:
    LONE_NOT = 0        # the loop sends the answer
    LONE_ARMED          # whoever has the answer may send it
    LONE_SENDING        # and is about to
    LONE_SENT           # it did; the call was not pushed to the completion list
    LONE_PARTLY         # the socket took `Call.lone_done` bytes of it; the loop sends the rest


# Event loop: permits it, before the request is submitted. `socket` stays the connection's; `room`
# is how much of a message HTTP/2's windows, and one frame, take.
cdef void lone_arm(Call* call, int socket, size_t room) noexcept nogil
# The thread with the complete answer, in `Call.answer`. True: it is sent, and the caller's hold is
# given up.
cdef bint lone_answer(Call* call) noexcept nogil
# Event loop: whether all or a part of the answer is sent. Where none is, `revoke` takes the
# permission back.
cdef bint lone_sent(Call* call, bint revoke) noexcept nogil
# What is left of the answer's frames, after LONE_PARTLY.
cdef bytes lone_rest(Call* call)
