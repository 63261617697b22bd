# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONBACKEND_ModelInstanceResponseStatistics*: what a backend says of single responses."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free

from triton_py.abi.types cimport (
    TRITONBACKEND_ModelInstance,
    TRITONBACKEND_ModelInstanceResponseStatistics,
    TRITONBACKEND_ResponseFactory,
    TRITONSERVER_ERROR_CANCELLED,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_Error,
)
from triton_py.core.channel cimport factory_channel
from triton_py.core.counters cimport LIVE_RESPONSE_STATISTICS, live
from triton_py.core.error cimport error_code, error_new, error_null
from triton_py.core.native cimport tp_load
from triton_py.core.objects cimport INSTANCE_MAGIC, Channel, Instance
from triton_py.core.statistics cimport statistics_response


# The pointers are borrowed from the backend until the report.
cdef struct ResponseStatistics:
    Instance* instance
    TRITONBACKEND_ResponseFactory* factory
    TRITONSERVER_Error* error
    uint64_t start
    uint64_t output_start
    uint64_t end


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsNew(
    TRITONBACKEND_ModelInstanceResponseStatistics** response_statistics
) noexcept nogil:
    cdef ResponseStatistics* s
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsNew",
                          b"response_statistics")
    s = <ResponseStatistics*>calloc(1, sizeof(ResponseStatistics))
    if s == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for response statistics")
    live(LIVE_RESPONSE_STATISTICS, 1)
    response_statistics[0] = <TRITONBACKEND_ModelInstanceResponseStatistics*>s
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsDelete(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics
) noexcept nogil:
    if response_statistics != NULL:
        live(LIVE_RESPONSE_STATISTICS, -1)
        free(response_statistics)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportResponseStatistics(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics
) noexcept nogil:
    cdef ResponseStatistics* s = <ResponseStatistics*>response_statistics
    cdef TRITONSERVER_Error* error = NULL
    cdef Channel* channel
    cdef uint64_t index
    cdef bint failed, cancelled
    if s == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceReportResponseStatistics",
                          b"response_statistics")
    if s.instance == NULL or s.factory == NULL or not s.start or not s.end:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ModelInstanceReportResponseStatistics: the model "
                         b"instance, the response factory, the start and the end of the response "
                         b"must be set")
    if s.instance.magic != INSTANCE_MAGIC:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, b"not a live model instance")
    channel = factory_channel(s.factory, &error)
    if channel == NULL:
        return error
    if channel.request_start == 0:
        # The core is its client: it is in no statistics.
        return NULL
    cancelled = s.error != NULL and error_code(s.error) == TRITONSERVER_ERROR_CANCELLED
    failed = s.error != NULL and not cancelled
    # Reported before the response is sent, as Triton expects it: the next one's index.
    index = <uint64_t>tp_load(&channel.sent)
    statistics_response(&s.instance.model.statistics, index, s.start, s.output_start, s.end,
                        failed, cancelled, s.error == NULL and s.output_start == 0)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsSetModelInstance(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    TRITONBACKEND_ModelInstance* model_instance
) noexcept nogil:
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsSetModelInstance",
                          b"response_statistics")
    (<ResponseStatistics*>response_statistics).instance = <Instance*>model_instance
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseFactory(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    TRITONBACKEND_ResponseFactory* response_factory
) noexcept nogil:
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseFactory",
                          b"response_statistics")
    (<ResponseStatistics*>response_statistics).factory = response_factory
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseStart(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    uint64_t response_start
) noexcept nogil:
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseStart",
                          b"response_statistics")
    (<ResponseStatistics*>response_statistics).start = response_start
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsSetComputeOutputStart(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    uint64_t compute_output_start
) noexcept nogil:
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsSetComputeOutputStart",
                          b"response_statistics")
    (<ResponseStatistics*>response_statistics).output_start = compute_output_start
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseEnd(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    uint64_t response_end
) noexcept nogil:
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsSetResponseEnd",
                          b"response_statistics")
    (<ResponseStatistics*>response_statistics).end = response_end
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceResponseStatisticsSetError(
    TRITONBACKEND_ModelInstanceResponseStatistics* response_statistics,
    TRITONSERVER_Error* error
) noexcept nogil:
    if response_statistics == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceResponseStatisticsSetError",
                          b"response_statistics")
    (<ResponseStatistics*>response_statistics).error = error
    return NULL
