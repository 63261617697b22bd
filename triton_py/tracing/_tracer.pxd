# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a front end asks before it traces a request."""

from libc.stdint cimport int64_t

from triton_py.tracing._outbox cimport Outbox, Sent
from triton_py.tracing._record cimport Recording


cdef class Gate:
    """Of one setting: how many requests it lets pass without a decision, and how many it did since
    that was last counted."""

    cdef int64_t skip
    cdef int64_t passed


cdef class Tracer:
    """One for all front ends of a server."""

    # Whether any request may be traced now. A front end looks at this and nothing else while it is
    # off. Both change and are read with the GIL.
    cdef bint on
    # Whether a client's own trace context counts: front ends then keep traceparent and tracestate.
    cdef bint propagates
    cdef Gate gate              # of all models without settings of their own
    cdef dict gates             # of the others, by name as bytes; mostly empty
    cdef Outbox* outbox         # one hold
    cdef Sent* taken            # out of the outbox, the oldest first; of the thread that takes
    cdef object owner

    # Whether one more request without a trace context is not traced, without asking further.
    cdef bint passes(self, const char* model) noexcept

    # The recording of one more request of a model, held by the caller, or NULL: it is not traced.
    # `traceparent` and `tracestate` are str or None.
    cdef Recording* sample(self, object model, object traceparent, object tracestate) noexcept
    # KeyError where the model has no settings of its own; "": the global ones.
    cdef Gate gate_of(self, str model)
    # What was sampled comes to nothing.
    cdef void give_up(self, int64_t tag) noexcept
