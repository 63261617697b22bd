# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for coroutines and threads on behalf of exchanges.

Whatever waits holds its exchange, and the exchange may lose its connection meanwhile: so nothing
here knows connections, only ``ready``.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF, PyObject
from libc.string cimport memcpy

from triton_py.http._answer cimport joined_body
from triton_py.http._describe cimport DescribeLimits
from triton_py.http._exchange cimport (
    CODING_GZIP,
    LOAD_JSON,
    Exchange,
    exchange_cancel,
    exchange_drop,
    exchange_hold,
    exchange_refuse,
)
from triton_py.frontend._fault cimport fault_set
from triton_py.http._generate cimport generate_submit
from triton_py.http._infer cimport ROUTE_INFER, BodyShape, Route, infer_submit
from triton_py.frontend._memory cimport Block, arena_take, block_data, block_drop, block_new

import logging

from triton_py.http._parser import HttpError
from triton_py.http.compression import check_coding, compress, decompress
from triton_py.http.message import Answer

cdef enum:
    PACK_ELSEWHERE = 1 << 15    # answers of this size and more are compressed on a thread

logger = logging.getLogger("triton_py.http")


cdef PyObject* owned(object value) noexcept:
    Py_INCREF(value)
    return <PyObject*> value


# --- applications ----------------------------------------------------------------------------


cdef int take_answer(Exchange* ex, object answer) except -1:
    lines = [f"Content-Type: {answer.content_type}\r\n"] if answer.body else []
    lines += [f"{name}: {value}\r\n" for name, value in answer.headers.items()]
    ex.extra = owned("".join(lines).encode("latin-1"))
    ex.payload = owned(answer.body)
    ex.status = answer.status
    ex.done = True
    return 0


cdef class Waiting:
    """An exchange whose answer comes from Python."""

    cdef Exchange* ex
    cdef ReadyFn ready

    def __dealloc__(self):
        if self.ex != NULL:
            exchange_drop(self.ex)

    def answered(self, task) -> None:
        """An application's coroutine is done."""
        try:
            answer = task.result()
        except BaseException:       # CancelledError too: the loop is being torn down
            logger.exception("a request failed")
            answer = Answer(500, b'{"error":"internal error, see the server\'s log"}')
        if self.ex.connection != NULL:
            take_answer(self.ex, answer)
            self.ready(self.ex)

    def packed(self, future) -> None:
        """An answer is compressed."""
        if self.ex.connection != NULL and not future.cancelled():
            self.ex.payload = owned(future.result())
            self.ex.done = True
            self.ready(self.ex)

    def reported(self, future) -> None:
        """The load is known, or that there is none to tell."""
        cdef bytes line
        cdef char* copy
        if self.ex.connection == NULL or future.cancelled():
            return
        self.ex.reporting = False
        line = future.result()
        if line:
            copy = <char*> arena_take(&self.ex.arena, PyBytes_GET_SIZE(line) + 1)
            if copy != NULL:
                memcpy(copy, PyBytes_AS_STRING(line), PyBytes_GET_SIZE(line) + 1)
                self.ex.lines = copy
        self.ready(self.ex)


cdef Waiting _waiting(Exchange* ex, ReadyFn ready):
    cdef Waiting waiting = Waiting.__new__(Waiting)
    exchange_hold(ex)
    waiting.ex = ex
    waiting.ready = ready
    return waiting


cdef int await_answer(Exchange* ex, object task, ReadyFn ready) except -1:
    task.add_done_callback(_waiting(ex, ready).answered)
    return 0


# --- compression -----------------------------------------------------------------------------


cdef bint pack_answer(Exchange* ex, object loop, object pool, ReadyFn ready) except -1:
    coding = "gzip" if ex.accept == CODING_GZIP else "deflate"
    lines = f"Content-Encoding: {coding}\r\n"
    if ex.binary:
        lines += ("Content-Type: application/octet-stream\r\n"
                  f"Inference-Header-Content-Length: {ex.text.size}\r\n")
    else:
        lines += "Content-Type: application/json\r\n"
    ex.extra = owned(lines.encode())
    body = joined_body(ex)
    if len(body) < PACK_ELSEWHERE:
        ex.payload = owned(compress(body, coding))
        ex.done = True
        return True
    future = loop.run_in_executor(pool, compress, body, coding)
    future.add_done_callback(_waiting(ex, ready).packed)
    return False


# --- the server's load -----------------------------------------------------------------------


cdef int report_load(Exchange* ex, object line, object loop, object pool, ReadyFn ready
                     ) except -1:
    future = loop.run_in_executor(pool, line, ex.load == LOAD_JSON)
    ex.reporting = True
    future.add_done_callback(_waiting(ex, ready).reported)
    return 0


# --- requests that take long to read ---------------------------------------------------------


cdef int _fail(Exchange* ex, error) except -1:
    cdef bytes text = str(error).encode()
    fault_set(&ex.fault, error.status, "%s", PyBytes_AS_STRING(text))
    return 0


cdef class Reading:
    """An inference request that is read on another thread: compressed, of much JSON, or one of
    generate, for which the core is asked what the model's inputs are."""

    cdef Exchange* ex
    cdef ReadyFn ready
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
            if self.route.kind == ROUTE_INFER:
                self.result = infer_submit(self.ex, &self.route, &self.body, &self.limits)
            else:
                self.result = generate_submit(self.ex, &self.route, &self.body, &self.limits)

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
        if future.cancelled():      # the port is closed
            return
        try:
            self.go_on(ex, future)
        finally:
            # Not when the other thread gets round to it.
            self.ex = NULL
            exchange_drop(ex)

    cdef int go_on(self, Exchange* ex, object future) except -1:
        ex.control = False
        failure = future.exception()
        if failure is not None:
            if isinstance(failure, HttpError):
                _fail(ex, failure)
            else:
                logger.error("reading a request failed", exc_info=failure)
                fault_set(&ex.fault, 503 if isinstance(failure, MemoryError) else 500,
                          b"the request could not be read")
        if failure is not None or self.result != 0:
            exchange_refuse(ex)
        elif not ex.done:
            ex.in_flight = True
            if ex.unwanted:
                with nogil:
                    # The client went while we were reading.
                    exchange_cancel(ex)
        if ex.connection != NULL:
            self.ready(ex)
        return 0


cdef int submit_elsewhere(Exchange* ex, str coding, const Route* route, const BodyShape* body,
                          const DescribeLimits* limits, object loop, object pool, ReadyFn ready
                          ) except -1:
    cdef Reading reading
    try:
        coded = check_coding(coding)
    except HttpError as error:
        _fail(ex, error)
        exchange_refuse(ex)
        ex.extra = owned(b"Accept-Encoding: gzip, deflate\r\nContent-Type: application/json\r\n")
        ex.payload = owned(<bytes> ex.text.data[:ex.text.size])
        return 0
    # Until it is handed to the core nothing may overtake it, or sequences would be shuffled.
    ex.control = True
    reading = Reading.__new__(Reading)
    exchange_hold(ex)
    reading.ex = ex
    reading.ready = ready
    reading.coded = coded
    reading.route = route[0]
    reading.body = body[0]
    reading.limits = limits[0]
    if body.header_length != NULL:
        # It lies in the block, which decode() lets go.
        reading.header_length = body.header_length[:body.header_length_size]
    future = loop.run_in_executor(pool, reading.run)
    future.add_done_callback(reading.finished)
    return 0
