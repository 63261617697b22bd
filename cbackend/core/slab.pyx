# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Slot pools (see slab.pxd)."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc

from triton_py.core.native cimport (
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
)

cdef enum:
    CHUNK = 32  # slots allocated at a time


cdef void slab_init(Slab* slab, uint64_t magic, size_t item, size_t quarantine) noexcept nogil:
    pthread_mutex_init(&slab.mutex, NULL)
    slab.magic = magic
    slab.item = (item + 63) & ~<size_t>63  # no two slots share a cache line
    slab.quarantine = quarantine
    slab.head = NULL
    slab.tail = NULL
    slab.free_count = 0


cdef void _append(Slab* slab, Slot* slot) noexcept nogil:
    slot.next_free = NULL
    if slab.tail == NULL:
        slab.head = slot
    else:
        slab.tail.next_free = slot
    slab.tail = slot
    slab.free_count += 1


cdef bint _grow(Slab* slab) noexcept nogil:
    cdef char* chunk = <char*>calloc(CHUNK, slab.item)
    cdef Slot* slot
    cdef size_t i
    if chunk == NULL:
        return False
    # Fresh slots go to the front: they have no stale handles to wait for.
    for i in range(CHUNK):
        slot = <Slot*>(chunk + i * slab.item)
        slot.next_free = slab.head
        slab.head = slot
        if slab.tail == NULL:
            slab.tail = slot
        slab.free_count += 1
    return True


cdef Slot* slab_get(Slab* slab) noexcept nogil:
    cdef Slot* slot = NULL
    pthread_mutex_lock(&slab.mutex)
    if slab.free_count > slab.quarantine or _grow(slab):
        slot = slab.head
        slab.head = slot.next_free
        if slab.head == NULL:
            slab.tail = NULL
        slab.free_count -= 1
        slot.serial += 1
        slot.next_free = NULL
        slot.magic = slab.magic
    pthread_mutex_unlock(&slab.mutex)
    return slot


cdef void slab_put(Slab* slab, Slot* slot) noexcept nogil:
    pthread_mutex_lock(&slab.mutex)
    slot.magic = 0
    _append(slab, slot)
    pthread_mutex_unlock(&slab.mutex)
