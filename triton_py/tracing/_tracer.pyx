# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The gate between front ends and the sampling, and the way back for recordings."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_DataTypeString,
    TRITONSERVER_InferenceTraceActivityString,
)
from triton_py.abi.types cimport (
    TRITONSERVER_InferenceTrace,
    TRITONSERVER_InferenceTraceActivity,
)
from triton_py.inprocess.request cimport NativeRequest
from triton_py.tracing._outbox cimport (
    Sent,
    outbox_backlog,
    outbox_close,
    outbox_drop,
    outbox_new,
    outbox_wait,
    outbox_wake,
)
from triton_py.tracing._record cimport (
    NOTE_START,
    NOTE_STAMP,
    NOTE_TENSOR,
    STAMP_COUNT,
    Note,
    Recording,
    SpanSeed,
    Stamp,
    recording_drop,
    recording_hand,
    recording_new,
    recording_recycle,
    recording_stamp,
    recording_unhand,
    stamp_name,
    trace_now,
)

import logging

from triton_py.tracing.notes import CUSTOM, Happened, Recorded, Spans, Started, Tensor, custom_name

logger = logging.getLogger("triton_py.tracing")

cdef dict _STAMPS = {(<bytes> stamp_name(i)).decode(): i for i in range(<int> STAMP_COUNT)}


def now() -> int:
    """The clock that traces are by."""
    return trace_now()


# --- reading ---------------------------------------------------------------------------------


cdef str _text(const char* text):
    # Whatever a client sent as a name is kept.
    return (<bytes> text).decode("utf-8", "surrogateescape") if text != NULL else ""


cdef object _activity(Note* note):
    cdef str name = _text(TRITONSERVER_InferenceTraceActivityString(
        <TRITONSERVER_InferenceTraceActivity> note.what))
    if name == CUSTOM:
        name = custom_name(_text(note.text), note.ns)
    return Happened(note.id, name, note.ns, False)


cdef object _tensor(Note* note):
    return Tensor(
        note.id,
        _text(TRITONSERVER_InferenceTraceActivityString(
            <TRITONSERVER_InferenceTraceActivity> note.what)),
        _text(note.text), _text(TRITONSERVER_DataTypeString(note.datatype)),
        tuple([note.shape[i] for i in range(note.rank)]),
        <bytes> note.data[:<Py_ssize_t> note.size])


cdef object _read(Recording* r):
    cdef Note* note = r.first
    cdef list notes = []
    spans = None
    while note != NULL:
        if note.kind == NOTE_START:
            notes.append(Started(note.id, note.parent_id, _text(note.text), note.version,
                                 _text(note.request_id), note.ns, note.span_id))
        elif note.kind == NOTE_TENSOR:
            notes.append(_tensor(note))
        elif note.kind == NOTE_STAMP:
            notes.append(Happened(note.id, _text(stamp_name(note.what)), note.ns, True))
        else:
            notes.append(_activity(note))
        note = note.next
    if r.trace_hex[0] != 0:
        spans = Spans(_text(r.trace_hex), r.parent_span, _text(r.state))
    return Recorded(r.tag, r.id, r.began_ns, r.wall_ns, r.ended_ns, notes, spans, bool(r.lossy))


cdef void _recycle(Sent* sent) noexcept nogil:
    cdef Sent* following
    while sent != NULL:
        following = sent.next
        recording_recycle(<Recording*> sent)
        sent = following


# --- the gate --------------------------------------------------------------------------------


cdef class Gate:
    """See _tracer.pxd."""


cdef class Tracer:
    """See _tracer.pyi."""

    def __cinit__(self):
        self.gate = Gate()
        self.gates = {}
        self.outbox = outbox_new()
        if self.outbox == NULL:
            raise MemoryError("no memory or file descriptors for traces")

    def __init__(self, owner) -> None:
        self.owner = owner

    def __dealloc__(self):
        if self.outbox != NULL:
            with nogil:
                _recycle(self.taken)
                _recycle(outbox_close(self.outbox))
                outbox_drop(self.outbox)

    cdef bint passes(self, const char* model) noexcept:
        cdef Gate gate = self.gate
        if self.gates:
            gate = <Gate> self.gates.get(<bytes> model, gate)
        if gate.skip == 0:
            return False
        gate.skip -= 1
        gate.passed += 1
        return True

    cdef Gate gate_of(self, str model):
        return self.gate if not model else <Gate> self.gates[model.encode()]

    cdef Recording* sample(self, object model, object traceparent, object tracestate) noexcept:
        cdef SpanSeed seed
        cdef SpanSeed* spans = NULL
        cdef Recording* r = NULL
        cdef bytes trace_hex
        cdef bytes state
        cdef int64_t tag = 0
        cdef int level
        try:
            decision = self.owner.decide(model, traceparent, tracestate)
            if decision is None:
                return NULL
            tag = decision[0]
            level = decision[1]
            if decision[2] is not None:
                trace_hex = decision[2].trace_hex.encode()
                state = decision[2].state.encode()
                seed.trace_hex = PyBytes_AS_STRING(trace_hex)
                seed.state = PyBytes_AS_STRING(state)
                seed.parent_span = decision[2].parent_span
                seed.seed = decision[3]
                spans = &seed
            with nogil:
                r = recording_new(self.outbox, level, tag, spans)
            if r == NULL:
                logger.error("no memory for a trace")
        except Exception:
            # A request is never worse off for being traced.
            logger.exception("a request could not be traced")
        if r == NULL and tag != 0:
            self.give_up(tag)
        return r

    cdef void give_up(self, int64_t tag) noexcept:
        try:
            self.owner.lost(tag)
        except Exception:
            logger.exception("a trace that came to nothing could not be counted")

    @property
    def is_on(self) -> bool:
        return self.on

    @property
    def is_propagating(self) -> bool:
        return self.propagates

    @property
    def backlog(self) -> int:
        return outbox_backlog(self.outbox)

    def switch(self, bint on, bint propagates) -> None:
        self.on = on
        self.propagates = on and propagates

    def set_models(self, models) -> None:
        self.gates = {model.encode(): Gate() for model in models}

    def skip_next(self, str model not None, int64_t count) -> None:
        self.gate_of(model).skip = count

    def look(self, str model not None) -> int:
        cdef Gate gate = self.gate_of(model)
        cdef int64_t passed = gate.passed
        gate.passed = 0
        gate.skip = 0
        return passed

    def begin(self, model, traceparent=None, tracestate=None):
        cdef Recording* r
        cdef TraceSample begun
        cdef bytes name
        if not self.on:
            return None
        name = model.encode()
        if traceparent is None and self.passes(name):
            return None
        r = self.sample(model, traceparent, tracestate)
        if r == NULL:
            return None
        begun = TraceSample.__new__(TraceSample)
        begun.recording = r
        return begun

    def take(self):
        cdef Recording* r
        if self.taken == NULL:
            with nogil:
                self.taken = outbox_wait(self.outbox)
        if self.taken == NULL:
            return None
        r = <Recording*> self.taken
        self.taken = r.sent.next
        try:
            return _read(r)
        except Exception:
            logger.exception("trace %d could not be read", r.id)
            return Recorded(r.tag, r.id, r.began_ns, r.wall_ns, r.ended_ns, [], None, True)
        finally:
            with nogil:
                recording_recycle(r)

    def wake(self) -> None:
        outbox_wake(self.outbox)


# The garbage collector must not clear `request` before __dealloc__ has looked whether it was sent.
@cython.no_gc_clear
cdef class TraceSample:
    """See _tracer.pyi."""

    cdef Recording* recording
    cdef NativeRequest request

    def __init__(self):
        raise TypeError("samples come from Tracer.begin")

    def __dealloc__(self):
        self._end()

    cdef void _end(self) noexcept:
        cdef TRITONSERVER_InferenceTrace* unsent = NULL
        cdef Recording* r = self.recording
        if r == NULL:
            return
        self.recording = NULL
        if self.request is not None:
            unsent = self.request.trace
            self.request.trace = NULL
        with nogil:
            if unsent != NULL:
                recording_unhand(r, unsent)
            recording_drop(r)

    def stamp(self, str name not None, ns=None) -> None:
        cdef int which = _STAMPS[name]
        cdef uint64_t when
        if ns is None:
            when = trace_now()
        else:
            when = ns
        if self.recording != NULL:
            with nogil:
                recording_stamp(self.recording, <Stamp> which, when)

    def attach(self, NativeRequest request not None) -> None:
        cdef TRITONSERVER_InferenceTrace* trace
        if self.recording != NULL and self.request is None:
            self.request = request
            with nogil:
                trace = recording_hand(self.recording)
            request.trace = trace

    def close(self) -> None:
        self._end()
