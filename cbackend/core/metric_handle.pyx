# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_MetricFamily and TRITONSERVER_Metric: handles of what metric.pxd has.

Handles live in slabs, so that one used after its end is recognised. Callable from any thread and
in any phase of a backend; none takes the GIL, and the functions that change a value take no lock.
"""

from cython.operator cimport dereference as deref
from libc.stdint cimport int64_t, uint64_t
from libcpp.string cimport string

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_METRIC_KIND_COUNTER,
    TRITONSERVER_METRIC_KIND_GAUGE,
    TRITONSERVER_METRIC_KIND_HISTOGRAM,
    TRITONSERVER_PARAMETER_STRING,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
    TRITONSERVER_Metric,
    TRITONSERVER_MetricArgs,
    TRITONSERVER_MetricFamily,
    TRITONSERVER_MetricKind,
    TRITONSERVER_Parameter,
)
from triton_py.core.counters cimport LIVE_METRIC, LIVE_METRIC_FAMILY, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.histogram cimport histogram_observe
from triton_py.core.metric cimport (
    Labels,
    MetricFamily,
    Series,
    metric_family_close,
    metric_family_open,
    metric_kind_name,
    metric_series_close,
    metric_series_open,
)
from triton_py.core.metric_args cimport MetricArgs, metric_args_check
from triton_py.core.native cimport (
    tp_add,
    tp_add_double,
    tp_load,
    tp_load_double,
    tp_store,
    tp_store_double,
    tp_swap,
)
from triton_py.core.parameter cimport Parameter
from triton_py.core.slab cimport Slab, Slot, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.text cimport Text, text_add, text_init, text_int, text_str

cdef enum:
    FAMILY_MAGIC = 0x796c696d6166    # "family"
    METRIC_MAGIC = 0x63697274656d    # "metric"

cdef int64_t _CLOSED = -(<int64_t>1 << 62)  # no number of metrics

cdef struct FamilyHandle:
    Slot slot
    MetricFamily* family    # one handle of it
    int64_t metrics         # that were created with this handle; far below 0: being deleted

cdef struct MetricHandle:
    Slot slot
    FamilyHandle* family    # it can't be deleted before
    Series* series          # one handle of it
    TRITONSERVER_MetricKind kind

cdef Slab _families
cdef Slab _metrics
slab_init(&_families, FAMILY_MAGIC, sizeof(FamilyHandle), 64)
slab_init(&_metrics, METRIC_MAGIC, sizeof(MetricHandle), 256)


cdef TRITONSERVER_Error* _sentence(
    TRITONSERVER_Error_Code code, const char* function, const char* family, const char* what
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, function)
    text_add(&text, b": ")
    if family != NULL:
        text_add(&text, b"metric family '")
        text_add(&text, family)
        text_add(&text, b"': ")
    text_add(&text, what)
    return error_new(code, text_str(&text))


cdef FamilyHandle* _family(
    const char* function, TRITONSERVER_MetricFamily* handle, TRITONSERVER_Error** error
) noexcept nogil:
    error[0] = NULL
    if slot_alive(handle, FAMILY_MAGIC):
        return <FamilyHandle*>handle
    if handle == NULL:
        error[0] = error_null(function, b"family")
    else:
        error[0] = _sentence(TRITONSERVER_ERROR_INVALID_ARG, function, NULL,
                             b"not a live metric family: it was deleted before")
    return NULL


cdef MetricHandle* _metric(
    const char* function, TRITONSERVER_Metric* handle, TRITONSERVER_Error** error
) noexcept nogil:
    error[0] = NULL
    if slot_alive(handle, METRIC_MAGIC):
        return <MetricHandle*>handle
    if handle == NULL:
        error[0] = error_null(function, b"metric")
    else:
        error[0] = _sentence(TRITONSERVER_ERROR_INVALID_ARG, function, NULL,
                             b"not a live metric: it was deleted before")
    return NULL


cdef TRITONSERVER_Error* _wrong_kind(const char* function, MetricHandle* m) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"a ")
    text_add(&text, metric_kind_name(m.kind))
    text_add(&text, b" has no such operation")
    return _sentence(TRITONSERVER_ERROR_UNSUPPORTED, function, m.series.family.name,
                     text_str(&text))


# --- families ------------------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_MetricFamilyNew(
    TRITONSERVER_MetricFamily** family, const TRITONSERVER_MetricKind kind, const char* name,
    const char* description
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef FamilyHandle* handle
    cdef MetricFamily* shared
    if family == NULL or name == NULL or description == NULL:
        return error_null(b"TRITONSERVER_MetricFamilyNew", b"family, name and description")
    shared = metric_family_open(kind, name, description, &error)
    if shared == NULL:
        return error
    handle = <FamilyHandle*>slab_get(&_families)
    if handle == NULL:
        metric_family_close(shared)
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a metric family")
    handle.family = shared
    tp_store(&handle.metrics, 0)
    live(LIVE_METRIC_FAMILY, 1)
    family[0] = <TRITONSERVER_MetricFamily*>handle
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricFamilyDelete(
    TRITONSERVER_MetricFamily* family
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Text text
    cdef FamilyHandle* handle = _family(b"TRITONSERVER_MetricFamilyDelete", family, &error)
    cdef MetricFamily* shared
    if handle == NULL:
        return error
    if not tp_swap(&handle.metrics, 0, _CLOSED):
        text_init(&text)
        text_add(&text, b"Must call MetricDelete on each of its metrics first, of which there are ")
        text_int(&text, tp_load(&handle.metrics))
        return _sentence(TRITONSERVER_ERROR_INTERNAL, b"TRITONSERVER_MetricFamilyDelete",
                         handle.family.name, text_str(&text))
    shared = handle.family
    slab_put(&_families, &handle.slot)
    live(LIVE_METRIC_FAMILY, -1)
    metric_family_close(shared)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_GetMetricFamilyKind(
    TRITONSERVER_MetricFamily* family, TRITONSERVER_MetricKind* kind
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef FamilyHandle* handle = _family(b"TRITONSERVER_GetMetricFamilyKind", family, &error)
    if handle == NULL:
        return error
    if kind == NULL:
        return error_null(b"TRITONSERVER_GetMetricFamilyKind", b"kind")
    kind[0] = handle.family.kind
    return NULL


# --- metrics -------------------------------------------------------------------------------


cdef TRITONSERVER_Error* _read_labels(
    MetricFamily* family, const TRITONSERVER_Parameter** parameters, uint64_t count,
    Labels* labels
) noexcept nogil:
    cdef const Parameter* parameter
    cdef Text text
    cdef uint64_t i
    for i in range(count):
        parameter = <const Parameter*>parameters[i]
        if parameter == NULL:
            return error_null(b"TRITONSERVER_MetricNewWithArgs", b"every label")
        if parameter.type != TRITONSERVER_PARAMETER_STRING:
            text_init(&text)
            text_add(&text, b"a label is a parameter of type TRITONSERVER_PARAMETER_STRING, "
                            b"which '")
            text_add(&text, parameter.name)
            text_add(&text, b"' is not")
            return _sentence(TRITONSERVER_ERROR_INVALID_ARG, b"TRITONSERVER_MetricNewWithArgs",
                             family.name, text_str(&text))
        deref(labels)[string(parameter.name)] = string(parameter.string)
    return NULL


cdef TRITONSERVER_Error* _open(
    FamilyHandle* handle, const TRITONSERVER_Parameter** parameters, uint64_t count,
    MetricArgs* args, TRITONSERVER_Metric** metric
) noexcept nogil:
    cdef TRITONSERVER_Error* error = metric_args_check(args, handle.family)
    cdef Labels labels
    cdef MetricHandle* made
    cdef Series* series
    if error != NULL:
        return error
    error = _read_labels(handle.family, parameters, count, &labels)
    if error != NULL:
        return error
    series = metric_series_open(handle.family, &labels, args.bounds if args != NULL else NULL,
                                args.bound_count if args != NULL else 0, &error)
    if series == NULL:
        return error
    made = <MetricHandle*>slab_get(&_metrics)
    if made == NULL:
        metric_series_close(series)
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a metric")
    made.family = handle
    made.series = series
    made.kind = handle.family.kind
    live(LIVE_METRIC, 1)
    metric[0] = <TRITONSERVER_Metric*>made
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricNewWithArgs(
    TRITONSERVER_Metric** metric, TRITONSERVER_MetricFamily* family,
    const TRITONSERVER_Parameter** labels, const uint64_t label_count,
    const TRITONSERVER_MetricArgs* args
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef FamilyHandle* handle
    if metric == NULL or (labels == NULL and label_count):
        return error_null(b"TRITONSERVER_MetricNewWithArgs", b"metric and labels")
    handle = _family(b"TRITONSERVER_MetricNewWithArgs", family, &error)
    if handle == NULL:
        return error
    # From here on the family can't be deleted; if that is being done already, it is too late.
    if tp_add(&handle.metrics, 1) <= 0:
        tp_add(&handle.metrics, -1)
        return _sentence(TRITONSERVER_ERROR_INVALID_ARG, b"TRITONSERVER_MetricNewWithArgs", NULL,
                         b"the metric family is being deleted")
    error = _open(handle, labels, label_count, <MetricArgs*>args, metric)
    if error != NULL:
        tp_add(&handle.metrics, -1)
    return error


cdef public TRITONSERVER_Error* TRITONSERVER_MetricNew(
    TRITONSERVER_Metric** metric, TRITONSERVER_MetricFamily* family,
    const TRITONSERVER_Parameter** labels, const uint64_t label_count
) noexcept nogil:
    return TRITONSERVER_MetricNewWithArgs(metric, family, labels, label_count, NULL)


cdef public TRITONSERVER_Error* TRITONSERVER_MetricDelete(
    TRITONSERVER_Metric* metric
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef MetricHandle* m = _metric(b"TRITONSERVER_MetricDelete", metric, &error)
    cdef FamilyHandle* family
    cdef Series* series
    if m == NULL:
        return error
    family = m.family
    series = m.series
    slab_put(&_metrics, &m.slot)
    live(LIVE_METRIC, -1)
    metric_series_close(series)
    # Last: after it the family may be deleted.
    tp_add(&family.metrics, -1)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_GetMetricKind(
    TRITONSERVER_Metric* metric, TRITONSERVER_MetricKind* kind
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef MetricHandle* m = _metric(b"TRITONSERVER_GetMetricKind", metric, &error)
    if m == NULL:
        return error
    if kind == NULL:
        return error_null(b"TRITONSERVER_GetMetricKind", b"kind")
    kind[0] = m.kind
    return NULL


# --- values --------------------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_MetricValue(
    TRITONSERVER_Metric* metric, double* value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef MetricHandle* m = _metric(b"TRITONSERVER_MetricValue", metric, &error)
    if m == NULL:
        return error
    if value == NULL:
        return error_null(b"TRITONSERVER_MetricValue", b"value")
    if m.kind == TRITONSERVER_METRIC_KIND_HISTOGRAM:
        return _wrong_kind(b"TRITONSERVER_MetricValue", m)
    value[0] = tp_load_double(&m.series.value)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricIncrement(
    TRITONSERVER_Metric* metric, double value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef MetricHandle* m = _metric(b"TRITONSERVER_MetricIncrement", metric, &error)
    if m == NULL:
        return error
    if m.kind == TRITONSERVER_METRIC_KIND_HISTOGRAM:
        return _wrong_kind(b"TRITONSERVER_MetricIncrement", m)
    # Asked this way round, so that NaN is refused, which no later increment could mend.
    if m.kind == TRITONSERVER_METRIC_KIND_COUNTER and not value >= 0:
        return _sentence(TRITONSERVER_ERROR_INVALID_ARG, b"TRITONSERVER_MetricIncrement",
                         m.series.family.name, b"a counter grows by what is not less than 0")
    tp_add_double(&m.series.value, value)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricSet(
    TRITONSERVER_Metric* metric, double value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef MetricHandle* m = _metric(b"TRITONSERVER_MetricSet", metric, &error)
    if m == NULL:
        return error
    if m.kind != TRITONSERVER_METRIC_KIND_GAUGE:
        return _wrong_kind(b"TRITONSERVER_MetricSet", m)
    tp_store_double(&m.series.value, value)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricObserve(
    TRITONSERVER_Metric* metric, double value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef MetricHandle* m = _metric(b"TRITONSERVER_MetricObserve", metric, &error)
    if m == NULL:
        return error
    if m.kind != TRITONSERVER_METRIC_KIND_HISTOGRAM:
        return _wrong_kind(b"TRITONSERVER_MetricObserve", m)
    histogram_observe(m.series.histogram, value)
    return NULL
