# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests as the backend sees them: TRITONBACKEND_Request*; input.pyx has their inputs."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.error cimport error_new, error_null
from triton_py.core.native cimport tp_load, tp_swap
from triton_py.core.objects cimport (
    REQUEST_EXECUTING,
    REQUEST_PENDING,
    REQUEST_RELEASED,
    Request,
)
from triton_py.core.parameter cimport parameter_value
from triton_py.core.request cimport (
    request_of_backend,
    request_release,
    request_reschedule,
    request_to_read,
)
from triton_py.core.text cimport Text, text_add, text_init, text_str


cdef TRITONSERVER_Error* request_bounds(const char* function, const char* what) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, function)
    text_add(&text, b": ")
    text_add(&text, what)
    text_add(&text, b" index out of bounds")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


# --- the request ---------------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestId(
    TRITONBACKEND_Request* request, const char** id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestId", request, &error)
    if r == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONBACKEND_RequestId", b"id")
    id[0] = r.id
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestIsCancelled(
    TRITONBACKEND_Request* request, cbool* is_cancelled
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestIsCancelled", request, &error)
    if r == NULL:
        return error
    if is_cancelled == NULL:
        return error_null(b"TRITONBACKEND_RequestIsCancelled", b"is_cancelled")
    is_cancelled[0] = tp_load(&r.cancelled) != 0
    return NULL


cdef bint _has_string(const Request* r) noexcept nogil:
    """Whether the correlation id is a string; one that an iterative sequence got is a number."""
    return r.correlation_string != NULL and r.sequence_id == 0


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestCorrelationId(
    TRITONBACKEND_Request* request, uint64_t* id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestCorrelationId", request, &error)
    if r == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONBACKEND_RequestCorrelationId", b"id")
    if _has_string(r):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"the correlation id of this request is a string, not a number")
    id[0] = r.sequence_id
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestCorrelationIdString(
    TRITONBACKEND_Request* request, const char** id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(
        b"TRITONBACKEND_RequestCorrelationIdString", request, &error)
    if r == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONBACKEND_RequestCorrelationIdString", b"id")
    if not _has_string(r):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"the correlation id of this request is a number, not a string")
    id[0] = r.correlation_string
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestFlags(
    TRITONBACKEND_Request* request, uint32_t* flags
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestFlags", request, &error)
    if r == NULL:
        return error
    if flags == NULL:
        return error_null(b"TRITONBACKEND_RequestFlags", b"flags")
    flags[0] = r.sequence_flags
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_InferenceRequestTimeoutMicroseconds(
    TRITONBACKEND_Request* request, uint64_t* timeout
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(
        b"TRITONBACKEND_InferenceRequestTimeoutMicroseconds", request, &error)
    if r == NULL:
        return error
    if timeout == NULL:
        return error_null(b"TRITONBACKEND_InferenceRequestTimeoutMicroseconds", b"timeout")
    timeout[0] = r.timeout_us
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestParameterCount(
    TRITONBACKEND_Request* request, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestParameterCount", request, &error)
    if r == NULL:
        return error
    if count == NULL:
        return error_null(b"TRITONBACKEND_RequestParameterCount", b"count")
    count[0] = <uint32_t>r.parameters.count
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestParameter(
    TRITONBACKEND_Request* request, const uint32_t index, const char** key,
    TRITONSERVER_ParameterType* type, const void** vvalue
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestParameter", request, &error)
    if r == NULL:
        return error
    if key == NULL or type == NULL or vvalue == NULL:
        return error_null(b"TRITONBACKEND_RequestParameter", b"key, type and vvalue")
    if index >= r.parameters.count:
        return request_bounds(b"TRITONBACKEND_RequestParameter", b"parameter")
    key[0] = r.parameters.items[index].name
    type[0] = r.parameters.items[index].type
    vvalue[0] = parameter_value(&r.parameters.items[index])
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestTrace(
    TRITONBACKEND_Request* request, TRITONSERVER_InferenceTrace** trace
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestTrace", request, &error)
    if r == NULL:
        return error
    if trace == NULL:
        return error_null(b"TRITONBACKEND_RequestTrace", b"trace")
    trace[0] = <TRITONSERVER_InferenceTrace*>r.channel.trace
    return NULL


cdef TRITONSERVER_Error* _reschedule(Request* r) noexcept nogil:
    if r.model.sequencer == NULL or not r.model.sequencer.iterative:
        return error_new(TRITONSERVER_ERROR_UNSUPPORTED,
                         b"TRITONBACKEND_RequestRelease: only a model with iterative sequence "
                         b"batching can reschedule a request; the backend still owns it")
    if r.is_null:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_RequestRelease: a request that is not ready (its READY "
                         b"control is off) can't be rescheduled; the backend still owns it")
    if tp_load(&r.channel.final):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_RequestRelease: the final response was sent, there is no "
                         b"next step to reschedule for; the backend still owns the request")
    if not tp_swap(&r.state, REQUEST_EXECUTING, REQUEST_PENDING):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_RequestRelease: the request was released before")
    request_reschedule(r)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestRelease(
    TRITONBACKEND_Request* request, uint32_t release_flags
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_of_backend(b"TRITONBACKEND_RequestRelease", request, &error)
    if r == NULL:
        return error
    if release_flags == TRITONSERVER_REQUEST_RELEASE_RESCHEDULE:
        return _reschedule(r)
    if release_flags != TRITONSERVER_REQUEST_RELEASE_ALL:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_RequestRelease: the flags must be "
                         b"TRITONSERVER_REQUEST_RELEASE_ALL or _RESCHEDULE; the backend still owns "
                         b"the request")
    if not tp_swap(&r.state, REQUEST_EXECUTING, REQUEST_RELEASED):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_RequestRelease: the request was released before")
    request_release(r, release_flags)
    return NULL


# --- outputs that are asked for ------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestOutputCount(
    TRITONBACKEND_Request* request, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestOutputCount", request, &error)
    if r == NULL:
        return error
    if count == NULL:
        return error_null(b"TRITONBACKEND_RequestOutputCount", b"count")
    count[0] = 0 if r.is_null else (r.output_count if r.output_count else r.model.output_count)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestOutputName(
    TRITONBACKEND_Request* request, const uint32_t index, const char** output_name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(b"TRITONBACKEND_RequestOutputName", request, &error)
    if r == NULL:
        return error
    if output_name == NULL:
        return error_null(b"TRITONBACKEND_RequestOutputName", b"output_name")
    if r.output_count:
        if index < r.output_count:
            output_name[0] = r.outputs[index]
            return NULL
    elif not r.is_null and index < r.model.output_count:
        output_name[0] = r.model.outputs[index].name
        return NULL
    return request_bounds(b"TRITONBACKEND_RequestOutputName", b"output")


cdef public TRITONSERVER_Error* TRITONBACKEND_RequestOutputBufferProperties(
    TRITONBACKEND_Request* request, const char* name, size_t* byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id
) noexcept nogil:
    """`byte_size` may be NULL; memory type and id go in as wishes and come out as promises."""
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_to_read(
        b"TRITONBACKEND_RequestOutputBufferProperties", request, &error)
    if r == NULL:
        return error
    if memory_type == NULL or memory_type_id == NULL:
        return error_null(b"TRITONBACKEND_RequestOutputBufferProperties",
                          b"memory_type and memory_type_id")
    if r.allocator.query_fn == NULL:
        return error_new(TRITONSERVER_ERROR_UNAVAILABLE,
                         b"output buffer properties are not available: the response allocator "
                         b"has no query function")
    return r.allocator.query_fn(
        <TRITONSERVER_ResponseAllocator*>r.allocator, r.allocator_userp, name, byte_size,
        memory_type, memory_type_id)
