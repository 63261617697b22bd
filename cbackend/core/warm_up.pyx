# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Warm-up (see warm_up.pxd)."""

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport calloc, free, malloc

from triton_py.abi.types cimport *
from triton_py.core.arena cimport arena_string
from triton_py.core.buffer_attributes cimport BufferAttributes, buffer_attributes_set
from triton_py.core.channel cimport channel_new
from triton_py.core.error cimport check, error_clone, error_free
from triton_py.core.model cimport model_leave
from triton_py.core.native cimport (
    pthread_cond_broadcast,
    pthread_cond_destroy,
    pthread_cond_t,
    pthread_cond_wait,
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_t,
    pthread_mutex_unlock,
    tp_add,
    tp_cond_init,
    tp_now_ns,
    tp_store,
)
from triton_py.core.normalize cimport normalize
from triton_py.core.objects cimport (
    REQUEST_PENDING,
    Instance,
    Model,
    Request,
    Response,
    Sequencer,
    Worker,
)
from triton_py.core.request cimport request_free, request_new
from triton_py.core.request_content cimport request_add_input, request_append
from triton_py.core.response cimport response_free
from triton_py.core.scratch_allocator cimport scratch_allocator
from triton_py.core.sequence_inputs cimport sequence_inputs_add
from triton_py.core.state_value cimport states_new, states_release
from triton_py.core.worker cimport worker_warm

# What is still to come, and what went wrong first.
cdef struct Awaited:
    pthread_mutex_t mutex
    pthread_cond_t changed
    int64_t missing         # final responses and releases
    TRITONSERVER_Error* error


cdef void _came(Awaited* awaited, TRITONSERVER_Error* error) noexcept nogil:
    """One thing less is missing. Consumes the error."""
    pthread_mutex_lock(&awaited.mutex)
    if awaited.error == NULL:
        awaited.error = error
    else:
        error_free(error)
    awaited.missing -= 1
    # Under the lock: whoever waits frees all this.
    pthread_cond_broadcast(&awaited.changed)
    pthread_mutex_unlock(&awaited.mutex)


cdef void _response(
    TRITONSERVER_InferenceResponse* response, const uint32_t flags, void* userp
) noexcept nogil:
    cdef TRITONSERVER_Error* error = NULL
    if response != NULL:
        if (<Response*>response).error != NULL:
            error = error_clone((<Response*>response).error)
        response_free(<Response*>response)
    if flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        _came(<Awaited*>userp, error)
    elif error != NULL:
        pthread_mutex_lock(&(<Awaited*>userp).mutex)
        if (<Awaited*>userp).error == NULL:
            (<Awaited*>userp).error = error
            error = NULL
        pthread_mutex_unlock(&(<Awaited*>userp).mutex)
        error_free(error)


cdef void _release(
    TRITONSERVER_InferenceRequest* request, const uint32_t flags, void* userp
) noexcept nogil:
    request_free(<Request*>request)
    _came(<Awaited*>userp, NULL)


cdef bint _sequence(Request* request, Model* model) noexcept nogil:
    """What the sequence batcher adds: as for a sequence of one request. False: out of memory."""
    cdef Sequencer* sequencer = model.sequencer
    if sequencer == NULL:
        return True
    request.sequence_flags = (
        TRITONSERVER_REQUEST_FLAG_SEQUENCE_START | TRITONSERVER_REQUEST_FLAG_SEQUENCE_END)
    request.sequence_id = 1
    if sequencer.state_count:
        request.states = states_new(sequencer.states, sequencer.state_count, 0)
        if request.states == NULL:
            return False
    return sequence_inputs_add(request, sequencer, True)


cdef int _fill(Request* request, Model* model, dict sample) except -1:
    cdef bytes name, data
    cdef const char* c_name
    cdef const char* base
    cdef int64_t* shape
    cdef uint32_t rank
    cdef BufferAttributes attributes
    cdef TRITONSERVER_Error* error
    for entry in sample["inputs"]:
        name = entry["name"].encode()
        c_name = name
        rank = len(entry["shape"])
        shape = <int64_t*>malloc(sizeof(int64_t) * (rank + 1))
        if shape == NULL:
            raise MemoryError("out of memory for a warm-up request")
        for i, dim in enumerate(entry["shape"]):
            shape[i] = dim
        error = request_add_input(request, c_name, <TRITONSERVER_DataType><int>entry["datatype"],
                                  shape, rank, False)
        free(shape)
        check(error)
        # Borrowed from the sample, which is kept until everything was released.
        data = entry["data"]
        base = data
        buffer_attributes_set(&attributes, TRITONSERVER_MEMORY_CPU, 0, len(data))
        check(request_append(<TRITONSERVER_InferenceRequest*>request, b"warm-up", c_name, base,
                             &attributes, NULL))
    check(normalize(request, model))
    return 0


cdef Request* _request(Model* model, dict sample, Awaited* awaited) except NULL:
    cdef Request* request = request_new(model.server)
    if request == NULL:
        raise MemoryError("out of memory for a warm-up request")
    try:
        request.is_null = True
        request.model_name = model.name
        request.model_version = model.version
        request.id = arena_string(&request.arena, b"warm-up")
        if request.id == NULL:
            raise MemoryError("out of memory for a warm-up request")
        request.allocator = scratch_allocator()
        request.response_fn = _response
        request.response_userp = awaited
        request.release_fn = _release
        request.release_userp = awaited
        request.request_start = tp_now_ns()
        request.queue_start = request.request_start
        request.batcher_start = request.request_start
        _fill(request, model, sample)
        if not _sequence(request, model):
            raise MemoryError("out of memory for a warm-up request")
        tp_add(&model.in_flight, 1)
        request.channel = channel_new(request, model)
        if request.channel == NULL:
            model_leave(model)
            raise MemoryError("out of memory for a warm-up request")
    except BaseException:
        states_release(request.states)
        request.states = NULL
        request_free(request)
        raise
    request.model = model
    tp_store(&request.state, REQUEST_PENDING)
    return request


cdef int warm_up(Model* model, Worker* worker, Instance* instance, dict sample) except -1:
    cdef uint32_t count = min(<uint32_t>sample["batch_size"], worker.batch_capacity)
    cdef uint32_t made = 0
    cdef Awaited* awaited = <Awaited*>calloc(1, sizeof(Awaited))
    cdef TRITONSERVER_Error* error
    if awaited == NULL:
        raise MemoryError("out of memory for a warm-up request")
    pthread_mutex_init(&awaited.mutex, NULL)
    tp_cond_init(&awaited.changed)
    problem = None
    tp_store(&instance.warming, 1)
    try:
        while made < count:
            worker.batch[made] = _request(model, sample, awaited)
            made += 1
    except BaseException as raised:
        problem = raised  # those that were made are executed: that is how they are given back
    awaited.missing = 2 * made
    with nogil:
        if made:
            worker_warm(worker, instance, made)
        pthread_mutex_lock(&awaited.mutex)
        while awaited.missing:
            pthread_cond_wait(&awaited.changed, &awaited.mutex)
        pthread_mutex_unlock(&awaited.mutex)
        tp_store(&instance.warming, 0)
        error = awaited.error
        pthread_cond_destroy(&awaited.changed)
        pthread_mutex_destroy(&awaited.mutex)
        free(awaited)
    if problem is not None:
        error_free(error)
        raise problem
    check(error)
    return 0
