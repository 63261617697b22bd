# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Connections: bytes in from the transport, exchanges in order, answers out.

A connection answers in the order it was asked. Inferences of one connection run side by side (they
are handed to the core in order, so sequences stay sequences); whatever Python answers waits until
everything before it is answered, and what follows waits for it.

All of this runs on the event loop's thread with the GIL, except reading an inference request and
handing it to the core, which need no GIL and let it go.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceRequestCancel,
)
from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Server
from triton_py.http._answer cimport accepted_coding, append_answer, joined_body
from triton_py.http._describe cimport PARAM_STRING, DescribeLimits, Param
from triton_py.http._exchange cimport (
    CODING_GZIP,
    CODING_IDENTITY,
    Completions,
    Exchange,
    answer_fault,
    completions_close,
    completions_drop,
    completions_fd,
    completions_new,
    completions_take,
    exchange_drop,
    exchange_hold,
    exchange_new,
)
from triton_py.http._fault cimport fault_set
from triton_py.http._infer cimport BodyShape, Route, infer_route, infer_submit
from triton_py.http._memory cimport (
    Block,
    arena_take,
    block_data,
    block_drop,
    block_grow,
    block_hold,
    block_new,
    block_shared,
    likely,
)
from triton_py.http._parser cimport (
    AT_BODY,
    AT_CHUNK_DATA,
    AT_CHUNK_SIZE,
    AT_END,
    AT_FAILURE,
    AT_REQUEST_LINE,
    METHOD_HEAD,
    METHOD_POST,
    Parser,
    ParserState,
    Span,
    parser_feed,
    parser_reset,
)
from triton_py.http._response cimport response_allocator
from triton_py.inprocess.server cimport NativeServer

import asyncio
import logging
import re

from triton_py.http._parser import HttpError
from triton_py.http.compression import check_coding, compress, decompress

cdef enum:
    READ_ROOM = 16384           # of a fresh block
    LEAST_ROOM = 2048           # less than this is no room to read into
    KEEP_BLOCK = 65536          # a larger block is given back when its request is done
    STEP_ROOM = 1 << 20         # a large body's block grows in steps no smaller than this
    OFFLOAD_JSON = 1 << 18      # JSON larger than this is read on another thread
    OFFLOAD_PACK = 1 << 15      # answers larger than this are compressed on another thread
    LINGER_TICKS = 3            # how long a refused client may go on sending

logger = logging.getLogger("triton_py.http")

#: Parameters with a meaning of their own, which no header may take.
RESERVED = frozenset({"sequence_id", "sequence_start", "sequence_end", "priority", "timeout",
                      "headers", "binary_data_output"})


class Request:
    """A request that Python answers: what ``app`` is called with."""

    __slots__ = ("method", "path", "query", "headers", "body")

    def __init__(self, method: str, path: str, query: str, headers: dict, body: bytes) -> None:
        self.method = method
        self.path = path
        self.query = query
        #: Names in lower case; fields of one name joined by commas.
        self.headers = headers
        self.body = body


class Answer:
    """What ``app`` returns: a status, a body and its type."""

    __slots__ = ("status", "body", "content_type", "headers")

    def __init__(self, status: int = 200, body: bytes = b"",
                 content_type: str = "application/json", headers: dict | None = None) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers or {}


cdef class Endpoint:
    """What the connections of one port share.

    ``app`` takes a :class:`Request` and returns an :class:`Answer` or a coroutine of one. Without a
    ``server`` there is no inference here.
    """

    cdef object server_object       # keeps `server` alive
    cdef TRITONSERVER_Server* server
    cdef object app
    cdef object loop
    cdef object pool
    cdef object options
    cdef object forward             # a compiled pattern, or None
    cdef Completions* completions
    cdef DescribeLimits limits
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
    cdef uint64_t min_compress

    def __cinit__(self):
        self.completions = completions_new()
        if self.completions == NULL:
            raise MemoryError("no memory or file descriptors for an HTTP port")

    def __init__(self, server, app, options, loop, pool) -> None:
        cdef NativeServer native
        self.connections = set()
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
        self.min_compress = options.min_compress_size

    def __dealloc__(self):
        if self.completions != NULL:
            completions_close(self.completions)
            completions_drop(self.completions)

    def open(self) -> None:
        """Begins to pick up finished inferences and to watch the clock."""
        self.loop.add_reader(completions_fd(self.completions), self._drain)
        self.ticker = self.loop.call_later(1.0, self._tick)

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
        self.loop.remove_reader(completions_fd(self.completions))
        if not finished:
            # Requests are still inside a backend: what they use must not go before them.
            Py_INCREF(self.server_object)
        completions_close(self.completions)
        return finished

    @property
    def open_connections(self) -> int:
        return len(self.connections)

    def _drain(self) -> None:
        """Inferences that finished: hand each to its connection, then let the connections write."""
        cdef Exchange* ex
        cdef Exchange* following
        cdef Connection connection
        cdef list touched = []
        with nogil:
            ex = completions_take(self.completions)
        while ex != NULL:
            following = ex.next_done
            if ex.connection != NULL:
                connection = <Connection> <object> ex.connection
                try:
                    if ex.accept != CODING_IDENTITY and ex.status == 200 \
                            and ex.body_size >= self.min_compress:
                        connection.pack(ex)
                    else:
                        ex.done = True
                    if not connection.touched:
                        connection.touched = True
                        touched.append(connection)
                except Exception:
                    connection.give_up()
            exchange_drop(ex)
            ex = following
        for connection in touched:
            connection.touched = False
            try:
                connection.flush()
            except Exception:
                connection.give_up()

    def _tick(self) -> None:
        cdef Connection connection
        self.tick += 1
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
    cdef Block* block
    cdef size_t begin               # of the current request in the block
    cdef size_t end                 # of what was received
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
    cdef object unsent

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
            self.pop()
            exchange_drop(ex)
        block_drop(self.block)

    # --- the transport's side ---

    def connection_made(self, transport) -> None:
        self.transport = transport
        self.heard = self.began = self.moved = self.endpoint.tick
        self.endpoint.connections.add(self)
        if self.endpoint.stopping:
            self.abort()
        elif len(self.endpoint.connections) > self.endpoint.max_connections:
            self.refuse(503, b"the server has too many connections")

    def get_buffer(self, sizehint):
        self.make_room()
        return self

    def __getbuffer__(self, Py_buffer* view, int flags):
        if self.block == NULL:
            raise BufferError("no room was made")
        PyBuffer_FillInfo(view, self, block_data(self.block) + self.end,
                          <Py_ssize_t> (self.block.capacity - self.end), 0, flags)

    def buffer_updated(self, Py_ssize_t size) -> None:
        self.heard = self.endpoint.tick
        if self.lingering:
            self.end = 0
            return
        if self.begin == self.end:
            self.began = self.endpoint.tick
        self.end += <size_t> size
        self.parse()

    def eof_received(self) -> bool:
        """The client is gone, or will not ask again: what is in flight is cancelled.

        It may still be listening, so what is answered nevertheless is written before closing.
        """
        self.cancel_all()
        self.last = True
        return self.head != NULL

    def connection_lost(self, error) -> None:
        cdef Exchange* ex
        self.cancel_all()
        while self.head != NULL:
            ex = self.head
            self.pop()
            exchange_drop(ex)
        self.transport = None
        self.shut = True
        block_drop(self.block)
        self.block = NULL
        self.begin = self.end = 0
        self.endpoint.connections.discard(self)
        if not self.endpoint.connections and self.endpoint.idle is not None \
                and not self.endpoint.idle.done():
            self.endpoint.idle.set_result(None)

    def pause_writing(self) -> None:
        self.write_paused = True
        self.moved = self.endpoint.tick

    def resume_writing(self) -> None:
        self.write_paused = False
        self.parse()

    # --- receiving ---

    cdef int make_room(self) except -1:
        """Room behind ``end``: all that the current request still needs, or a good piece."""
        cdef size_t pending = self.end - self.begin
        cdef size_t wanted = READ_ROOM
        cdef size_t whole
        cdef Block* block = self.block
        if block != NULL and pending == 0 and not block_shared(block):
            self.begin = self.end = 0
        if self.parser.state == AT_BODY and not self.lingering:
            whole = self.parser.body + self.parser.content_length
            if block != NULL and block.capacity - self.begin >= whole:
                return 0
            # Not all at once: a client that only announces gigabytes gets no gigabytes.
            wanted = min(whole, max(<size_t> STEP_ROOM, 4 * pending)) - pending
            if block != NULL and block.capacity - self.end >= max(
                    <size_t> LEAST_ROOM, wanted // 4):
                return 0
        elif block != NULL and block.capacity - self.end >= LEAST_ROOM:
            return 0
        else:
            wanted = max(wanted, pending)
        if block != NULL and self.begin == 0 and not block_shared(block):
            block = block_grow(block, pending + wanted)
            if block == NULL:
                raise MemoryError("no memory to receive a request")
            self.block = block
            return 0
        block = block_new(pending + wanted)
        if block == NULL:
            raise MemoryError("no memory to receive a request")
        if pending:
            memcpy(block_data(block), block_data(self.block) + self.begin, pending)
        block_drop(self.block)
        self.block = block
        self.begin = 0
        self.end = pending
        return 0

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
        while not self.last and not self.shut:
            if self.begin == self.end:
                break
            if self.write_paused or self.queued >= self.endpoint.max_pipelined or (
                    self.tail != NULL and self.tail.control):
                return self.hold_reading()
            state = parser_feed(&self.parser, block_data(self.block) + self.begin,
                                self.end - self.begin)
            if state == AT_END:
                if not self.begin_request():
                    return self.hold_reading()
            elif state == AT_FAILURE:
                return self.refuse(self.parser.status, self.parser.reason)
            else:
                if state >= AT_BODY and self.parser.expect_continue and self.head == NULL:
                    self.parser.expect_continue = False
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.compact()
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

    cdef void compact(self) noexcept:
        """Closes the gap that decoded chunks left between the body so far and what follows."""
        cdef char* base = block_data(self.block) + self.begin
        cdef size_t to
        cdef size_t left = self.end - self.begin - self.parser.scanned
        cdef size_t line = self.parser.scanned - self.parser.line
        if self.parser.state < AT_CHUNK_SIZE:
            return
        if self.parser.state == AT_CHUNK_DATA:
            # Everything is decoded: what comes next may follow the body directly.
            self.parser.scanned = self.parser.body + self.parser.body_size
            self.end = self.begin + self.parser.scanned
            return
        # From the current line's first byte on, nothing is spent yet.
        to = self.parser.body + self.parser.body_size
        if self.parser.line <= to or line > self.parser.scanned:
            return
        memmove(base + to, base + self.parser.line, line + left)
        self.parser.line = to
        self.parser.scanned = to + line
        self.end = self.begin + to + line + left

    cdef bint begin_request(self) except -1:
        """Starts the complete request at ``begin``. False: it has to wait for those before it."""
        cdef Parser* p = &self.parser
        cdef char* base = block_data(self.block) + self.begin
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
        if kind == 0:
            self.call_app(ex, base)
        elif kind < 0:
            self.fail(ex)
        elif p.method != METHOD_POST:
            self.set_extra(ex, "Allow: POST\r\nContent-Type: application/json\r\n")
            ex.payload = _owned(b'{"error":"Method Not Allowed"}')
            ex.status = 405
            ex.done = True
        elif not p.has_length and not p.chunked:
            fault_set(&ex.fault, 411, b"an inference request needs a Content-Length or a chunked "
                      b"body")
            self.fail(ex)
        elif self.endpoint.forward is not None and not self.forward_headers(ex, base):
            self.fail(ex)
        else:
            ex.block = block_hold(self.block)
            body.bytes = base + p.body
            body.size = p.body_size
            body.header_length = base + p.inference_length.at if p.has_inference_length else NULL
            body.header_length_size = p.inference_length.size
            if p.content_encoding.size or body.size > OFFLOAD_JSON and (
                    not p.has_inference_length or p.inference_length.size > 5):
                self.offload(ex, &route, &body, base)
            else:
                with nogil:
                    result = infer_submit(ex, &route, &body, &self.endpoint.limits)
                if likely(result == 0, True):
                    ex.in_flight = True
                else:
                    self.fail(ex)
        if not p.keep_alive:
            self.last = True
        self.next_request()
        if self.head.done:
            self.flush()
        return True

    cdef bint forward_headers(self, Exchange* ex, char* base) except -1:
        """Makes parameters of the headers that the option names. False: the fault is set."""
        cdef Parser* p = &self.parser
        cdef Param* param
        cdef bytes raw
        cdef uint32_t i
        for i in range(p.header_count):
            name = _text(base, p.headers[i].name)
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

    cdef void next_request(self) noexcept:
        self.begin += self.parser.scanned
        parser_reset(&self.parser)
        self.began = self.endpoint.tick
        if self.begin == self.end and self.block.capacity > KEEP_BLOCK:
            # A large body's block goes with its request.
            block_drop(self.block)
            self.block = NULL
            self.begin = self.end = 0

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
        self.queued -= 1
        if self.endpoint is not None:
            self.endpoint.waiting -= 1
        if ex.payload != NULL:
            Py_DECREF(<object> ex.payload)
            ex.payload = NULL
        if ex.extra != NULL:
            Py_DECREF(<object> ex.extra)
            ex.extra = NULL

    cdef void cancel_all(self) noexcept:
        cdef Exchange* ex = self.head
        cdef TRITONSERVER_Error* error
        while ex != NULL:
            if ex.in_flight and not ex.done:
                with nogil:
                    # A request that has just been released can't be cancelled, and need not be.
                    error = TRITONSERVER_InferenceRequestCancel(ex.request)
                    if error != NULL:
                        TRITONSERVER_ErrorDelete(error)
            ex = ex.next

    cdef int flush(self) except -1:
        """Writes the answers at the head of the queue that are complete."""
        cdef Exchange* ex
        cdef list parts
        cdef bint close
        if self.shut or self.head == NULL or not self.head.done:
            return 0
        parts = []
        while self.head != NULL and self.head.done:
            ex = self.head
            close = not ex.keep_alive or self.endpoint.stopping or (
                self.last and ex.next == NULL)
            append_answer(parts, ex, close)
            self.pop()
            exchange_drop(ex)
            if close:
                # What the client pipelined behind it is not answered, as it was told.
                self.last = True
                break
        self.moved = self.endpoint.tick
        if len(parts) == 1:
            self.transport.write(parts[0])
        else:
            self.transport.writelines(parts)
        if self.shut:
            return 0
        if self.last and (self.head == NULL or close):
            self.finish()
        else:
            self.parse()
        return 0

    cdef int finish(self) except -1:
        """The last answer is written: closes as soon as it is sent."""
        if self.parser.state == AT_FAILURE and not self.lingering:
            # Bytes that nobody reads would make the kernel reset the connection, and the client
            # might lose the answer: tell it to stop, and read on for a moment.
            self.lingering = True
            self.heard = self.began = self.endpoint.tick
            self.begin = self.end = 0
            block_drop(self.block)
            self.block = NULL
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
        self.last = True
        self.fail(ex)
        return self.flush()

    cdef void fail(self, Exchange* ex) noexcept:
        answer_fault(ex)
        ex.done = True

    cdef int set_extra(self, Exchange* ex, str lines) except -1:
        ex.extra = _owned(lines.encode("latin-1"))
        return 0

    def retire(self) -> None:
        """The server stops: no further request is read."""
        self.last = True
        if self.head == NULL and self.transport is not None and not self.shut:
            self.shut = True
            self.transport.close()

    def check_time(self) -> None:
        cdef uint32_t now = self.endpoint.tick
        cdef Endpoint e = self.endpoint
        cdef bint inside = self.end > self.begin or self.parser.state != AT_REQUEST_LINE
        if self.shut or self.transport is None:
            return
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

    # --- answers from Python ---

    cdef int call_app(self, Exchange* ex, char* base) except -1:
        cdef Parser* p = &self.parser
        cdef uint32_t i
        ex.control = True
        headers = {}
        for i in range(p.header_count):
            name = _text(base, p.headers[i].name).lower()
            value = _text(base, p.headers[i].value)
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        path, _, query = _text(base, p.target).partition("?")
        request = Request(_text(base, p.verb), path, query, headers,
                          PyBytes_FromStringAndSize(base + p.body, <Py_ssize_t> p.body_size))
        held = _hold(ex)
        try:
            result = self.endpoint.app(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            result = Answer(500, b'{"error":"internal error, see the server\'s log"}')
        if isinstance(result, Answer):
            self.take_answer(ex, result)
            return 0
        task = self.endpoint.loop.create_task(result)
        task.add_done_callback(held.answered)
        return 0

    cdef int take_answer(self, Exchange* ex, answer) except -1:
        ex.status = answer.status
        ex.payload = _owned(answer.body)
        lines = [f"Content-Type: {answer.content_type}\r\n"] if answer.body else []
        lines += [f"{name}: {value}\r\n" for name, value in answer.headers.items()]
        self.set_extra(ex, "".join(lines))
        ex.done = True
        return 0

    # --- work that would hold up the loop ---

    cdef int offload(self, Exchange* ex, const Route* route, const BodyShape* body, char* base
                     ) except -1:
        """Decompresses or parses on another thread; the request waits in its place."""
        cdef Parser* p = &self.parser
        cdef Work work
        try:
            coded = check_coding(_text(base, p.content_encoding))
        except HttpError as error:
            _fault_of(ex, error)
            self.set_extra(ex, "Accept-Encoding: gzip, deflate\r\n"
                               "Content-Type: application/json\r\n")
            self.fail(ex)
            ex.payload = _owned(ex.text.data[:ex.text.size])
            return 0
        # Until it is handed to the core nothing may overtake it, or sequences would be shuffled.
        ex.control = True
        work = Work.__new__(Work)
        exchange_hold(ex)
        work.ex = ex
        work.coded = coded
        work.route = route[0]
        work.body = body[0]
        work.limits = self.endpoint.limits
        if body.header_length != NULL:
            work.header_length = body.header_length[:body.header_length_size]
        future = self.endpoint.loop.run_in_executor(self.endpoint.pool, work.run)
        future.add_done_callback(work.finished)
        return 0

    cdef int pack(self, Exchange* ex) except -1:
        """Compresses a finished inference's answer."""
        coding = "gzip" if ex.accept == CODING_GZIP else "deflate"
        lines = f"Content-Encoding: {coding}\r\n"
        if ex.binary:
            lines += ("Content-Type: application/octet-stream\r\n"
                      f"Inference-Header-Content-Length: {ex.text.size}\r\n")
        else:
            lines += "Content-Type: application/json\r\n"
        self.set_extra(ex, lines)
        body = joined_body(ex)
        if len(body) < OFFLOAD_PACK:
            ex.payload = _owned(compress(body, coding))
            ex.done = True
            return 0
        future = self.endpoint.loop.run_in_executor(self.endpoint.pool, compress, body, coding)
        future.add_done_callback(_hold(ex).packed)
        return 0


cdef PyObject* _owned(object value) noexcept:
    Py_INCREF(value)
    return <PyObject*> value


cdef str _text(char* base, Span span):
    return base[span.at:span.at + span.size].decode("latin-1")


cdef const char* _kept(Exchange* ex, const char* at, size_t size) except NULL:
    """A C string that lives as long as the exchange."""
    cdef char* copy = <char*> arena_take(&ex.arena, size + 1)
    if copy == NULL:
        raise MemoryError
    memcpy(copy, at, size)
    copy[size] = 0
    return copy


cdef int _fault_of(Exchange* ex, error) except -1:
    cdef bytes text = str(error).encode()
    fault_set(&ex.fault, error.status, "%s", PyBytes_AS_STRING(text))
    return 0


cdef class Held:
    """An exchange that waits for Python."""

    cdef Exchange* ex

    def __dealloc__(self):
        if self.ex != NULL:
            exchange_drop(self.ex)

    def answered(self, task) -> None:
        """A coroutine of the app is done."""
        cdef Connection connection
        if self.ex.connection == NULL:
            if not task.cancelled() and task.exception() is not None:
                logger.error("a request failed after its client was gone",
                             exc_info=task.exception())
            return
        connection = <Connection> <object> self.ex.connection
        try:
            answer = task.result()
        except BaseException:
            logger.exception("a request failed")
            answer = Answer(500, b'{"error":"internal error, see the server\'s log"}')
        connection.take_answer(self.ex, answer)
        connection.flush()

    def packed(self, future) -> None:
        """An answer was compressed."""
        if self.ex.connection == NULL or future.cancelled():
            return
        self.ex.payload = _owned(future.result())
        self.ex.done = True
        (<Connection> <object> self.ex.connection).flush()


cdef Held _hold(Exchange* ex):
    cdef Held held = Held.__new__(Held)
    exchange_hold(ex)
    held.ex = ex
    return held


cdef class Work:
    """An inference request that is read on another thread: compressed, or of much JSON."""

    cdef Exchange* ex
    cdef bint coded
    cdef Route route
    cdef BodyShape body
    cdef DescribeLimits limits
    cdef bytes header_length
    cdef int result

    def __dealloc__(self):
        if self.ex != NULL:
            exchange_drop(self.ex)

    def run(self) -> None:
        """On the other thread. Touches nothing of the exchange that the loop does."""
        self.result = -1
        if self.coded:
            self.decode()
        if self.header_length is not None:
            self.body.header_length = PyBytes_AS_STRING(self.header_length)
        with nogil:
            self.result = infer_submit(self.ex, &self.route, &self.body, &self.limits)

    cdef int decode(self) except -1:
        cdef Block* plain
        cdef bytes decoded = decompress(
            self.body.bytes[:<Py_ssize_t> self.body.size], self.limits.max_input_bytes)
        cdef size_t size = <size_t> PyBytes_GET_SIZE(decoded)
        plain = block_new(size or 1)
        if plain == NULL:
            raise MemoryError
        memcpy(block_data(plain), PyBytes_AS_STRING(decoded), size)
        block_drop(self.ex.block)
        self.ex.block = plain
        self.body.bytes = block_data(plain)
        self.body.size = size
        return 0

    def finished(self, future) -> None:
        """Back on the loop. The answer may have been there before us."""
        cdef Exchange* ex = self.ex
        cdef TRITONSERVER_Error* error
        if future.cancelled():      # the port is closed
            return
        ex.control = False
        failure = future.exception()
        if failure is not None:
            if isinstance(failure, HttpError):
                _fault_of(ex, failure)
            else:
                logger.error("reading a request failed", exc_info=failure)
                fault_set(&ex.fault, 503 if isinstance(failure, MemoryError) else 500,
                          b"the request could not be read")
        if failure is not None or self.result != 0:
            answer_fault(ex)
            ex.done = True
            if ex.connection != NULL:
                (<Connection> <object> ex.connection).flush()
            return
        ex.in_flight = not ex.done
        if ex.connection != NULL:
            (<Connection> <object> ex.connection).parse()
        elif not ex.done:
            with nogil:
                error = TRITONSERVER_InferenceRequestCancel(ex.request)
                if error != NULL:
                    TRITONSERVER_ErrorDelete(error)
