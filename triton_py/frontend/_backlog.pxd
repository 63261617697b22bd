# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Bytes of responses that wait for one client to take them, counted and bounded.

The core can't hold a backend's responses back, so a request of a decoupled model whose responses
would go beyond the bound is cancelled, and what it still answers is not kept. Counted by whoever
has the response, on whatever thread; taken off by the event loop, once it handed the bytes on.
"""

from libc.stdint cimport int64_t

from triton_py.frontend._fault cimport Fault


cdef struct Backlog:
    int refs
    int64_t limit           # bytes
    int64_t bytes           # atomic


# Held once; NULL without memory.
cdef Backlog* backlog_new(int64_t limit) noexcept nogil
cdef Backlog* backlog_hold(Backlog* backlog) noexcept nogil
cdef void backlog_drop(Backlog* backlog) noexcept nogil
# The bytes that wait after so many more (or, negative, fewer) of them.
cdef int64_t backlog_add(Backlog* backlog, int64_t bytes) noexcept nogil
# Counts a response in. True: that is beyond the bound, so that it is not counted. One that waits
# alone may be larger than the bound, or large outputs could not be had at all.
cdef bint backlog_overflows(Backlog* backlog, int64_t bytes) noexcept nogil
# Whether as much waits as may.
cdef bint backlog_is_full(Backlog* backlog) noexcept nogil
# What the client of a request that is cancelled for this is told.
cdef void backlog_fault(Backlog* backlog, Fault* fault, int status) noexcept nogil


# For fields beside it that other threads look at.
cdef void flag_set(int* flag) noexcept nogil
