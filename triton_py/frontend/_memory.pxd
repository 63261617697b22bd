# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The three kinds of memory that the front ends hold: received bytes, text, small objects.

* ``Block``: received bytes, shared by the requests whose tensors lie in them. Counted; the last
  holder frees it, on whichever thread that happens.
* ``Buf``: a growable run of bytes, for text that is being written. One owner.
* ``Arena``: many small allocations that die together. One owner.

Everything here is ``nogil`` and inline; nothing throws. Allocation failure is a state (``failed``)
or a NULL, checked once by whoever asked.
"""

from libc.stdint cimport uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, strlen

from triton_py.frontend._large cimport (
    LARGE_FROM,
    large_at_hand,
    large_free,
    large_malloc,
    large_realloc,
)


cdef extern from * nogil:
    int atomic_add "__atomic_add_fetch"(int* value, int by, int order)
    int atomic_load "__atomic_load_n"(int* value, int order)
    enum: ATOMIC_ACQ_REL "__ATOMIC_ACQ_REL"
    enum: ATOMIC_ACQUIRE "__ATOMIC_ACQUIRE"
    bint likely "__builtin_expect"(bint condition, bint expected)


# --- received bytes --------------------------------------------------------------------------

cdef struct Block:
    int refs
    size_t capacity
    # The bytes follow the struct.


cdef inline char* block_data(Block* block) noexcept nogil:
    return <char*> (block + 1)


cdef inline Block* block_new(size_t capacity) noexcept nogil:
    """A block with one holder, or NULL."""
    cdef Block* block = <Block*> large_malloc(sizeof(Block) + capacity)
    if block != NULL:
        block.refs = 1
        block.capacity = capacity
    return block


cdef inline Block* block_at_hand(size_t capacity) noexcept nogil:
    """As block_new, where that needs no fresh memory; else NULL."""
    cdef Block* block = NULL
    if sizeof(Block) + capacity >= LARGE_FROM:
        block = <Block*> large_at_hand(sizeof(Block) + capacity)
    if block != NULL:
        block.refs = 1
        block.capacity = capacity
    return block


cdef inline Block* block_grow(Block* block, size_t capacity) noexcept nogil:
    """Makes a block that nobody else holds larger; NULL leaves it as it was."""
    block = <Block*> large_realloc(block, sizeof(Block) + block.capacity, sizeof(Block) + capacity)
    if block != NULL:
        block.capacity = capacity
    return block


cdef inline Block* block_hold(Block* block) noexcept nogil:
    atomic_add(&block.refs, 1, ATOMIC_ACQ_REL)
    return block


cdef inline void block_drop(Block* block) noexcept nogil:
    if block != NULL and atomic_add(&block.refs, -1, ATOMIC_ACQ_REL) == 0:
        large_free(block, sizeof(Block) + block.capacity)


cdef inline bint block_shared(Block* block) noexcept nogil:
    """True while a request still borrows from the block."""
    return atomic_load(&block.refs, ATOMIC_ACQUIRE) != 1


# --- text ------------------------------------------------------------------------------------

cdef struct Buf:
    char* data
    size_t size
    size_t capacity
    bint failed


cdef inline void buf_free(Buf* buf) noexcept nogil:
    free(buf.data)
    buf.data = NULL
    buf.size = 0
    buf.capacity = 0
    buf.failed = False


cdef inline char* buf_room(Buf* buf, size_t extra) noexcept nogil:
    """Where the next ``extra`` bytes may be written, or NULL. The caller adds to ``size``."""
    cdef size_t capacity = buf.capacity
    cdef char* data
    if likely(capacity - buf.size >= extra, True):
        return buf.data + buf.size
    if buf.failed or extra > (<size_t> 1 << 62):
        buf.failed = True
        return NULL
    if capacity < 256:
        capacity = 256
    while capacity - buf.size < extra:
        capacity *= 2
    data = <char*> realloc(buf.data, capacity)
    if data == NULL:
        buf.failed = True
        return NULL
    buf.data = data
    buf.capacity = capacity
    return data + buf.size


cdef inline void buf_put(Buf* buf, const void* bytes, size_t size) noexcept nogil:
    cdef char* place = buf_room(buf, size)
    if place != NULL and size != 0:
        memcpy(place, bytes, size)
        buf.size += size


cdef inline void buf_text(Buf* buf, const char* text) noexcept nogil:
    buf_put(buf, text, strlen(text))


cdef inline void buf_char(Buf* buf, char c) noexcept nogil:
    cdef char* place = buf_room(buf, 1)
    if place != NULL:
        place[0] = c
        buf.size += 1


# --- small objects ---------------------------------------------------------------------------

cdef struct ArenaChunk:
    ArenaChunk* next
    size_t unused           # keeps what follows aligned to 16


cdef struct Arena:
    char* at
    char* end
    ArenaChunk* chunks


cdef inline void arena_init(Arena* arena, char* first, size_t size) noexcept nogil:
    """``first`` is room that the owner already has; it must outlive the arena."""
    arena.at = first
    arena.end = first + size
    arena.chunks = NULL


cdef inline void* arena_take(Arena* arena, uint64_t size) noexcept nogil:
    """``size`` bytes aligned to 16, valid until the arena is freed; NULL without memory."""
    cdef char* place = <char*> ((<size_t> arena.at + 15) & ~<size_t> 15)
    cdef ArenaChunk* chunk
    cdef size_t whole
    if likely(place <= arena.end and <size_t> (arena.end - place) >= size, True):
        arena.at = place + size
        return place
    if size > (<uint64_t> 1 << 62):
        return NULL
    # A large piece gets a chunk of its own, so that what is left of the current one stays usable.
    whole = size if size >= 2048 else 4096
    chunk = <ArenaChunk*> malloc(sizeof(ArenaChunk) + whole)
    if chunk == NULL:
        return NULL
    chunk.next = arena.chunks
    arena.chunks = chunk
    place = <char*> (chunk + 1)
    if size < 2048:
        arena.at = place + size
        arena.end = place + whole
    return place


cdef inline void arena_free(Arena* arena) noexcept nogil:
    cdef ArenaChunk* chunk = arena.chunks
    cdef ArenaChunk* following
    while chunk != NULL:
        following = chunk.next
        free(chunk)
        chunk = following
    arena.chunks = NULL
    arena.at = NULL
    arena.end = NULL
