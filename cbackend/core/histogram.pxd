# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Histograms of fixed buckets: an observation is two relaxed atomics, without lock or allocation.

A histogram is one block of memory. Its bounds never change; its counts and its sum are read one by
one, so a reader that looks while others observe sees some of an observation and not yet the rest of
it. The count of all is the sum of the buckets' as they were read: those two never disagree.
"""

from libc.stdint cimport uint32_t, uint64_t

cdef struct Histogram:
    uint32_t bound_count
    double* bounds      # the buckets' upper bounds, ascending; a value at a bound is below it
    uint64_t* counts    # bound_count + 1 of them: the last is of what is above every bound; atomic
    double sum          # atomic

# Whether they ascend, each above the one before it, and none is NaN.
cdef bint histogram_bounds_ascend(const double* bounds, uint64_t count) noexcept nogil
# Owned by the caller; NULL: out of memory. The bounds are copied. An infinite last bound is left
# out: the bucket above every bound is that one.
cdef Histogram* histogram_new(const double* bounds, uint64_t count) noexcept nogil
cdef void histogram_free(Histogram* histogram) noexcept nogil
# From any thread. NaN counts as above every bound, and makes the sum NaN.
cdef void histogram_observe(Histogram* histogram, double value) noexcept nogil

# With the GIL: a histogram of these bounds, or an exception.
cdef Histogram* histogram_from_python(object bounds) except NULL
# With the GIL: {"bounds": [...], "counts": [...], "sum": ...}. The counts are cumulative, one for
# each bound and one of all.
cdef dict histogram_python(Histogram* histogram)
