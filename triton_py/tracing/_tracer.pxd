# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a front end asks before it traces a request."""

from triton_py.tracing._outbox cimport Outbox
from triton_py.tracing._record cimport Recording


cdef class Tracer:
    """One for all front ends of a server."""

    # Whether any request may be traced now. A front end looks at this and nothing else while it is
    # off. Both change and are read with the GIL.
    cdef bint on
    # Whether a client's own trace context counts: front ends then keep traceparent and tracestate.
    cdef bint propagates
    cdef Outbox* outbox         # one hold
    cdef object owner

    # The recording of one more request of a model, held by the caller, or NULL: it is not traced.
    # `traceparent` and `tracestate` are str or None.
    cdef Recording* sample(self, object model, object traceparent, object tracestate) noexcept
