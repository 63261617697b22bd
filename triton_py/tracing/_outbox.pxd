# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A list that any thread adds to without the GIL, and one thread waits for.

It knows how many bytes were sent and not done with yet, and refuses nothing: who makes what is sent
looks first, so that what is under way already always has a place to go to.
"""


from libc.stdint cimport int64_t


# The first member of what is sent.
cdef struct Sent:
    Sent* next
    int64_t bytes       # that it takes up, as they are counted


cdef struct Outbox


# One hold; NULL without memory or descriptors.
cdef Outbox* outbox_new() noexcept nogil
cdef Outbox* outbox_hold(Outbox* outbox) noexcept nogil
cdef void outbox_drop(Outbox* outbox) noexcept nogil
# Takes it over; False: the outbox is closed, and it stays the caller's.
cdef bint outbox_push(Outbox* outbox, Sent* sent) noexcept nogil
# Blocks until something was pushed, or outbox_wake was called. What is there, the oldest first,
# linked by `next`; it may be NULL.
cdef Sent* outbox_wait(Outbox* outbox) noexcept nogil
cdef void outbox_wake(Outbox* outbox) noexcept nogil
# Bytes that were pushed; whoever was sent some says so once they are gone.
cdef int64_t outbox_backlog(Outbox* outbox) noexcept nogil
cdef void outbox_done(Outbox* outbox, int64_t bytes) noexcept nogil
# What is there, as outbox_wait has it; nothing comes any more.
cdef Sent* outbox_close(Outbox* outbox) noexcept nogil
