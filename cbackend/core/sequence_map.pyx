# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The map of open sequences (see sequence_map.pxd)."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport strcmp

from triton_py.core.native cimport tp_now_ns
from triton_py.core.objects cimport Sequence, Sequencer

cdef enum:
    FIRST_BUCKETS = 64


cdef bint map_init(Sequencer* sequencer) noexcept nogil:
    sequencer.buckets = <Sequence**>calloc(FIRST_BUCKETS, sizeof(Sequence*))
    sequencer.bucket_count = FIRST_BUCKETS if sequencer.buckets != NULL else 0
    sequencer.seed = tp_now_ns() ^ <uint64_t>sequencer.buckets
    return sequencer.buckets != NULL


cdef uint32_t _bucket(
    uint32_t buckets, uint64_t seed, uint64_t id, const char* string
) noexcept nogil:
    """FNV over a string's bytes; then, as for a number, the upper bits of a product."""
    cdef const uint8_t* at = <const uint8_t*>string
    if at != NULL:
        id = 0xcbf29ce484222325ULL ^ seed
        while at[0]:
            id = (id ^ at[0]) * 0x100000001b3ULL
            at += 1
    return <uint32_t>(((id ^ seed) * 0x9e3779b97f4a7c15ULL) >> 32) & (buckets - 1)


cdef Sequence* map_find(
    const Sequencer* sequencer, uint64_t id, const char* string
) noexcept nogil:
    cdef Sequence* it = sequencer.buckets[
        _bucket(sequencer.bucket_count, sequencer.seed, id, string)]
    while it != NULL:
        if string == NULL:
            if it.string == NULL and it.id == id:
                return it
        elif it.string != NULL and strcmp(it.string, string) == 0:
            return it
        it = it.next_in_bucket
    return NULL


cdef void _grow(Sequencer* sequencer) noexcept nogil:
    cdef uint32_t count = sequencer.bucket_count * 2
    cdef Sequence** fresh = <Sequence**>calloc(count, sizeof(Sequence*))
    cdef Sequence* it
    cdef Sequence* next
    cdef uint32_t i, bucket
    if fresh == NULL:
        return  # longer chains are only slower
    for i in range(sequencer.bucket_count):
        it = sequencer.buckets[i]
        while it != NULL:
            next = it.next_in_bucket
            bucket = _bucket(count, sequencer.seed, it.id, it.string)
            it.next_in_bucket = fresh[bucket]
            fresh[bucket] = it
            it = next
    free(sequencer.buckets)
    sequencer.buckets = fresh
    sequencer.bucket_count = count


cdef void map_add(Sequencer* sequencer, Sequence* sequence) noexcept nogil:
    cdef uint32_t bucket
    if sequencer.open_count >= sequencer.bucket_count:
        _grow(sequencer)
    bucket = _bucket(sequencer.bucket_count, sequencer.seed, sequence.id, sequence.string)
    sequence.next_in_bucket = sequencer.buckets[bucket]
    sequencer.buckets[bucket] = sequence
    sequencer.open_count += 1
    sequence.open = True


cdef void map_remove(Sequencer* sequencer, Sequence* sequence) noexcept nogil:
    cdef Sequence** link = &sequencer.buckets[
        _bucket(sequencer.bucket_count, sequencer.seed, sequence.id, sequence.string)]
    while link[0] != sequence:
        link = &link[0].next_in_bucket
    link[0] = sequence.next_in_bucket
    sequencer.open_count -= 1
    sequence.open = False
