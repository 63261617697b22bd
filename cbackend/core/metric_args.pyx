# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_MetricArgs (see metric_args.pxd)."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_METRIC_KIND_HISTOGRAM,
    TRITONSERVER_Error,
    TRITONSERVER_MetricArgs,
)
from triton_py.core.counters cimport LIVE_METRIC_ARGS, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.histogram cimport histogram_bounds_ascend
from triton_py.core.metric cimport MetricFamily
from triton_py.core.text cimport Text, text_add, text_init, text_str


cdef TRITONSERVER_Error* _refused(const char* family, const char* why) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"TRITONSERVER_MetricNewWithArgs: metric family '")
    text_add(&text, family)
    text_add(&text, b"': ")
    text_add(&text, why)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* metric_args_check(
    const MetricArgs* args, const MetricFamily* family
) noexcept nogil:
    if family.kind != TRITONSERVER_METRIC_KIND_HISTOGRAM:
        if args == NULL:
            return NULL
        return _refused(family.name, b"only a histogram has arguments")
    if args == NULL:
        return _refused(family.name, b"a histogram needs arguments, with the bounds of its buckets")
    if not args.histogram:
        return _refused(family.name, b"a histogram needs the bounds of its buckets, which "
                                     b"TRITONSERVER_MetricArgsSetHistogram sets")
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricArgsNew(
    TRITONSERVER_MetricArgs** args
) noexcept nogil:
    cdef MetricArgs* made
    if args == NULL:
        return error_null(b"TRITONSERVER_MetricArgsNew", b"args")
    made = <MetricArgs*>calloc(1, sizeof(MetricArgs))
    if made == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for metric arguments")
    live(LIVE_METRIC_ARGS, 1)
    args[0] = <TRITONSERVER_MetricArgs*>made
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricArgsSetHistogram(
    TRITONSERVER_MetricArgs* args, const double* buckets, const uint64_t buckets_count
) noexcept nogil:
    cdef MetricArgs* a = <MetricArgs*>args
    cdef double* copy
    if args == NULL or (buckets == NULL and buckets_count):
        return error_null(b"TRITONSERVER_MetricArgsSetHistogram", b"args and buckets")
    if not histogram_bounds_ascend(buckets, buckets_count):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_MetricArgsSetHistogram: each bound must be above the one "
                         b"before it, and none NaN")
    copy = <double*>malloc(buckets_count * sizeof(double) + 1)
    if copy == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for metric arguments")
    if buckets_count:
        memcpy(copy, buckets, buckets_count * sizeof(double))
    free(a.bounds)
    a.bounds = copy
    a.bound_count = buckets_count
    a.histogram = True
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricArgsDelete(
    TRITONSERVER_MetricArgs* args
) noexcept nogil:
    if args != NULL:
        free((<MetricArgs*>args).bounds)
        free(args)
        live(LIVE_METRIC_ARGS, -1)
    return NULL
