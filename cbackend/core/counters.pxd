# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counts of the live objects that cross the ABI; a leak is a count that does not come back."""

from libc.stdint cimport int64_t

cdef enum Kind:
    LIVE_ERROR
    LIVE_MESSAGE
    LIVE_PARAMETER
    LIVE_BUFFER_ATTRIBUTES
    LIVE_ALLOCATOR
    LIVE_OPTIONS
    LIVE_SERVER
    LIVE_BACKEND
    LIVE_MODEL
    LIVE_INSTANCE
    LIVE_REQUEST
    LIVE_CHANNEL
    LIVE_FACTORY
    LIVE_RESPONSE
    LIVE_OUTPUT_BUFFER
    LIVE_BACKEND_MEMORY
    LIVE_METRIC_FAMILY
    LIVE_METRIC
    LIVE_METRIC_ARGS
    LIVE_METRICS
    LIVE_RESPONSE_STATISTICS
    LIVE_SEQUENCE
    LIVE_STATE
    LIVE_STATE_MEMORY
    LIVE_TRACE
    LIVE_AGENT
    LIVE_AGENT_MODEL
    LIVE_AGENT_LOCATION
    LIVE_KINDS

cdef void live(Kind kind, int64_t change) noexcept nogil
cdef int64_t live_count(Kind kind) noexcept nogil
