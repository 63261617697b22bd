# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Headers, data and ends of streams, as they become calls.

Each callback is ``noexcept``: an exception of ours closes the connection it happened on, and no
other.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint32_t

from triton_py.frontend._memory cimport block_data
from triton_py.grpc._answer cimport (
    STATUS_DEADLINE_EXCEEDED,
    STATUS_INTERNAL,
    STATUS_RESOURCE_EXHAUSTED,
    STATUS_UNAVAILABLE,
    STATUS_UNIMPLEMENTED,
    answer_error,
    answer_http,
    answer_status,
    on_read_length,
    on_send_data,
)
from triton_py.grpc._call cimport (
    CODING_IDENTITY,
    CODING_UNKNOWN,
    KIND_INFER,
    KIND_STREAM,
    KIND_UNARY,
    KIND_UNKNOWN,
    Call,
    call_has_message,
    call_new,
    call_receive,
)
from triton_py.grpc._coding cimport unpack_message
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.grpc._context cimport CallContext, new_context
from triton_py.grpc._headers cimport metadata_list, take_field
from triton_py.grpc._infer_stream cimport new_infer_stream
from triton_py.grpc._nghttp2 cimport (
    CATEGORY_REQUEST,
    ERR_CALLBACK_FAILURE,
    FLAG_ACK,
    FLAG_END_STREAM,
    FRAME_DATA,
    FRAME_HEADERS,
    FRAME_PING,
    FRAME_RST_STREAM,
    FRAME_SETTINGS,
    ENHANCE_YOUR_CALM,
    NO_ERROR,
    Callbacks,
    Frame,
    HeadersFrame,
    Nghttp2,
    Session,
)
from triton_py.grpc._unary cimport unary_submit
from triton_py.tracing._record cimport trace_now

import logging
from time import perf_counter_ns

from triton_py.grpc.restricted import admitted, refusal
from triton_py.grpc.status import SHUTTING_DOWN

logger = logging.getLogger("triton_py.grpc")

cdef enum:
    RESETS = 1000       # streams that a client may reset at once, before it is told to calm down


cdef inline Call* _call(Connection connection, int32_t stream_id) noexcept:
    return <Call*> connection.h2.session_get_stream_user_data(connection.session, stream_id)


cdef int _failed(error) noexcept:
    logger.error("closing a connection after an unexpected error", exc_info=error)
    return ERR_CALLBACK_FAILURE


# --- headers ---------------------------------------------------------------------------------


cdef int _on_begin_headers(Session* session, const Frame* frame, void* user) noexcept:
    cdef Connection connection = <Connection> user
    cdef Call* call
    if (<const HeadersFrame*> frame).category != CATEGORY_REQUEST:
        connection.header_call = NULL
        return 0
    call = call_new(connection.endpoint.completions)
    if call == NULL:
        return ERR_CALLBACK_FAILURE
    call.stream_id = frame.stream_id
    call.began_ns = trace_now()
    connection.link(call)
    connection.h2.session_set_stream_user_data(session, frame.stream_id, call)
    connection.header_call = call
    return 0


cdef int _on_header(Session* session, const Frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t flags, void* user
                    ) noexcept:
    cdef Connection connection = <Connection> user
    cdef Call* call = connection.header_call
    if call == NULL:
        return 0        # of trailers, which mean nothing to us; nghttp2 bounds their size
    call.header_size += name_size + value_size + 32
    if call.header_size > connection.endpoint.max_header:
        call.too_much_header = True
        return 0
    if take_field(call, name, name_size, value, value_size,
                  connection.endpoint.keep_metadata
                  or connection.endpoint.tracer.propagates) != 0:
        return ERR_CALLBACK_FAILURE
    return 0


cdef int _refuse(Connection connection, Call* call, int status, str text) except -1:
    call.begun = True
    return answer_status(connection, call, status, text)


cdef int _headers_done(Connection connection, Call* call) except -1:
    cdef Endpoint endpoint = connection.endpoint
    cdef object restriction = endpoint.restriction
    call.headers_done = True
    endpoint.requests += 1
    if endpoint.log is not None:
        call.began = perf_counter_ns()
    if call.too_much_header:
        return _refuse(connection, call, STATUS_RESOURCE_EXHAUSTED,
                       f"the request's header is larger than {endpoint.max_header} bytes")
    if not call.is_post:
        return answer_http(connection, call, b"405")
    if not call.is_grpc:
        return answer_http(connection, call, b"415")
    if call.kind == KIND_UNKNOWN:
        route = endpoint.routes.get((<const char*> call.path)[:call.path_size])
        if route is None:
            return _refuse(connection, call, STATUS_UNIMPLEMENTED, "Method not found!")
        call.kind = KIND_UNARY if route[0] in ("unary", "responses") else KIND_STREAM
        restriction = route[2]
    else:
        route = None
    if endpoint.stopping:
        return _refuse(connection, call, STATUS_UNAVAILABLE, SHUTTING_DOWN)
    if restriction is not None and not admitted(restriction, metadata_list(call)):
        return _refuse(connection, call, STATUS_UNAVAILABLE, refusal(restriction))
    if endpoint.max_calls and endpoint.calls > endpoint.max_calls:
        return _refuse(connection, call, STATUS_RESOURCE_EXHAUSTED,
                       "Concurrent RPC limit exceeded!")
    if call.encoding == CODING_UNKNOWN:
        return _refuse(connection, call, STATUS_UNIMPLEMENTED,
                       "the message's compression is not one of identity, deflate and gzip")
    if call.bad_timeout:
        return _refuse(connection, call, STATUS_INTERNAL, "malformed grpc-timeout")
    if call.timeout_us == 0:
        return _refuse(connection, call, STATUS_DEADLINE_EXCEEDED, "Deadline Exceeded")
    if call.timeout_us > 0:
        call.deadline = endpoint.now() + call.timeout_us * 1e-6
        endpoint.watch_deadline(call.deadline)
    if route is not None:
        if route[0] == "inferences" and not endpoint.coding & call.accept:
            new_infer_stream(connection, call)
        else:
            # Also streams whose messages are to be compressed, for which the handler may wait.
            new_context(connection, call, route[1])
        if call.kind == KIND_STREAM:
            call.begun = True
            (<CallContext> call.context).start_stream()
    return 0


# --- messages --------------------------------------------------------------------------------


cdef int begin_call(Connection connection, Call* call) except -1:
    cdef bytes data
    call.begun = True
    if call.compressed and not unpack_message(connection, call):
        return 0        # goes on when it is unpacked
    try:
        if call.kind == KIND_INFER:
            if connection.endpoint.stopping:
                return answer_status(connection, call, STATUS_UNAVAILABLE, SHUTTING_DOWN)
            if unary_submit(connection.endpoint, call):
                return 0
            new_context(connection, call, connection.endpoint.infer_handler)
        data = PyBytes_FromStringAndSize(
            block_data(call.block) if call.block != NULL else NULL, <Py_ssize_t> call.size)
        (<CallContext> call.context).start(data)
    except Exception as error:
        answer_error(connection, call, error)
    return 0


cdef int _remote_done(Connection connection, Call* call) except -1:
    call.remote_done = True
    if call.ended:
        return 0
    if call.prefix_size and not call_has_message(call):
        return answer_status(connection, call, STATUS_INTERNAL,
                             "the stream ended inside a message")
    if call.kind == KIND_STREAM:
        (<CallContext> call.context).end_of_messages()
        return 0
    if not call_has_message(call):
        return answer_status(connection, call, STATUS_UNIMPLEMENTED,
                             "the method takes one message, and none came")
    if not call.begun:
        begin_call(connection, call)
    return 0


cdef int _refuse_message(Connection connection, Call* call, ssize_t fault) except -1:
    if fault == -1:
        limit = connection.endpoint.max_message
        return answer_status(connection, call, STATUS_RESOURCE_EXHAUSTED,
                             f"Received message larger than max ({call.size} vs. {limit})")
    if fault == -2:
        return answer_status(connection, call, STATUS_RESOURCE_EXHAUSTED,
                             "no memory for the message")
    return answer_status(connection, call, STATUS_INTERNAL,
                         "a message's compressed flag is neither 0 nor 1")


cdef ssize_t receive(Connection connection, Call* call, const uint8_t* data, size_t size
                     ) except -1:
    cdef ssize_t taken
    cdef size_t all = size
    cdef size_t limit = connection.endpoint.max_message
    while size and not call.ended:
        if call_has_message(call) and call.kind != KIND_STREAM:
            answer_status(connection, call, STATUS_UNIMPLEMENTED,
                          "the method takes one message, and more came")
            break
        taken = call_receive(call, data, size, limit)
        if taken < 0:
            _refuse_message(connection, call, taken)
            break
        data += taken
        size -= taken
        if call.compressed and call.encoding == CODING_IDENTITY:
            answer_status(connection, call, STATUS_INTERNAL,
                          "a compressed message without a grpc-encoding")
        elif call.kind == KIND_STREAM and call_has_message(call):
            if not (<CallContext> call.context).take_message():
                break
    return <ssize_t> (all - size)


cdef int _on_data(Session* session, uint8_t flags, int32_t stream_id, const uint8_t* data,
                  size_t size, void* user) noexcept:
    cdef Connection connection = <Connection> user
    cdef Call* call = _call(connection, stream_id)
    cdef bint keep = False
    connection.h2.session_consume_connection(session, size)
    if call != NULL:
        call.received += size
    if call != NULL and not call.ended:
        try:
            if call.kind == KIND_STREAM and call.context != NULL:
                (<CallContext> call.context).feed(data, size)
            else:
                receive(connection, call, data, size)
            # A stream that is not read gets no more room.
            keep = call.kind == KIND_STREAM and call.context != NULL and (
                <CallContext> call.context).is_full()
        except Exception as error:
            return _failed(error)
    if keep:
        call.unconsumed += size
    else:
        connection.h2.session_consume_stream(session, stream_id, size)
    return 0


# --- frames ----------------------------------------------------------------------------------


cdef int _on_ping(Connection connection) except -1:
    """A client may ping, but not keep the server awake: gRPC's rules for bad pings."""
    cdef Endpoint endpoint = connection.endpoint
    cdef double now = endpoint.now()
    cdef double least = endpoint.least_ping_interval
    if connection.open_calls == 0 and not endpoint.ping_without_calls:
        least = max(least, <double> 7200)
    if connection.last_peer_ping != 0 and now - connection.last_peer_ping < least:
        connection.bad_pings += 1
        if endpoint.ping_strikes and connection.bad_pings > endpoint.ping_strikes:
            connection.end(ENHANCE_YOUR_CALM, b"too_many_pings")
    connection.last_peer_ping = now
    return 0


cdef int _on_frame_recv(Session* session, const Frame* frame, void* user) noexcept:
    cdef Connection connection = <Connection> user
    cdef Call* call
    try:
        if frame.type == FRAME_HEADERS or frame.type == FRAME_DATA:
            call = _call(connection, frame.stream_id)
            if call == NULL:
                return 0
            if frame.type == FRAME_HEADERS and not call.headers_done:
                _headers_done(connection, call)
            if frame.flags & FLAG_END_STREAM:
                _remote_done(connection, call)
        elif frame.type == FRAME_SETTINGS:
            connection.greeted = True
            # The next header may have to say that a table of compression has another size.
            connection.fresh_settings = True
        elif frame.type == FRAME_PING:
            if frame.flags & FLAG_ACK:
                connection.ping_sent = 0
            else:
                _on_ping(connection)
        elif frame.type == FRAME_RST_STREAM:
            connection.resets += 1
            if connection.resets > RESETS:
                connection.end(ENHANCE_YOUR_CALM, b"too_many_resets")
    except Exception as error:
        return _failed(error)
    return 0


cdef int _on_frame_send(Session* session, const Frame* frame, void* user) noexcept:
    cdef Connection connection = <Connection> user
    if frame.type == FRAME_HEADERS or frame.type == FRAME_DATA:
        # What the client asked for is on its way, so its pings are not idle chatter.
        connection.last_peer_ping = 0
        connection.bad_pings = 0
        connection.own_pings = 0
        if frame.type == FRAME_HEADERS and not connection.discarded:
            connection.fresh_settings = False
        if frame.flags & FLAG_END_STREAM and connection.h2.session_get_stream_remote_close(
                session, frame.stream_id) == 0:
            # Answered before everything was heard: the client need not go on.
            connection.h2.submit_rst_stream(session, 0, frame.stream_id, NO_ERROR)
    return 0


cdef int _on_stream_close(Session* session, int32_t stream_id, uint32_t error_code, void* user
                          ) noexcept:
    cdef Connection connection = <Connection> user
    cdef Call* call = _call(connection, stream_id)
    if call != NULL:
        connection.forget(call)
    return 0


cdef Callbacks* new_callbacks(const Nghttp2* h2) except NULL:
    cdef Callbacks* callbacks = NULL
    if h2.session_callbacks_new(&callbacks) != 0:
        raise MemoryError("no memory for HTTP/2's callbacks")
    h2.set_on_begin_headers(callbacks, _on_begin_headers)
    h2.set_on_header(callbacks, _on_header)
    h2.set_on_frame_recv(callbacks, _on_frame_recv)
    h2.set_on_data_chunk_recv(callbacks, _on_data)
    h2.set_on_stream_close(callbacks, _on_stream_close)
    h2.set_on_frame_send(callbacks, _on_frame_send)
    h2.set_send_data(callbacks, on_send_data)
    h2.set_read_length(callbacks, on_read_length)
    return callbacks
