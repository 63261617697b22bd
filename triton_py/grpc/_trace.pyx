# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sampling of requests (see _trace.pxd)."""

from libc.stdint cimport uint64_t
from libc.string cimport memcmp

from triton_py.grpc._call cimport Call, Field
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.tracing._record cimport (
    STAMP_GRPC_WAITREAD_END,
    STAMP_GRPC_WAITREAD_START,
    Recording,
    recording_stamp,
    trace_now,
)


cdef object _field(Call* call, const char* name, size_t size):
    """The first of the call's metadata with that name, as text; None: there is none."""
    cdef Field* field = call.metadata
    while field != NULL:
        if field.name_size == size and memcmp(field.name, name, size) == 0:
            return (<const char*> field.value)[:<Py_ssize_t> field.value_size].decode("latin-1")
        field = field.next
    return None


cdef Recording* call_trace(Endpoint endpoint, Call* call, const char* model, uint64_t since
                           ) noexcept:
    cdef uint64_t now
    cdef Recording* trace
    parent = None
    state = None
    if endpoint.tracer.propagates:
        parent = _field(call, b"traceparent", 11)
        state = _field(call, b"tracestate", 10)
    if parent is None and endpoint.tracer.passes(model):
        return NULL
    now = trace_now()
    trace = endpoint.tracer.sample((<bytes> model).decode("utf-8", "replace"), parent, state)
    if trace != NULL:
        with nogil:
            recording_stamp(trace, STAMP_GRPC_WAITREAD_START, since if since else now)
            recording_stamp(trace, STAMP_GRPC_WAITREAD_END, now)
    return trace
