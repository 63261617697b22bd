# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of durations over the last minute, counted in buckets.

The buckets are as wide as the durations are long: each power of two is cut into 64, so that a
quantile is at most 0.8 % off, and exact below 128 us. The minute is five slices, of which the
oldest gives way to a new one every 12 s; so the quantiles are of the last 48 to 60 s. Count and sum
are of all time.

Nothing here locks: a summary belongs to a model's statistics, and their lock is held already where
durations are counted.
"""

from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    SUMMARY_SLICES = 5
    SUMMARY_BUCKETS = 1728  # 128 of one us, and 64 for each power of two from 2**7 to 2**31

cdef struct SummarySlice:
    uint64_t period     # which 12 s since the clock began
    uint32_t counts[<int>SUMMARY_BUCKETS]

cdef struct Summary:
    uint64_t count
    uint64_t sum_us
    SummarySlice slices[<int>SUMMARY_SLICES]

# All zeros is a summary without observations.
# Longer than an hour and eleven minutes (2**32 us) counts as that; the sum is as it is.
cdef void summary_observe(Summary* summary, uint64_t us, uint64_t now_ns) noexcept nogil
# Adds the minute's counts to `totals`, which has SUMMARY_BUCKETS; returns how many there are.
cdef uint64_t summary_add(Summary* summary, uint64_t now_ns, uint64_t* totals) noexcept nogil
# The value of which the share `quantile` (0 to 1) of the observations is not above it, in us;
# NaN where there is none.
cdef double summary_quantile(
    const uint64_t* totals, uint64_t count, double quantile
) noexcept nogil
