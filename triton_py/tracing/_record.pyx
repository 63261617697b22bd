# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Recordings (see _record.pxd).

The callbacks run inside the core's threads. They take a recording's lock, under it at most that of
the trace they are called for, which their thread holds already; never the GIL.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset, strdup, strlen
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime, timespec

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_InferenceTraceContext,
    TRITONSERVER_InferenceTraceDelete,
    TRITONSERVER_InferenceTraceId,
    TRITONSERVER_InferenceTraceModelName,
    TRITONSERVER_InferenceTraceModelVersion,
    TRITONSERVER_InferenceTraceParentId,
    TRITONSERVER_InferenceTraceRequestId,
    TRITONSERVER_InferenceTraceSetContext,
    TRITONSERVER_InferenceTraceTensorNew,
    TRITONSERVER_LogMessage,
)
from triton_py.abi.types cimport (
    TRITONSERVER_LOG_ERROR,
    TRITONSERVER_MEMORY_GPU,
    TRITONSERVER_TRACE_CUSTOM_ACTIVITY,
    TRITONSERVER_TRACE_LEVEL_TIMESTAMPS,
    TRITONSERVER_TRACE_REQUEST_START,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceTrace,
    TRITONSERVER_InferenceTraceActivity,
    TRITONSERVER_InferenceTraceLevel,
    TRITONSERVER_MemoryType,
)
from triton_py.inprocess.status cimport swallow
from triton_py.tracing._outbox cimport (
    Outbox,
    Sent,
    outbox_done,
    outbox_drop,
    outbox_hold,
    outbox_push,
)

cdef extern from "<pthread.h>" nogil:
    int pthread_mutex_init(pthread_mutex_t*, void*)
    int pthread_mutex_lock(pthread_mutex_t*)
    int pthread_mutex_unlock(pthread_mutex_t*)

cdef const char* _NAMES[9]     # STAMP_COUNT
_NAMES[:] = [
    b"HTTP_RECV_START", b"HTTP_RECV_END", b"HTTP_SEND_START", b"HTTP_SEND_END",
    b"GRPC_WAITREAD_START", b"GRPC_WAITREAD_END", b"GRPC_SEND_START", b"GRPC_SEND_END",
    b"INFER_RESPONSE_COMPLETE",
]

# Recordings to be used again.
cdef pthread_mutex_t _pool_lock
pthread_mutex_init(&_pool_lock, NULL)
cdef Sent* _pool = NULL


cdef const char* stamp_name(int stamp) noexcept nogil:
    return _NAMES[stamp]


cdef uint64_t _clock(int which) noexcept nogil:
    cdef timespec now
    clock_gettime(which, &now)
    return <uint64_t> now.tv_sec * 1000000000 + <uint64_t> now.tv_nsec


cdef uint64_t trace_now() noexcept nogil:
    return _clock(CLOCK_MONOTONIC)


# --- life ------------------------------------------------------------------------------------


cdef Recording* _fresh() noexcept nogil:
    global _pool
    cdef Recording* r
    pthread_mutex_lock(&_pool_lock)
    r = <Recording*> _pool
    if r != NULL:
        _pool = r.sent.next
    pthread_mutex_unlock(&_pool_lock)
    if r == NULL:
        r = <Recording*> calloc(1, sizeof(Recording))
    if r != NULL and not r.has_lock:
        pthread_mutex_init(&r.lock, NULL)
        r.has_lock = True
    return r


cdef Recording* recording_new(
    Outbox* outbox, int level, int64_t tag, const SpanSeed* spans
) noexcept nogil:
    cdef TRITONSERVER_InferenceTrace* trace = NULL
    cdef TRITONSERVER_Error* error
    cdef char* copy = NULL
    cdef uint64_t id = 0
    cdef Recording* r = _fresh()
    if r == NULL:
        return NULL
    if spans != NULL and spans.state != NULL:
        copy = strdup(spans.state)
    error = TRITONSERVER_InferenceTraceTensorNew(
        &trace, <TRITONSERVER_InferenceTraceLevel> level, 0, _on_activity, _on_tensor, _on_release,
        r)
    if error == NULL:
        error = TRITONSERVER_InferenceTraceId(trace, &id)
    if error != NULL:
        swallow(error)
        free(copy)
        _to_pool(r)
        return NULL
    # A child trace of its former life may still look at it.
    pthread_mutex_lock(&r.lock)
    r.outbox = outbox_hold(outbox)
    r.sent.bytes = sizeof(Recording)
    r.live = True
    r.held = True
    r.lent = False
    r.trace = trace
    r.id = id
    r.level = level
    r.tag = tag
    r.lossy = False
    r.began_ns = trace_now()
    r.wall_ns = _clock(CLOCK_REALTIME)
    r.ended_ns = 0
    r.trace_hex[0] = 0
    r.state = copy
    if spans != NULL:
        snprintf(r.trace_hex, sizeof(r.trace_hex), b"%s", spans.trace_hex)
        r.parent_span = spans.parent_span
        r.seed = spans.seed
    pthread_mutex_unlock(&r.lock)
    return r


cdef void _to_pool(Recording* r) noexcept nogil:
    global _pool
    pthread_mutex_lock(&_pool_lock)
    r.sent.next = _pool
    _pool = &r.sent
    pthread_mutex_unlock(&_pool_lock)


cdef void recording_recycle(Recording* recording) noexcept nogil:
    outbox_done(recording.outbox, recording.sent.bytes)
    _recycle(recording)


cdef void _recycle(Recording* recording) noexcept nogil:
    cdef Note* note
    cdef Note* following
    cdef Outbox* outbox
    pthread_mutex_lock(&recording.lock)
    note = recording.first
    outbox = recording.outbox
    recording.first = NULL
    recording.last = NULL
    recording.outbox = NULL
    recording.id = 0
    recording.child_count = 0
    free(recording.state)
    recording.state = NULL
    pthread_mutex_unlock(&recording.lock)
    while note != NULL:
        following = note.next
        free(note)
        note = following
    outbox_drop(outbox)
    _to_pool(recording)


cdef void _done(Recording* r) noexcept nogil:
    """Sends what nobody holds any more."""
    # It may be read, and its hold on the outbox given up, before the push returns.
    cdef Outbox* outbox = outbox_hold(r.outbox)
    if not outbox_push(outbox, &r.sent):
        _recycle(r)
    outbox_drop(outbox)


cdef bint _over(Recording* r) noexcept nogil:
    """Under the lock, after a hold was given up: whether that was the last."""
    cdef uint32_t i
    if not r.live or r.held or r.lent:
        return False
    for i in range(r.child_count):
        if r.children[i].open:
            return False
    r.live = False
    r.ended_ns = trace_now()
    return True


cdef TRITONSERVER_InferenceTrace* recording_hand(Recording* recording) noexcept nogil:
    cdef TRITONSERVER_InferenceTrace* trace
    pthread_mutex_lock(&recording.lock)
    trace = recording.trace
    recording.trace = NULL
    recording.lent = trace != NULL
    pthread_mutex_unlock(&recording.lock)
    return trace


cdef void recording_unhand(
    Recording* recording, TRITONSERVER_InferenceTrace* trace
) noexcept nogil:
    pthread_mutex_lock(&recording.lock)
    recording.lent = False
    recording.trace = trace
    pthread_mutex_unlock(&recording.lock)


cdef void recording_drop(Recording* recording) noexcept nogil:
    cdef TRITONSERVER_InferenceTrace* trace
    cdef bint over
    pthread_mutex_lock(&recording.lock)
    # One that was never sent: nothing more can come of it.
    trace = recording.trace
    recording.trace = NULL
    recording.held = False
    over = _over(recording)
    pthread_mutex_unlock(&recording.lock)
    if trace != NULL:
        swallow(TRITONSERVER_InferenceTraceDelete(trace))
    if over:
        _done(recording)


# --- notes -----------------------------------------------------------------------------------


cdef Note* _note(Recording* r, NoteKind kind, uint64_t id, int what, uint64_t ns, size_t extra
                 ) noexcept nogil:
    """Under the lock: one more note, with `extra` bytes behind it; NULL without memory."""
    cdef Note* note = <Note*> malloc(sizeof(Note) + extra)
    if note == NULL:
        r.lossy = True
        return NULL
    memset(note, 0, sizeof(Note))
    note.kind = kind
    note.id = id
    note.what = what
    note.ns = ns
    if r.last == NULL:
        r.first = note
    else:
        r.last.next = note
    r.last = note
    r.sent.bytes += <int64_t> (sizeof(Note) + extra)
    return note


cdef void recording_stamp(Recording* recording, Stamp stamp, uint64_t ns) noexcept nogil:
    if not recording.level & <int> TRITONSERVER_TRACE_LEVEL_TIMESTAMPS:
        return
    pthread_mutex_lock(&recording.lock)
    _note(recording, NOTE_STAMP, recording.id, <int> stamp, ns, 0)
    pthread_mutex_unlock(&recording.lock)


cdef uint64_t _next_id(uint64_t* seed) noexcept nogil:
    """splitmix64: ids that don't repeat, from a seed that was random."""
    cdef uint64_t z = 0
    while z == 0:
        seed[0] += 0x9E3779B97F4A7C15ULL
        z = seed[0]
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL
        z = z ^ (z >> 31)
    return z


cdef void _set_context(Recording* r, TRITONSERVER_InferenceTrace* trace, uint64_t span
                       ) noexcept nogil:
    """What a backend passes on, as W3C's Trace Context has it, in JSON."""
    cdef const char* state = b""
    cdef size_t room
    cdef char* text
    if r.state != NULL:
        state = r.state
    room = strlen(state) + 128
    text = <char*> malloc(room)
    if text == NULL:
        r.lossy = True
        return
    snprintf(text, room, b'{"traceparent":"00-%s-%016llx-01"%s}', r.trace_hex,
             <unsigned long long> span, state)
    swallow(TRITONSERVER_InferenceTraceSetContext(trace, text))
    free(text)


cdef bint _knows(Recording* r, uint64_t id, uint64_t parent) noexcept nogil:
    """Under the lock: whether a trace is this recording's. A child of one that is becomes so."""
    cdef Child* larger
    cdef uint32_t i, capacity
    cdef bint related
    if not r.live:
        return False
    if id == r.id:
        return True
    related = parent == r.id
    for i in range(r.child_count):
        if r.children[i].id == id:
            return True
        related = related or r.children[i].id == parent
    if not related:
        return False
    if r.child_count == r.child_capacity:
        capacity = 2 * r.child_capacity + 4
        larger = <Child*> realloc(r.children, capacity * sizeof(Child))
        if larger == NULL:
            r.lossy = True
            return False
        r.children = larger
        r.child_capacity = capacity
    r.children[r.child_count].id = id
    r.children[r.child_count].open = False
    r.child_count += 1
    return True


cdef void _open(Recording* r, uint64_t id, bint open) noexcept nogil:
    cdef uint32_t i
    for i in range(r.child_count):
        if r.children[i].id == id:
            r.children[i].open = open


cdef void _note_start(Recording* r, TRITONSERVER_InferenceTrace* trace, uint64_t id,
                      uint64_t parent, uint64_t ns) noexcept nogil:
    cdef const char* model = b""
    cdef const char* request = b""
    cdef size_t model_size, request_size
    cdef char* behind
    cdef Note* note
    swallow(TRITONSERVER_InferenceTraceModelName(trace, &model))
    swallow(TRITONSERVER_InferenceTraceRequestId(trace, &request))
    model_size = strlen(model) + 1
    request_size = strlen(request) + 1
    note = _note(r, NOTE_START, id, <int> TRITONSERVER_TRACE_REQUEST_START, ns,
                 model_size + request_size)
    if note == NULL:
        return
    behind = <char*> (note + 1)
    memcpy(behind, model, model_size)
    memcpy(behind + model_size, request, request_size)
    note.text = behind
    note.request_id = behind + model_size
    note.parent_id = parent
    swallow(TRITONSERVER_InferenceTraceModelVersion(trace, &note.version))
    if r.trace_hex[0] != 0:
        note.span_id = _next_id(&r.seed)
        _set_context(r, trace, note.span_id)


cdef void _note_custom(Recording* r, TRITONSERVER_InferenceTrace* trace, uint64_t id, uint64_t ns
                       ) noexcept nogil:
    cdef const char* context = b""
    cdef size_t size
    cdef Note* note
    swallow(TRITONSERVER_InferenceTraceContext(trace, &context))
    size = strlen(context) + 1
    note = _note(r, NOTE_ACTIVITY, id, <int> TRITONSERVER_TRACE_CUSTOM_ACTIVITY, ns, size)
    if note != NULL:
        memcpy(note + 1, context, size)
        note.text = <const char*> (note + 1)


# --- callbacks -------------------------------------------------------------------------------


cdef void _on_activity(
    TRITONSERVER_InferenceTrace* trace, TRITONSERVER_InferenceTraceActivity activity,
    uint64_t timestamp_ns, void* userp
) noexcept nogil:
    cdef Recording* r = <Recording*> userp
    cdef uint64_t id = 0
    cdef uint64_t parent = 0
    swallow(TRITONSERVER_InferenceTraceId(trace, &id))
    swallow(TRITONSERVER_InferenceTraceParentId(trace, &parent))
    pthread_mutex_lock(&r.lock)
    if _knows(r, id, parent):
        if activity == TRITONSERVER_TRACE_REQUEST_START:
            _open(r, id, True)
            _note_start(r, trace, id, parent, timestamp_ns)
        elif activity == TRITONSERVER_TRACE_CUSTOM_ACTIVITY:
            _note_custom(r, trace, id, timestamp_ns)
        else:
            _note(r, NOTE_ACTIVITY, id, <int> activity, timestamp_ns, 0)
    pthread_mutex_unlock(&r.lock)


cdef void _on_tensor(
    TRITONSERVER_InferenceTrace* trace, TRITONSERVER_InferenceTraceActivity activity,
    const char* name, TRITONSERVER_DataType datatype, const void* base, size_t byte_size,
    const int64_t* shape, uint64_t dim_count, TRITONSERVER_MemoryType memory_type,
    int64_t memory_type_id, void* userp
) noexcept nogil:
    cdef Recording* r = <Recording*> userp
    cdef uint64_t id = 0
    cdef uint64_t parent = 0
    cdef size_t shape_size = dim_count * sizeof(int64_t)
    cdef size_t name_size = strlen(name) + 1
    cdef char* behind
    cdef Note* note
    if memory_type == TRITONSERVER_MEMORY_GPU:
        swallow(TRITONSERVER_LogMessage(
            TRITONSERVER_LOG_ERROR, b"tracing", 0,
            b"a tensor in GPU memory is left out of a trace: it can't be read from here"))
        return
    swallow(TRITONSERVER_InferenceTraceId(trace, &id))
    swallow(TRITONSERVER_InferenceTraceParentId(trace, &parent))
    pthread_mutex_lock(&r.lock)
    if _knows(r, id, parent):
        _open(r, id, True)
        # The shape first, which has to be aligned.
        note = _note(r, NOTE_TENSOR, id, <int> activity, 0, shape_size + name_size + byte_size)
        if note != NULL:
            behind = <char*> (note + 1)
            if shape_size:
                memcpy(behind, shape, shape_size)
            note.shape = <const int64_t*> behind
            note.rank = dim_count
            behind += shape_size
            memcpy(behind, name, name_size)
            note.text = behind
            behind += name_size
            if byte_size:
                memcpy(behind, base, byte_size)
            note.data = behind
            note.size = byte_size
            note.datatype = datatype
    pthread_mutex_unlock(&r.lock)


cdef void _on_release(TRITONSERVER_InferenceTrace* trace, void* userp) noexcept nogil:
    cdef Recording* r = <Recording*> userp
    cdef uint64_t id = 0
    cdef bint over
    swallow(TRITONSERVER_InferenceTraceId(trace, &id))
    pthread_mutex_lock(&r.lock)
    if id == r.id:
        r.lent = False
    else:
        _open(r, id, False)
    over = _over(r)
    pthread_mutex_unlock(&r.lock)
    swallow(TRITONSERVER_InferenceTraceDelete(trace))
    if over:
        _done(r)
