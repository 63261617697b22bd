# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_MetricArgs: what a histogram needs to be made."""

from libc.stdint cimport uint64_t

from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.core.metric cimport MetricFamily

cdef struct MetricArgs:
    bint histogram          # set by TRITONSERVER_MetricArgsSetHistogram
    double* bounds          # ascending, owned
    uint64_t bound_count

# Whether a metric of that family can be made with them (NULL: none were given): an error, or NULL.
cdef TRITONSERVER_Error* metric_args_check(
    const MetricArgs* args, const MetricFamily* family
) noexcept nogil
