# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests as the client builds them: TRITONSERVER_InferenceRequest (see request.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset, strcmp, strlen
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.allocator cimport Allocator
from triton_py.core.arena cimport (
    arena_alloc,
    arena_grow,
    arena_init,
    arena_reset,
    arena_string,
)
from triton_py.core.buffer_attributes cimport BufferAttributes, buffer_attributes_set
from triton_py.core.channel cimport channel_fail, channel_request_done
from triton_py.core.counters cimport LIVE_REQUEST, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.native cimport tp_add, tp_load, tp_now_ns, tp_store
from triton_py.core.objects cimport (
    INPUT_MAGIC,
    REQUEST_EXECUTING,
    REQUEST_INITIALIZED,
    REQUEST_MAGIC,
    REQUEST_PENDING,
    Channel,
    Input,
    Model,
    Piece,
    Request,
    Server,
)
from triton_py.core.parameter cimport Parameter, parameters_init, parameters_put
from triton_py.core.server cimport server_can_serve, server_of
from triton_py.core.slab cimport Slab, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.statistics cimport FAILURE_BACKEND, statistics_failure, statistics_success
from triton_py.core.text cimport Text, text_add, text_init, text_str

cdef extern from "<sched.h>" nogil:
    int sched_yield()

cdef enum:
    MAX_RANK = 1024
    MAX_CORRELATION_ID = 128

# Added to Request.cancelled while a thread cancels: the lower half says whether it is cancelled.
cdef int64_t CANCELLING = <int64_t>1 << 32

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


cdef void request_release(Request* request, uint32_t flags) noexcept nogil:
    cdef Channel* channel = request.channel
    cdef Model* model = request.model
    cdef uint64_t now
    if not tp_load(&request.reported) and request.exec_start:
        # The backend reported nothing: what the core saw stands in.
        now = tp_now_ns()
        if tp_load(&channel.failed):
            statistics_failure(&model.statistics, FAILURE_BACKEND, request.request_start, now)
        else:
            statistics_success(&model.statistics, request.batch_size, request.request_start,
                               request.queue_start, request.exec_start, request.exec_start, now,
                               now, now)
    request.channel = NULL
    request.model = NULL
    # A client's thread may be cancelling right now. It saw the channel or will see NULL; wait until
    # it is through, or it would cancel whatever request gets the channel's memory next.
    while tp_add(&request.cancelled, 0) >= CANCELLING:
        sched_yield()
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
    if not tp_load(&request.reported):
        tp_store(&request.reported, 1)
        statistics_failure(&request.model.statistics, reason, request.request_start, tp_now_ns())
    request_release(request, TRITONSERVER_REQUEST_RELEASE_ALL)


cdef Request* request_of_backend(
    const char* function, void* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Text text
    if handle == NULL:
        error[0] = error_null(function, b"request")
        return NULL
    if (slot_alive(handle, REQUEST_MAGIC)
            and tp_load(&(<Request*>handle).state) == REQUEST_EXECUTING):
        error[0] = NULL
        return <Request*>handle
    text_init(&text)
    text_add(&text, function)
    text_add(&text, b": the backend does not own this request: it was released before")
    error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    return NULL


cdef Request* _own(
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
        if state == REQUEST_PENDING or state == REQUEST_EXECUTING:
            text_add(&text, b": the request is in flight and belongs to the server until its "
                            b"release callback")
            error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
            return NULL
    error[0] = NULL
    return <Request*>handle


cdef TRITONSERVER_Error* _no_memory() noexcept nogil:
    return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an inference request")


cdef TRITONSERVER_Error* _named(
    const char* before, const char* name, const char* after
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, before)
    text_add(&text, name)
    text_add(&text, after)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


# --- life-cycle ----------------------------------------------------------------------------


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
    r = <Request*>slab_get(&_requests)
    if r == NULL:
        return _no_memory()
    memset(&r.server, 0, <char*>r.first_block - <char*>&r.server)
    arena_init(&r.arena, r.first_block, sizeof(r.first_block))
    live(LIVE_REQUEST, 1)
    tp_store(&r.state, REQUEST_INITIALIZED)
    r.server = s
    r.model_version = model_version
    r.id = b""
    parameters_init(&r.parameters)
    r.model_name = arena_string(&r.arena, model_name)
    if r.model_name == NULL:
        TRITONSERVER_InferenceRequestDelete(<TRITONSERVER_InferenceRequest*>r)
        return _no_memory()
    inference_request[0] = <TRITONSERVER_InferenceRequest*>r
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestDelete(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r
    cdef uint32_t i
    if inference_request == NULL:
        return NULL
    r = _own(b"TRITONSERVER_InferenceRequestDelete", inference_request, True, &error)
    if r == NULL:
        return error
    for i in range(r.input_count):
        r.inputs[i].magic = 0
    arena_reset(&r.arena)
    slab_put(&_requests, &r.slot)
    live(LIVE_REQUEST, -1)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestCancel(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Channel* channel
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestCancel", inference_request, False, &error)
    if r == NULL:
        return error
    # The client may not delete the request while it cancels it. That the channel stays meanwhile
    # request_release sees to.
    tp_add(&r.cancelled, CANCELLING + 1)
    channel = r.channel
    if channel != NULL:
        tp_store(&channel.cancelled, 1)
    tp_add(&r.cancelled, -CANCELLING)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestIsCancelled(
    TRITONSERVER_InferenceRequest* inference_request, cbool* is_cancelled
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(
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
    cdef Request* r = _own(
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


# --- text attributes -----------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestId(
    TRITONSERVER_InferenceRequest* inference_request, const char** id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(b"TRITONSERVER_InferenceRequestId", inference_request, False, &error)
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
    cdef Request* r = _own(b"TRITONSERVER_InferenceRequestSetId", inference_request, True, &error)
    if r == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetId", b"id")
    copy = arena_string(&r.arena, id)
    if copy == NULL:
        return _no_memory()
    r.id = copy
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestCorrelationIdString(
    TRITONSERVER_InferenceRequest* inference_request, const char** correlation_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(
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
        return _no_memory()
    r.correlation_string = copy
    r.correlation_id = 0
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestCorrelationId(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t* correlation_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestSetCorrelationId", inference_request, True, &error)
    if r == NULL:
        return error
    r.correlation_id = correlation_id
    r.correlation_string = NULL
    return NULL


# --- inputs --------------------------------------------------------------------------------


cdef TRITONSERVER_Error* _add_input(
    Request* r, const char* name, TRITONSERVER_DataType datatype, const int64_t* shape,
    uint64_t dim_count, bint raw
) noexcept nogil:
    cdef uint32_t capacity
    cdef uint64_t d
    cdef void* fresh
    cdef Input* it
    if name == NULL or (shape == NULL and dim_count):
        return error_null(b"TRITONSERVER_InferenceRequestAddInput", b"name and shape")
    if dim_count > MAX_RANK:
        return _named(b"input '", name, b"' has more than 1024 dimensions")
    for d in range(dim_count):
        # -1 is reported later, with the model's expectations in the message.
        if shape[d] < -1:
            return _named(b"input '", name, b"' has a negative dimension")
    if request_input(r, name) != NULL:
        return _named(b"input '", name, b"' already exists in request")
    if r.input_count == r.input_capacity:
        capacity = r.input_capacity * 2 if r.input_capacity else 2
        fresh = arena_grow(&r.arena, r.inputs, sizeof(Input), r.input_count, capacity)
        if fresh == NULL:
            return _no_memory()
        r.inputs = <Input*>fresh
        r.input_capacity = capacity
    it = &r.inputs[r.input_count]
    memset(it, 0, sizeof(Input))
    it.name = arena_string(&r.arena, name)
    it.shape = <int64_t*>arena_alloc(&r.arena, sizeof(int64_t) * (dim_count + 1))
    if it.name == NULL or it.shape == NULL:
        return _no_memory()
    if dim_count:
        memcpy(it.shape, shape, sizeof(int64_t) * dim_count)
    it.magic = INPUT_MAGIC
    it.request = r
    it.datatype = datatype
    it.rank = <uint32_t>dim_count
    it.raw = raw
    r.input_count += 1
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddInput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, uint64_t dim_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestAddInput", inference_request, True, &error)
    if r == NULL:
        return error
    return _add_input(r, name, datatype, shape, dim_count, False)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddRawInput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestAddRawInput", inference_request, True, &error)
    if r == NULL:
        return error
    if r.input_count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"raw input can't be added to a request that has other inputs")
    return _add_input(r, name, TRITONSERVER_TYPE_INVALID, NULL, 0, True)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveInput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it
    cdef uint32_t at
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestRemoveInput", inference_request, True, &error)
    if r == NULL:
        return error
    it = _input(r, b"TRITONSERVER_InferenceRequestRemoveInput", name, &error)
    if it == NULL:
        return error
    at = <uint32_t>(it - r.inputs)
    r.input_count -= 1
    memmove(it, it + 1, sizeof(Input) * (r.input_count - at))
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllInputs(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestRemoveAllInputs", inference_request, True, &error)
    if r == NULL:
        return error
    r.input_count = 0
    return NULL


cdef Input* _input(
    Request* r, const char* function, const char* name, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Input* it
    if name == NULL:
        error[0] = error_null(function, b"name")
        return NULL
    it = request_input(r, name)
    error[0] = NULL
    if it == NULL:
        error[0] = _named(b"input '", name, b"' does not exist in request")
    return it


cdef TRITONSERVER_Error* _append(
    TRITONSERVER_InferenceRequest* inference_request, const char* function, const char* name,
    const void* base, const BufferAttributes* attributes, const char* host_policy
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it
    cdef void* fresh
    cdef uint32_t capacity
    cdef Piece* piece
    cdef Request* r = _own(function, inference_request, True, &error)
    if r == NULL:
        return error
    it = _input(r, function, name, &error)
    if it == NULL:
        return error
    if base == NULL and attributes.byte_size:
        return _named(b"the data of input '", name, b"' is null but its size is not 0")
    if it.piece_count == it.piece_capacity:
        capacity = it.piece_capacity * 2 if it.piece_capacity else 1
        fresh = arena_grow(&r.arena, it.pieces, sizeof(Piece), it.piece_count, capacity)
        if fresh == NULL:
            return _no_memory()
        it.pieces = <Piece*>fresh
        it.piece_capacity = capacity
    piece = &it.pieces[it.piece_count]
    piece.base = base
    piece.attributes = attributes[0]
    piece.host_policy = NULL
    if host_policy != NULL:
        piece.host_policy = arena_string(&r.arena, host_policy)
        if piece.host_policy == NULL:
            return _no_memory()
    else:
        it.byte_size += attributes.byte_size
    it.piece_count += 1
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputData(
    TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    cdef BufferAttributes attributes
    buffer_attributes_set(&attributes, memory_type, memory_type_id, byte_size)
    return _append(inference_request, b"TRITONSERVER_InferenceRequestAppendInputData", name, base,
                   &attributes, NULL)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy(
    TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
    const char* host_policy_name
) noexcept nogil:
    cdef BufferAttributes attributes
    if host_policy_name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy",
                          b"host_policy_name")
    buffer_attributes_set(&attributes, memory_type, memory_type_id, byte_size)
    return _append(inference_request,
                   b"TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy", name, base,
                   &attributes, host_policy_name)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes(
    TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    TRITONSERVER_BufferAttributes* buffer_attributes
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes",
                          b"buffer_attributes")
    return _append(inference_request,
                   b"TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes", name,
                   base, <BufferAttributes*>buffer_attributes, NULL)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllInputData(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestRemoveAllInputData", inference_request, True, &error)
    if r == NULL:
        return error
    it = _input(r, b"TRITONSERVER_InferenceRequestRemoveAllInputData", name, &error)
    if it == NULL:
        return error
    it.piece_count = 0
    it.byte_size = 0
    return NULL


# --- requested outputs ---------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddRequestedOutput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef uint32_t i, capacity
    cdef void* fresh
    cdef char* copy
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestAddRequestedOutput", inference_request, True, &error)
    if r == NULL:
        return error
    if name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestAddRequestedOutput", b"name")
    for i in range(r.output_count):
        if strcmp(r.outputs[i], name) == 0:
            return _named(b"output '", name, b"' already requested")
    if r.output_count == r.output_capacity:
        capacity = r.output_capacity * 2 if r.output_capacity else 4
        fresh = arena_grow(&r.arena, r.outputs, sizeof(char*), r.output_count, capacity)
        if fresh == NULL:
            return _no_memory()
        r.outputs = <const char**>fresh
        r.output_capacity = capacity
    copy = arena_string(&r.arena, name)
    if copy == NULL:
        return _no_memory()
    r.outputs[r.output_count] = copy
    r.output_count += 1
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveRequestedOutput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef uint32_t i
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestRemoveRequestedOutput", inference_request, True, &error)
    if r == NULL:
        return error
    if name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestRemoveRequestedOutput", b"name")
    for i in range(r.output_count):
        if strcmp(r.outputs[i], name) == 0:
            r.output_count -= 1
            memmove(&r.outputs[i], &r.outputs[i + 1], sizeof(char*) * (r.output_count - i))
            return NULL
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllRequestedOutputs(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestRemoveAllRequestedOutputs", inference_request, True,
        &error)
    if r == NULL:
        return error
    r.output_count = 0
    return NULL


# --- parameters ----------------------------------------------------------------------------


cdef Parameter* _parameter(
    const char* function, TRITONSERVER_InferenceRequest* request, const char* key,
    TRITONSERVER_Error** error
) noexcept nogil:
    cdef Parameter* p
    cdef Request* r = _own(function, request, True, error)
    if r == NULL:
        return NULL
    if key == NULL:
        error[0] = error_null(function, b"key")
        return NULL
    p = parameters_put(&r.parameters, &r.arena, key)
    if p == NULL:
        error[0] = _no_memory()
    return p


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetStringParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const char* value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p
    if value == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetStringParameter", b"value")
    p = _parameter(b"TRITONSERVER_InferenceRequestSetStringParameter", request, key, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_STRING
    p.string = arena_string(&(<Request*>request).arena, value)
    p.size = strlen(value)
    if p.string == NULL:
        p.string = b""
        p.size = 0
        return _no_memory()
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetIntParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const int64_t value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONSERVER_InferenceRequestSetIntParameter", request, key, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_INT
    p.integer = value
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetBoolParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const cbool value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONSERVER_InferenceRequestSetBoolParameter", request, key, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_BOOL
    p.boolean = value
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetDoubleParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const double value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONSERVER_InferenceRequestSetDoubleParameter", request, key, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_DOUBLE
    p.real = value
    return NULL


# --- numbers ---------------------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestFlags(
    TRITONSERVER_InferenceRequest* inference_request, uint32_t* flags
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(b"TRITONSERVER_InferenceRequestSetFlags", inference_request,
                           True, &error)
    if r == NULL:
        return error
    r.flags = flags
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestPriorityUInt64(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t* priority
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(b"TRITONSERVER_InferenceRequestSetPriorityUInt64", inference_request,
                           True, &error)
    if r == NULL:
        return error
    r.priority = priority
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestTimeoutMicroseconds(
    TRITONSERVER_InferenceRequest* inference_request, uint64_t* timeout_us
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(
        b"TRITONSERVER_InferenceRequestSetTimeoutMicroseconds", inference_request, True, &error)
    if r == NULL:
        return error
    r.timeout_us = timeout_us
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestPriority(
    TRITONSERVER_InferenceRequest* inference_request, uint32_t* priority
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = _own(
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
    cdef Request* r = _own(b"TRITONSERVER_InferenceRequestSetPriority", inference_request,
                           True, &error)
    if r == NULL:
        return error
    r.priority = priority
    return NULL
