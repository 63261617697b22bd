# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Pools whose memory is never given back, so that a stale handle can be told from a live one.

A backend that releases a request twice holds a pointer to a freed object. Memory from malloc
would make reading it undefined; a slot of a slab stays readable for ever and carries a magic
number that says whether it is alive. Freed slots wait in a queue before they are used again, so
that a late second release meets a dead slot and not somebody else's request.
"""

from libc.stdint cimport int64_t, uint64_t

from triton_py.core.native cimport pthread_mutex_t

# First member of every slot.
cdef struct Slot:
    uint64_t magic   # the pool's magic while alive, else 0
    uint64_t serial  # how many times the slot was handed out
    Slot* next_free

cdef struct Slab:
    pthread_mutex_t mutex
    uint64_t magic
    size_t item
    size_t quarantine  # free slots that are kept back
    Slot* head
    Slot* tail
    size_t free_count

cdef void slab_init(Slab* slab, uint64_t magic, size_t item, size_t quarantine) noexcept nogil
# A live slot whose bytes after `Slot` are as they were left; NULL when out of memory.
cdef Slot* slab_get(Slab* slab) noexcept nogil
cdef void slab_put(Slab* slab, Slot* slot) noexcept nogil

cdef inline bint slot_alive(const void* pointer, uint64_t magic) noexcept nogil:
    return pointer != NULL and (<const Slot*>pointer).magic == magic
