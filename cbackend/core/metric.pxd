# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Custom metrics: families, and the series in them. metric_handle.pyx has the ABI's functions.

Who owns what
    MetricFamily  what all handles of one name share: two backends that create a family of the same
                  name and kind have one. Published from the first handle to the last.
    Series        what all handles of one family and the same labels share: its value. Published
                  from the first handle to the last; the next one with these labels begins at 0.

Both belong to the process, as Triton's do: a family is created without a server, and each server's
page shows all of them. One lock guards which there are, and is held for no longer than it takes to
find one. Values are atomic and have no lock.
"""

from libc.stdint cimport int64_t, uint64_t
from libcpp.map cimport map as cmap
from libcpp.string cimport string

from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_MetricKind
from triton_py.core.histogram cimport Histogram

# Sorted by name, as Triton shows them; of a name that is given twice the last value counts.
ctypedef cmap[string, string] Labels
cdef struct Series
ctypedef Series* SeriesPtr
ctypedef cmap[Labels, SeriesPtr] SeriesByLabels

cdef struct MetricFamily:
    char* name
    char* help              # the first handle's
    TRITONSERVER_MetricKind kind
    int64_t handles         # under the lock
    int64_t references      # atomic: the published one, and one for each series
    SeriesByLabels* series  # under the lock

cdef struct Series:
    MetricFamily* family    # one reference
    Labels* labels
    int64_t handles         # under the lock
    int64_t references      # atomic: the published one, and those of readers
    double value            # of a counter or a gauge; atomic
    Histogram* histogram    # of a histogram, else NULL

# The family of that name, with one handle more; made if there is none. NULL and *error: the name is
# none, or is that of a family of another kind, one of the server's own included.
cdef MetricFamily* metric_family_open(
    TRITONSERVER_MetricKind kind, const char* name, const char* help, TRITONSERVER_Error** error
) noexcept nogil
cdef void metric_family_close(MetricFamily* family) noexcept nogil
# The family's series with these labels, with one handle more; made if there is none, a histogram
# with these bounds, which must ascend. NULL and *error: a label's name is none. The labels are
# copied. The caller has a handle of the family, and keeps it until metric_series_close.
cdef Series* metric_series_open(
    MetricFamily* family, Labels* labels, const double* bounds, uint64_t bound_count,
    TRITONSERVER_Error** error
) noexcept nogil
cdef void metric_series_close(Series* series) noexcept nogil
# "counter", "gauge" or "histogram"; NULL for any other number.
cdef const char* metric_kind_name(TRITONSERVER_MetricKind kind) noexcept nogil

# With the GIL: [(name, kind, help, [(labels, value), ...]), ...], families and series in the order
# of their names; labels are a dict, a value is a float, or for a histogram histogram_python's dict.
# A family without series is left out.
cdef list metrics_python()
