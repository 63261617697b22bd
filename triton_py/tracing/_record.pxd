# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Recordings: what one traced request did, noted without the GIL, for a thread that writes it down.

Who holds a recording: the front end, from the sampling until the request's answer is sent; the
core, while it has the trace; and each child trace that a backend spawned and sent, until it comes
back. With the last of them it goes to its outbox, whose owner reads it and recycles it.

A recording's memory is never given back, only used again: a backend may still use a child trace
when everything else is over. What comes from a trace that a recording does not know is left out.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_DataType, TRITONSERVER_InferenceTrace
from triton_py.tracing._outbox cimport Outbox, Sent


cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_mutex_t:
        pass


# What a front end notes itself; _record.pyx has their names.
cdef enum Stamp:
    STAMP_HTTP_RECV_START
    STAMP_HTTP_RECV_END
    STAMP_HTTP_SEND_START
    STAMP_HTTP_SEND_END
    STAMP_GRPC_WAITREAD_START
    STAMP_GRPC_WAITREAD_END
    STAMP_GRPC_SEND_START
    STAMP_GRPC_SEND_END
    STAMP_INFER_RESPONSE_COMPLETE
    STAMP_COUNT

cdef enum NoteKind:
    NOTE_START      # REQUEST_START: which model, and whose part
    NOTE_ACTIVITY
    NOTE_TENSOR
    NOTE_STAMP

# Strings, shape and data lie behind the struct.
cdef struct Note:
    Note* next
    NoteKind kind
    uint64_t id             # of the trace
    uint64_t ns
    int what                # an activity or a Stamp
    const char* text        # a model, a tensor, or the context that holds a custom name; or NULL
    const char* request_id  # NOTE_START
    uint64_t parent_id      # NOTE_START
    int64_t version         # NOTE_START
    uint64_t span_id        # NOTE_START; 0: there are no spans
    TRITONSERVER_DataType datatype  # NOTE_TENSOR, like all that follows
    const int64_t* shape
    uint64_t rank
    const char* data
    size_t size

cdef struct Child:
    uint64_t id
    bint open               # the core has it

# What spans are made of; all borrowed.
cdef struct SpanSeed:
    const char* trace_hex   # 32 digits
    const char* state       # or NULL
    uint64_t parent_span
    uint64_t seed           # random

cdef struct Recording:
    Sent sent               # in the outbox, or among those to be used again; the first member
    bint has_lock           # it was used before
    pthread_mutex_t lock    # guards all that follows
    Outbox* outbox          # counted
    bint live               # not in the outbox yet
    bint held               # by the front end
    bint lent               # the core has the trace
    TRITONSERVER_InferenceTrace* trace  # owned, until it is handed over
    uint64_t id
    int level               # TRITONSERVER_InferenceTraceLevel bits
    int64_t tag             # the owner's: which setting it was sampled by
    Child* children         # owned; those that were heard of
    uint32_t child_count
    uint32_t child_capacity
    Note* first             # owned, the oldest first
    Note* last
    bint lossy              # there was no memory for some
    uint64_t began_ns       # monotonic
    uint64_t wall_ns        # the same moment, since 1970
    uint64_t ended_ns
    # Where each request is to be a span:
    char trace_hex[33]      # the id of the whole, 32 digits; "": no spans
    char* state             # owned: what follows "traceparent" in a context, JSON; or NULL
    uint64_t parent_span    # the client's; 0: none
    uint64_t seed           # of the spans' ids

# Held by the front end; NULL without memory. `spans` is NULL where there are none.
cdef Recording* recording_new(
    Outbox* outbox, int level, int64_t tag, const SpanSeed* spans
) noexcept nogil
# The trace for the request that is sent next, to which it is transferred at once; or NULL. Front
# ends ask for it only where there is a recording.
cdef TRITONSERVER_InferenceTrace* recording_hand(Recording* recording) noexcept nogil
# A trace that was handed out but not sent after all.
cdef void recording_unhand(
    Recording* recording, TRITONSERVER_InferenceTrace* trace
) noexcept nogil
cdef void recording_stamp(Recording* recording, Stamp stamp, uint64_t ns) noexcept nogil
# Gives up the front end's hold.
cdef void recording_drop(Recording* recording) noexcept nogil
# Frees what is in it, and says so to its outbox, which it must be out of.
cdef void recording_recycle(Recording* recording) noexcept nogil
cdef const char* stamp_name(int stamp) noexcept nogil
# The monotonic clock, which the core's reports are by, too.
cdef uint64_t trace_now() noexcept nogil
