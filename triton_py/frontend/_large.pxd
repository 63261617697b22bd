# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory of large tensors, kept for the next one for a while.

Fresh memory costs a page fault for each page that is touched, and for a tensor of some megabytes
that is more than copying it. So a buffer that is given back waits for the next request of its size,
for some seconds and up to a limit of all such buffers together; new ones are made of large pages
where the system has them. Keeping is on only while a front end that lets go of what grew old is
open: without one, memory goes back to the system at once.

The functions take any size; below LARGE_FROM they are malloc and free themselves.
"""

cdef enum:
    LARGE_FROM = 1 << 20
    LARGE_LIMIT = 256 << 20     # bytes that are kept at a time, in this process
    LARGE_SECONDS = 5           # that a buffer is kept, at least

# Aligned to 64. Owned by the caller, until large_free; NULL without memory.
cdef void* large_malloc(size_t size) noexcept nogil
# Takes what large_malloc or large_realloc returned for `size`.
cdef void large_free(void* memory, size_t size) noexcept nogil
# From `size` to `larger`, its content kept. NULL leaves it as it was.
cdef void* large_realloc(void* memory, size_t size, size_t larger) noexcept nogil
# As large_malloc, of what was kept; NULL where nothing fits.
cdef void* large_at_hand(size_t size) noexcept nogil

# A front end opens or closes; the last one to close lets everything go.
cdef void large_open() noexcept nogil
cdef void large_close() noexcept nogil
# It is so late, in seconds on the event loops' clock: what was kept for too long goes. Front ends
# that are open call this every second or more often; what is given back in between counts from the
# last call.
cdef void large_tick(double now) noexcept nogil
