# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A call as the Python handlers see it."""

from libc.stdint cimport uint8_t

from triton_py.frontend._memory cimport Buf
from triton_py.grpc._call cimport Call
from triton_py.grpc._connection cimport Connection


cdef class CallContext:
    """The few methods of grpcio's context that the handlers use, and what a connection tells it."""

    cdef Call* call             # one hold
    cdef Connection connection
    cdef object handler
    cdef object task
    cdef object messages        # a deque of messages that were not read yet
    cdef object reader          # a future that read() waits for, or None
    cdef object writer          # a future that write() waits for, or None
    cdef bint eof               # the client sends no further message
    cdef bint over              # nobody listens any more
    cdef Buf stash              # bytes that came while there were enough messages
    cdef size_t stash_at        # how many of them were taken since

    # Starts the handler of a call with one message.
    cdef int start(self, bytes message) except -1
    # Starts the handler of a call that reads its messages.
    cdef int start_stream(self) except -1
    cdef int feed(self, const uint8_t* data, size_t size) except -1
    # The call's complete message joins the queue. False: the queue is full now.
    cdef bint take_message(self) except -1
    cdef bint is_full(self) noexcept
    cdef int end_of_messages(self) except -1
    # HTTP/2 took a message.
    cdef void sent(self) noexcept
    # The stream is gone, or the call was answered without the handler.
    cdef void close(self) noexcept
    # The server stops: no further message is read.
    cdef int stop(self) except -1
    cdef int unstash(self) except -1


# The call owns it from now on, until its stream is closed.
cdef CallContext new_context(Connection connection, Call* call, object handler)
