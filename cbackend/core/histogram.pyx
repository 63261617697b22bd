# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Histograms (see histogram.pxd)."""

from libc.math cimport INFINITY
from libc.stdint cimport UINT32_MAX, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from triton_py.core.native cimport tp_add_double, tp_count, tp_counted, tp_load_double


cdef bint histogram_bounds_ascend(const double* bounds, uint64_t count) noexcept nogil:
    cdef uint64_t i
    for i in range(count):
        if bounds[i] != bounds[i] or (i and not bounds[i - 1] < bounds[i]):
            return False
    return True


cdef Histogram* histogram_new(const double* bounds, uint64_t count) noexcept nogil:
    cdef Histogram* h
    if count and bounds[count - 1] == INFINITY:
        count -= 1
    if count > UINT32_MAX - 1:
        return NULL
    h = <Histogram*>calloc(1, sizeof(Histogram) + count * sizeof(double)
                           + (count + 1) * sizeof(uint64_t))
    if h == NULL:
        return NULL
    h.bound_count = <uint32_t>count
    h.bounds = <double*>(h + 1)
    h.counts = <uint64_t*>(h.bounds + count)
    if count:
        memcpy(h.bounds, bounds, count * sizeof(double))
    return h


cdef void histogram_free(Histogram* histogram) noexcept nogil:
    free(histogram)


cdef void histogram_observe(Histogram* histogram, double value) noexcept nogil:
    cdef uint32_t low = 0
    cdef uint32_t high = histogram.bound_count
    cdef uint32_t middle
    while low < high:
        middle = (low + high) // 2
        # Asked this way round, so that NaN is above every bound.
        if histogram.bounds[middle] >= value:
            high = middle
        else:
            low = middle + 1
    tp_count(&histogram.counts[low])
    tp_add_double(&histogram.sum, value)


cdef Histogram* histogram_from_python(object bounds) except NULL:
    cdef uint64_t count = len(bounds)
    cdef double* copy = <double*>calloc(count + 1, sizeof(double))
    cdef Histogram* histogram = NULL
    cdef uint64_t i
    if copy == NULL:
        raise MemoryError("out of memory for a histogram")
    try:
        for i in range(count):
            copy[i] = bounds[i]
        if not histogram_bounds_ascend(copy, count):
            raise ValueError(f"the bounds of a histogram must ascend: {list(bounds)}")
        histogram = histogram_new(copy, count)
        if histogram == NULL:
            raise MemoryError("out of memory for a histogram")
    finally:
        free(copy)
    return histogram


cdef dict histogram_python(Histogram* histogram):
    cdef uint64_t total = 0
    cdef uint32_t i
    bounds = []
    counts = []
    for i in range(histogram.bound_count + 1):
        total += tp_counted(&histogram.counts[i])
        counts.append(total)
        if i < histogram.bound_count:
            bounds.append(histogram.bounds[i])
    return {"bounds": bounds, "counts": counts, "sum": tp_load_double(&histogram.sum)}
