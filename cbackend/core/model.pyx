# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model versions (see model.pxd) and TRITONBACKEND_Model*."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport strdup, strlen
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.buffer_attributes cimport BufferAttributes
from triton_py.core.counters cimport LIVE_MODEL, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.labels cimport labels_new, labels_release
from triton_py.core.message cimport message_new, message_text
from triton_py.core.native cimport (
    pthread_cond_broadcast,
    pthread_cond_destroy,
    pthread_cond_signal,
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_add,
    tp_cond_init,
    tp_now_ns,
    tp_swap,
)
from triton_py.core.objects cimport (
    MODEL_MAGIC,
    Backend,
    InputSpec,
    MemoryUsage,
    Model,
    OutputSpec,
    Queue,
    Request,
    Server,
)
from triton_py.core.order cimport order_destroy, order_enter, order_init
from triton_py.core.queue cimport queue_destroy, queue_init, queue_push
from triton_py.core.queue_levels cimport levels_free, levels_full, levels_make
from triton_py.core.queue_timer cimport queue_timer_told
from triton_py.core.request cimport request_prefix
from triton_py.core.sequence cimport sequence_accept
from triton_py.core.sequencer cimport sequencer_free, sequencer_new
from triton_py.core.statistics cimport (
    FAILURE_REJECTED,
    statistics_destroy,
    statistics_failure,
    statistics_init,
)
from triton_py.core.strategy cimport strategy_open
from triton_py.core.text cimport Text, text_add, text_copy, text_init, text_str
from triton_py.core.trace cimport Trace, trace_report_now
from triton_py.core.trace_tensors cimport trace_inputs


cdef void model_leave(Model* model) noexcept nogil:
    # Under the lock: whoever waits may free the model as soon as it sees the count at zero.
    pthread_mutex_lock(&model.idle_mutex)
    if tp_add(&model.in_flight, -1) == 0:
        pthread_cond_broadcast(&model.idle)
    pthread_mutex_unlock(&model.idle_mutex)


cdef void _trace_queued(Request* request) noexcept nogil:
    # Before the lock, which a callback of the client's must not be under: behind it the request may
    # be executed and gone.
    cdef Trace* trace = request.channel.trace
    trace_report_now(trace, TRITONSERVER_TRACE_QUEUE_START)
    trace_inputs(trace, TRITONSERVER_TRACE_TENSOR_QUEUE_INPUT, request, False)


cdef TRITONSERVER_Error* model_enqueue(Model* model, Request* request) noexcept nogil:
    cdef Queue* queue = &model.queue
    cdef TRITONSERVER_Error* error
    cdef Text text
    cdef bint wake
    if request.channel.trace != NULL:
        _trace_queued(request)
    pthread_mutex_lock(&queue.mutex)
    if not queue.accepting:
        pthread_mutex_unlock(&queue.mutex)
        text_init(&text)
        text_add(&text, b"the scheduler of model '")
        text_add(&text, model.name)
        text_add(&text, b"' has stopped accepting new inference requests")
        return error_new(TRITONSERVER_ERROR_UNAVAILABLE, text_str(&text))
    if model.sequencer != NULL:
        error = sequence_accept(model.sequencer, request, tp_now_ns())
        pthread_mutex_unlock(&queue.mutex)
        return error
    if queue.levels != NULL and levels_full(queue, request):
        pthread_mutex_unlock(&queue.mutex)
        statistics_failure(&model.statistics, FAILURE_REJECTED, request.request_start, tp_now_ns())
        text_init(&text)
        request_prefix(request, &text)
        text_add(&text, b"Exceeds maximum queue size")
        return error_new(TRITONSERVER_ERROR_UNAVAILABLE, text_str(&text))
    request.queue_start = tp_now_ns()
    request.batcher_start = request.queue_start
    wake = queue.head == NULL
    queue_push(queue, request)
    if model.ordered:
        order_enter(model, request.channel)
    if queue.timeouts:
        queue_timer_told(model)
    # A worker that waits out a delay looks again by itself; it is woken early only for a batch
    # that may be complete now. Where shapes can differ only a look tells.
    wake = queue.waiters > 0 and (
        wake or queue.batch_total >= queue.target or model.policy.compare_inputs
        or model.policy.strategy != NULL)
    # Before the unlock: after it the request may be answered and the model closed, queue and all.
    if queue.watchers and tp_swap(&queue.knocked, 0, 1):
        # Somebody is awake and comes.
        wake = False
    if wake:
        pthread_cond_signal(&queue.wake)
    pthread_mutex_unlock(&queue.mutex)
    return NULL


# --- building, with the GIL ----------------------------------------------------------------


cdef int64_t* _dims(object dims) except? NULL:
    cdef int64_t* out
    cdef Py_ssize_t i
    if dims is None:
        return NULL
    out = <int64_t*>malloc(sizeof(int64_t) * (len(dims) + 1))
    if out == NULL:
        raise MemoryError("out of memory for a model")
    for i in range(len(dims)):
        out[i] = dims[i]
    return out


cdef Model* model_new(
    Server* server, Backend* backend, str name, int64_t version, str directory, str config,
    bint auto_complete
) except NULL:
    cdef Model* model = <Model*>calloc(1, sizeof(Model))
    if model == NULL:
        raise MemoryError("out of memory for a model")
    queue_init(&model.queue)
    order_init(&model.order)
    statistics_init(&model.statistics)
    pthread_mutex_init(&model.idle_mutex, NULL)
    tp_cond_init(&model.idle)
    model.magic = MODEL_MAGIC
    live(LIVE_MODEL, 1)
    model.server = server
    model.backend = backend
    model.version = version
    model.auto_complete = auto_complete
    try:
        model.name = text_copy(name)
        model.directory = text_copy(directory)
        model.config = text_copy(config)
    except BaseException:
        model_free(model)
        raise
    return model


cdef void _free_specs(Model* model) noexcept:
    cdef uint32_t i
    for i in range(model.input_count):
        free(model.inputs[i].name)
        free(model.inputs[i].dims)
        free(model.inputs[i].reshape)
    for i in range(model.output_count):
        free(model.outputs[i].name)
        free(model.outputs[i].dims)
        free(model.outputs[i].reshape)
    free(model.inputs)
    free(model.outputs)
    free(model.policy.preferred)
    levels_free(&model.queue)
    if model.sequencer != NULL:
        sequencer_free(model.sequencer)
        model.sequencer = NULL
    model.inputs = NULL
    model.outputs = NULL
    model.policy.preferred = NULL
    model.input_count = 0
    model.output_count = 0
    if model.labels != NULL:
        labels_release(model.labels)
        model.labels = NULL


cdef void model_free(Model* model) noexcept:
    model.magic = 0
    _free_specs(model)
    queue_destroy(&model.queue)
    order_destroy(&model.order)
    statistics_destroy(&model.statistics)
    pthread_cond_destroy(&model.idle)
    pthread_mutex_destroy(&model.idle_mutex)
    free(model.usage)
    free(model.name)
    free(model.directory)
    free(model.config)
    free(model.instances)
    free(model.workers)
    free(model)
    live(LIVE_MODEL, -1)


cdef int model_set_config(Model* model, str config) except -1:
    cdef char* text = text_copy(config)
    cdef char* old
    with nogil:
        # A model that serves may be asked for it at any time.
        pthread_mutex_lock(&model.idle_mutex)
        old = model.config
        model.config = text
        pthread_mutex_unlock(&model.idle_mutex)
    free(old)
    return 0


cdef int model_compile(Model* model, dict spec) except -1:
    """Fills the tables from compile_spec()'s dict (triton_py/config/spec.py)."""
    cdef InputSpec* it
    cdef OutputSpec* out
    cdef Py_ssize_t i
    cdef bint optional = False
    cdef bint differ = False
    cdef list inputs = spec["inputs"]
    cdef list outputs = spec["outputs"]
    _free_specs(model)
    model.decoupled = spec["decoupled"]
    model.inputs = <InputSpec*>calloc(len(inputs) + 1, sizeof(InputSpec))
    model.outputs = <OutputSpec*>calloc(len(outputs) + 1, sizeof(OutputSpec))
    if model.inputs == NULL or model.outputs == NULL:
        raise MemoryError("out of memory for a model")
    model.required_inputs = 0
    for i, entry in enumerate(inputs):
        it = &model.inputs[i]
        model.input_count = <uint32_t>(i + 1)
        it.name = text_copy(entry["name"])
        it.datatype = <TRITONSERVER_DataType><int>entry["datatype"]
        it.rank = len(entry["dims"])
        it.dims = _dims(entry["dims"])
        if entry["reshape"] is not None:
            it.reshape_rank = len(entry["reshape"])
            it.reshape = _dims(entry["reshape"])
        it.optional = entry["optional"]
        it.shape_tensor = entry["shape_tensor"]
        it.non_linear = entry["non_linear"]
        it.must_match = not entry["ragged"] and any(d < 0 for d in entry["dims"])
        if it.optional:
            optional = True
        else:
            model.required_inputs += 1
        if it.must_match or it.shape_tensor:
            differ = True
    for i, entry in enumerate(outputs):
        out = &model.outputs[i]
        model.output_count = <uint32_t>(i + 1)
        out.name = text_copy(entry["name"])
        out.datatype = <TRITONSERVER_DataType><int>entry["datatype"]
        out.rank = len(entry["dims"])
        out.dims = _dims(entry["dims"])
        if entry["reshape"] is not None:
            out.reshape_rank = len(entry["reshape"])
            out.reshape = _dims(entry["reshape"])
    model.labels = labels_new(spec.get("labels") or {})
    model.policy.max_batch_size = spec["max_batch_size"]
    model.policy.dynamic = spec["scheduling"] == "dynamic" and spec["max_batch_size"] > 0
    model.policy.delay_ns = spec["max_queue_delay_ns"]
    preferred = sorted(spec["preferred_batch_sizes"])
    model.policy.preferred = _dims(preferred)
    model.policy.preferred_count = len(preferred)
    model.policy.compare_inputs = optional or differ
    levels_make(&model.queue, spec)
    model.ordered = spec["scheduling"] == "dynamic" and spec["preserve_ordering"]
    if spec["sequence"] is not None:
        model.sequencer = sequencer_new(model, spec)
    return 0


cdef int model_set_strategy(Model* model, str library) except -1:
    model.policy.strategy = strategy_open(library, <TRITONBACKEND_Model*>model)
    return 0


# --- TRITONBACKEND_Model* ------------------------------------------------------------------


cdef Model* _model(
    const char* function, TRITONBACKEND_Model* handle, const void* out, TRITONSERVER_Error** error
) noexcept nogil:
    if handle == NULL or out == NULL:
        error[0] = error_null(function, b"model and every out parameter")
        return NULL
    if (<Model*>handle).magic != MODEL_MAGIC:
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, b"not a live model")
        return NULL
    error[0] = NULL
    return <Model*>handle


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelName(
    TRITONBACKEND_Model* model, const char** name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelName", model, name, &error)
    if m == NULL:
        return error
    name[0] = m.name
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelVersion(
    TRITONBACKEND_Model* model, uint64_t* version
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelVersion", model, version, &error)
    if m == NULL:
        return error
    version[0] = <uint64_t>m.version
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelRepository(
    TRITONBACKEND_Model* model, TRITONBACKEND_ArtifactType* artifact_type, const char** location
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelRepository", model, location, &error)
    if m == NULL:
        return error
    if artifact_type == NULL:
        return error_null(b"TRITONBACKEND_ModelRepository", b"artifact_type")
    artifact_type[0] = TRITONBACKEND_ARTIFACT_FILESYSTEM
    location[0] = m.directory
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelConfig(
    TRITONBACKEND_Model* model, const uint32_t config_version, TRITONSERVER_Message** model_config
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelConfig", model, model_config, &error)
    if m == NULL:
        return error
    if config_version != 1:
        return error_new(TRITONSERVER_ERROR_UNSUPPORTED,
                         b"model configuration version is not supported: supported versions: 1")
    pthread_mutex_lock(&m.idle_mutex)
    error = message_new(model_config, m.config, strlen(m.config))
    pthread_mutex_unlock(&m.idle_mutex)
    return error


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelAutoCompleteConfig(
    TRITONBACKEND_Model* model, cbool* auto_complete_config
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(
        b"TRITONBACKEND_ModelAutoCompleteConfig", model, auto_complete_config, &error)
    if m == NULL:
        return error
    auto_complete_config[0] = m.auto_complete
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelSetConfig(
    TRITONBACKEND_Model* model, const uint32_t config_version, TRITONSERVER_Message* model_config
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef char* text
    cdef Model* m = _model(b"TRITONBACKEND_ModelSetConfig", model, model_config, &error)
    if m == NULL:
        return error
    if config_version != 1:
        return error_new(TRITONSERVER_ERROR_UNSUPPORTED,
                         b"model configuration version is not supported: supported versions: 1")
    if not m.initializing:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ModelSetConfig may only be called from within "
                         b"TRITONBACKEND_ModelInitialize")
    text = strdup(message_text(model_config))
    if text == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a model configuration")
    free(m.config)
    m.config = text
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelServer(
    TRITONBACKEND_Model* model, TRITONSERVER_Server** server
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelServer", model, server, &error)
    if m == NULL:
        return error
    server[0] = <TRITONSERVER_Server*>m.server
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelBackend(
    TRITONBACKEND_Model* model, TRITONBACKEND_Backend** backend
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelBackend", model, backend, &error)
    if m == NULL:
        return error
    backend[0] = <TRITONBACKEND_Backend*>m.backend
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelState(
    TRITONBACKEND_Model* model, void** state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelState", model, state, &error)
    if m == NULL:
        return error
    state[0] = m.state
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelSetState(
    TRITONBACKEND_Model* model, void* state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelSetState", model, model, &error)
    if m == NULL:
        return error
    m.state = state
    return NULL


cdef TRITONSERVER_Error* usage_set(
    MemoryUsage** place, uint32_t* count, TRITONSERVER_BufferAttributes** usage,
    uint32_t usage_size
) noexcept nogil:
    cdef MemoryUsage* fresh
    cdef BufferAttributes* a
    cdef uint32_t i
    if usage == NULL and usage_size:
        return error_null(b"TRITONBACKEND_ModelReportMemoryUsage", b"usage")
    fresh = <MemoryUsage*>calloc(usage_size + 1, sizeof(MemoryUsage))
    if fresh == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a memory report")
    for i in range(usage_size):
        a = <BufferAttributes*>usage[i]
        if a == NULL:
            free(fresh)
            return error_null(b"TRITONBACKEND_ModelReportMemoryUsage", b"every entry of usage")
        fresh[i].type = a.memory_type
        fresh[i].id = a.memory_type_id
        fresh[i].byte_size = a.byte_size
    free(place[0])
    place[0] = fresh
    count[0] = usage_size
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelReportMemoryUsage(
    TRITONBACKEND_Model* model, TRITONSERVER_BufferAttributes** usage, uint32_t usage_size
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* m = _model(b"TRITONBACKEND_ModelReportMemoryUsage", model, model, &error)
    if m == NULL:
        return error
    pthread_mutex_lock(&m.statistics.mutex)
    error = usage_set(&m.usage, &m.usage_count, usage, usage_size)
    pthread_mutex_unlock(&m.statistics.mutex)
    return error
