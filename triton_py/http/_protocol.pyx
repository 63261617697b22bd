# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Connections: bytes in from the transport, exchanges in order, answers out.

A connection answers in the order it was asked. Inferences of one connection, those of generate
among them, run side by side (they are handed to the core in order, so sequences stay sequences);
whatever Python answers waits until everything before it is answered, and what follows waits for it.

All of this runs on the event loop's thread with the GIL, except reading an inference request and
handing it to the core, which need no GIL and let it go.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.list cimport PyList_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset
from posix.unistd cimport close as close_descriptor

from triton_py.abi.types cimport TRITONSERVER_Server
from triton_py.http._answer cimport accepted_coding, append_answer
from triton_py.http._describe cimport PARAM_STRING, DescribeLimits, Param
from triton_py.http._events cimport (
    Event,
    event_free,
    stream_mute,
    stream_new,
)
from triton_py.http._exchange cimport (
    CODING_IDENTITY,
    LOAD_NONE,
    Exchange,
    exchange_cancel,
    exchange_drop,
    exchange_new,
    exchange_refuse,
)
from triton_py.frontend._backlog cimport Backlog, backlog_drop, backlog_new
from triton_py.frontend._completions cimport (
    Completions,
    Finished,
    completions_close,
    completions_drop,
    completions_fd,
    completions_new,
    completions_take,
    completions_under_way,
)
from triton_py.frontend._fault cimport fault_set
from triton_py.frontend._large cimport large_close, large_open, large_tick
from triton_py.frontend._lone cimport LONE_NOT, LONE_PARTLY, LONE_SENT, lone_arm, lone_look
from triton_py.http._head cimport head_admitted, head_load_format, head_record, head_text
from triton_py.http._inbox cimport (
    Inbox,
    inbox_clear,
    inbox_compact,
    inbox_data,
    inbox_next,
    inbox_room,
)
from triton_py.http._infer cimport (
    ROUTE_GENERATE_STREAM,
    ROUTE_INFER,
    BodyShape,
    Route,
    infer_route,
    infer_submit,
)
from triton_py.frontend._memory cimport arena_take, block_data, block_hold, likely
from triton_py.http._parser cimport (
    AT_BODY,
    AT_END,
    AT_FAILURE,
    AT_REQUEST_LINE,
    METHOD_HEAD,
    METHOD_POST,
    Parser,
    ParserState,
    parser_feed,
    parser_reset,
)
from triton_py.http._response cimport response_allocator
from triton_py.http._stream cimport answer_ready, stream_append, stream_take
from triton_py.http._work cimport (
    await_answer,
    owned,
    pack_answer,
    report_load,
    submit_elsewhere,
    take_answer,
)
from triton_py.inprocess.server cimport NativeServer
from triton_py.tracing._record cimport (
    STAMP_HTTP_RECV_END,
    STAMP_HTTP_RECV_START,
    STAMP_HTTP_SEND_END,
    STAMP_HTTP_SEND_START,
    recording_stamp,
    trace_now,
)
from triton_py.tracing._tracer cimport Tracer

import asyncio
import logging
import os
import re
from time import perf_counter_ns

from triton_py.frontend.access_log import peer_text
from triton_py.http.message import Answer, Request
from triton_py.http.piecewise import PiecewiseTransport
from triton_py.http.restricted import refusal

cdef enum:
    READ_ELSEWHERE = 1 << 18    # bodies with more JSON than this are read on another thread
    LINGER_TICKS = 3            # how long a refused client may go on sending
    FAREWELL_TICKS = 4          # and one over TLS take the last bytes, when the server stops

logger = logging.getLogger("triton_py.http")

# What a port without tracing looks at.
cdef int _never = 0

#: Parameters with a meaning of their own, which no header may take.
RESERVED = frozenset({"sequence_id", "sequence_start", "sequence_end", "priority", "timeout",
                      "headers", "binary_data_output"})


cdef class Endpoint:
    """What the connections of one port share.

    ``app`` takes a ``Request`` and returns an ``Answer`` or a coroutine of one. Without a
    ``server`` there is no inference here. ``load``, a ``LoadMetrics``, answers those who ask how
    loaded the server is.
    """

    cdef object server_object       # keeps `server` alive
    cdef TRITONSERVER_Server* server
    cdef object app
    cdef object loop
    cdef object pool
    cdef object options
    cdef object forward             # a compiled pattern, or None
    cdef object restriction         # the header that inference needs, or None
    cdef bytes refusal              # what is answered without it
    cdef object load
    cdef object log                 # an AccessLog, or None
    cdef bint secure                # TLS
    cdef Completions* completions
    cdef Completions* events        # of streams
    cdef DescribeLimits limits
    cdef Tracer tracer              # or None
    cdef const int* tracing         # whether to ask it: its flag, or a static one
    cdef set connections
    cdef uint32_t tick              # seconds since start
    cdef object ticker
    cdef object idle                # a future that stop() waits for, or None
    cdef bint stopping
    cdef readonly unsigned long long requests
    cdef Py_ssize_t waiting         # exchanges in connections' queues
    cdef uint32_t header_timeout, body_timeout, idle_timeout, send_timeout
    cdef Py_ssize_t max_connections
    cdef int max_pipelined
    cdef int64_t max_stream_backlog
    cdef uint64_t min_compress

    def __cinit__(self):
        self.completions = completions_new()
        self.events = completions_new()
        if self.completions == NULL or self.events == NULL:
            raise MemoryError("no memory or file descriptors for an HTTP port")
        self.tracing = &_never

    def __init__(self, server, app, options, loop, pool, tracer=None, access_log=None, load=None
                 ) -> None:
        cdef NativeServer native
        self.connections = set()
        if tracer is not None:
            self.tracer = tracer
            self.tracing = <const int*> &self.tracer.on
        self.app = app
        self.loop = loop
        self.pool = pool
        self.options = options
        if server is not None:
            native = server
            self.server_object = native.handle
            self.server = native.server()
            if response_allocator() == NULL:
                raise MemoryError("no memory for the HTTP response allocator")
        self.load = load
        self.log = access_log
        self.secure = options.tls is not None
        self.restriction = options.restricted.get("inference")
        if self.restriction is not None:
            self.refusal = refusal(self.restriction).encode()
        if options.header_forward_pattern:
            self.forward = re.compile(options.header_forward_pattern, re.IGNORECASE)
        self.limits.max_input_bytes = options.max_input_size
        self.limits.max_inputs = options.max_inputs
        self.limits.max_outputs = options.max_outputs
        self.header_timeout = _ticks(options.header_timeout)
        self.body_timeout = _ticks(options.body_timeout)
        self.idle_timeout = _ticks(options.idle_timeout)
        self.send_timeout = _ticks(options.send_timeout)
        self.max_connections = options.max_connections
        self.max_pipelined = options.max_pipelined
        self.max_stream_backlog = options.max_stream_backlog
        self.min_compress = options.min_compress_size

    def __dealloc__(self):
        if self.completions != NULL:
            completions_close(self.completions)
            completions_drop(self.completions)
        if self.events != NULL:
            completions_close(self.events)
            completions_drop(self.events)

    def open(self) -> None:
        """Begins to pick up finished inferences and to watch the clock."""
        self.loop.add_reader(completions_fd(self.completions), self._drain)
        self.loop.add_reader(completions_fd(self.events), self._drain_events)
        self.ticker = self.loop.call_later(1.0, self._tick)
        large_open()

    async def close(self, grace: float) -> bool:
        """Lets requests in flight finish, for ``grace`` seconds; True if all did.

        Connections without one are closed at once, and no further request is read.
        """
        cdef Connection connection
        self.stopping = True
        for connection in list(self.connections):
            connection.retire()
        finished = True
        if self.connections and grace > 0:
            self.idle = self.loop.create_future()
            try:
                await asyncio.wait_for(self.idle, grace)
            except asyncio.TimeoutError:
                pass
        if self.connections:
            finished = self.waiting == 0
            for connection in list(self.connections):
                connection.abort()
            for _ in range(3):          # connection_lost comes from the loop
                await asyncio.sleep(0)
        if self.ticker is not None:
            self.ticker.cancel()
            self.ticker = None
            large_close()
        self.loop.remove_reader(completions_fd(self.completions))
        self.loop.remove_reader(completions_fd(self.events))
        if not finished:
            # Requests are still inside a backend: what they use must not go before them.
            Py_INCREF(self.server_object)
        completions_close(self.completions)
        completions_close(self.events)
        return finished

    @property
    def open_connections(self) -> int:
        return len(self.connections)

    def _drain(self) -> None:
        """Inferences that finished: hand each to its connection, then let the connections write."""
        cdef Finished* finished
        cdef Exchange* ex
        cdef Connection connection
        cdef list touched = []
        with nogil:
            finished = completions_take(self.completions)
        while finished != NULL:
            ex = <Exchange*> finished
            finished = finished.next
            if ex.connection != NULL:
                connection = <Connection> <object> ex.connection
                try:
                    if ex.load != LOAD_NONE:
                        report_load(ex, self.load.line, self.loop, self.pool, _reported)
                    else:
                        self.complete(ex)
                    if not connection.touched:
                        connection.touched = True
                        touched.append(connection)
                except Exception:
                    connection.give_up()
            exchange_drop(ex)
        self._flush(touched)

    def _drain_events(self) -> None:
        """Responses of streams, in the same way."""
        cdef Finished* finished
        cdef Event* event
        cdef Exchange* ex
        cdef Connection connection
        cdef list touched = []
        with nogil:
            finished = completions_take(self.events)
        while finished != NULL:
            event = <Event*> finished
            finished = finished.next
            ex = <Exchange*> event.exchange
            if event.overflow:
                with nogil:
                    exchange_cancel(ex)
            if ex.connection == NULL:
                event_free(ex.stream, event)
            else:
                stream_take(ex, event)
                connection = <Connection> <object> ex.connection
                if ex.load != LOAD_NONE and not ex.reporting and not ex.stream.began:
                    # The load goes into the head, which is sent with the first event.
                    try:
                        report_load(ex, self.load.line, self.loop, self.pool, _ready)
                    except Exception:
                        connection.give_up()
                if not connection.touched:
                    connection.touched = True
                    touched.append(connection)
            exchange_drop(ex)
        self._flush(touched)

    def _flush(self, list touched) -> None:
        cdef Connection connection
        for connection in touched:
            connection.touched = False
            try:
                connection.flush()
            except Exception:
                connection.give_up()

    cdef int complete(self, Exchange* ex) except -1:
        """An inference's answer is written: it is compressed, or may be sent at once."""
        if ex.accept != CODING_IDENTITY and ex.status == 200 \
                and ex.body_size >= self.min_compress:
            pack_answer(ex, self.loop, self.pool, _ready)
        else:
            ex.done = True
        return 0

    def _tick(self) -> None:
        cdef Connection connection
        self.tick += 1
        large_tick(<double> self.loop.time())
        self.ticker = self.loop.call_later(1.0, self._tick)
        for connection in list(self.connections):
            try:
                connection.check_time()
            except Exception:
                connection.give_up()


cdef uint32_t _ticks(seconds) except? 0xFFFFFFFF:
    """Whole ticks, rounded up; 0 stays 0: never."""
    return <uint32_t> (0 if seconds <= 0 else int(seconds) + 1)


cdef class Connection:
    """The protocol of one connection: an ``asyncio.BufferedProtocol`` and its own buffer."""

    cdef Endpoint endpoint
    cdef readonly object transport
    cdef Parser parser
    cdef Inbox inbox
    cdef Exchange* head             # requests in order, the oldest first; one hold each
    cdef Exchange* tail
    cdef int queued
    cdef bint touched
    cdef bint parsing
    cdef bint last                  # no further request is read; closes when the queue is empty
    cdef bint shut                  # the transport is closing: nothing can be written any more
    cdef bint lingering             # the last answer is out, what still comes is thrown away
    cdef bint write_paused
    cdef bint read_paused
    cdef uint32_t began             # tick at which the current request began
    cdef uint32_t heard             # tick of the last byte
    cdef uint32_t moved             # tick at which the client last took something of an answer
    # Of the last read, and of the current request's first byte.
    cdef uint64_t read_ns, received_ns
    cdef object unsent
    cdef Backlog* backlog           # counted: of its streams; NULL: it had none yet
    cdef bint flushing
    cdef str peer                   # for the access log
    cdef int socket                 # of our own, for answers that others send; -1: not made yet

    def __cinit__(self):
        self.socket = -1

    def __init__(self, Endpoint endpoint) -> None:
        self.endpoint = endpoint
        memset(&self.parser, 0, sizeof(Parser))
        self.parser.limits.max_head_bytes = endpoint.options.max_header_size
        self.parser.limits.max_headers = endpoint.options.max_headers
        self.parser.limits.max_chunks = endpoint.options.max_chunks
        self.parser.limits.max_body_bytes = endpoint.options.max_body_size
        parser_reset(&self.parser)

    def __dealloc__(self):
        cdef Exchange* ex
        while self.head != NULL:        # only where a loop ended without closing its transports
            ex = self.head
            lone_look(&ex.lone, True)
            self.pop()
            exchange_drop(ex)
        inbox_clear(&self.inbox)
        backlog_drop(self.backlog)
        self.close_socket()

    # --- the transport's side ---

    def connection_made(self, transport) -> None:
        self.transport = PiecewiseTransport(transport) if self.endpoint.secure else transport
        self.heard = self.began = self.moved = self.endpoint.tick
        self.endpoint.connections.add(self)
        if self.endpoint.log is not None:
            self.peer = peer_text(transport.get_extra_info("peername"))
        if self.endpoint.stopping:
            self.abort()
        elif len(self.endpoint.connections) > self.endpoint.max_connections:
            self.refuse(503, b"the server has too many connections")

    def get_buffer(self, sizehint):
        if inbox_room(&self.inbox, &self.parser) != 0:
            raise MemoryError("no memory to receive a request")
        # uvloop's TLS asks a buffer for its length, too.
        return memoryview(self) if self.endpoint.secure else self

    def __getbuffer__(self, Py_buffer* view, int flags):
        cdef Inbox* inbox = &self.inbox
        if inbox.block == NULL:
            raise BufferError("no room was made")
        PyBuffer_FillInfo(view, self, block_data(inbox.block) + inbox.end,
                          <Py_ssize_t> (inbox.block.capacity - inbox.end), 0, flags)

    def buffer_updated(self, Py_ssize_t size) -> None:
        self.heard = self.endpoint.tick
        if self.lingering:
            return
        self.read_ns = trace_now()
        if self.inbox.begin == self.inbox.end:
            self.received_ns = self.read_ns
            self.began = self.endpoint.tick
        self.inbox.end += <size_t> size
        self.parse()

    def eof_received(self) -> bool:
        """The client is gone, or will not ask again: what is in flight is cancelled.

        It may still be listening, so what is answered nevertheless is written before closing.
        """
        self.settle(True)
        self.cancel_all()
        self.last = True
        # TLS is over with the client's word that it is.
        return self.head != NULL and not self.endpoint.secure

    def connection_lost(self, error) -> None:
        cdef Exchange* ex
        self.settle(True)
        self.cancel_all()
        while self.head != NULL:
            ex = self.head
            if ex.record != NULL:
                self.log_answer(ex, None)
            self.pop()
            exchange_drop(ex)
        self.close_socket()
        self.transport = None
        self.shut = True
        inbox_clear(&self.inbox)
        self.endpoint.connections.discard(self)
        if not self.endpoint.connections and self.endpoint.idle is not None \
                and not self.endpoint.idle.done():
            self.endpoint.idle.set_result(None)

    def pause_writing(self) -> None:
        self.write_paused = True
        self.moved = self.endpoint.tick
        if self.endpoint.secure:
            self.transport.pause()

    def resume_writing(self) -> None:
        self.write_paused = False
        if self.endpoint.secure:
            self.transport.resume()
        self.flush()
        self.parse()

    # --- receiving ---

    cdef int parse(self) except -1:
        """Takes every complete request out of the buffer, as far as they may be begun now."""
        if self.parsing:
            # An answer was ready at once and its flush came back here: the loop below goes on.
            return 0
        self.parsing = True
        try:
            self.parse_all()
        finally:
            self.parsing = False
        return 0

    cdef int parse_all(self) except -1:
        cdef ParserState state
        self.settle(True)
        while not self.last and not self.shut:
            if self.inbox.begin == self.inbox.end:
                break
            if self.write_paused or self.queued >= self.endpoint.max_pipelined or (
                    self.tail != NULL and self.tail.control):
                return self.hold_reading()
            state = parser_feed(&self.parser, inbox_data(&self.inbox),
                                self.inbox.end - self.inbox.begin)
            if state == AT_END:
                if not self.begin_request():
                    return self.hold_reading()
            elif state == AT_FAILURE:
                return self.refuse(self.parser.status, self.parser.reason)
            else:
                if state >= AT_BODY and self.parser.expect_continue and self.head == NULL:
                    self.parser.expect_continue = False
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                inbox_compact(&self.inbox, &self.parser)
                break
        if self.read_paused and not self.shut:
            self.read_paused = False
            self.transport.resume_reading()
        return 0

    cdef int hold_reading(self) except -1:
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()
        return 0

    cdef bint begin_request(self) except -1:
        """Starts the complete request at ``begin``. False: it has to wait for those before it."""
        cdef Parser* p = &self.parser
        cdef char* base = inbox_data(&self.inbox)
        cdef Route route
        cdef BodyShape body
        cdef int kind = 0
        cdef int result
        cdef Exchange* ex = exchange_new(self.endpoint.completions)
        if ex == NULL:
            raise MemoryError("no memory for a request")
        ex.server = self.endpoint.server
        if ex.server != NULL:
            kind = infer_route(base + p.target.at, p.target.size, ex, &route)
        if kind == 0 and self.head != NULL:
            exchange_drop(ex)
            return False
        ex.minor = p.minor
        ex.keep_alive = p.keep_alive and not self.endpoint.stopping
        ex.head_only = p.method == METHOD_HEAD
        if p.accept_encoding.size:
            ex.accept = accepted_coding(base + p.accept_encoding.at, p.accept_encoding.size)
        self.push(ex)
        self.endpoint.requests += 1
        if self.endpoint.log is not None:
            self.note(ex, route.model if kind > 0 else NULL)
        if kind == 0:
            self.call_app(ex, base)
        elif self.endpoint.restriction is not None and not head_admitted(
                p, base, self.endpoint.restriction):
            ex.fault.status = 0
            fault_set(&ex.fault, 403, "%s", PyBytes_AS_STRING(self.endpoint.refusal))
            self.fail(ex)
        elif kind < 0:
            self.fail(ex)
        elif p.method != METHOD_POST:
            take_answer(ex, Answer(405, b'{"error":"Method Not Allowed"}',
                                   headers={"Allow": "POST"}))
        elif not p.has_length and not p.chunked:
            fault_set(&ex.fault, 411, b"an inference request needs a Content-Length or a chunked "
                      b"body")
            self.fail(ex)
        elif self.endpoint.forward is not None and not self.forward_headers(ex, base):
            self.fail(ex)
        else:
            ex.received_ns = self.received_ns
            if self.endpoint.tracing[0]:
                self.trace(ex, &route, base)
            ex.block = block_hold(self.inbox.block)
            body.bytes = base + p.body
            body.size = p.body_size
            body.header_length = base + p.inference_length.at if p.has_inference_length else NULL
            body.header_length_size = p.inference_length.size
            if p.load_format.size and self.endpoint.load is not None:
                ex.load = head_load_format(p, base, self.endpoint.load)
            ex.generated = route.kind != ROUTE_INFER
            if route.kind == ROUTE_GENERATE_STREAM:
                self.open_stream(ex)
            if ex.generated or p.content_encoding.size or body.size > READ_ELSEWHERE and (
                    not p.has_inference_length or p.inference_length.size > 5):
                submit_elsewhere(ex, head_text(base, p.content_encoding), &route, &body,
                                 &self.endpoint.limits, self.endpoint.loop, self.endpoint.pool,
                                 _ready)
            else:
                if self.is_lone(ex):
                    lone_arm(&ex.lone, self.socket)
                with nogil:
                    result = infer_submit(ex, &route, &body, &self.endpoint.limits)
                if likely(result == 0, True):
                    ex.in_flight = True
                else:
                    ex.lone.state = LONE_NOT
                    self.fail(ex)
        if not p.keep_alive:
            self.last = True
        inbox_next(&self.inbox, p.scanned)
        parser_reset(p)
        self.began = self.endpoint.tick
        # What follows came with the same read.
        self.received_ns = self.read_ns
        if answer_ready(self.head):
            self.flush()
        return True

    cdef int open_stream(self, Exchange* ex) except -1:
        """Makes the answer one of many events."""
        if self.backlog == NULL:
            self.backlog = backlog_new(self.endpoint.max_stream_backlog)
        if self.backlog != NULL:
            ex.stream = stream_new(self.backlog, self.endpoint.events)
        if ex.stream == NULL:
            raise MemoryError("no memory for a stream")
        return 0

    cdef bint forward_headers(self, Exchange* ex, char* base) except -1:
        """Makes parameters of the headers that the option names. False: the fault is set."""
        cdef Parser* p = &self.parser
        cdef Param* param
        cdef bytes raw
        cdef uint32_t i
        for i in range(p.header_count):
            name = head_text(base, p.headers[i].name)
            if self.endpoint.forward.search(name) is None:
                continue
            raw = name.encode("latin-1")
            if name.lower() in RESERVED or name.lower().startswith("triton_"):
                fault_set(&ex.fault, 400, b"Header '%s' is reserved for Triton usage and cannot be "
                          b"forwarded.", PyBytes_AS_STRING(raw))
                return False
            param = <Param*> arena_take(&ex.arena, sizeof(Param))
            if param == NULL:
                raise MemoryError
            memset(param, 0, sizeof(Param))
            param.kind = PARAM_STRING
            param.name = _kept(ex, base + p.headers[i].name.at, p.headers[i].name.size)
            param.text = _kept(ex, base + p.headers[i].value.at, p.headers[i].value.size)
            param.next = ex.forwarded
            ex.forwarded = param
        return True

    cdef int trace(self, Exchange* ex, const Route* route, char* base) except -1:
        """Asks whether the request is to be traced, and begins if so."""
        cdef Tracer tracer = self.endpoint.tracer
        cdef uint64_t since = self.received_ns
        cdef uint64_t now
        parent = None
        state = None
        if tracer.propagates:
            parent = self.header(base, "traceparent")
            state = self.header(base, "tracestate")
        if parent is None and tracer.passes(route.model):
            return 0
        now = trace_now()
        ex.trace = tracer.sample((<bytes> route.model).decode("utf-8", "replace"), parent, state)
        if ex.trace == NULL:
            return 0
        with nogil:
            recording_stamp(ex.trace, STAMP_HTTP_RECV_START, since)
            recording_stamp(ex.trace, STAMP_HTTP_RECV_END, now)
        return 0

    cdef object header(self, char* base, str name):
        cdef Parser* p = &self.parser
        cdef uint32_t i
        for i in range(p.header_count):
            if p.headers[i].name.size == <uint32_t> len(name) and (
                    head_text(base, p.headers[i].name).lower() == name):
                return head_text(base, p.headers[i].value)
        return None

    cdef bint is_lone(self, Exchange* ex) except -1:
        """Whether whoever has the answer may send it: nothing else is there to be sent."""
        cdef Parser* p = &self.parser
        if (self.head != ex or not ex.keep_alive or ex.accept != CODING_IDENTITY
                or ex.load != LOAD_NONE or self.endpoint.secure or self.endpoint.log is not None
                or self.inbox.begin + p.scanned != self.inbox.end or self.write_paused
                or completions_under_way(self.endpoint.completions) != 0
                or self.transport.get_write_buffer_size() != 0):
            return False
        if self.socket < 0:
            try:
                self.socket = os.dup(self.transport.get_extra_info("socket").fileno())
            except OSError:
                # No descriptor to be had: then the loop sends, as ever.
                return False
        return True

    cdef void close_socket(self) noexcept:
        if self.socket >= 0:
            close_descriptor(self.socket)
            self.socket = -1

    cdef int settle(self, bint revoke) except -1:
        """Lets go of an answer that was sent without the loop. `revoke`: no other will be."""
        cdef Exchange* ex = self.head
        if ex == NULL or lone_look(&ex.lone, revoke) != LONE_SENT:
            return 0
        self.pop()
        exchange_drop(ex)
        self.moved = self.endpoint.tick
        return 0

    # --- the queue ---

    cdef void push(self, Exchange* ex) noexcept:
        ex.connection = <PyObject*> self
        ex.next = NULL
        if self.tail == NULL:
            self.head = ex
        else:
            self.tail.next = ex
        self.tail = ex
        self.queued += 1
        self.endpoint.waiting += 1

    cdef void pop(self) noexcept:
        """Takes the oldest off the queue; its hold passes to the caller, its Python parts go."""
        cdef Exchange* ex = self.head
        self.head = ex.next
        if self.head == NULL:
            self.tail = NULL
        # Others may hold it longer than this connection lives.
        ex.connection = NULL
        if ex.stream != NULL:
            stream_mute(ex.stream)
        self.queued -= 1
        if self.endpoint is not None:
            self.endpoint.waiting -= 1
        if ex.payload != NULL:
            Py_DECREF(<object> ex.payload)
            ex.payload = NULL
        if ex.extra != NULL:
            Py_DECREF(<object> ex.extra)
            ex.extra = NULL
        if ex.record != NULL:
            Py_DECREF(<object> ex.record)
            ex.record = NULL

    cdef void cancel_all(self) noexcept:
        cdef Exchange* ex = self.head
        while ex != NULL:
            ex.unwanted = True
            if ex.in_flight and not ex.done:
                with nogil:
                    exchange_cancel(ex)
            ex = ex.next

    cdef int flush(self) except -1:
        """Writes the answers at the head of the queue, as far as they are there."""
        cdef bint closed
        if self.flushing or self.shut or self.head == NULL or not answer_ready(self.head):
            return 0
        self.flushing = True
        try:
            closed = self.write_answers()
        finally:
            self.flushing = False
        if self.shut:
            return 0
        if self.last and (self.head == NULL or closed):
            self.finish()
        else:
            self.parse()
        return 0

    cdef bint write_answers(self) except -1:
        """True: the connection is to be closed behind what was written."""
        cdef Exchange* traced = NULL
        try:
            return self.write_ready(&traced)
        finally:
            _stamp_ends(traced)

    cdef bint write_ready(self, Exchange** traced) except -1:
        """As write_answers; leaves in *traced, linked by `next`, those whose traces go on."""
        cdef Exchange* ex
        cdef list parts = []
        cdef bint close = False
        cdef bint whole
        cdef Py_ssize_t before
        while not close and self.head != NULL and answer_ready(self.head):
            ex = self.head
            close = not ex.keep_alive or self.endpoint.stopping or (
                self.last and ex.next == NULL)
            before = PyList_GET_SIZE(parts)
            if ex.stream != NULL:
                if self.write_paused:
                    close = False
                    break
                self.stamp_start(ex)
                whole = stream_append(parts, ex, close)
                close = whole and (close or ex.stream.closes)
                ex.sent += _size_from(parts, before)
                # Written at once, so that the client's pace is known before the next events.
                self.write_parts(parts)
                parts = []
                if self.shut:
                    return False
                if not whole:
                    continue
            else:
                self.stamp_start(ex)
                if ex.lone.state == LONE_PARTLY:
                    self.append_rest(parts, ex)
                else:
                    append_answer(parts, ex, close)
            if ex.record != NULL:
                if ex.stream == NULL:
                    ex.sent = _size_from(parts, before)
                self.log_answer(ex, ex.status)
            self.pop()
            if ex.trace == NULL:
                exchange_drop(ex)
            else:
                ex.next = traced[0]
                traced[0] = ex
        if close:
            # What the client pipelined behind it is not answered, as it was told.
            self.last = True
        self.write_parts(parts)
        return close

    cdef int write_parts(self, list parts) except -1:
        if not parts:
            return 0
        self.moved = self.endpoint.tick
        if len(parts) == 1:
            self.transport.write(parts[0])
        else:
            self.transport.writelines(parts)
        return 0

    cdef void stamp_start(self, Exchange* ex) noexcept:
        # It may be noted by whoever tried to send it without the loop.
        if ex.trace == NULL or ex.send_noted:
            return
        ex.send_noted = True
        with nogil:
            recording_stamp(ex.trace, STAMP_HTTP_SEND_START, trace_now())

    cdef int append_rest(self, list parts, Exchange* ex) except -1:
        """Of an answer that the socket took a part of, and that began as one that doesn't close."""
        cdef list whole = []
        append_answer(whole, ex, False)
        parts.append(b"".join(whole)[ex.lone.done:])
        return 0

    cdef int finish(self) except -1:
        """The last answer is written: closes as soon as it is sent."""
        if self.parser.state == AT_FAILURE and not self.lingering and not self.endpoint.secure:
            # Bytes that nobody reads would make the kernel reset the connection, and the client
            # might lose the answer: tell it to stop, and read on for a moment.
            self.lingering = True
            self.heard = self.began = self.endpoint.tick
            inbox_clear(&self.inbox)
            self.transport.write_eof()
            if self.read_paused:
                self.read_paused = False
                self.transport.resume_reading()
        else:
            self.shut = True
            self.transport.close()
        return 0

    cdef int abort(self) except -1:
        """Closes at once, whatever is unsent."""
        if not self.shut and self.transport is not None:
            self.shut = True
            self.transport.abort()
        return 0

    cdef int give_up(self) except -1:
        """An error of ours (the current exception) must not disturb other connections."""
        logger.exception("closing a connection after an unexpected error")
        return self.abort()

    cdef int refuse(self, int status, const char* reason) except -1:
        """Answers what can't be parsed, behind what was parsed before it, and closes."""
        cdef Exchange* ex = exchange_new(self.endpoint.completions)
        if ex == NULL:
            raise MemoryError("no memory for a request")
        self.parser.state = AT_FAILURE
        fault_set(&ex.fault, status, "%s", reason)
        ex.minor = True
        self.push(ex)
        if self.endpoint.log is not None:
            self.note(ex, NULL)
        self.last = True
        self.fail(ex)
        return self.flush()

    cdef void fail(self, Exchange* ex) noexcept:
        exchange_refuse(ex)

    def retire(self) -> None:
        """The server stops: no further request is read."""
        self.settle(True)
        self.last = True
        if self.head == NULL and self.transport is not None and not self.shut:
            self.shut = True
            self.transport.close()

    def check_time(self) -> None:
        cdef uint32_t now = self.endpoint.tick
        cdef Endpoint e = self.endpoint
        cdef bint inside = (self.inbox.end > self.inbox.begin
                            or self.parser.state != AT_REQUEST_LINE)
        if self.shut or self.transport is None:
            if self.endpoint.secure and self.transport is not None:
                self.check_farewell()
            return
        self.settle(False)
        if self.lingering:
            if now - self.began >= LINGER_TICKS:
                self.abort()
            return
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            if unsent != self.unsent:
                self.moved = now
            elif e.send_timeout and now - self.moved >= e.send_timeout:
                self.abort()
            self.unsent = unsent
            return
        if self.last or self.head != NULL:
            return
        if inside and self.parser.state < AT_BODY:
            if e.header_timeout and now - self.began >= e.header_timeout:
                self.refuse(408, b"the request header took too long to arrive")
        elif inside:
            if e.body_timeout and now - self.heard >= e.body_timeout:
                self.refuse(408, b"the request body stopped arriving")
        elif e.idle_timeout and now - self.heard >= e.idle_timeout:
            self.shut = True
            self.transport.close()

    cdef int check_farewell(self) except -1:
        """TLS ends when all is sent and the client agreed to the end, which not every one does."""
        cdef uint32_t now = self.endpoint.tick
        cdef uint32_t limit = self.endpoint.send_timeout
        unsent = self.transport.get_write_buffer_size()
        if self.endpoint.stopping and not unsent:
            limit = FAREWELL_TICKS
        if unsent != self.unsent:
            self.moved = now
        elif limit and now - self.moved >= limit:
            self.transport.abort()
        self.unsent = unsent
        return 0

    # --- the access log ---

    cdef int note(self, Exchange* ex, const char* model) except -1:
        """Keeps what the log will say of the request, whose bytes are still there."""
        cdef Parser* p = &self.parser
        cdef size_t received = p.spent + (p.scanned if p.state == AT_END
                                          else self.inbox.end - self.inbox.begin)
        # A connection that is refused at once has no block yet.
        cdef const char* base = NULL
        if self.inbox.block != NULL:
            base = inbox_data(&self.inbox)
        ex.record = owned(head_record(p, base, model, received))
        return 0

    cdef int log_answer(self, Exchange* ex, object status) except -1:
        began, verb, target, model, received = <tuple> <object> ex.record
        self.endpoint.log.write(
            self.peer, "HTTP/1.1" if ex.minor else "HTTP/1.0", verb, target, model, status,
            received, ex.sent, (perf_counter_ns() - began) // 1000)
        return 0

    # --- answers from Python ---

    cdef int call_app(self, Exchange* ex, char* base) except -1:
        cdef Parser* p = &self.parser
        cdef uint32_t i
        ex.control = True
        headers = {}
        for i in range(p.header_count):
            name = head_text(base, p.headers[i].name).lower()
            value = head_text(base, p.headers[i].value)
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        path, _, query = head_text(base, p.target).partition("?")
        request = Request(head_text(base, p.verb), path, query, headers,
                          PyBytes_FromStringAndSize(base + p.body, <Py_ssize_t> p.body_size))
        try:
            result = self.endpoint.app(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            result = Answer(500, b'{"error":"internal error, see the server\'s log"}')
        if isinstance(result, Answer):
            return take_answer(ex, result)
        return await_answer(ex, self.endpoint.loop.create_task(result), _ready)


cdef void _stamp_ends(Exchange* traced) noexcept:
    """The answers of traced requests, linked by `next`, are handed over; gives up their holds."""
    cdef Exchange* following
    cdef uint64_t now
    if traced == NULL:
        return
    with nogil:
        now = trace_now()
        while traced != NULL:
            following = traced.next
            recording_stamp(traced.trace, STAMP_HTTP_SEND_END, now)
            exchange_drop(traced)
            traced = following


cdef int _ready(Exchange* ex) except -1:
    """What an exchange waited for outside the loop is over: its answer, or its submission."""
    cdef Connection connection = <Connection> <object> ex.connection
    try:
        connection.flush()
        connection.parse()
    except Exception:
        connection.give_up()
    return 0


cdef int _reported(Exchange* ex) except -1:
    """An answer has the line about the load, if there is one to be had."""
    cdef Connection connection = <Connection> <object> ex.connection
    try:
        connection.endpoint.complete(ex)
    except Exception:
        return connection.give_up()
    return _ready(ex) if ex.done else 0


cdef Py_ssize_t _size_from(list parts, Py_ssize_t first) except -1:
    cdef Py_ssize_t size = 0
    cdef Py_ssize_t i
    for i in range(first, PyList_GET_SIZE(parts)):
        size += len(parts[i])
    return size


cdef const char* _kept(Exchange* ex, const char* at, size_t size) except NULL:
    """A C string that lives as long as the exchange."""
    cdef char* copy = <char*> arena_take(&ex.arena, size + 1)
    if copy == NULL:
        raise MemoryError
    memcpy(copy, at, size)
    copy[size] = 0
    return copy
