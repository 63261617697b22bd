# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The life of a request (see request.pxd): new, in flight, cancelled, given back, deleted."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset, strcmp
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.account cimport account_reported
from triton_py.core.allocator cimport Allocator
from triton_py.core.arena cimport (
    arena_init,
    arena_reset,
    arena_string,
)
from triton_py.core.channel cimport channel_fail, channel_request_done
from triton_py.core.counters cimport LIVE_REQUEST, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.native cimport (
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_add,
    tp_load,
    tp_now_ns,
    tp_store,
    tp_swap,
)
from triton_py.core.objects cimport (
    REQUEST_EXAMINED,
    REQUEST_EXECUTING,
    REQUEST_INITIALIZED,
    REQUEST_MAGIC,
    REQUEST_PENDING,
    REQUEST_RELEASED,
    Channel,
    Input,
    Instance,
    Model,
    Request,
    Server,
)
from triton_py.core.parameter cimport parameters_init
from triton_py.core.sequence cimport sequence_again, sequence_released
from triton_py.core.sequence_inputs cimport sequence_inputs_drop
from triton_py.core.server cimport server_can_serve, server_of
from triton_py.core.slab cimport Slab, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.state cimport request_drop_states
from triton_py.core.state_value cimport states_release
from triton_py.core.statistics cimport (
    FAILURE_BACKEND,
    FAILURE_CANCELED,
    FAILURE_REJECTED,
    statistics_failure,
    statistics_success,
)
from triton_py.core.text cimport Text, text_add, text_init, text_str
from triton_py.core.trace cimport trace_report, trace_report_now

cdef Slab _requests
slab_init(&_requests, REQUEST_MAGIC, sizeof(Request), 128)


cdef void request_prefix(Request* request, Text* text) noexcept nogil:
    text_add(text, b"[request id: ")
    text_add(text, request.id if request.id[0] != 0 else <const char*>b"<id_unknown>")
    text_add(text, b"] ")


cdef Input* request_input(Request* request, const char* name) noexcept nogil:
    cdef uint32_t i
    for i in range(request.input_count):
        if strcmp(request.inputs[i].name, name) == 0:
            return &request.inputs[i]
    return NULL


cdef void _end_step(Request* request) noexcept nogil:
    """What the request had for one execution only."""
    sequence_inputs_drop(request)
    request_drop_states(request)
    states_release(request.states)
    request.states = NULL


cdef void request_reschedule(Request* request) noexcept nogil:
    cdef Model* model = request.model
    cdef Instance* instance = request.channel.instance
    cdef bint taken
    _end_step(request)
    if request.channel.trace != NULL:
        trace_report_now(request.channel.trace, TRITONSERVER_TRACE_QUEUE_START)
    # Its slot keeps the instance; who takes the next step counts it again.
    request.channel.instance = NULL
    tp_add(&instance.in_flight, -1)
    pthread_mutex_lock(&model.queue.mutex)
    # From here on it may execute, and be gone.
    taken = sequence_again(request, tp_now_ns())
    pthread_mutex_unlock(&model.queue.mutex)
    if not taken:
        request.next = NULL
        request_fail_all(request, TRITONSERVER_ERROR_CANCELLED,
                         b"another request of its sequence was cancelled", FAILURE_CANCELED)


cdef void request_release(Request* request, uint32_t flags) noexcept nogil:
    cdef Channel* channel = request.channel
    cdef Model* model = request.model
    cdef uint64_t now
    if not tp_load(&request.reported) and request.exec_start and not request.is_null:
        # The backend reported nothing: what the core saw stands in.
        now = tp_now_ns()
        if channel.trace != NULL:
            trace_report(channel.trace, TRITONSERVER_TRACE_COMPUTE_START, request.exec_start)
            trace_report(channel.trace, TRITONSERVER_TRACE_COMPUTE_END, now)
        if channel.account != NULL:
            account_reported(channel.account, request.exec_start, request.exec_start, now, now)
        if tp_load(&channel.failed):
            statistics_failure(&model.statistics, FAILURE_BACKEND, request.request_start, now)
        else:
            statistics_success(&model.statistics, request.batch_size, request.request_start,
                               request.queue_start, request.exec_start, request.exec_start, now,
                               now, now)
    if model.sequencer != NULL:
        _end_step(request)
        # A request that fills a slot has no sequence.
        if request.sequence != NULL:
            pthread_mutex_lock(&model.queue.mutex)
            sequence_released(request, tp_now_ns())
            pthread_mutex_unlock(&model.queue.mutex)
    if channel.trace != NULL:
        trace_report_now(channel.trace, TRITONSERVER_TRACE_REQUEST_END)
    request.channel = NULL
    request.model = NULL
    channel_request_done(channel)
    # Last: the client may delete the request, or submit it again, inside the callback.
    request.release_fn(<TRITONSERVER_InferenceRequest*>request, flags, request.release_userp)


cdef void request_fail(
    Request* request, TRITONSERVER_Error_Code code, const char* message, FailureReason reason
) noexcept nogil:
    cdef Text text
    text_init(&text)
    # A backend's sentence reaches the client as it is, the core's own names the request.
    if reason != FAILURE_BACKEND:
        request_prefix(request, &text)
        text_add(&text, message)
        message = text_str(&text)
    channel_fail(request.channel, code, message)
    if not tp_load(&request.reported) and not request.is_null:
        tp_store(&request.reported, 1)
        statistics_failure(&request.model.statistics, reason, request.request_start, tp_now_ns())
    request_release(request, TRITONSERVER_REQUEST_RELEASE_ALL)


cdef void request_fail_all(
    Request* request, TRITONSERVER_Error_Code code, const char* message, FailureReason reason
) noexcept nogil:
    cdef Request* next
    while request != NULL:
        next = request.next
        request.next = NULL
        if tp_swap(&request.state, REQUEST_PENDING, REQUEST_RELEASED):
            request_fail(request, code, message, reason)
        request = next


cdef void request_expired(Request* request) noexcept nogil:
    request_fail_all(request, TRITONSERVER_ERROR_UNAVAILABLE, b"Request timeout expired",
                     FAILURE_REJECTED)


cdef Request* request_to_read(
    const char* function, void* handle, TRITONSERVER_Error** error
) noexcept nogil:
    if (slot_alive(handle, REQUEST_MAGIC)
            and tp_load(&(<Request*>handle).state) == REQUEST_EXAMINED):
        error[0] = NULL
        return <Request*>handle
    return request_of_backend(function, handle, error)


cdef Request* request_of_backend(
    const char* function, void* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Text text
    if handle == NULL:
        error[0] = error_null(function, b"request")
        return NULL
    text_init(&text)
    text_add(&text, function)
    if slot_alive(handle, REQUEST_MAGIC):
        if tp_load(&(<Request*>handle).state) == REQUEST_EXECUTING:
            error[0] = NULL
            return <Request*>handle
        if tp_load(&(<Request*>handle).state) == REQUEST_EXAMINED:
            text_add(&text, b": a batching strategy may only look at a request")
            error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
            return NULL
    text_add(&text, b": the backend does not own this request: it was released before")
    error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    return NULL


cdef Request* request_own(
    const char* function, TRITONSERVER_InferenceRequest* handle, bint change,
    TRITONSERVER_Error** error
) noexcept nogil:
    """The client's live request; with `change`, one that is not in flight."""
    cdef Text text
    cdef int64_t state
    if handle == NULL:
        error[0] = error_null(function, b"inference_request")
        return NULL
    text_init(&text)
    text_add(&text, function)
    if not slot_alive(handle, REQUEST_MAGIC):
        text_add(&text, b": not a live inference request: it was deleted before")
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
        return NULL
    if change:
        state = tp_load(&(<Request*>handle).state)
        if state != REQUEST_INITIALIZED and state != REQUEST_RELEASED:
            text_add(&text, b": the request is in flight and belongs to the server until its "
                            b"release callback")
            error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
            return NULL
    error[0] = NULL
    return <Request*>handle


cdef TRITONSERVER_Error* request_no_memory() noexcept nogil:
    return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an inference request")


cdef TRITONSERVER_Error* request_error(
    const char* before, const char* name, const char* after
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, before)
    text_add(&text, name)
    text_add(&text, after)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


# --- life-cycle ----------------------------------------------------------------------------


cdef Request* request_new(Server* server) noexcept nogil:
    cdef Request* r = <Request*>slab_get(&_requests)
    if r == NULL:
        return NULL
    memset(&r.server, 0, <char*>r.first_block - <char*>&r.server)
    arena_init(&r.arena, r.first_block, sizeof(r.first_block))
    live(LIVE_REQUEST, 1)
    tp_store(&r.state, REQUEST_INITIALIZED)
    r.server = server
    r.id = b""
    parameters_init(&r.parameters)
    return r


cdef void request_free(Request* request) noexcept nogil:
    cdef uint32_t i
    for i in range(request.input_count):
        request.inputs[i].magic = 0
    arena_reset(&request.arena)
    slab_put(&_requests, &request.slot)
    live(LIVE_REQUEST, -1)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestNew(
    TRITONSERVER_InferenceRequest** inference_request, TRITONSERVER_Server* server,
    const char* model_name, const int64_t model_version
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r
    cdef Server* s
    if inference_request == NULL or model_name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestNew",
                          b"inference_request and model_name")
    s = server_of(b"TRITONSERVER_InferenceRequestNew", server, &error)
    if s == NULL:
        return error
    error = server_can_serve(s, model_name, model_version)
    if error != NULL:
        return error
    r = request_new(s)
    if r == NULL:
        return request_no_memory()
    r.model_version = model_version
    r.model_name = arena_string(&r.arena, model_name)
    if r.model_name == NULL:
        request_free(r)
        return request_no_memory()
    inference_request[0] = <TRITONSERVER_InferenceRequest*>r
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestDelete(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r
    if inference_request == NULL:
        return NULL
    r = request_own(b"TRITONSERVER_InferenceRequestDelete", inference_request, True, &error)
    if r == NULL:
        return error
    request_free(r)
    return NULL


cdef int64_t _cancellations = 0


cdef int64_t cancellations() noexcept nogil:
    return tp_load(&_cancellations)


cdef void request_mark_cancelled(Request* request) noexcept nogil:
    # In this order: whoever sees the count sees the mark.
    tp_store(&request.cancelled, 1)
    tp_add(&_cancellations, 1)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestCancel(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef int64_t serial
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestCancel", inference_request, False, &error)
    if r == NULL:
        return error
    request_mark_cancelled(r)
    # The client owns the request again as soon as it was released, but what is left of it may go on
    # through a factory. A channel's memory stays readable; one that is over has another serial, or
    # nobody who looks.
    if r.watched != NULL:
        serial = r.watched_serial << 1
        tp_swap(&r.watched.cancelled, serial, serial | 1)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestIsCancelled(
    TRITONSERVER_InferenceRequest* inference_request, cbool* is_cancelled
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestIsCancelled", inference_request, False, &error)
    if r == NULL:
        return error
    if is_cancelled == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestIsCancelled", b"is_cancelled")
    is_cancelled[0] = tp_load(&r.cancelled) != 0
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetReleaseCallback(
    TRITONSERVER_InferenceRequest* inference_request,
    TRITONSERVER_InferenceRequestReleaseFn_t request_release_fn, void* request_release_userp
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetReleaseCallback", inference_request, True, &error)
    if r == NULL:
        return error
    if request_release_fn == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetReleaseCallback",
                          b"request_release_fn")
    r.release_fn = request_release_fn
    r.release_userp = request_release_userp
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetResponseCallback(
    TRITONSERVER_InferenceRequest* inference_request,
    TRITONSERVER_ResponseAllocator* response_allocator, void* response_allocator_userp,
    TRITONSERVER_InferenceResponseCompleteFn_t response_fn, void* response_userp
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestSetResponseCallback", inference_request, True, &error)
    if r == NULL:
        return error
    if response_allocator == NULL or response_fn == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetResponseCallback",
                          b"response_allocator and response_fn")
    r.allocator = <Allocator*>response_allocator
    r.allocator_userp = response_allocator_userp
    r.response_fn = response_fn
    r.response_userp = response_userp
    return NULL
