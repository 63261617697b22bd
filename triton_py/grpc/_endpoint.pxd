# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A port's state: what its connections share. All of it belongs to the event loop's thread."""

from libc.stdint cimport int64_t

from triton_py.abi.types cimport TRITONSERVER_Server
from triton_py.frontend._completions cimport Completions
from triton_py.grpc._call cimport Call, Coding
from triton_py.grpc._decode cimport InferRequest
from triton_py.grpc._nghttp2 cimport Callbacks, Nghttp2, SessionOptions
from triton_py.tracing._tracer cimport Tracer


cdef class Endpoint:
    """What the connections of one port share."""

    cdef object server_object       # keeps `server` alive
    cdef TRITONSERVER_Server* server
    cdef const Nghttp2* h2          # static
    cdef Callbacks* callbacks       # owned
    cdef SessionOptions* session_options    # owned
    cdef readonly object loop
    cdef object options
    cdef object pool
    cdef dict routes                # path as bytes -> (kind, handler, restriction or None)
    cdef object infer_handler       # ModelInfer in Python, for what the fast path leaves out
    cdef object forward             # chooses metadata that become parameters, or None
    cdef object restriction         # what ModelInfer's clients need, or None
    cdef bint keep_metadata         # also of ModelInfer: something looks at it
    cdef object log                 # an AccessLog, or None
    cdef Tracer tracer
    cdef Completions* completions           # of unary calls
    cdef Completions* stream_completions    # of streams' requests
    cdef Py_ssize_t stream_requests         # that the core has
    cdef int max_backlog
    cdef int64_t max_backlog_bytes
    cdef object encode              # encodes a response whose outputs are to be classified
    cdef InferRequest scratch       # of the request that is being decoded
    cdef bytearray buffer           # where every connection receives: it is read at once
    cdef object buffer_view
    cdef set connections
    cdef Py_ssize_t calls           # in flight, those included whose client is gone
    cdef Py_ssize_t max_calls       # 0: any number
    cdef size_t max_message
    cdef size_t max_header
    cdef Coding coding              # of responses
    cdef object ticker
    cdef double tick_seconds
    cdef object deadline_timer      # at the earliest deadline, or None
    cdef double next_deadline
    cdef object idle                # a future that close() waits for, or None
    cdef readonly bint stopping
    cdef readonly unsigned long long requests
    # Of KeepAlive, in seconds; 0: never.
    cdef double ping_after, ping_timeout, age, age_grace, send_timeout, least_ping_interval
    cdef bint ping_without_calls
    cdef int pings_without_data, ping_strikes

    cdef double now(self)
    # Sees to it that the deadline will be noticed.
    cdef int watch_deadline(self, double deadline) except -1
    cdef void uncount(self, Call* call) noexcept
