# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Custom metrics (see metric.pxd)."""

from cython.operator cimport dereference as deref, preincrement
from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport strdup
from libcpp.map cimport map as cmap
from libcpp.string cimport string
from libcpp.vector cimport vector

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_METRIC_KIND_COUNTER,
    TRITONSERVER_METRIC_KIND_GAUGE,
    TRITONSERVER_METRIC_KIND_HISTOGRAM,
    TRITONSERVER_Error,
    TRITONSERVER_MetricKind,
)
from triton_py.core.error cimport error_new
from triton_py.core.histogram cimport histogram_free, histogram_new, histogram_python
from triton_py.core.native cimport (
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_t,
    pthread_mutex_unlock,
    tp_add,
    tp_load_double,
)
from triton_py.core.text cimport Text, text_add, text_init, text_str

from triton_py.metrics import OWN_KINDS

ctypedef MetricFamily* FamilyPtr
ctypedef cmap[string, FamilyPtr] FamiliesByName
ctypedef cmap[string, string] KindsByName

cdef pthread_mutex_t _lock
cdef FamiliesByName _families
cdef KindsByName _own  # the kinds of the server's own families; never changes
pthread_mutex_init(&_lock, NULL)
cdef string _own_name, _own_kind
for _name, _kind in OWN_KINDS.items():
    _own_name = _name.encode()
    _own_kind = _kind.encode()
    _own[_own_name] = _own_kind


cdef const char* metric_kind_name(TRITONSERVER_MetricKind kind) noexcept nogil:
    if kind == TRITONSERVER_METRIC_KIND_COUNTER:
        return b"counter"
    if kind == TRITONSERVER_METRIC_KIND_GAUGE:
        return b"gauge"
    if kind == TRITONSERVER_METRIC_KIND_HISTOGRAM:
        return b"histogram"
    return NULL


cdef bint _is_name(const char* name, bint colons) noexcept nogil:
    """Whether Prometheus takes it; names that begin with two underscores are its own."""
    cdef char c
    cdef size_t i = 0
    if name[0] == c"_" and name[1] == c"_":
        return False
    while name[i] != 0:
        c = name[i]
        if not (c"a" <= c <= c"z" or c"A" <= c <= c"Z" or c == c"_" or (colons and c == c":")
                or (i and c"0" <= c <= c"9")):
            return False
        i += 1
    return i > 0


cdef TRITONSERVER_Error* _refused(
    const char* name, const char* why, const char* more
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"metric family '")
    text_add(&text, name)
    text_add(&text, b"': ")
    text_add(&text, why)
    text_add(&text, more)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef void _release_family(MetricFamily* family) noexcept nogil:
    if tp_add(&family.references, -1) == 0:
        del family.series
        free(family.name)
        free(family.help)
        free(family)


cdef void _release_series(Series* series) noexcept nogil:
    if tp_add(&series.references, -1) == 0:
        _release_family(series.family)
        histogram_free(series.histogram)
        del series.labels
        free(series)


# --- families ------------------------------------------------------------------------------


cdef MetricFamily* _new_family(
    TRITONSERVER_MetricKind kind, const char* name, const char* help
) noexcept nogil:
    cdef MetricFamily* family = <MetricFamily*>calloc(1, sizeof(MetricFamily))
    if family == NULL:
        return NULL
    family.kind = kind
    family.references = 1
    family.name = strdup(name)
    family.help = strdup(help)
    family.series = new SeriesByLabels()
    if family.name == NULL or family.help == NULL:
        _release_family(family)
        return NULL
    return family


cdef MetricFamily* metric_family_open(
    TRITONSERVER_MetricKind kind, const char* name, const char* help, TRITONSERVER_Error** error
) noexcept nogil:
    cdef FamiliesByName.iterator found
    cdef KindsByName.iterator own
    cdef MetricFamily* family = NULL
    cdef const char* kind_name = metric_kind_name(kind)
    error[0] = NULL
    if kind_name == NULL:
        error[0] = _refused(name, b"its kind is none of counter, gauge and histogram", b"")
        return NULL
    if not _is_name(name, True):
        error[0] = _refused(name, b"a name consists of letters, digits, underscores and colons, "
                                  b"begins with no digit, and not with two underscores", b"")
        return NULL
    own = _own.find(string(name))
    if own != _own.end() and deref(own).second != string(kind_name):
        error[0] = _refused(name, b"the server has one of that name, which is a ",
                            deref(own).second.c_str())
        return NULL
    pthread_mutex_lock(&_lock)
    found = _families.find(string(name))
    if found != _families.end():
        family = deref(found).second
        if family.kind == kind:
            family.handles += 1
        else:
            error[0] = _refused(name, b"one of that name exists, which is a ",
                                metric_kind_name(family.kind))
            family = NULL
    else:
        family = _new_family(kind, name, help)
        if family == NULL:
            error[0] = error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a metric family")
        else:
            family.handles = 1
            _families[string(name)] = family
    pthread_mutex_unlock(&_lock)
    return family


cdef void metric_family_close(MetricFamily* family) noexcept nogil:
    cdef bint last
    pthread_mutex_lock(&_lock)
    family.handles -= 1
    last = family.handles == 0
    if last:
        _families.erase(string(family.name))
    pthread_mutex_unlock(&_lock)
    if last:
        _release_family(family)


# --- series --------------------------------------------------------------------------------


cdef TRITONSERVER_Error* _check_labels(MetricFamily* family, Labels* labels) noexcept nogil:
    cdef Labels.iterator label = labels.begin()
    while label != labels.end():
        if not _is_name(deref(label).first.c_str(), False):
            return _refused(family.name, b"a label's name consists of letters, digits and "
                            b"underscores, begins with no digit, and not with two underscores: ",
                            deref(label).first.c_str())
        if (family.kind == TRITONSERVER_METRIC_KIND_HISTOGRAM
                and deref(label).first == string(b"le")):
            return _refused(family.name, b"the label 'le' of a histogram is its buckets'", b"")
        preincrement(label)
    return NULL


cdef Series* _new_series(
    MetricFamily* family, Labels* labels, const double* bounds, uint64_t bound_count
) noexcept nogil:
    cdef Series* series = <Series*>calloc(1, sizeof(Series))
    if series == NULL:
        return NULL
    if family.kind == TRITONSERVER_METRIC_KIND_HISTOGRAM:
        series.histogram = histogram_new(bounds, bound_count)
        if series.histogram == NULL:
            free(series)
            return NULL
    series.labels = new Labels(deref(labels))
    series.references = 1
    series.family = family
    tp_add(&family.references, 1)
    return series


cdef Series* metric_series_open(
    MetricFamily* family, Labels* labels, const double* bounds, uint64_t bound_count,
    TRITONSERVER_Error** error
) noexcept nogil:
    cdef SeriesByLabels.iterator found
    cdef Series* series
    error[0] = _check_labels(family, labels)
    if error[0] != NULL:
        return NULL
    pthread_mutex_lock(&_lock)
    found = family.series.find(deref(labels))
    if found != family.series.end():
        series = deref(found).second
    else:
        series = _new_series(family, labels, bounds, bound_count)
        if series == NULL:
            error[0] = error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a metric")
        else:
            deref(family.series)[deref(labels)] = series
    if series != NULL:
        series.handles += 1
    pthread_mutex_unlock(&_lock)
    return series


cdef void metric_series_close(Series* series) noexcept nogil:
    cdef bint last
    pthread_mutex_lock(&_lock)
    series.handles -= 1
    last = series.handles == 0
    if last:
        series.family.series.erase(deref(series.labels))
    pthread_mutex_unlock(&_lock)
    if last:
        _release_series(series)


# --- reading -------------------------------------------------------------------------------


cdef str _text(string text):
    # The page is UTF-8, whatever a backend wrote.
    return (<bytes>text).decode("utf-8", "replace")


cdef dict _labels(Series* series):
    cdef Labels.iterator label = series.labels.begin()
    labels = {}
    while label != series.labels.end():
        labels[_text(deref(label).first)] = _text(deref(label).second)
        preincrement(label)
    return labels


cdef void _collect(vector[SeriesPtr]* every) noexcept nogil:
    """A reference to each series that there is now, those of a family together."""
    cdef FamiliesByName.iterator family
    cdef SeriesByLabels.iterator series
    pthread_mutex_lock(&_lock)
    family = _families.begin()
    while family != _families.end():
        series = deref(family).second.series.begin()
        while series != deref(family).second.series.end():
            tp_add(&deref(series).second.references, 1)
            every.push_back(deref(series).second)
            preincrement(series)
        preincrement(family)
    pthread_mutex_unlock(&_lock)


cdef list metrics_python():
    """References are taken under the lock, Python objects made after it: none may be made in it."""
    cdef vector[SeriesPtr] every
    cdef Series* series
    cdef MetricFamily* family = NULL
    cdef size_t i
    result = []
    samples = None
    with nogil:
        _collect(&every)
    try:
        for i in range(every.size()):
            series = every[i]
            if series.family != family:
                family = series.family
                samples = []
                result.append((
                    _text(string(family.name)), metric_kind_name(family.kind).decode("ascii"),
                    _text(string(family.help)), samples))
            samples.append((
                _labels(series),
                tp_load_double(&series.value) if series.histogram == NULL
                else histogram_python(series.histogram)))
    finally:
        with nogil:
            for i in range(every.size()):
                _release_series(every[i])
    return result
