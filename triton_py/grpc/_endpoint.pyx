# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A port: its limits, the list over which inferences come back, deadlines, and the end."""

from cpython.ref cimport Py_INCREF

from triton_py.frontend._large cimport large_close, large_open, large_tick
from triton_py.frontend._completions cimport (
    Finished,
    completions_close,
    completions_drop,
    completions_fd,
    completions_new,
    completions_take,
)
from triton_py.grpc._answer cimport STATUS_DEADLINE_EXCEEDED, answer_status
from triton_py.grpc._call cimport (
    CODING_DEFLATE,
    CODING_GZIP,
    CODING_IDENTITY,
    Call,
    call_drop,
)
from triton_py.grpc._callbacks cimport new_callbacks
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._context cimport CallContext
from triton_py.grpc._decode cimport new_request
from triton_py.grpc._infer_stream cimport InferStream
from triton_py.grpc._item cimport Result, result_drop
from triton_py.grpc._nghttp2 cimport nghttp2
from triton_py.grpc._unary cimport unary_answer
from triton_py.inprocess.server cimport NativeServer
from triton_py.tracing._tracer cimport Tracer

import asyncio

cdef enum:
    RECEIVE_ROOM = 256 * 1024
    MOST_ACKS = 256                 # of pings and settings that wait to be sent
    RESET_BURST = 4000              # of streams; Connection, which says why, ends it before that
    RESET_RATE = 400


cdef double _seconds(milliseconds) except? -1:
    """0, never, also for times that mean for ever."""
    return 0.0 if milliseconds <= 0 or milliseconds >= 0x7FFFFFFF else milliseconds / 1000.0


cdef class Endpoint:
    """What the connections of one port share; see _endpoint.pyi."""

    def __cinit__(self):
        self.completions = completions_new()
        self.stream_completions = completions_new()
        if self.completions == NULL or self.stream_completions == NULL:
            raise MemoryError("no memory or file descriptors for a gRPC port")

    def __init__(self, server, options, loop, pool, routes, infer_handler, forward, encode,
                 Tracer tracer not None, access_log=None) -> None:
        cdef NativeServer native = server
        self.h2 = nghttp2()
        if self.h2 == NULL:
            raise RuntimeError("nghttp2 is not loaded")
        self.server_object = native.handle
        self.server = native.server()
        self.options = options
        self.loop = loop
        self.pool = pool
        self.routes = routes
        self.infer_handler = infer_handler
        self.forward = forward
        self.restriction = options.restricted.get("inference")
        self.keep_metadata = forward is not None or self.restriction is not None
        self.log = access_log
        self.encode = encode
        self.tracer = tracer
        self.max_backlog = options.max_stream_backlog
        self.max_backlog_bytes = options.max_stream_backlog_bytes
        self.scratch = new_request(options.max_tensors, options.max_parameters)
        self.buffer = bytearray(RECEIVE_ROOM)
        self.buffer_view = memoryview(self.buffer)
        self.connections = set()
        self.max_calls = options.max_concurrent_calls or 0
        self.max_message = options.max_message_bytes
        self.max_header = options.max_header_size
        self.coding = {"gzip": CODING_GZIP, "deflate": CODING_DEFLATE}.get(
            options.compression.coding, CODING_IDENTITY)
        keep = options.keep_alive
        self.ping_after = _seconds(keep.time_ms)
        self.ping_timeout = _seconds(keep.timeout_ms)
        self.ping_without_calls = keep.permit_without_calls
        self.pings_without_data = keep.http2_max_pings_without_data
        self.ping_strikes = keep.http2_max_ping_strikes
        self.least_ping_interval = keep.http2_min_recv_ping_interval_without_data_ms / 1000.0
        self.age = _seconds(keep.max_connection_age_ms)
        self.age_grace = _seconds(keep.max_connection_age_grace_ms)
        self.send_timeout = options.send_timeout
        times = [t for t in (self.ping_after, self.ping_timeout, self.age, self.age_grace,
                             self.send_timeout) if t > 0]
        self.tick_seconds = max(0.01, min(1.0, min(times, default=1.0) / 4))
        self.callbacks = new_callbacks(self.h2)
        self._make_session_options()

    def _make_session_options(self):
        if self.h2.option_new(&self.session_options) != 0:
            raise MemoryError("no memory for HTTP/2's options")
        # Windows are given back as a stream's messages are taken.
        self.h2.option_set_no_auto_window_update(self.session_options, 1)
        self.h2.option_set_no_closed_streams(self.session_options, 1)
        self.h2.option_set_max_outbound_ack(self.session_options, MOST_ACKS)
        if self.h2.option_set_stream_reset_rate_limit != NULL:
            self.h2.option_set_stream_reset_rate_limit(
                self.session_options, RESET_BURST, RESET_RATE)

    def __dealloc__(self):
        if self.completions != NULL:
            completions_close(self.completions)
            completions_drop(self.completions)
        if self.stream_completions != NULL:
            completions_close(self.stream_completions)
            completions_drop(self.stream_completions)
        if self.callbacks != NULL:
            self.h2.session_callbacks_del(self.callbacks)
        if self.session_options != NULL:
            self.h2.option_del(self.session_options)

    cdef double now(self):
        return self.loop.time()

    def open(self) -> None:
        """Begins to pick up finished inferences and to watch the clock."""
        self.loop.add_reader(completions_fd(self.completions), self._drain)
        self.loop.add_reader(completions_fd(self.stream_completions), self._drain_streams)
        self.ticker = self.loop.call_later(self.tick_seconds, self._tick)
        large_open()

    async def close(self, grace: float) -> bool:
        """Lets calls in flight finish, for ``grace`` seconds; True if all did.

        Clients are told at once to call elsewhere, and connections without a call are closed.
        """
        cdef Connection connection
        self.stopping = True
        for connection in list(self.connections):
            connection.retire()
        finished = await self._wait_idle(grace)
        for connection in list(self.connections):
            connection.stop()
        if self.connections or self.calls or self.stream_requests:
            # For the statuses to be sent, and for the core to give cancelled requests back.
            await self._wait_idle(1.0)
        for connection in list(self.connections):
            connection.abort()
        for _ in range(3):          # connection_lost comes from the loop
            await asyncio.sleep(0)
        if self.ticker is not None:
            self.ticker.cancel()
            self.ticker = None
            large_close()
        if self.deadline_timer is not None:
            self.deadline_timer.cancel()
        self.loop.remove_reader(completions_fd(self.completions))
        self.loop.remove_reader(completions_fd(self.stream_completions))
        if self.calls or self.stream_requests:
            # Requests are still inside a backend: what they use must not go before them.
            Py_INCREF(self.server_object)
        completions_close(self.completions)
        completions_close(self.stream_completions)
        return finished

    async def _wait_idle(self, seconds):
        if self._is_idle():
            return True
        if seconds <= 0:
            return False
        self.idle = self.loop.create_future()
        try:
            await asyncio.wait_for(self.idle, seconds)
        except asyncio.TimeoutError:
            return False
        finally:
            self.idle = None
        return True

    def _is_idle(self):
        return not self.connections and self.calls == 0 and self.stream_requests == 0

    def _check_idle(self):
        if self.idle is not None and self._is_idle() and not self.idle.done():
            self.idle.set_result(None)

    @property
    def open_connections(self) -> int:
        return len(self.connections)

    cdef void uncount(self, Call* call) noexcept:
        if call.counted:
            call.counted = False
            self.calls -= 1
            if self.idle is not None:
                self._check_idle()

    def _drain(self) -> None:
        """Inferences that finished: answer each, then let the connections write."""
        cdef Finished* finished
        cdef Call* call
        cdef Connection connection
        cdef list touched = []
        with nogil:
            finished = completions_take(self.completions)
        while finished != NULL:
            call = <Call*> finished
            finished = finished.next
            call.in_flight = False
            if call.connection != NULL:
                connection = <Connection> call.connection
                try:
                    if call == connection.lone:
                        # It was not sent without the loop, or a part of it, after which nothing is
                        # left to be answered here.
                        connection.settle()
                    unary_answer(connection, call)
                    if not connection.touched:
                        connection.touched = True
                        touched.append(connection)
                except Exception:
                    connection.give_up()
            else:
                self.uncount(call)
            call_drop(call)
        for connection in touched:
            connection.touched = False
            try:
                connection.pump()
            except Exception:
                connection.give_up()

    def _drain_streams(self) -> None:
        """Responses of streams' requests: hand each to its stream, then let it go on."""
        cdef Finished* finished
        cdef Result* result
        cdef InferStream stream
        cdef list touched = []
        with nogil:
            finished = completions_take(self.stream_completions)
        while finished != NULL:
            result = <Result*> finished
            finished = finished.next
            if result.final:
                result.item.in_flight = False
                self.stream_requests -= 1
            if result.item.stream != NULL:
                stream = <InferStream> result.item.stream
                try:
                    stream.deliver(result)
                    if not stream.touched:
                        stream.touched = True
                        touched.append(stream)
                except Exception:
                    stream.connection.give_up()
            result_drop(result)
        for stream in touched:
            stream.touched = False
            try:
                stream.progress()
                stream.connection.pump()
            except Exception:
                stream.connection.give_up()
        if self.idle is not None:
            self._check_idle()

    # --- the clock ---

    cdef int watch_deadline(self, double deadline) except -1:
        if self.deadline_timer is not None:
            if self.next_deadline <= deadline:
                return 0
            self.deadline_timer.cancel()
        self.next_deadline = deadline
        self.deadline_timer = self.loop.call_at(deadline, self._expire)
        return 0

    def _expire(self) -> None:
        """Ends the calls whose deadline is over, and looks out for the next."""
        cdef Connection connection
        cdef Call* call
        # A timer may come a little early; deadlines this close are over.
        cdef double now = self.now() + 0.0005
        cdef double earliest = 0
        self.deadline_timer = None
        for connection in list(self.connections):
            try:
                connection.settle()
                call = connection.first
                while call != NULL:
                    if call.deadline != 0 and not call.ended:
                        if call.deadline <= now:
                            answer_status(connection, call, STATUS_DEADLINE_EXCEEDED,
                                          "Deadline Exceeded")
                            if call.context != NULL:
                                (<CallContext> call.context).close()
                        elif earliest == 0 or call.deadline < earliest:
                            earliest = call.deadline
                    call = call.next
                connection.pump()
            except Exception:
                connection.give_up()
        if earliest != 0:
            self.watch_deadline(earliest)

    def _tick(self) -> None:
        cdef Connection connection
        self.ticker = self.loop.call_later(self.tick_seconds, self._tick)
        large_tick(self.now())
        for connection in list(self.connections):
            try:
                connection.check_time()
            except Exception:
                connection.give_up()
