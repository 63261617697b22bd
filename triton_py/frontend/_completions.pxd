# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The list over which finished inferences reach the event loop, one wake-up a burst.

Many threads push, without the GIL and without a lock; the loop takes everything at once.
"""


cdef struct Finished

# Gives up the hold that came with the push. From any thread, without the GIL.
ctypedef void (*DropFn)(Finished* finished) noexcept nogil

# The first member of what is pushed.
cdef struct Finished:
    Finished* next              # in the list
    DropFn drop


cdef struct Completions


# Held once; NULL without memory or descriptors.
cdef Completions* completions_new() noexcept nogil
# The eventfd that becomes readable with the first push of a burst; stays the list's.
cdef int completions_fd(Completions* completions) noexcept nogil
cdef Completions* completions_hold(Completions* completions) noexcept nogil
cdef void completions_drop(Completions* completions) noexcept nogil
# How many are on their way to a push, or to whatever else ends them: the front end counts.
cdef void completions_begin(Completions* completions) noexcept nogil
cdef void completions_end(Completions* completions) noexcept nogil
cdef int completions_under_way(Completions* completions) noexcept nogil
# No more takes: what finishes from now on is dropped at once.
cdef void completions_close(Completions* completions) noexcept nogil
# From any thread: hands over one hold on what finished.
cdef void completions_push(Completions* completions, Finished* finished) noexcept nogil
# Everything finished, oldest first, linked by `next`; the caller takes the holds over.
cdef Finished* completions_take(Completions* completions) noexcept nogil
