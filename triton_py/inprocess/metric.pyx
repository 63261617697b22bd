# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Custom metrics over the C API."""

cimport cython
from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_GetMetricFamilyKind,
    TRITONSERVER_GetMetricKind,
    TRITONSERVER_MetricArgsDelete,
    TRITONSERVER_MetricArgsNew,
    TRITONSERVER_MetricArgsSetHistogram,
    TRITONSERVER_MetricDelete,
    TRITONSERVER_MetricFamilyDelete,
    TRITONSERVER_MetricFamilyNew,
    TRITONSERVER_MetricIncrement,
    TRITONSERVER_MetricNewWithArgs,
    TRITONSERVER_MetricObserve,
    TRITONSERVER_MetricSet,
    TRITONSERVER_MetricValue,
    TRITONSERVER_ParameterDelete,
    TRITONSERVER_ParameterNew,
)
from triton_py.abi.types cimport (
    TRITONSERVER_PARAMETER_STRING,
    TRITONSERVER_Metric,
    TRITONSERVER_MetricArgs,
    TRITONSERVER_MetricFamily,
    TRITONSERVER_MetricKind,
    TRITONSERVER_Parameter,
)
from triton_py.inprocess.status cimport c_text, check, check_process, generation, may_free, swallow


cdef class NativeMetricFamily:
    """A handle of a family; it goes when nothing refers to it any more, its metrics included."""

    cdef TRITONSERVER_MetricFamily* ptr
    cdef int made_in

    def __cinit__(self, int kind, object name, object description):
        cdef bytes c_name = c_text(name, "metric family: name")
        cdef bytes c_description = c_text(description, "metric family: description")
        self.made_in = generation()
        check(TRITONSERVER_MetricFamilyNew(
            &self.ptr, <TRITONSERVER_MetricKind> kind, c_name, c_description))

    def __dealloc__(self):
        if self.ptr != NULL and may_free(self.made_in):
            swallow(TRITONSERVER_MetricFamilyDelete(self.ptr))

    @property
    def kind(self):
        cdef TRITONSERVER_MetricKind kind
        check_process(self.made_in, "a metric family")
        check(TRITONSERVER_GetMetricFamilyKind(self.ptr, &kind))
        return <int> kind


cdef TRITONSERVER_MetricArgs* _args(object buckets) except NULL:
    """Owned by the caller."""
    cdef TRITONSERVER_MetricArgs* args = NULL
    cdef uint64_t count = len(buckets)
    cdef uint64_t i
    cdef double* bounds = <double*> calloc(count + 1, sizeof(double))
    if bounds == NULL:
        raise MemoryError("out of memory for the buckets of a metric")
    try:
        for i in range(count):
            bounds[i] = buckets[i]
        check(TRITONSERVER_MetricArgsNew(&args))
        try:
            check(TRITONSERVER_MetricArgsSetHistogram(args, bounds, count))
        except BaseException:
            swallow(TRITONSERVER_MetricArgsDelete(args))
            raise
    finally:
        free(bounds)
    return args


# Without no_gc_clear the family could go first, where both are part of a cycle, and refuse to.
@cython.no_gc_clear
cdef class NativeMetric:
    """A handle of a metric."""

    cdef TRITONSERVER_Metric* ptr
    cdef NativeMetricFamily family  # must outlive it

    def __cinit__(self, NativeMetricFamily family not None, dict labels, object buckets):
        cdef const TRITONSERVER_Parameter** parameters
        cdef TRITONSERVER_MetricArgs* args = NULL
        cdef uint64_t count = len(labels)
        cdef uint64_t made = 0
        cdef bytes name, value
        check_process(family.made_in, "a metric family")
        self.family = family
        parameters = <const TRITONSERVER_Parameter**> calloc(count + 1, sizeof(void*))
        if parameters == NULL:
            raise MemoryError("out of memory for the labels of a metric")
        try:
            for key, text in labels.items():
                name = c_text(key, "metric: name of a label")
                value = c_text(text, f"metric: label {key}")
                parameters[made] = TRITONSERVER_ParameterNew(
                    name, TRITONSERVER_PARAMETER_STRING, <const char*> value)
                if parameters[made] == NULL:
                    raise MemoryError("out of memory for the labels of a metric")
                made += 1
            if buckets is not None:
                args = _args(buckets)
            check(TRITONSERVER_MetricNewWithArgs(
                &self.ptr, family.ptr, parameters, count, args))
        finally:
            while made:
                made -= 1
                TRITONSERVER_ParameterDelete(<TRITONSERVER_Parameter*> parameters[made])
            free(parameters)
            if args != NULL:
                swallow(TRITONSERVER_MetricArgsDelete(args))

    def __dealloc__(self):
        if self.ptr != NULL and may_free(self.family.made_in):
            swallow(TRITONSERVER_MetricDelete(self.ptr))

    cdef int _check(self) except -1:
        return check_process(self.family.made_in, "a metric")

    @property
    def kind(self):
        cdef TRITONSERVER_MetricKind kind
        self._check()
        check(TRITONSERVER_GetMetricKind(self.ptr, &kind))
        return <int> kind

    @property
    def value(self):
        cdef double value = 0
        self._check()
        check(TRITONSERVER_MetricValue(self.ptr, &value))
        return value

    def increment(self, double value):
        self._check()
        check(TRITONSERVER_MetricIncrement(self.ptr, value))

    def set(self, double value):
        self._check()
        check(TRITONSERVER_MetricSet(self.ptr, value))

    def observe(self, double value):
        self._check()
        check(TRITONSERVER_MetricObserve(self.ptr, value))
