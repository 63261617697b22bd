# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Summaries (see summary.pxd)."""

from libc.math cimport NAN, ceil
from libc.stdint cimport UINT32_MAX, uint32_t, uint64_t
from libc.string cimport memset

cdef extern from * nogil:
    int __builtin_clzll(unsigned long long)

cdef enum:
    EXACT = 128      # durations below have a bucket each
    PER_OCTAVE = 64

cdef uint64_t _PERIOD_NS = 12000000000


cdef inline uint32_t _bucket(uint64_t us) noexcept nogil:
    cdef int shift
    if us < EXACT:
        return <uint32_t>us
    if us > UINT32_MAX:
        us = UINT32_MAX
    # So far to the right that 64 to 127 is left: the octave, and the place in it.
    shift = 57 - __builtin_clzll(us)
    return <uint32_t>(EXACT + (shift - 1) * PER_OCTAVE + ((us >> shift) - PER_OCTAVE))


cdef inline double _middle(uint32_t bucket) noexcept nogil:
    cdef uint32_t shift
    cdef uint64_t lowest
    if bucket < EXACT:
        return bucket
    shift = (bucket - EXACT) // PER_OCTAVE + 1
    lowest = <uint64_t>(PER_OCTAVE + (bucket - EXACT) % PER_OCTAVE) << shift
    return lowest + ((<uint64_t>1 << shift) - 1) / 2.0


cdef void summary_observe(Summary* summary, uint64_t us, uint64_t now_ns) noexcept nogil:
    cdef uint64_t period = now_ns // _PERIOD_NS
    cdef SummarySlice* part = &summary.slices[period % SUMMARY_SLICES]
    if part.period != period:
        memset(part, 0, sizeof(SummarySlice))
        part.period = period
    part.counts[_bucket(us)] += 1
    summary.count += 1
    summary.sum_us += us


cdef uint64_t summary_add(Summary* summary, uint64_t now_ns, uint64_t* totals) noexcept nogil:
    cdef uint64_t period = now_ns // _PERIOD_NS
    cdef uint64_t count = 0
    cdef uint32_t i, k
    cdef SummarySlice* part
    for i in range(SUMMARY_SLICES):
        part = &summary.slices[i]
        # `now` may be a moment older than the newest observation.
        if part.period + SUMMARY_SLICES <= period:
            continue
        for k in range(SUMMARY_BUCKETS):
            totals[k] += part.counts[k]
            count += part.counts[k]
    return count


cdef double summary_quantile(
    const uint64_t* totals, uint64_t count, double quantile
) noexcept nogil:
    cdef uint64_t rank, seen = 0
    cdef uint32_t i
    if count == 0:
        return NAN
    rank = <uint64_t>ceil(quantile * count)
    if rank < 1:
        rank = 1
    for i in range(SUMMARY_BUCKETS):
        seen += totals[i]
        if seen >= rank:
            return _middle(i)
    return _middle(SUMMARY_BUCKETS - 1)
