# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory of large tensors (see _large.pxd)."""

from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset


cdef extern from * nogil:
    """
    #include <pthread.h>
    #include <sys/mman.h>
    static pthread_mutex_t tp_large_mutex = PTHREAD_MUTEX_INITIALIZER;
    static inline void tp_large_lock(void) { pthread_mutex_lock(&tp_large_mutex); }
    static inline void tp_large_unlock(void) { pthread_mutex_unlock(&tp_large_mutex); }
    /* A wish: where the system has no large pages, nothing changes. */
    static inline void* tp_large_pages(void* memory, size_t size) {
    #ifdef MADV_HUGEPAGE
      if (memory != MAP_FAILED && size >= (4u << 20)) madvise(memory, size, MADV_HUGEPAGE);
    #endif
      return memory == MAP_FAILED ? NULL : memory;
    }
    static inline void* tp_large_map(size_t size) {
      return tp_large_pages(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                 -1, 0), size);
    }
    static inline void* tp_large_remap(void* memory, size_t size, size_t larger) {
      return tp_large_pages(mremap(memory, size, larger, MREMAP_MAYMOVE), larger);
    }
    """
    void lock "tp_large_lock"()
    void unlock "tp_large_unlock"()
    void* map_memory "tp_large_map"(size_t size)
    void* remap_memory "tp_large_remap"(void* memory, size_t size, size_t larger)
    int munmap(void* memory, size_t size)

cdef enum:
    HEADER = 64             # before the caller's bytes: how much was mapped
    MOST_KEPT = 32
    SMALL_STEP = 1 << 16    # what is mapped is a multiple of this,
    LARGE_STEP = 1 << 21    # or from 4 MiB on of this


cdef struct Kept:
    void* base
    size_t mapped
    double since            # about when it was given back


# All under the lock.
cdef Kept _kept[MOST_KEPT]
cdef int _count = 0
cdef size_t _total = 0
cdef int _open = 0
cdef double _now = 0


cdef inline size_t _mapped_for(size_t size) noexcept nogil:
    cdef size_t step = LARGE_STEP if size >= (4u << 20) else SMALL_STEP
    return (size + HEADER + step - 1) // step * step


cdef inline void* _handed(void* base, size_t mapped) noexcept nogil:
    if base == NULL:
        return NULL
    (<size_t*> base)[0] = mapped
    return <char*> base + HEADER


cdef inline void* _base(void* memory) noexcept nogil:
    return <char*> memory - HEADER


cdef Kept _forget(int index) noexcept nogil:
    global _count, _total
    cdef Kept taken = _kept[index]
    _count -= 1
    _total -= taken.mapped
    _kept[index] = _kept[_count]
    return taken


cdef void* large_at_hand(size_t size) noexcept nogil:
    cdef size_t wanted = _mapped_for(size)
    cdef int best = -1
    cdef int i
    cdef Kept taken
    taken.base = NULL
    taken.mapped = 0
    lock()
    for i in range(_count):
        # Not one that is far too large: the next request of its own size will want it.
        if wanted <= _kept[i].mapped <= 2 * wanted and (
                best < 0 or _kept[i].mapped < _kept[best].mapped):
            best = i
    if best >= 0:
        taken = _forget(best)
    unlock()
    return _handed(taken.base, taken.mapped)


cdef void* large_malloc(size_t size) noexcept nogil:
    cdef size_t mapped
    cdef void* memory
    if size < LARGE_FROM:
        return malloc(size)
    if size > (<size_t> 1 << 62):
        return NULL
    memory = large_at_hand(size)
    if memory != NULL:
        return memory
    mapped = _mapped_for(size)
    return _handed(map_memory(mapped), mapped)


cdef void large_free(void* memory, size_t size) noexcept nogil:
    global _count, _total
    cdef void* base
    cdef size_t mapped
    cdef bint keep
    if memory == NULL or size < LARGE_FROM:
        free(memory)
        return
    base = _base(memory)
    mapped = (<size_t*> base)[0]
    lock()
    keep = _open > 0 and _count < MOST_KEPT and _total + mapped <= LARGE_LIMIT
    if keep:
        _kept[_count].base = base
        _kept[_count].mapped = mapped
        _kept[_count].since = _now
        _count += 1
        _total += mapped
    unlock()
    if not keep:
        munmap(base, mapped)


cdef void* large_realloc(void* memory, size_t size, size_t larger) noexcept nogil:
    cdef void* fresh
    cdef size_t mapped
    if larger < LARGE_FROM:
        return realloc(memory, larger)
    if larger > (<size_t> 1 << 62):
        return NULL
    if memory == NULL or size < LARGE_FROM:
        fresh = large_malloc(larger)
        if fresh != NULL and memory != NULL:
            memcpy(fresh, memory, size)
            free(memory)
        return fresh
    if (<size_t*> _base(memory))[0] - HEADER >= larger:
        return memory
    mapped = _mapped_for(larger)
    return _handed(remap_memory(_base(memory), (<size_t*> _base(memory))[0], mapped), mapped)


cdef void _let_go(bint all_of_them) noexcept nogil:
    """Or of those that were kept for long enough."""
    cdef Kept old[MOST_KEPT]
    cdef int count = 0
    cdef int i
    lock()
    i = _count
    while i:
        i -= 1
        if all_of_them or _now - _kept[i].since > LARGE_SECONDS:
            old[count] = _forget(i)
            count += 1
    unlock()
    for i in range(count):
        munmap(old[i].base, old[i].mapped)


cdef void large_open() noexcept nogil:
    global _open
    lock()
    _open += 1
    unlock()


cdef void large_close() noexcept nogil:
    global _open
    cdef bint last
    lock()
    _open -= 1
    last = _open == 0
    unlock()
    if last:
        _let_go(True)


cdef void large_tick(double now) noexcept nogil:
    global _now
    lock()
    _now = now
    unlock()
    _let_go(False)


# --- for tests -------------------------------------------------------------------------------


def kept() -> tuple:
    """How many buffers wait to be used again, and how many bytes they have."""
    lock()
    result = _count, _total
    unlock()
    return result


def tick(double now) -> None:
    """As a front end says that it is so late."""
    large_tick(now)


class Opened:
    """A front end that is open, as a context manager."""

    def __enter__(self):
        large_open()
        return self

    def __exit__(self, *_):
        large_close()


cdef class Large:
    """A buffer, filled with one byte from its start to its end."""

    cdef unsigned char* memory
    cdef readonly size_t size

    def __cinit__(self, size_t size):
        self.memory = <unsigned char*> large_malloc(size)
        if self.memory == NULL:
            raise MemoryError
        self.size = size

    def __dealloc__(self):
        large_free(self.memory, self.size)

    @property
    def address(self) -> int:
        return <size_t> self.memory

    def fill(self, unsigned char byte) -> None:
        with nogil:
            memset(self.memory, byte, self.size)

    def holds(self, unsigned char byte, size_t count) -> bool:
        """Whether the first ``count`` bytes are that."""
        cdef size_t i = 0
        with nogil:
            while i < count and self.memory[i] == byte:
                i += 1
        return i == count

    def grow(self, size_t larger) -> None:
        cdef void* grown = large_realloc(self.memory, self.size, larger)
        if grown == NULL:
            raise MemoryError
        self.memory = <unsigned char*> grown
        self.size = larger
