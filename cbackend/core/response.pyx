# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses as the backend sees them; response_client.pyx has the client's side."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, strcmp, strlen
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.arena cimport (
    arena_alloc,
    arena_grow,
    arena_init,
    arena_reset,
    arena_string,
)
from triton_py.core.buffer_attributes cimport buffer_attributes_set
from triton_py.core.channel cimport (
    channel_claim,
    channel_deliver,
    channel_release,
    channel_retain,
    factory_channel,
)
from triton_py.core.counters cimport LIVE_OUTPUT_BUFFER, LIVE_RESPONSE, live
from triton_py.core.error cimport (
    error_clone,
    error_free,
    error_message,
    error_new,
    error_null,
)
from triton_py.core.labels cimport labels_release, labels_retain
from triton_py.core.log cimport log_write
from triton_py.core.native cimport tp_load, tp_store, tp_swap
from triton_py.core.objects cimport (
    OUTPUT_MAGIC,
    REQUEST_EXECUTING,
    REQUEST_MAGIC,
    RESPONSE_MAGIC,
    RESPONSE_NEW,
    RESPONSE_SENDING,
    RESPONSE_SENT,
    Channel,
    Output,
    OutputSpec,
    Request,
    Response,
)
from triton_py.core.parameter cimport Parameter, parameters_init, parameters_put
from triton_py.core.slab cimport Slab, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.text cimport Text, text_add, text_init, text_str
from triton_py.core.trace_tensors cimport trace_outputs

cdef enum:
    # Like Triton's; more is a backend gone wrong, and shapes are copied.
    MAX_RANK = 1024

cdef Slab _responses
slab_init(&_responses, RESPONSE_MAGIC, sizeof(Response), 256)


cdef Response* response_new(Channel* channel) noexcept nogil:
    cdef Response* r = <Response*>slab_get(&_responses)
    if r == NULL:
        return NULL
    arena_init(&r.arena, r.first_block, sizeof(r.first_block))
    r.channel = NULL
    r.allocator = channel.allocator
    r.error = NULL
    r.labels = NULL
    r.started = False
    r.outputs = NULL
    r.output_count = 0
    r.output_capacity = 0
    parameters_init(&r.parameters)
    r.model_name = arena_string(&r.arena, channel.model.name)
    r.model_version = channel.model.version
    r.id = arena_string(&r.arena, channel.id)
    live(LIVE_RESPONSE, 1)
    if r.model_name == NULL or r.id == NULL:
        response_free(r)
        return NULL
    if channel.model.labels != NULL:
        r.labels = channel.model.labels
        labels_retain(r.labels)
    channel_retain(channel)
    r.channel = channel
    tp_store(&r.state, RESPONSE_NEW)
    return r


cdef Response* response_new_error(
    Channel* channel, TRITONSERVER_Error_Code code, const char* message
) noexcept nogil:
    cdef Response* r = response_new(channel)
    if r == NULL:
        return NULL
    r.error = error_new(code, message)
    tp_store(&r.state, RESPONSE_SENT)
    r.channel = NULL
    channel_release(channel)  # never the last: the caller holds one
    return r


cdef void response_free(Response* response) noexcept nogil:
    cdef uint32_t i
    cdef Output* output
    cdef TRITONSERVER_Error* error
    cdef Channel* channel = response.channel
    for i in range(response.output_count):
        output = response.outputs[i]
        output.magic = 0
        if output.allocated:
            error = response.allocator.release_fn(
                <TRITONSERVER_ResponseAllocator*>response.allocator, output.buffer,
                output.buffer_userp, output.attributes.byte_size, output.attributes.memory_type,
                output.attributes.memory_type_id)
            if error != NULL:
                log_write(TRITONSERVER_LOG_ERROR, b"response", 0, error_message(error))
                error_free(error)
            live(LIVE_OUTPUT_BUFFER, -1)
    error_free(response.error)
    if response.labels != NULL:
        labels_release(response.labels)
    arena_reset(&response.arena)
    response.channel = NULL
    slab_put(&_responses, &response.slot)
    live(LIVE_RESPONSE, -1)
    if channel != NULL:
        channel_release(channel)


cdef Response* response_checked(
    const char* function, void* handle, int state, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Text text
    cdef int64_t actual
    if handle == NULL:
        error[0] = error_null(function, b"response")
        return NULL
    error[0] = NULL
    actual = tp_load(&(<Response*>handle).state)
    if slot_alive(handle, RESPONSE_MAGIC) and actual == state:
        return <Response*>handle
    text_init(&text)
    text_add(&text, function)
    if not slot_alive(handle, RESPONSE_MAGIC):
        text_add(&text, b": not a live response: it was sent or deleted before")
    elif state == RESPONSE_NEW:
        text_add(&text, b": the response was sent before and belongs to the client")
    else:
        text_add(&text, b": the response was not sent yet and belongs to the backend")
    error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    return NULL


cdef TRITONSERVER_Error* _made(
    const char* function, Channel* channel, TRITONBACKEND_Response** response
) noexcept nogil:
    cdef Text text
    cdef Response* r
    if tp_load(&channel.final):
        text_init(&text)
        text_add(&text, function)
        text_add(&text, b": the final response of this request was sent before")
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))
    r = response_new(channel)
    if r == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a response")
    response[0] = <TRITONBACKEND_Response*>r
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseNew(
    TRITONBACKEND_Response** response, TRITONBACKEND_Request* request
) noexcept nogil:
    if response == NULL or request == NULL:
        return error_null(b"TRITONBACKEND_ResponseNew", b"response and request")
    if (not slot_alive(request, REQUEST_MAGIC)
            or tp_load(&(<Request*>request).state) != REQUEST_EXECUTING):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ResponseNew: the backend does not own this request; "
                         b"responses after its release need a response factory")
    return _made(b"TRITONBACKEND_ResponseNew", (<Request*>request).channel, response)


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseNewFromFactory(
    TRITONBACKEND_Response** response, TRITONBACKEND_ResponseFactory* factory
) noexcept nogil:
    cdef TRITONSERVER_Error* error = NULL
    cdef Channel* channel
    if response == NULL:
        return error_null(b"TRITONBACKEND_ResponseNewFromFactory", b"response")
    channel = factory_channel(factory, &error)
    if channel == NULL:
        return error
    return _made(b"TRITONBACKEND_ResponseNewFromFactory", channel, response)


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseDelete(
    TRITONBACKEND_Response* response
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONBACKEND_ResponseDelete", response, RESPONSE_NEW, &error)
    if r == NULL:
        return error
    if not tp_swap(&r.state, RESPONSE_NEW, RESPONSE_SENDING):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ResponseDelete: the response is being sent")
    response_free(r)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseSend(
    TRITONBACKEND_Response* response, const uint32_t send_flags, TRITONSERVER_Error* error
) noexcept nogil:
    cdef TRITONSERVER_Error* problem
    cdef Channel* channel
    cdef Response* r = response_checked(
        b"TRITONBACKEND_ResponseSend", response, RESPONSE_NEW, &problem)
    if r == NULL:
        return problem
    if not tp_swap(&r.state, RESPONSE_NEW, RESPONSE_SENDING):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ResponseSend: the response is being sent already")
    # From here on the response is consumed, whatever the outcome.
    if send_flags & ~<uint32_t>TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        response_free(r)
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ResponseSend: unknown flags: only "
                         b"TRITONSERVER_RESPONSE_COMPLETE_FINAL is defined")
    channel = r.channel
    if not channel_claim(channel, (send_flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) != 0):
        response_free(r)
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ResponseSend: the final response of this request was "
                         b"sent before")
    if error != NULL:
        r.error = error_clone(error)
    if channel.trace != NULL:
        trace_outputs(channel.trace, r)
    r.channel = NULL  # its reference is dropped below, after the delivery
    tp_store(&r.state, RESPONSE_SENT)
    channel_deliver(channel, r, send_flags)
    channel_release(channel)
    return NULL


# --- parameters ----------------------------------------------------------------------------


cdef Parameter* _parameter(
    const char* function, TRITONBACKEND_Response* response, const char* name,
    TRITONSERVER_Error** error
) noexcept nogil:
    cdef Response* r = response_checked(function, response, RESPONSE_NEW, error)
    cdef Parameter* p
    if r == NULL:
        return NULL
    if name == NULL:
        error[0] = error_null(function, b"name")
        return NULL
    p = parameters_put(&r.parameters, &r.arena, name)
    if p == NULL:
        error[0] = error_new(TRITONSERVER_ERROR_INTERNAL,
                             b"out of memory for a response parameter")
    return p


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseSetStringParameter(
    TRITONBACKEND_Response* response, const char* name, const char* value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p
    cdef char* copy
    if value == NULL:
        return error_null(b"TRITONBACKEND_ResponseSetStringParameter", b"value")
    p = _parameter(b"TRITONBACKEND_ResponseSetStringParameter", response, name, &error)
    if p == NULL:
        return error
    copy = arena_string(&(<Response*>response).arena, value)
    p.type = TRITONSERVER_PARAMETER_STRING
    p.string = copy
    if copy == NULL:
        p.string = b""
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a response parameter")
    p.size = strlen(value)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseSetIntParameter(
    TRITONBACKEND_Response* response, const char* name, const int64_t value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONBACKEND_ResponseSetIntParameter", response, name, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_INT
    p.integer = value
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseSetBoolParameter(
    TRITONBACKEND_Response* response, const char* name, const cbool value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONBACKEND_ResponseSetBoolParameter", response, name, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_BOOL
    p.boolean = value
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseSetDoubleParameter(
    TRITONBACKEND_Response* response, const char* name, const double value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONBACKEND_ResponseSetDoubleParameter", response, name, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_DOUBLE
    p.real = value
    return NULL


# --- outputs -------------------------------------------------------------------------------


cdef OutputSpec* _spec(Response* r, const char* name) noexcept nogil:
    cdef uint32_t i
    # After the final response the model may be gone.
    if tp_load(&r.channel.final):
        return NULL
    for i in range(r.channel.model.output_count):
        if strcmp(r.channel.model.outputs[i].name, name) == 0:
            return &r.channel.model.outputs[i]
    return NULL


cdef bint _client_shape(
    Response* r, OutputSpec* spec, const int64_t* shape, uint32_t rank, Output* output
) noexcept nogil:
    """The shape the client sees: the configured dims where the model's shape was a reshape."""
    cdef uint32_t lead = 0
    cdef uint32_t i, j
    if spec != NULL and spec.reshape != NULL:
        lead = 1 if r.channel.model.policy.max_batch_size > 0 else 0
        if rank != lead + spec.reshape_rank:
            spec = NULL  # not the reshape that was promised: leave it to the client to see
    output.rank = rank if spec == NULL or spec.reshape == NULL else lead + spec.rank
    output.shape = <int64_t*>arena_alloc(&r.arena, sizeof(int64_t) * (output.rank + 1))
    if output.shape == NULL:
        return False
    if spec == NULL or spec.reshape == NULL:
        if rank:
            memcpy(output.shape, shape, sizeof(int64_t) * rank)
        return True
    if lead:
        output.shape[0] = shape[0]
    # The n-th variable dimension of the configuration is the n-th of the reshape.
    j = 0
    for i in range(spec.rank):
        output.shape[lead + i] = spec.dims[i]
        if spec.dims[i] < 0:
            while j < spec.reshape_rank and spec.reshape[j] >= 0:
                j += 1
            if j < spec.reshape_rank:
                output.shape[lead + i] = shape[lead + j]
                j += 1
    return True


cdef const char* _output_problem(
    Response* r, const char* name, TRITONSERVER_DataType datatype, const int64_t* shape,
    uint32_t dims_count
) noexcept nogil:
    """What keeps such an output from being part of the response; NULL when nothing does."""
    cdef uint32_t i
    cdef int64_t elements = 1
    if datatype <= TRITONSERVER_TYPE_INVALID or datatype > TRITONSERVER_TYPE_BF16:
        return b"an invalid data type"
    for i in range(dims_count):
        if shape[i] < 0:
            return b"a negative dimension"
        # As if a zero were a one: whether it is too large must not depend on its place.
        if shape[i] > 1:
            if elements > <int64_t>0x7fffffffffffffff / shape[i]:
                return b"more elements than 64 bits can count"
            elements *= shape[i]
    for i in range(r.output_count):
        if strcmp(r.outputs[i].name, name) == 0:
            return b"a name that is in the response already"
    return NULL


cdef TRITONSERVER_Error* _output_error(const char* name, const char* problem) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"TRITONBACKEND_ResponseOutput: output '")
    text_add(&text, name)
    text_add(&text, b"' has ")
    text_add(&text, problem)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef public TRITONSERVER_Error* TRITONBACKEND_ResponseOutput(
    TRITONBACKEND_Response* response, TRITONBACKEND_Output** output, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, const uint32_t dims_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r
    cdef Output* o
    cdef void* fresh
    cdef uint32_t capacity, i
    if output == NULL or name == NULL or (shape == NULL and dims_count):
        return error_null(b"TRITONBACKEND_ResponseOutput", b"output, name and shape")
    if dims_count > MAX_RANK:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ResponseOutput: more than 1024 dimensions")
    r = response_checked(b"TRITONBACKEND_ResponseOutput", response, RESPONSE_NEW, &error)
    if r == NULL:
        return error
    problem = _output_problem(r, name, datatype, shape, dims_count)
    if problem != NULL:
        return _output_error(name, problem)
    for i in range(r.output_count):
        if strcmp(r.outputs[i].name, name) == 0:
            return _twice(b"output '", name, b"' already exists in this response")
    if r.output_count == r.output_capacity:
        capacity = r.output_capacity * 2 if r.output_capacity else 4
        fresh = arena_grow(&r.arena, r.outputs, sizeof(Output*), r.output_count, capacity)
        if fresh == NULL:
            return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an output")
        r.outputs = <Output**>fresh
        r.output_capacity = capacity
    o = <Output*>arena_alloc(&r.arena, sizeof(Output))
    if o != NULL:
        o.name = arena_string(&r.arena, name)
    if (o == NULL or o.name == NULL
            or not _client_shape(r, _spec(r, name), shape, dims_count, o)):
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an output")
    o.magic = OUTPUT_MAGIC
    o.response = r
    o.datatype = datatype
    o.buffer = NULL
    o.buffer_userp = NULL
    o.allocated = False
    buffer_attributes_set(&o.attributes, TRITONSERVER_MEMORY_CPU, 0, 0)
    r.outputs[r.output_count] = o
    r.output_count += 1
    output[0] = <TRITONBACKEND_Output*>o
    return NULL


cdef Output* _output(
    const char* function, TRITONBACKEND_Output* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Output* o = <Output*>handle
    if handle == NULL:
        error[0] = error_null(function, b"output")
        return NULL
    error[0] = NULL
    # The memory of an output is its response's, whose slot stays readable after its end.
    if (o.magic != OUTPUT_MAGIC or not slot_alive(o.response, RESPONSE_MAGIC)
            or tp_load(&o.response.state) != RESPONSE_NEW):
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG,
                             b"not an output of a response that the backend owns")
        return NULL
    return o


cdef public TRITONSERVER_Error* TRITONBACKEND_OutputBuffer(
    TRITONBACKEND_Output* output, void** buffer, const uint64_t buffer_byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef TRITONSERVER_MemoryType actual_type
    cdef int64_t actual_id
    cdef void* memory = NULL
    cdef void* userp = NULL
    cdef Response* r
    cdef Output* o = _output(b"TRITONBACKEND_OutputBuffer", output, &error)
    if o == NULL:
        return error
    if buffer == NULL or memory_type == NULL or memory_type_id == NULL:
        return error_null(b"TRITONBACKEND_OutputBuffer",
                          b"buffer, memory_type and memory_type_id")
    if o.allocated:
        return _twice(b"allocated buffer for output '", o.name, b"' already exists")
    r = o.response
    actual_type = memory_type[0]
    actual_id = memory_type_id[0]
    if not r.started:
        r.started = True
        if r.allocator.start_fn != NULL:
            error = r.allocator.start_fn(
                <TRITONSERVER_ResponseAllocator*>r.allocator, r.channel.allocator_userp)
            if error != NULL:
                return error
    error = r.allocator.alloc_fn(
        <TRITONSERVER_ResponseAllocator*>r.allocator, o.name, buffer_byte_size, memory_type[0],
        memory_type_id[0], r.channel.allocator_userp, &memory, &userp, &actual_type, &actual_id)
    if error != NULL:
        return error
    if memory == NULL and buffer_byte_size:
        return error_new(TRITONSERVER_ERROR_INTERNAL,
                         b"the response allocator gave no buffer and no error")
    o.buffer = memory
    o.buffer_userp = userp
    o.allocated = True
    buffer_attributes_set(&o.attributes, actual_type, actual_id, buffer_byte_size)
    live(LIVE_OUTPUT_BUFFER, 1)
    if r.allocator.attributes_fn != NULL:
        # Once, while the allocator still knows which buffer it has just made.
        error = r.allocator.attributes_fn(
            <TRITONSERVER_ResponseAllocator*>r.allocator, o.name,
            <TRITONSERVER_BufferAttributes*>&o.attributes, r.channel.allocator_userp, userp)
        if error != NULL:
            return error
    buffer[0] = memory
    memory_type[0] = actual_type
    memory_type_id[0] = actual_id
    return NULL


cdef TRITONSERVER_Error* _twice(
    const char* before, const char* name, const char* after
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, before)
    text_add(&text, name)
    text_add(&text, after)
    return error_new(TRITONSERVER_ERROR_ALREADY_EXISTS, text_str(&text))


cdef public TRITONSERVER_Error* TRITONBACKEND_OutputBufferAttributes(
    TRITONBACKEND_Output* output, TRITONSERVER_BufferAttributes** buffer_attributes
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Output* o = _output(b"TRITONBACKEND_OutputBufferAttributes", output, &error)
    if o == NULL:
        return error
    if buffer_attributes == NULL:
        return error_null(b"TRITONBACKEND_OutputBufferAttributes", b"buffer_attributes")
    if not o.allocated:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_OutputBufferAttributes: call TRITONBACKEND_OutputBuffer "
                         b"first, the output has no buffer yet")
    buffer_attributes[0] = <TRITONSERVER_BufferAttributes*>&o.attributes
    return NULL


cdef TRITONSERVER_Error* _describe(
    Output* o, TRITONSERVER_DataType* datatype, const int64_t** shape, uint64_t* dim_count
) noexcept nogil:
    if datatype != NULL:
        datatype[0] = o.datatype
    if shape != NULL:
        shape[0] = o.shape
    if dim_count != NULL:
        dim_count[0] = o.rank
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_InferenceResponseOutputByName(
    TRITONBACKEND_Response* response, const char* name, TRITONSERVER_DataType* datatype,
    const int64_t** shape, uint64_t* dim_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Text text
    cdef uint32_t i
    cdef Response* r = response_checked(
        b"TRITONBACKEND_InferenceResponseOutputByName", response, RESPONSE_NEW, &error)
    if r == NULL:
        return error
    if name == NULL:
        return error_null(b"TRITONBACKEND_InferenceResponseOutputByName", b"name")
    for i in range(r.output_count):
        if strcmp(r.outputs[i].name, name) == 0:
            return _describe(r.outputs[i], datatype, shape, dim_count)
    text_init(&text)
    text_add(&text, b"unknown response output '")
    text_add(&text, name)
    text_add(&text, b"'")
    return error_new(TRITONSERVER_ERROR_NOT_FOUND, text_str(&text))


cdef public TRITONSERVER_Error* TRITONBACKEND_InferenceResponseOutput(
    TRITONBACKEND_Response* response, const uint32_t index, const char** name,
    TRITONSERVER_DataType* datatype, const int64_t** shape, uint64_t* dim_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONBACKEND_InferenceResponseOutput", response, RESPONSE_NEW, &error)
    if r == NULL:
        return error
    if index >= r.output_count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_InferenceResponseOutput: index out of bounds")
    if name != NULL:
        name[0] = r.outputs[index].name
    return _describe(r.outputs[index], datatype, shape, dim_count)
