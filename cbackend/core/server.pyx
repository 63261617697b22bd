# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_Server*: the upper half of the waist.

Inference stays in the core. Everything else is a question to the control plane, asked with the
GIL and answered as JSON.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.channel cimport channel_abandon, channel_new
from triton_py.core.counters cimport LIVE_METRICS, LIVE_SERVER
from triton_py.core.counters cimport live as count_live
from triton_py.core.error cimport error_from_exception, error_new, error_null
from triton_py.core.host cimport host_new
from triton_py.core.log cimport log_set_callback
from triton_py.core.message cimport (
    message_free,
    message_from_python,
    message_size,
    message_text,
)
from triton_py.core.model cimport model_enqueue, model_leave
from triton_py.core.native cimport tp_load, tp_now_ns, tp_store, tp_swap
from triton_py.core.normalize cimport normalize
from triton_py.core.objects cimport (
    REQUEST_INITIALIZED,
    REQUEST_MAGIC,
    REQUEST_PENDING,
    REQUEST_RELEASED,
    SERVER_MAGIC,
    Channel,
    Model,
    Request,
    Server,
)
from triton_py.core.options cimport Options, options_python
from triton_py.core.parameter cimport Parameter, parameter_python
from triton_py.core.registry cimport (
    Registry,
    registry_enter,
    registry_free,
    registry_knows,
    registry_new,
)
from triton_py.core.slab cimport slot_alive
from triton_py.core.trace cimport (
    Trace,
    trace_describe,
    trace_give_back,
    trace_report,
    trace_take,
)

from triton_py import development
from triton_py.core import log
from triton_py.errors import InternalError

cdef extern from "Python.h":
    void PyErr_GetExcInfo(PyObject**, PyObject**, PyObject**)
    void PyErr_SetExcInfo(PyObject*, PyObject*, PyObject*)


cdef Registry* server_registry(Server* server) noexcept nogil:
    return <Registry*>server.registry


cdef Server* server_of(
    const char* function, TRITONSERVER_Server* handle, TRITONSERVER_Error** error
) noexcept nogil:
    if handle == NULL:
        error[0] = error_null(function, b"server")
        return NULL
    if (<Server*>handle).magic != SERVER_MAGIC:
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, b"not a live server")
        return NULL
    error[0] = NULL
    return <Server*>handle


cdef class _Apart:
    """For as long as it lives: the exception that the caller is handling is not seen.

    Whatever the control plane raises would else have it as its context. Errors that the control
    plane keeps would then keep the caller's frames, and the requests in them.
    """
    cdef PyObject* kind     # counted, as the two below; NULL where nothing is handled
    cdef PyObject* value
    cdef PyObject* traceback

    def __cinit__(self):
        PyErr_GetExcInfo(&self.kind, &self.value, &self.traceback)
        PyErr_SetExcInfo(NULL, NULL, NULL)

    def __dealloc__(self):
        PyErr_SetExcInfo(self.kind, self.value, self.traceback)  # takes the counts


cdef object _control(Server* server):
    return <object><PyObject*>server.control


cdef str _str(const char* text):
    return text.decode("utf-8", "surrogateescape") if text != NULL else ""


cdef TRITONSERVER_Error* _missing(
    Server* server, const char* name, int64_t version
) noexcept with gil:
    _apart = _Apart()
    try:
        return error_from_exception(_control(server).missing(_str(name), version))
    except BaseException as problem:
        return error_from_exception(problem)


cdef TRITONSERVER_Error* server_can_serve(
    Server* server, const char* model_name, int64_t model_version
) noexcept nogil:
    if registry_knows(server_registry(server), model_name, model_version, NULL, NULL):
        return NULL
    return _missing(server, model_name, model_version)


# --- life-cycle ----------------------------------------------------------------------------


cdef int _start(Server* server, Options* options) except -1:
    # Imported here: the control plane is above the core in the import order.
    from triton_py.control import ControlPlane, ServerOptions

    settings = ServerOptions.from_settings(options_python(options))
    settings.watch_backends = development.watching_backends()
    if options.has_log_callback:
        log_set_callback(options.log_callback, options.log_userp)
    host = host_new(server)
    server.host = <void*>host
    Py_INCREF(host)
    control = ControlPlane(host, settings)
    server.control = <void*>control
    Py_INCREF(control)
    control.start()
    return 0


cdef void _drop(Server* server) noexcept:
    """Frees the server; the control plane was stopped or never started."""
    if server.control != NULL:
        Py_DECREF(<object><PyObject*>server.control)
    if server.host != NULL:
        Py_DECREF(<object><PyObject*>server.host)
    server.magic = 0
    registry_free(<Registry*>server.registry)
    free(server)
    count_live(LIVE_SERVER, -1)


cdef TRITONSERVER_Error* _new(TRITONSERVER_Server** out, Options* options) noexcept with gil:
    _apart = _Apart()
    cdef Server* server = <Server*>calloc(1, sizeof(Server))
    if server == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a server")
    server.registry = <void*>registry_new()
    if server.registry == NULL:
        free(server)
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a server")
    server.magic = SERVER_MAGIC
    count_live(LIVE_SERVER, 1)
    try:
        _start(server, options)
    except BaseException as problem:
        clean = True
        try:
            if server.control != NULL:
                clean = _control(server).stop(5.0)
        except BaseException as second:
            log.log(2, f"while stopping a server that failed to start: {second}")
            clean = False
        if clean:
            _drop(server)
        return error_from_exception(problem)
    out[0] = <TRITONSERVER_Server*>server
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerNew(
    TRITONSERVER_Server** server, TRITONSERVER_ServerOptions* options
) noexcept nogil:
    if server == NULL or options == NULL:
        return error_null(b"TRITONSERVER_ServerNew", b"server and options")
    return _new(server, <Options*>options)


cdef TRITONSERVER_Error* _stop(Server* server, bint delete) noexcept with gil:
    _apart = _Apart()
    clean = False
    try:
        control = _control(server)
        timeout = float(control.exit_timeout)
        clean = control.stop(timeout)
        if not clean:
            raise InternalError(
                f"the server did not stop within {timeout:g} s: requests or models are still "
                "busy and were left as they are"
            )
    except BaseException as problem:
        # Threads of a busy model still use the server: its memory has to stay.
        return error_from_exception(problem)
    if delete:
        _drop(server)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerStop(
    TRITONSERVER_Server* server
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerStop", server, &error)
    return error if s == NULL else _stop(s, False)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerDelete(
    TRITONSERVER_Server* server
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s
    if server == NULL:
        return NULL
    s = server_of(b"TRITONSERVER_ServerDelete", server, &error)
    return error if s == NULL else _stop(s, True)


cdef TRITONSERVER_Error* _set_exit_timeout(Server* server, unsigned int timeout) noexcept with gil:
    _apart = _Apart()
    try:
        _control(server).exit_timeout = timeout
    except BaseException as problem:
        return error_from_exception(problem)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerSetExitTimeout(
    TRITONSERVER_Server* server, unsigned int timeout
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerSetExitTimeout", server, &error)
    return error if s == NULL else _set_exit_timeout(s, timeout)


# --- health --------------------------------------------------------------------------------


cdef TRITONSERVER_Error* _is(Server* server, int question, const char* name, int64_t version,
                             cbool* answer) noexcept with gil:
    _apart = _Apart()
    try:
        control = _control(server)
        if question == 0:
            answer[0] = control.is_live()
        elif question == 1:
            answer[0] = control.is_ready()
        else:
            answer[0] = control.model_is_ready(_str(name), version)
    except BaseException as problem:
        return error_from_exception(problem)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ServerIsLive(
    TRITONSERVER_Server* server, cbool* live
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerIsLive", server, &error)
    if s == NULL:
        return error
    if live == NULL:
        return error_null(b"TRITONSERVER_ServerIsLive", b"live")
    live[0] = False
    return _is(s, 0, NULL, 0, live)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerIsReady(
    TRITONSERVER_Server* server, cbool* ready
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerIsReady", server, &error)
    if s == NULL:
        return error
    if ready == NULL:
        return error_null(b"TRITONSERVER_ServerIsReady", b"ready")
    ready[0] = False
    return _is(s, 1, NULL, 0, ready)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelIsReady(
    TRITONSERVER_Server* server, const char* model_name, const int64_t model_version, cbool* ready
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerModelIsReady", server, &error)
    if s == NULL:
        return error
    if model_name == NULL or ready == NULL:
        return error_null(b"TRITONSERVER_ServerModelIsReady", b"model_name and ready")
    ready[0] = False
    return _is(s, 2, model_name, model_version, ready)


cdef TRITONSERVER_Error* _properties(
    const char* function, TRITONSERVER_Server* server, const char* model_name,
    int64_t model_version, bint* decoupled, int64_t* batch
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(function, server, &error)
    if s == NULL:
        return error
    if model_name == NULL:
        return error_null(function, b"model_name")
    if registry_knows(server_registry(s), model_name, model_version, decoupled, batch):
        return NULL
    return _missing(s, model_name, model_version)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelBatchProperties(
    TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    uint32_t* flags, void** voidp
) noexcept nogil:
    cdef int64_t batch = 0
    cdef TRITONSERVER_Error* error
    if flags == NULL:
        return error_null(b"TRITONSERVER_ServerModelBatchProperties", b"flags")
    if voidp != NULL:
        voidp[0] = NULL
    error = _properties(b"TRITONSERVER_ServerModelBatchProperties", server, model_name,
                        model_version, NULL, &batch)
    if error == NULL:
        flags[0] = TRITONSERVER_BATCH_FIRST_DIM if batch > 0 else TRITONSERVER_BATCH_UNKNOWN
    return error


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelTransactionProperties(
    TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    uint32_t* txn_flags, void** voidp
) noexcept nogil:
    cdef bint decoupled = False
    cdef TRITONSERVER_Error* error
    if txn_flags == NULL:
        return error_null(b"TRITONSERVER_ServerModelTransactionProperties", b"txn_flags")
    if voidp != NULL:
        voidp[0] = NULL
    error = _properties(b"TRITONSERVER_ServerModelTransactionProperties", server, model_name,
                        model_version, &decoupled, NULL)
    if error == NULL:
        txn_flags[0] = TRITONSERVER_TXN_DECOUPLED if decoupled else TRITONSERVER_TXN_ONE_TO_ONE
    return error


# --- descriptions --------------------------------------------------------------------------

cdef enum:
    ASK_METADATA
    ASK_MODEL_METADATA
    ASK_STATISTICS
    ASK_CONFIG
    ASK_INDEX


cdef TRITONSERVER_Error* _describe(
    Server* server, int question, const char* name, int64_t version, TRITONSERVER_Message** message
) noexcept with gil:
    _apart = _Apart()
    try:
        control = _control(server)
        if question == ASK_METADATA:
            answer = control.metadata()
        elif question == ASK_MODEL_METADATA:
            answer = control.model_metadata(_str(name), version)
        elif question == ASK_STATISTICS:
            answer = control.model_statistics(_str(name), version)
        elif question == ASK_CONFIG:
            answer = control.model_config(_str(name), version)
        else:
            answer = control.index(version != 0)
        return message_from_python(message, answer)
    except BaseException as problem:
        return error_from_exception(problem)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerMetadata(
    TRITONSERVER_Server* server, TRITONSERVER_Message** server_metadata
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerMetadata", server, &error)
    if s == NULL:
        return error
    if server_metadata == NULL:
        return error_null(b"TRITONSERVER_ServerMetadata", b"server_metadata")
    return _describe(s, ASK_METADATA, NULL, 0, server_metadata)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelMetadata(
    TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    TRITONSERVER_Message** model_metadata
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerModelMetadata", server, &error)
    if s == NULL:
        return error
    if model_name == NULL or model_metadata == NULL:
        return error_null(b"TRITONSERVER_ServerModelMetadata", b"model_name and model_metadata")
    return _describe(s, ASK_MODEL_METADATA, model_name, model_version, model_metadata)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelStatistics(
    TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    TRITONSERVER_Message** model_stats
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerModelStatistics", server, &error)
    if s == NULL:
        return error
    if model_name == NULL or model_stats == NULL:
        return error_null(b"TRITONSERVER_ServerModelStatistics", b"model_name and model_stats")
    return _describe(s, ASK_STATISTICS, model_name, model_version, model_stats)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelConfig(
    TRITONSERVER_Server* server, const char* model_name, const int64_t model_version,
    const uint32_t config_version, TRITONSERVER_Message** model_config
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerModelConfig", server, &error)
    if s == NULL:
        return error
    if model_name == NULL or model_config == NULL:
        return error_null(b"TRITONSERVER_ServerModelConfig", b"model_name and model_config")
    if config_version != 1:
        return error_new(TRITONSERVER_ERROR_UNSUPPORTED,
                         b"model configuration version is not supported: supported versions: 1")
    return _describe(s, ASK_CONFIG, model_name, model_version, model_config)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerModelIndex(
    TRITONSERVER_Server* server, uint32_t flags, TRITONSERVER_Message** model_index
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Server* s = server_of(b"TRITONSERVER_ServerModelIndex", server, &error)
    if s == NULL:
        return error
    if model_index == NULL:
        return error_null(b"TRITONSERVER_ServerModelIndex", b"model_index")
    return _describe(s, ASK_INDEX, NULL, flags & TRITONSERVER_INDEX_FLAG_READY, model_index)


# --- model control -------------------------------------------------------------------------

cdef enum:
    DO_LOAD
    DO_UNLOAD
    DO_UNLOAD_DEPENDENTS
    DO_POLL
    DO_REGISTER
    DO_UNREGISTER


cdef list _parameters(const TRITONSERVER_Parameter** parameters, uint64_t count):
    return [parameter_python(<const Parameter*>parameters[i]) for i in range(count)]


cdef TRITONSERVER_Error* _manage(
    Server* server, int action, const char* name, const TRITONSERVER_Parameter** parameters,
    uint64_t count
) noexcept with gil:
    _apart = _Apart()
    try:
        control = _control(server)
        if action == DO_LOAD:
            control.load(_str(name), _parameters(parameters, count))
        elif action == DO_POLL:
            control.poll()
        elif action == DO_REGISTER:
            control.register_repository(_str(name), _parameters(parameters, count))
        elif action == DO_UNREGISTER:
            control.unregister_repository(_str(name))
        else:
            control.unload(_str(name), action == DO_UNLOAD_DEPENDENTS)
    except BaseException as problem:
        return error_from_exception(problem)
    return NULL


cdef TRITONSERVER_Error* _managed(
    const char* function, TRITONSERVER_Server* server, int action, const char* name,
    const TRITONSERVER_Parameter** parameters, uint64_t count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef uint64_t i
    cdef Server* s = server_of(function, server, &error)
    if s == NULL:
        return error
    if (name == NULL and action != DO_POLL) or (parameters == NULL and count):
        return error_null(function, b"name and parameters")
    for i in range(count):
        if parameters[i] == NULL:
            return error_null(function, b"every parameter")
    return _manage(s, action, name, parameters, count)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerLoadModel(
    TRITONSERVER_Server* server, const char* model_name
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerLoadModel", server, DO_LOAD, model_name, NULL, 0)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerLoadModelWithParameters(
    TRITONSERVER_Server* server, const char* model_name,
    const TRITONSERVER_Parameter** parameters, const uint64_t parameter_count
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerLoadModelWithParameters", server, DO_LOAD, model_name,
                    parameters, parameter_count)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerUnloadModel(
    TRITONSERVER_Server* server, const char* model_name
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerUnloadModel", server, DO_UNLOAD, model_name, NULL, 0)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerUnloadModelAndDependents(
    TRITONSERVER_Server* server, const char* model_name
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerUnloadModelAndDependents", server, DO_UNLOAD_DEPENDENTS,
                    model_name, NULL, 0)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerPollModelRepository(
    TRITONSERVER_Server* server
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerPollModelRepository", server, DO_POLL, NULL, NULL, 0)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerRegisterModelRepository(
    TRITONSERVER_Server* server, const char* repository_path,
    const TRITONSERVER_Parameter** name_mapping, const uint32_t mapping_count
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerRegisterModelRepository", server, DO_REGISTER,
                    repository_path, name_mapping, mapping_count)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerUnregisterModelRepository(
    TRITONSERVER_Server* server, const char* repository_path
) noexcept nogil:
    return _managed(b"TRITONSERVER_ServerUnregisterModelRepository", server, DO_UNREGISTER,
                    repository_path, NULL, 0)


# --- metrics -------------------------------------------------------------------------------


cdef TRITONSERVER_Error* _metrics(Server* server, TRITONSERVER_Message** text) noexcept with gil:
    _apart = _Apart()
    try:
        return message_from_python(text, _control(server).metrics_text())
    except BaseException as problem:
        return error_from_exception(problem)


cdef public TRITONSERVER_Error* TRITONSERVER_ServerMetrics(
    TRITONSERVER_Server* server, TRITONSERVER_Metrics** metrics
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef TRITONSERVER_Message* text = NULL
    cdef Server* s = server_of(b"TRITONSERVER_ServerMetrics", server, &error)
    if s == NULL:
        return error
    if metrics == NULL:
        return error_null(b"TRITONSERVER_ServerMetrics", b"metrics")
    error = _metrics(s, &text)
    if error == NULL:
        # A snapshot: the text as it was when it was asked for.
        metrics[0] = <TRITONSERVER_Metrics*>text
        count_live(LIVE_METRICS, 1)
    return error


cdef public TRITONSERVER_Error* TRITONSERVER_MetricsFormatted(
    TRITONSERVER_Metrics* metrics, TRITONSERVER_MetricFormat format, const char** base,
    size_t* byte_size
) noexcept nogil:
    if metrics == NULL or base == NULL or byte_size == NULL:
        return error_null(b"TRITONSERVER_MetricsFormatted", b"metrics, base and byte_size")
    if format != TRITONSERVER_METRIC_PROMETHEUS:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"unknown metrics format: only TRITONSERVER_METRIC_PROMETHEUS is defined")
    base[0] = message_text(<TRITONSERVER_Message*>metrics)
    byte_size[0] = message_size(<TRITONSERVER_Message*>metrics)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_MetricsDelete(
    TRITONSERVER_Metrics* metrics
) noexcept nogil:
    if metrics != NULL:
        message_free(<TRITONSERVER_Message*>metrics)
        count_live(LIVE_METRICS, -1)
    return NULL


# --- inference -----------------------------------------------------------------------------


cdef TRITONSERVER_Error* _submit(
    Server* s, Request* r, Model* model, Trace* trace
) noexcept nogil:
    """The model counts the request as in flight; on error that and the trace are the caller's."""
    cdef TRITONSERVER_Error* error = normalize(r, model)
    cdef Channel* channel
    if error != NULL:
        return error
    r.request_start = tp_now_ns()
    if trace != NULL:
        trace.model_version = model.version
        trace_report(trace, TRITONSERVER_TRACE_REQUEST_START, r.request_start)
    r.exec_start = 0
    # A request that is used again was reported, and belonged to a sequence, in its last run.
    tp_store(&r.reported, 0)
    r.sequence_flags = r.flags
    r.sequence_id = r.correlation_id
    r.sequence_string = r.correlation_string
    if r.sequence_string != NULL and r.sequence_string[0] == 0:
        r.sequence_string = NULL
    channel = channel_new(r, model)
    if channel == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an inference request")
    channel.trace = trace
    r.model = model
    r.channel = channel
    error = model_enqueue(model, r)
    if error != NULL:
        r.model = NULL
        r.channel = NULL
        channel_abandon(channel)
    return error


cdef TRITONSERVER_Error* _infer(
    TRITONSERVER_Server* server, TRITONSERVER_InferenceRequest* inference_request, Trace* trace
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Model* model
    cdef int64_t before
    cdef Request* r = <Request*>inference_request
    cdef Server* s = server_of(b"TRITONSERVER_ServerInferAsync", server, &error)
    if s == NULL:
        return error
    if r == NULL:
        return error_null(b"TRITONSERVER_ServerInferAsync", b"inference_request")
    if not slot_alive(r, REQUEST_MAGIC):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_ServerInferAsync: not a live inference request")
    if r.release_fn == NULL or r.response_fn == NULL:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_ServerInferAsync: the request needs a release callback "
                         b"and a response callback")
    before = tp_load(&r.state)
    if before == REQUEST_PENDING or not (
            tp_swap(&r.state, REQUEST_INITIALIZED, REQUEST_PENDING)
            or tp_swap(&r.state, REQUEST_RELEASED, REQUEST_PENDING)):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_ServerInferAsync: the request is in flight already")
    # A request that is used again does not inherit the cancellation of its last run.
    tp_store(&r.cancelled, 0)
    if trace != NULL and not trace_describe(trace, r.model_name, r.model_version, r.id):
        tp_store(&r.state, before)
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an inference trace")
    model = registry_enter(server_registry(s), r.model_name, r.model_version)
    if model == NULL:
        error = _missing(s, r.model_name, r.model_version)
    else:
        error = _submit(s, r, model, trace)
        if error != NULL:
            model_leave(model)
    if error != NULL:
        tp_store(&r.state, before)
    return error


cdef TRITONSERVER_Error* _infer_traced(
    TRITONSERVER_Server* server, TRITONSERVER_InferenceRequest* inference_request,
    TRITONSERVER_InferenceTrace* handle
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* trace = trace_take(handle, &error)
    if trace == NULL:
        return error
    error = _infer(server, inference_request, trace)
    # On success the request's channel has it, and may have given it back by now.
    if error != NULL:
        trace_give_back(trace)
    return error


cdef public TRITONSERVER_Error* TRITONSERVER_ServerInferAsync(
    TRITONSERVER_Server* server, TRITONSERVER_InferenceRequest* inference_request,
    TRITONSERVER_InferenceTrace* trace
) noexcept nogil:
    if trace != NULL:
        return _infer_traced(server, inference_request, trace)
    return _infer(server, inference_request, NULL)
