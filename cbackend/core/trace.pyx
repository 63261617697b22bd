# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Traces (see trace.pxd) and TRITONSERVER_InferenceTrace*."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strdup, strlen

from triton_py.abi.types cimport *
from triton_py.core.counters cimport LIVE_TRACE, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.log cimport log_write
from triton_py.core.native cimport (
    pthread_mutex_lock,
    pthread_mutex_t,
    pthread_mutex_unlock,
    tp_add,
    tp_load,
    tp_now_ns,
    tp_store,
    tp_swap,
)
from triton_py.core.slab cimport Slab, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.text cimport Text, text_add, text_init, text_str
from triton_py.core.trace_context cimport CONTEXT_NO_MEMORY, CONTEXT_REPLACED, context_with

cdef extern from * nogil:
    """
    #include <pthread.h>

    static void tp_recursive_mutex_init(pthread_mutex_t* m) {
      pthread_mutexattr_t a;
      pthread_mutexattr_init(&a);
      pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
      pthread_mutex_init(m, &a);
      pthread_mutexattr_destroy(&a);
    }
    """
    void tp_recursive_mutex_init(pthread_mutex_t* m)

cdef Slab _traces
slab_init(&_traces, TRACE_MAGIC, sizeof(Trace), 64)

# Ids count up over all servers of the process; 0 means no parent.
cdef int64_t _last_id = 0


# --- life-cycle ------------------------------------------------------------------------------


cdef int _level(TRITONSERVER_InferenceTraceLevel level) noexcept nogil:
    cdef int bits = <int>level
    cdef int deprecated = <int>TRITONSERVER_TRACE_LEVEL_MIN | <int>TRITONSERVER_TRACE_LEVEL_MAX
    if bits & deprecated:
        bits = (bits & ~deprecated) | <int>TRITONSERVER_TRACE_LEVEL_TIMESTAMPS
    return bits


cdef Trace* _new(
    int level, uint64_t parent_id, TRITONSERVER_InferenceTraceActivityFn_t activity_fn,
    TRITONSERVER_InferenceTraceTensorActivityFn_t tensor_fn,
    TRITONSERVER_InferenceTraceReleaseFn_t release_fn, void* userp
) noexcept nogil:
    cdef Trace* t = <Trace*>slab_get(&_traces)
    if t == NULL:
        return NULL
    if not t.has_lock:
        tp_recursive_mutex_init(&t.lock)
        t.has_lock = True
    t.level = level
    t.id = <uint64_t>tp_add(&_last_id, 1)
    t.parent_id = parent_id
    t.activity_fn = activity_fn
    t.tensor_fn = tensor_fn
    t.release_fn = release_fn
    t.userp = userp
    t.model_version = -1
    t.model_name = b""
    t.request_id = b""
    t.names = NULL
    t.context = NULL
    live(LIVE_TRACE, 1)
    tp_store(&t.state, TRACE_OWN)
    return t


cdef TRITONSERVER_Error* _no_memory() noexcept nogil:
    return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an inference trace")


cdef TRITONSERVER_Error* _not_live(const char* function) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, function)
    text_add(&text, b": not a live inference trace: it was deleted before")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef Trace* trace_of(
    const char* function, TRITONSERVER_InferenceTrace* handle, TRITONSERVER_Error** error
) noexcept nogil:
    if handle == NULL:
        error[0] = error_null(function, b"trace")
        return NULL
    if not slot_alive(handle, TRACE_MAGIC):
        error[0] = _not_live(function)
        return NULL
    error[0] = NULL
    return <Trace*>handle


cdef Trace* trace_take(
    TRITONSERVER_InferenceTrace* handle, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Trace* t = trace_of(b"TRITONSERVER_ServerInferAsync", handle, error)
    if t == NULL:
        return NULL
    if not tp_swap(&t.state, TRACE_OWN, TRACE_IN_FLIGHT):
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG,
                             b"TRITONSERVER_ServerInferAsync: the trace is another request's, "
                             b"until its release callback")
        return NULL
    return t


cdef void trace_give_back(Trace* trace) noexcept nogil:
    tp_store(&trace.state, TRACE_OWN)
    trace.release_fn(<TRITONSERVER_InferenceTrace*>trace, trace.userp)


cdef bint trace_describe(
    Trace* trace, const char* model_name, int64_t model_version, const char* request_id
) noexcept nogil:
    cdef size_t name_size = strlen(model_name) + 1
    cdef size_t id_size = strlen(request_id) + 1
    free(trace.names)
    trace.names = <char*>malloc(name_size + id_size)
    trace.model_version = model_version
    if trace.names == NULL:
        trace.model_name = b""
        trace.request_id = b""
        return False
    memcpy(trace.names, model_name, name_size)
    memcpy(trace.names + name_size, request_id, id_size)
    trace.model_name = trace.names
    trace.request_id = trace.names + name_size
    return True


# --- reports ---------------------------------------------------------------------------------


cdef void trace_report(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, uint64_t ns
) noexcept nogil:
    if not trace.level & <int>TRITONSERVER_TRACE_LEVEL_TIMESTAMPS:
        return
    pthread_mutex_lock(&trace.lock)
    trace.activity_fn(<TRITONSERVER_InferenceTrace*>trace, activity, ns, trace.userp)
    pthread_mutex_unlock(&trace.lock)


cdef void trace_report_now(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity
) noexcept nogil:
    trace_report(trace, activity, tp_now_ns())


cdef bint trace_wants_tensors(const Trace* trace) noexcept nogil:
    return (trace.level & <int>TRITONSERVER_TRACE_LEVEL_TENSORS) != 0 and trace.tensor_fn != NULL


cdef void trace_report_tensor(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, const char* name,
    TRITONSERVER_DataType datatype, const void* base, size_t byte_size, const int64_t* shape,
    uint64_t rank, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    pthread_mutex_lock(&trace.lock)
    trace.tensor_fn(
        <TRITONSERVER_InferenceTrace*>trace, activity, name, datatype, base, byte_size, shape,
        rank, memory_type, memory_type_id, trace.userp)
    pthread_mutex_unlock(&trace.lock)


cdef TRITONSERVER_Error* _report_custom(Trace* t, uint64_t ns, const char* name) noexcept nogil:
    """A name of one's own has no place in the callback's arguments: it goes by the context."""
    cdef char* fresh
    cdef int outcome = 0
    if not t.level & <int>TRITONSERVER_TRACE_LEVEL_TIMESTAMPS:
        return NULL
    pthread_mutex_lock(&t.lock)
    fresh = context_with(t.context, ns, name, &outcome)
    if outcome == CONTEXT_NO_MEMORY:
        pthread_mutex_unlock(&t.lock)
        return _no_memory()
    free(t.context)
    t.context = fresh
    t.activity_fn(<TRITONSERVER_InferenceTrace*>t, TRITONSERVER_TRACE_CUSTOM_ACTIVITY, ns, t.userp)
    pthread_mutex_unlock(&t.lock)
    if outcome == CONTEXT_REPLACED:
        log_write(TRITONSERVER_LOG_ERROR, b"trace", 0,
                  b"a trace's context was not a JSON object and gave way to the name of an "
                  b"activity of its backend's own")
    return NULL


# --- TRITONSERVER_InferenceTrace* ------------------------------------------------------------


cdef TRITONSERVER_Error* _made(Trace* t, TRITONSERVER_InferenceTrace** trace) noexcept nogil:
    if t == NULL:
        return _no_memory()
    trace[0] = <TRITONSERVER_InferenceTrace*>t
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceNew(
    TRITONSERVER_InferenceTrace** trace, TRITONSERVER_InferenceTraceLevel level,
    uint64_t parent_id, TRITONSERVER_InferenceTraceActivityFn_t activity_fn,
    TRITONSERVER_InferenceTraceReleaseFn_t release_fn, void* trace_userp
) noexcept nogil:
    if trace == NULL or activity_fn == NULL or release_fn == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceNew", b"trace, activity_fn and release_fn")
    return _made(_new(_level(level), parent_id, activity_fn, NULL, release_fn, trace_userp), trace)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceTensorNew(
    TRITONSERVER_InferenceTrace** trace, TRITONSERVER_InferenceTraceLevel level,
    uint64_t parent_id, TRITONSERVER_InferenceTraceActivityFn_t activity_fn,
    TRITONSERVER_InferenceTraceTensorActivityFn_t tensor_activity_fn,
    TRITONSERVER_InferenceTraceReleaseFn_t release_fn, void* trace_userp
) noexcept nogil:
    if (trace == NULL or activity_fn == NULL or tensor_activity_fn == NULL
            or release_fn == NULL):
        return error_null(b"TRITONSERVER_InferenceTraceTensorNew",
                          b"trace, activity_fn, tensor_activity_fn and release_fn")
    return _made(_new(_level(level), parent_id, activity_fn, tensor_activity_fn, release_fn,
                      trace_userp), trace)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceSpawnChildTrace(
    TRITONSERVER_InferenceTrace* trace, TRITONSERVER_InferenceTrace** child_trace
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t
    if child_trace == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceSpawnChildTrace", b"child_trace")
    child_trace[0] = NULL
    # A request that isn't traced has no trace, and its requests have none either.
    if trace == NULL:
        return NULL
    t = trace_of(b"TRITONSERVER_InferenceTraceSpawnChildTrace", trace, &error)
    if t == NULL:
        return error
    return _made(_new(t.level, t.id, t.activity_fn, t.tensor_fn, t.release_fn, t.userp),
                 child_trace)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceReportActivity(
    TRITONSERVER_InferenceTrace* trace, uint64_t timestamp, const char* activity_name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t
    if activity_name == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceReportActivity", b"activity_name")
    if trace == NULL:
        return NULL     # as above
    t = trace_of(b"TRITONSERVER_InferenceTraceReportActivity", trace, &error)
    if t == NULL:
        return error
    return _report_custom(t, timestamp, activity_name)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceDelete(
    TRITONSERVER_InferenceTrace* trace
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t
    if trace == NULL:
        return NULL
    t = trace_of(b"TRITONSERVER_InferenceTraceDelete", trace, &error)
    if t == NULL:
        return error
    if tp_load(&t.state) != TRACE_OWN:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_InferenceTraceDelete: the trace belongs to the server "
                         b"until its release callback")
    free(t.names)
    free(t.context)
    t.names = NULL
    t.context = NULL
    slab_put(&_traces, &t.slot)
    live(LIVE_TRACE, -1)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceId(
    TRITONSERVER_InferenceTrace* trace, uint64_t* id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceId", trace, &error)
    if t == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceId", b"id")
    id[0] = t.id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceParentId(
    TRITONSERVER_InferenceTrace* trace, uint64_t* parent_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceParentId", trace, &error)
    if t == NULL:
        return error
    if parent_id == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceParentId", b"parent_id")
    parent_id[0] = t.parent_id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceModelName(
    TRITONSERVER_InferenceTrace* trace, const char** model_name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceModelName", trace, &error)
    if t == NULL:
        return error
    if model_name == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceModelName", b"model_name")
    model_name[0] = t.model_name
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceModelVersion(
    TRITONSERVER_InferenceTrace* trace, int64_t* model_version
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceModelVersion", trace, &error)
    if t == NULL:
        return error
    if model_version == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceModelVersion", b"model_version")
    model_version[0] = t.model_version
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceRequestId(
    TRITONSERVER_InferenceTrace* trace, const char** request_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceRequestId", trace, &error)
    if t == NULL:
        return error
    if request_id == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceRequestId", b"request_id")
    request_id[0] = t.request_id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceSetContext(
    TRITONSERVER_InferenceTrace* trace, const char* trace_context
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef char* copy
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceSetContext", trace, &error)
    if t == NULL:
        return error
    if trace_context == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceSetContext", b"trace_context")
    copy = strdup(trace_context)
    if copy == NULL:
        return _no_memory()
    pthread_mutex_lock(&t.lock)
    free(t.context)
    t.context = copy
    pthread_mutex_unlock(&t.lock)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceTraceContext(
    TRITONSERVER_InferenceTrace* trace, const char** trace_context
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Trace* t = trace_of(b"TRITONSERVER_InferenceTraceContext", trace, &error)
    if t == NULL:
        return error
    if trace_context == NULL:
        return error_null(b"TRITONSERVER_InferenceTraceContext", b"trace_context")
    trace_context[0] = b""
    if t.context != NULL:
        trace_context[0] = t.context
    return NULL
