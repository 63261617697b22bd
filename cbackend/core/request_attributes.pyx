# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A request's id, flags, priority, time-out and correlation id, as the client sets them."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport strlen

from triton_py.abi.types cimport *
from triton_py.core.arena cimport arena_string
from triton_py.core.error cimport error_new, error_null
from triton_py.core.objects cimport Request
from triton_py.core.request cimport request_no_memory, request_own

cdef enum:
    MAX_CORRELATION_ID = 128


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestId(
    TRITONSERVER_InferenceRequest* inference_request, const char** id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestId", inference_request, False, &error)
    if r == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestId", b"id")
    id[0] = r.id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetId(
    TRITONSERVER_InferenceRequest* inference_request, const char* id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef char* copy
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetId", inference_request, True, &error)
    if r == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetId", b"id")
    copy = arena_string(&r.arena, id)
    if copy == NULL:
        return request_no_memory()
    r.id = copy
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestCorrelationIdString(
    TRITONSERVER_InferenceRequest* inference_request, const char** correlation_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestCorrelationIdString", inference_request, False, &error)
    if r == NULL:
        return error
    if correlation_id == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestCorrelationIdString", b"correlation_id")
    if r.correlation_string == NULL:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"the correlation id of this request is a number, not a string")
    correlation_id[0] = r.correlation_string
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetCorrelationIdString(
    TRITONSERVER_InferenceRequest* inference_request, const char* correlation_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef char* copy
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetCorrelationIdString", inference_request, True, &error)
    if r == NULL:
        return error
    if correlation_id == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetCorrelationIdString",
                          b"correlation_id")
    if strlen(correlation_id) > MAX_CORRELATION_ID:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"string correlation ID cannot be longer than 128 characters")
    copy = arena_string(&r.arena, correlation_id)
    if copy == NULL:
        return request_no_memory()
    r.correlation_string = copy
    r.correlation_id = 0
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestCorrelationId(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t* correlation_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestCorrelationId", inference_request, False, &error)
    if r == NULL:
        return error
    if correlation_id == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestCorrelationId", b"correlation_id")
    if r.correlation_string != NULL:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"the correlation id of this request is a string, not a number")
    correlation_id[0] = r.correlation_id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetCorrelationId(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t correlation_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetCorrelationId", inference_request, True, &error)
    if r == NULL:
        return error
    r.correlation_id = correlation_id
    r.correlation_string = NULL
    return NULL


# --- numbers ---------------------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestFlags(
    TRITONSERVER_InferenceRequest* inference_request, uint32_t* flags
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestFlags", inference_request, False, &error)
    if r == NULL:
        return error
    if flags == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestFlags", b"flags")
    flags[0] = r.flags
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetFlags(
    TRITONSERVER_InferenceRequest* inference_request, uint32_t flags
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetFlags", inference_request, True, &error)
    if r == NULL:
        return error
    r.flags = flags
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestPriorityUInt64(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t* priority
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestPriorityUInt64", inference_request, False, &error)
    if r == NULL:
        return error
    if priority == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestPriorityUInt64", b"priority")
    priority[0] = r.priority
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetPriorityUInt64(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t priority
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetPriorityUInt64", inference_request, True, &error)
    if r == NULL:
        return error
    r.priority = priority
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestTimeoutMicroseconds(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t* timeout_us
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestTimeoutMicroseconds", inference_request, False, &error)
    if r == NULL:
        return error
    if timeout_us == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestTimeoutMicroseconds", b"timeout_us")
    timeout_us[0] = r.timeout_us
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetTimeoutMicroseconds(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t timeout_us
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetTimeoutMicroseconds", inference_request, True, &error)
    if r == NULL:
        return error
    r.timeout_us = timeout_us
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestPriority(
    TRITONSERVER_InferenceRequest* inference_request, uint32_t* priority
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestPriority", inference_request, False, &error)
    if r == NULL:
        return error
    if priority == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestPriority", b"priority")
    priority[0] = <uint32_t>r.priority
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetPriority(
    TRITONSERVER_InferenceRequest* inference_request, uint32_t priority
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetPriority", inference_request, True, &error)
    if r == NULL:
        return error
    r.priority = priority
    return NULL
