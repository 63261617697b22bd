# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ModelStreamInfer without tasks: what stream.py is on grpcio."""

from libc.stdint cimport uint64_t

from triton_py.frontend._backlog cimport Backlog
from triton_py.grpc._call cimport Call
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._context cimport CallContext
from triton_py.grpc._item cimport Item, Result
from triton_py.grpc._outgoing cimport Outgoing
from triton_py.grpc._received cimport Received


cdef class InferStream(CallContext):
    """One call of ModelStreamInfer."""

    cdef Item* ordered          # items whose order counts, oldest first, one hold each
    cdef Item* last_ordered
    cdef Item* free             # the others, of decoupled models
    cdef int items              # in both
    cdef int unsent             # messages that HTTP/2 has not taken
    cdef Backlog* backlog       # counted: bytes of these and of those that don't count yet
    cdef bint end_on_error
    cdef bint touched           # in the list of those that Endpoint._drain_streams goes on with
    cdef bint resuming          # a look at what was not read is scheduled
    cdef dict classes           # by item's address: how many classes of which outputs
    cdef uint64_t read_ns       # when the last request was read; kept only while tracing is on

    cdef int submit(self, Received message) except -1
    cdef int hand_over(self, Item* item, Received message) except -1
    # A drained result; stays the caller's.
    cdef int deliver(self, Result* result) except -1
    cdef int put(self, Item* item, Outgoing* message) except -1
    cdef int send(self, Outgoing* message) except -1
    cdef int cut(self, Item* item) except -1
    cdef int fail(self, Item* item, object error) except -1
    cdef int settle(self, Item* item) except -1
    cdef void unlink(self, Item* item) noexcept
    cdef bint has_room(self) noexcept
    # Reads on, and ends the call when everything is done.
    cdef int progress(self) except -1


# The call owns it from now on, until its stream is closed.
cdef InferStream new_infer_stream(Connection connection, Call* call)
