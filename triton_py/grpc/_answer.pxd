# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers: header, messages, trailers. Nothing is sent before the connection is pumped."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from triton_py.grpc._call cimport Call
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._nghttp2 cimport DataSource, Frame, Session
from triton_py.grpc._outgoing cimport Outgoing


# gRPC's status codes, those that the transport itself answers with.
cdef enum:
    STATUS_OK = 0
    STATUS_CANCELLED = 1
    STATUS_DEADLINE_EXCEEDED = 4
    STATUS_RESOURCE_EXHAUSTED = 8
    STATUS_UNIMPLEMENTED = 12
    STATUS_INTERNAL = 13
    STATUS_UNAVAILABLE = 14

# One more message; transferred.
cdef int answer_message(Connection connection, Call* call, Outgoing* message) except -1
# No further message: the status follows those that wait.
cdef int answer_status(Connection connection, Call* call, int status, object text) except -1
# The same for an exception.
cdef int answer_error(Connection connection, Call* call, object error) except -1
# An answer that is no gRPC, to a request that is none.
cdef int answer_http(Connection connection, Call* call, const char* status) except -1

# nghttp2's callbacks for what is sent.
cdef int on_send_data(Session* session, Frame* frame, const uint8_t* head, size_t size,
                      DataSource* source, void* user) noexcept
cdef ssize_t on_read_length(Session* session, uint8_t frame_type, int32_t stream_id,
                            int32_t session_window, int32_t stream_window,
                            uint32_t max_frame_size, void* user) noexcept
