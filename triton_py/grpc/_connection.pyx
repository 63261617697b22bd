# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Connections: bytes in from the transport to nghttp2, frames out of it, and the clock.

Everything here runs on the event loop's thread with the GIL. nghttp2 keeps the HTTP/2 state; what
it is told to send is pulled from it only while the transport takes it, so what waits is bounded by
the client's flow-control windows and the transport's buffer.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.ref cimport Py_DECREF, PyObject
from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.string cimport strlen
from posix.unistd cimport close as close_descriptor

from triton_py.frontend._completions cimport completions_under_way
from triton_py.frontend._lone cimport LONE_PARTLY, LONE_SENT, LoneState, lone_arm, lone_look
from triton_py.frontend._memory cimport buf_free, buf_put
from triton_py.grpc._answer cimport STATUS_UNAVAILABLE, answer_status
from triton_py.grpc._call cimport KIND_STREAM, Call, call_cancel, call_drop, call_pop
from triton_py.grpc._context cimport CallContext
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.grpc._lone cimport lone_rest
from triton_py.grpc._nghttp2 cimport (
    ENHANCE_YOUR_CALM,
    FRAME_DATA,
    FRAME_HEADERS,
    NO_ERROR,
    SETTINGS_INITIAL_WINDOW_SIZE,
    SETTINGS_MAX_CONCURRENT_STREAMS,
    SETTINGS_MAX_FRAME_SIZE,
    SETTINGS_MAX_HEADER_LIST_SIZE,
    Setting,
)
from triton_py.tracing._record cimport STAMP_GRPC_SEND_END, recording_stamp, trace_now

from triton_py.grpc._unary cimport unary_answer

import logging
import os
import random
from time import perf_counter_ns

from triton_py.frontend.access_log import peer_text
from triton_py.grpc.status import SHUTTING_DOWN, STATUS_NAMES

logger = logging.getLogger("triton_py.grpc")

INFER = "/inference.GRPCInferenceService/ModelInfer"

cdef enum:
    SEND_AT_ONCE = 512 * 1024       # as in _answer
    MOST_ROUNDS = 8                 # of that, in one turn of the loop
    KEEP_ROOM = 64 * 1024           # of what is sent, between two writes
    STREAM_WINDOW = 4 << 20
    CONNECTION_WINDOW = 16 << 20
    FRAME_SIZE = 1 << 20            # of the frames that clients may send
    MOST_FRAMES = 8192              # of all kinds that wait to be sent
    RESET_RATE = 100                # streams that a client may reset in a second, in the long run
    GREETING_SECONDS = 20           # for the client's first frame
    FRAME_HEAD = 9
    LONE_FRAME = 16384              # of data, which every client takes


cdef class Connection:
    """The protocol of one connection."""

    def __init__(self, Endpoint endpoint) -> None:
        self.endpoint = endpoint
        self.h2 = endpoint.h2
        self.parts = []
        self.socket = -1
        self.fresh_settings = True

    def __dealloc__(self):
        # Only where a loop ended without closing its transports.
        if self.endpoint is not None:
            self.let_lone_go()
            while self.first != NULL:
                self.forget(self.first)
        self.close_socket()
        if self.session != NULL:
            self.h2.session_del(self.session)
        buf_free(&self.out)

    # --- the transport's side ---

    def connection_made(self, transport) -> None:
        cdef Endpoint endpoint = self.endpoint
        self.transport = transport
        self.made = self.heard = self.moved = endpoint.now()
        # Spread, so that clients which came together do not come back together.
        self.age_limit = endpoint.age * random.uniform(0.9, 1.1)
        endpoint.connections.add(self)
        if endpoint.log is not None:
            self.peer = peer_text(transport.get_extra_info("peername"))
        tls = transport.get_extra_info("ssl_object")
        if endpoint.stopping or len(endpoint.connections) > endpoint.options.max_connections or (
                tls is not None and tls.selected_alpn_protocol() != "h2"):
            self.abort()
            return
        transport.set_write_buffer_limits(high=SEND_AT_ONCE)
        if self.h2.session_server_new2(&self.session, endpoint.callbacks, <void*> self,
                                       endpoint.session_options) != 0:
            self.session = NULL
            self.abort()
            return
        self.greet()
        self.pump()

    def greet(self) -> None:
        """Our settings, which the client gets before anything else."""
        cdef Setting settings[4]
        settings[0].id = SETTINGS_MAX_CONCURRENT_STREAMS
        settings[0].value = self.endpoint.options.max_streams
        settings[1].id = SETTINGS_INITIAL_WINDOW_SIZE
        settings[1].value = STREAM_WINDOW
        settings[2].id = SETTINGS_MAX_FRAME_SIZE
        settings[2].value = FRAME_SIZE
        settings[3].id = SETTINGS_MAX_HEADER_LIST_SIZE
        settings[3].value = <uint32_t> self.endpoint.max_header
        if self.h2.submit_settings(self.session, 0, settings, 4) != 0 or \
                self.h2.session_set_local_window_size(self.session, 0, 0, CONNECTION_WINDOW) != 0:
            raise MemoryError("no memory for HTTP/2's settings")

    def get_buffer(self, sizehint):
        return self.endpoint.buffer_view

    def buffer_updated(self, Py_ssize_t size) -> None:
        if self.session == NULL or self.shut or self.ending:
            return
        self.heard = self.endpoint.now()
        try:
            self.settle()
            self.receive(size)
        except Exception:
            self.give_up()

    cdef int receive(self, Py_ssize_t size) except -1:
        cdef ssize_t taken
        taken = self.h2.session_mem_recv(
            self.session, <const uint8_t*> PyByteArray_AS_STRING(self.endpoint.buffer),
            <size_t> size)
        if taken < 0 or self.h2.session_get_outbound_queue_size(self.session) > MOST_FRAMES:
            # No HTTP/2, a flood, or an error of ours: nghttp2 can't go on with this session.
            return self.abort()
        return self.pump()

    def eof_received(self) -> bool:
        """The client is gone: HTTP/2 knows no half-closed connections."""
        return False

    def connection_lost(self, error) -> None:
        cdef Endpoint endpoint = self.endpoint
        self.transport = None
        self.shut = True
        self.let_lone_go()
        self.close_socket()
        while self.first != NULL:
            self.forget(self.first)
        if self.session != NULL:
            self.h2.session_del(self.session)
            self.session = NULL
        self.parts = []
        buf_free(&self.out)
        endpoint.connections.discard(self)
        endpoint._check_idle()

    def pause_writing(self) -> None:
        self.write_paused = True
        self.moved = self.endpoint.now()

    def resume_writing(self) -> None:
        self.write_paused = False
        try:
            self.pump()
        except Exception:
            self.give_up()

    # --- sending ---

    cdef int pump(self) except -1:
        cdef bint more = True
        cdef int rounds = 0
        if self.pumping or self.shut or self.session == NULL:
            return 0
        if self.lone != NULL:
            # The call is open, so the connection is not at its end; while nothing is written,
            # nobody is in the other's way.
            if self.pending == 0 and not self.h2.session_want_write(self.session):
                return 0
            self.settle()
        self.pumping = True
        try:
            while more and not self.write_paused and not self.shut:
                if rounds == MOST_ROUNDS:
                    # A client that takes everything at once must not keep the others waiting.
                    return self.pump_later()
                rounds += 1
                more = self.pull()
                self.write()
        finally:
            self.pumping = False
        if self.shut or self.write_paused:
            return 0
        if self.ending or (self.leaving and self.first == NULL) or not (
                self.h2.session_want_read(self.session)
                or self.h2.session_want_write(self.session)):
            self.shut = True
            self.moved = self.endpoint.now()
            self.transport.close()
        return 0

    def pull(self) -> bool:
        """Takes frames from the session. True: there may be more than are taken at once."""
        cdef const uint8_t* data
        cdef ssize_t size
        while self.pending < SEND_AT_ONCE:
            size = self.h2.session_mem_send(self.session, &data)
            if size <= 0:
                if size < 0:
                    self.abort()
                return self.pending >= SEND_AT_ONCE
            if self.discarded and self.is_sent(data, <size_t> size):
                continue
            buf_put(&self.out, data, <size_t> size)
            self.pending += <size_t> size
        return True

    # --- answers that were sent without the loop ---

    cdef bint is_sent(self, const uint8_t* frame, size_t size) noexcept:
        """Whether a frame, which nghttp2 gives one at a time, belongs to such an answer."""
        cdef int32_t stream_id
        if size < FRAME_HEAD:
            return False
        stream_id = (<int32_t> (frame[5] & 0x7f) << 24) | (<int32_t> frame[6] << 16) | (
            <int32_t> frame[7] << 8) | frame[8]
        return stream_id == self.discarded and (
            frame[3] == FRAME_HEADERS or frame[3] == FRAME_DATA)

    cdef int settle(self) except -1:
        cdef Call* call = self.lone
        cdef LoneState state
        if call == NULL or self.discarded:
            return 0
        self.lone = NULL
        state = lone_look(&call.lone, True)
        if state == LONE_SENT:
            # It will not be drained, as other answers are.
            call.in_flight = False
        elif state != LONE_PARTLY:
            return 0
        if self.shut or self.session == NULL:
            return 0
        if state == LONE_PARTLY:
            self.transport.write(lone_rest(call))
        self.discarded = call.stream_id
        try:
            unary_answer(self, call)
            # The call's stream is closed by its last frame, and the call forgotten.
            self.pull()
        finally:
            self.discarded = 0
        if self.pending:
            self.pump_later()
        return 0

    cdef void let_lone_go(self) noexcept:
        """The connection is gone: nobody writes to it any more."""
        cdef Call* call = self.lone
        self.lone = NULL
        if call != NULL and lone_look(&call.lone, True) == LONE_SENT:
            call.in_flight = False

    cdef void close_socket(self) noexcept:
        if self.socket >= 0:
            close_descriptor(self.socket)
            self.socket = -1

    def write(self) -> None:
        """Hands over what was pulled."""
        cdef bytes last
        if self.pending == 0 or self.shut:
            return
        if self.out.failed:
            self.abort()
            return
        self.pending = 0
        last = PyBytes_FromStringAndSize(self.out.data, <Py_ssize_t> self.out.size)
        self.out.size = 0
        if self.out.capacity > KEEP_ROOM:
            buf_free(&self.out)
        if not self.parts:
            self.transport.write(last)
            return
        parts = self.parts
        self.parts = []
        if last:
            parts.append(last)
        self.transport.writelines(parts)

    cdef int pump_later(self) except -1:
        if not self.pump_soon and not self.shut:
            self.pump_soon = True
            self.endpoint.loop.call_soon(self._pump_now)
        return 0

    def _pump_now(self):
        self.pump_soon = False
        try:
            self.pump()
        except Exception:
            self.give_up()

    # --- the end ---

    cdef int end(self, uint32_t error_code, const char* reason) except -1:
        if not self.ending and self.session != NULL:
            self.ending = True
            self.h2.submit_goaway(
                self.session, 0, self.h2.session_get_last_proc_stream_id(self.session),
                error_code, <const uint8_t*> reason, strlen(reason))
        return 0

    cdef int leave(self) except -1:
        if not self.leaving and self.session != NULL:
            self.leaving = True
            self.h2.submit_goaway(
                self.session, 0, self.h2.session_get_last_proc_stream_id(self.session),
                NO_ERROR, NULL, 0)
        return 0

    def retire(self) -> None:
        """The server stops: the client is told, and calls in flight may finish."""
        cdef Call* call
        if self.shut or self.transport is None:
            return
        self.settle()
        self.leave()
        call = self.first
        while call != NULL:
            if call.context != NULL:
                (<CallContext> call.context).stop()
            call = call.next
        self.pump_later()

    def stop(self) -> None:
        """What is still in flight ends now."""
        cdef Call* call
        self.settle()
        call = self.first
        self.leave()
        while call != NULL:
            answer_status(self, call, STATUS_UNAVAILABLE, SHUTTING_DOWN)
            if call.context != NULL:
                (<CallContext> call.context).close()
            call = call.next
        self.pump()

    cdef int abort(self) except -1:
        """Closes at once, whatever is unsent."""
        self.shut = True
        if self.transport is not None:
            self.transport.abort()
        return 0

    cdef int give_up(self) except -1:
        """An error of ours (the current exception) must not disturb other connections."""
        logger.exception("closing a connection after an unexpected error")
        return self.abort()

    # --- calls ---

    cdef void link(self, Call* call) noexcept:
        call.connection = <PyObject*> self
        call.next = self.first
        if self.first != NULL:
            self.first.previous = call
        self.first = call
        self.open_calls += 1
        call.counted = True
        self.endpoint.calls += 1

    cdef void log_call(self, Call* call) noexcept:
        status = "CANCELLED"
        if call.http_status:
            status = call.http_status
        elif call.ended:
            status = STATUS_NAMES[call.status]
        path = INFER if call.path == NULL else (
            (<const char*> call.path)[:call.path_size].decode("latin-1"))
        self.endpoint.log.write(
            self.peer, "gRPC", "POST", path, None if call.model == NULL else <object> call.model,
            status, call.received, call.sent, (perf_counter_ns() - call.began) // 1000)

    cdef void forget(self, Call* call) noexcept:
        cdef PyObject* context = call.context
        if call == self.lone:
            self.let_lone_go()
        if call.began:
            self.log_call(call)
        if call.model != NULL:
            Py_DECREF(<object> call.model)
            call.model = NULL
        if call.previous != NULL:
            call.previous.next = call.next
        else:
            self.first = call.next
        if call.next != NULL:
            call.next.previous = call.previous
        self.open_calls -= 1
        call.connection = NULL
        call.context = NULL
        if call.send_noted and call.lone.state != LONE_SENT:
            with nogil:
                recording_stamp(call.trace, STAMP_GRPC_SEND_END, trace_now())
        if call.in_flight:
            with nogil:
                call_cancel(call)
        else:
            self.endpoint.uncount(call)
        if context != NULL:
            (<CallContext> context).close()
            Py_DECREF(<object> context)
        # Here, with the GIL: the core's hold may be the last one, and some are Python's.
        while call.outgoing != NULL:
            call_pop(call)
        call_drop(call)

    # --- the clock ---

    def check_time(self) -> None:
        """Pings, ages, and clients that take nothing."""
        cdef Endpoint endpoint = self.endpoint
        cdef double now = endpoint.now()
        cdef Call* call
        if self.transport is None:
            return
        self.settle()
        call = self.first
        self.resets = max(0.0, self.resets - RESET_RATE * endpoint.tick_seconds)
        unsent = self.transport.get_write_buffer_size()
        if unsent and unsent == self.unsent:
            if endpoint.send_timeout and now - self.moved >= endpoint.send_timeout:
                self.abort()
        else:
            self.moved = now
        self.unsent = unsent
        if self.shut or self.session == NULL:
            return
        if not self.greeted and now - self.made >= GREETING_SECONDS:
            self.abort()
            return
        while call != NULL:
            if call.stalled_since and call.kind != KIND_STREAM and endpoint.send_timeout \
                    and now - call.stalled_since >= endpoint.send_timeout:
                # The windows that it gave are used up, and it gives no more.
                self.end(ENHANCE_YOUR_CALM, b"an answer was not taken in time")
                break
            call = call.next
        self.check_age(now)
        self.check_ping(now)
        self.pump()

    def check_age(self, double now) -> None:
        """Connections that are too old are left, so that clients find other servers."""
        cdef Endpoint endpoint = self.endpoint
        if not self.age_limit:
            return
        if not self.leaving:
            if now - self.made >= self.age_limit:
                self.retired = now
                self.leave()
        elif self.retired and endpoint.age_grace and now - self.retired >= endpoint.age_grace:
            self.abort()

    def check_ping(self, double now) -> None:
        """Finds out whether a client that says nothing is still there."""
        cdef Endpoint endpoint = self.endpoint
        cdef double every = endpoint.ping_after
        if self.ping_sent:
            if endpoint.ping_timeout and now - self.ping_sent >= endpoint.ping_timeout:
                self.abort()
            return
        if not every or not (self.open_calls or endpoint.ping_without_calls):
            return
        if endpoint.pings_without_data and self.own_pings >= endpoint.pings_without_data:
            # Further ones would look like chatter to the client.
            every = max(every, <double> 60)
        if now - max(self.heard, self.last_own_ping) >= every:
            self.ping_sent = self.last_own_ping = now
            self.own_pings += 1
            self.h2.submit_ping(self.session, 0, NULL)


# --- answers that may be sent without the loop -----------------------------------------------


cdef int permit_lone(Connection connection, Call* call) except -1:
    cdef Endpoint endpoint = connection.endpoint
    cdef int32_t room
    if (connection.open_calls != 1 or not call.remote_done
            or connection.fresh_settings or connection.leaving or connection.ending
            or connection.shut or connection.write_paused or connection.pending
            or endpoint.coding & call.accept or endpoint.stream_requests or endpoint.log is not None
            or completions_under_way(endpoint.completions)
            or connection.transport.get_write_buffer_size()):
        return 0
    if connection.socket < 0 and not _own_socket(connection):
        return 0
    room = min(connection.h2.session_get_remote_window_size(connection.session),
               connection.h2.session_get_stream_remote_window_size(
                   connection.session, call.stream_id))
    room = min(room, <int32_t> LONE_FRAME)
    if room > 0 and <size_t> room <= endpoint.max_message:
        connection.lone = call
        call.lone_room = <size_t> room
        lone_arm(&call.lone, connection.socket)
    return 0


cdef bint _own_socket(Connection connection) except -1:
    """A descriptor to write to without the loop; none where bytes are encrypted first."""
    if connection.transport.get_extra_info("ssl_object") is not None:
        return False
    try:
        connection.socket = os.dup(connection.transport.get_extra_info("socket").fileno())
    except OSError:
        # No descriptor to be had: then the loop sends, as ever.
        return False
    return True
