# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_InferenceTrace: what happens to a request, told to whoever asked for it.

A trace is the client's from InferenceTraceNew to InferenceTraceDelete, but for the time in between
when it is the server's: from ServerInferAsync, whatever that returns, to its release callback. The
server keeps it in the request's channel, so it comes back when nothing more can be said of it: the
request was released, the last factory deleted and the last response sent.

Reports of one trace come one after the other, whichever threads they come from: each holds the
trace's lock, which the callback may take again (it sets the context, say).
"""

from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.types cimport (
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceTrace,
    TRITONSERVER_InferenceTraceActivity,
    TRITONSERVER_InferenceTraceActivityFn_t,
    TRITONSERVER_InferenceTraceReleaseFn_t,
    TRITONSERVER_InferenceTraceTensorActivityFn_t,
    TRITONSERVER_MemoryType,
)
from triton_py.core.native cimport pthread_mutex_t
from triton_py.core.slab cimport Slot

cdef enum:
    TRACE_MAGIC = 0x6563617274  # "trace", as in objects.pxd

cdef enum TraceState:
    TRACE_OWN = 1       # the client's
    TRACE_IN_FLIGHT     # the server's, until the release callback

cdef struct Trace:
    Slot slot
    int64_t state       # TraceState
    bint has_lock       # the slot was used before: locks last as long as slots
    pthread_mutex_t lock  # recursive
    int level           # TRITONSERVER_InferenceTraceLevel bits, the deprecated ones translated
    uint64_t id
    uint64_t parent_id
    TRITONSERVER_InferenceTraceActivityFn_t activity_fn
    TRITONSERVER_InferenceTraceTensorActivityFn_t tensor_fn  # NULL: no tensors
    TRITONSERVER_InferenceTraceReleaseFn_t release_fn
    void* userp
    int64_t model_version
    const char* model_name  # "", or in `names`
    const char* request_id  # likewise
    char* names         # owned, or NULL
    char* context       # owned; NULL: ""

# The live trace behind a handle, or NULL and *error.
cdef Trace* trace_of(
    const char* function, TRITONSERVER_InferenceTrace* handle, TRITONSERVER_Error** error
) noexcept nogil
# The client's trace, now the server's; NULL and *error: it stays whose it was.
cdef Trace* trace_take(
    TRITONSERVER_InferenceTrace* handle, TRITONSERVER_Error** error
) noexcept nogil
# Calls the release callback, after which the trace may be gone.
cdef void trace_give_back(Trace* trace) noexcept nogil
# Copies what the trace is about. False: out of memory, and it is about nothing.
cdef bint trace_describe(
    Trace* trace, const char* model_name, int64_t model_version, const char* request_id
) noexcept nogil
# Tells of an activity at that time, on the monotonic clock, where the level asks for it.
cdef void trace_report(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, uint64_t ns
) noexcept nogil
cdef void trace_report_now(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity
) noexcept nogil
# Whether the level asks for tensors, and there is a callback to tell of them.
cdef bint trace_wants_tensors(const Trace* trace) noexcept nogil
# Tells of a tensor; everything is borrowed for the call.
cdef void trace_report_tensor(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, const char* name,
    TRITONSERVER_DataType datatype, const void* base, size_t byte_size, const int64_t* shape,
    uint64_t rank, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil
