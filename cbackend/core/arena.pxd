# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A bump allocator for what lives exactly as long as one request or one response.

The first block is part of the object itself, so that a small request costs no malloc for its
names, shapes and parameters.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strlen

cdef struct ArenaBlock:
    ArenaBlock* next
    size_t size

cdef struct Arena:
    char* at
    char* end
    ArenaBlock* blocks  # owned; those beyond the first, embedded one
    char* first
    size_t first_size

cdef inline void arena_init(Arena* a, char* first, size_t size) noexcept nogil:
    a.first = first
    a.first_size = size
    a.at = first
    a.end = first + size
    a.blocks = NULL

cdef inline void arena_reset(Arena* a) noexcept nogil:
    cdef ArenaBlock* block = a.blocks
    cdef ArenaBlock* next
    while block != NULL:
        next = block.next
        free(block)
        block = next
    arena_init(a, a.first, a.first_size)

# NULL when out of memory. Aligned to 16 bytes.
cdef inline void* arena_alloc(Arena* a, size_t size) noexcept nogil:
    cdef size_t room
    cdef ArenaBlock* block
    size = (size + 15) & ~<size_t>15
    if <size_t>(a.end - a.at) < size:
        room = size if size > 2048 else 2048
        block = <ArenaBlock*>malloc(sizeof(ArenaBlock) + room)
        if block == NULL:
            return NULL
        block.next = a.blocks
        block.size = room
        a.blocks = block
        a.at = <char*>block + sizeof(ArenaBlock)
        a.end = a.at + room
    a.at += size
    return a.at - size

# The list's entries in a larger place; NULL when out of memory. The old place is the arena's still.
cdef inline void* arena_grow(
    Arena* a, void* old, size_t item, size_t count, size_t capacity
) noexcept nogil:
    cdef void* fresh = arena_alloc(a, item * capacity)
    if fresh != NULL and count:
        memcpy(fresh, old, item * count)
    return fresh

cdef inline char* arena_string(Arena* a, const char* s) noexcept nogil:
    cdef size_t n = strlen(s) + 1
    cdef char* copy = <char*>arena_alloc(a, n)
    if copy != NULL:
        memcpy(copy, s, n)
    return copy
