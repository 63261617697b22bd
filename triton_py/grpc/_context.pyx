# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Calls that Python answers: all but the fast path."""

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport uint8_t
from libc.string cimport memmove

from triton_py.frontend._memory cimport Block, buf_free, buf_put
from triton_py.grpc._answer cimport (
    STATUS_CANCELLED,
    STATUS_OK,
    answer_error,
    answer_message,
    answer_status,
)
from triton_py.grpc._call cimport Call, call_drop, call_hold, call_take_message
from triton_py.grpc._callbacks cimport receive
from triton_py.grpc._coding cimport coding_name
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._headers cimport metadata_list
from triton_py.grpc._outgoing cimport outgoing_bytes
from triton_py.grpc._received cimport received

import asyncio
from collections import deque

import grpc

from triton_py.grpc.compression import pack, unpack

cdef enum:
    ENOUGH_MESSAGES = 64        # that wait unread
    ENOUGH_BYTES = 64 * 1024    # that wait to be sent, before write() waits
    ELSEWHERE = 64 * 1024       # messages from this size on are compressed by a thread

EOF = grpc.aio.EOF


class CallOver(ConnectionError):
    """There is nobody any more to send to."""


class Aborted(Exception):
    """The handler ended its call with a status."""


cdef CallContext new_context(Connection connection, Call* call, object handler):
    cdef CallContext context = CallContext.__new__(CallContext)
    call_hold(call)
    context.call = call
    context.connection = connection
    context.handler = handler
    context.messages = deque()
    Py_INCREF(context)
    call.context = <PyObject*> context
    return context


cdef class CallContext:
    """What a handler is given beside its message."""

    def __dealloc__(self):
        buf_free(&self.stash)
        if self.call != NULL:
            call_drop(self.call)

    # --- from the connection ---

    cdef int start(self, bytes message) except -1:
        self.task = self.connection.endpoint.loop.create_task(self._run(message))
        return 0

    cdef int start_stream(self) except -1:
        self.task = self.connection.endpoint.loop.create_task(self._run(None))
        return 0

    cdef int feed(self, const uint8_t* data, size_t size) except -1:
        cdef ssize_t taken = 0
        if self.stash.size == 0:
            taken = receive(self.connection, self.call, data, size)
        if <size_t> taken < size and not self.call.ended:
            buf_put(&self.stash, data + taken, size - taken)
            if self.stash.failed:
                raise MemoryError("no memory for a stream's messages")
        return 0

    cdef int unstash(self) except -1:
        """There is room for messages again."""
        cdef ssize_t taken
        if self.stash.size:
            taken = receive(
                self.connection, self.call, <const uint8_t*> self.stash.data + self.stash_at,
                self.stash.size - self.stash_at)
            self.stash_at += taken
            if self.stash_at == self.stash.size:
                buf_free(&self.stash)
                self.stash_at = 0
            elif self.stash_at >= self.stash.size // 2:
                self.stash.size -= self.stash_at
                memmove(self.stash.data, self.stash.data + self.stash_at, self.stash.size)
                self.stash_at = 0
        if self.call.unconsumed and not self.is_full() and self.connection.session != NULL:
            self.connection.h2.session_consume_stream(
                self.connection.session, self.call.stream_id, self.call.unconsumed)
            self.call.unconsumed = 0
            self.connection.pump_later()
        return 0

    cdef bint take_message(self) except -1:
        cdef bint compressed = self.call.compressed
        cdef size_t size = self.call.size
        cdef Block* block = call_take_message(self.call)
        message = received(block, size)
        if compressed:
            try:
                message = unpack(bytes(message), coding_name(self.call.encoding),
                                 self.connection.endpoint.max_message)
            except Exception as error:
                answer_error(self.connection, self.call, error)
                self.close()
                return False
        self.messages.append(message)
        self._wake_reader()
        return len(self.messages) < ENOUGH_MESSAGES

    cdef bint is_full(self) noexcept:
        return self.stash.size != 0 or (len(self.messages) > 0 and self.reader is None)

    cdef int end_of_messages(self) except -1:
        self.eof = True
        self._wake_reader()
        return 0

    cdef void sent(self) noexcept:
        if self.writer is not None and self.call.queued < ENOUGH_BYTES:
            if not self.writer.done():
                self.writer.set_result(None)

    cdef void close(self) noexcept:
        self.over = True
        if self.task is not None and not self.task.done():
            self.task.cancel()

    cdef int stop(self) except -1:
        # Handlers are told by an event of their own.
        return 0

    def _wake_reader(self):
        if self.reader is not None and not self.reader.done():
            self.reader.set_result(None)

    # --- the handler's life ---

    async def _run(self, message):
        try:
            response = await self.handler(message, self)
            if response is not None:
                await self.write(response)
        except Aborted:
            pass
        except CallOver:
            return
        except asyncio.CancelledError:
            self._end(STATUS_CANCELLED, "the call was cancelled")
            raise
        except Exception as error:
            if not self.over:
                answer_error(self.connection, self.call, error)
        else:
            self._end(STATUS_OK, None)
        finally:
            self.task = None
        self.connection.pump_later()

    def _end(self, int status, text):
        if not self.over:
            answer_status(self.connection, self.call, status, text)
            self.connection.pump_later()

    # --- for handlers ---

    def invocation_metadata(self):
        """The client's metadata as (name, value); a value is a str, or bytes for names in -bin."""
        return metadata_list(self.call)

    async def read(self):
        """The next message, or grpc.aio.EOF where the client sends none any more."""
        while not self.messages:
            if self.stash.size:
                self.unstash()
            elif self.eof or self.over:
                return EOF
            else:
                self.reader = self.connection.endpoint.loop.create_future()
                try:
                    await self.reader
                finally:
                    self.reader = None
        message = self.messages.popleft()
        if not self.messages:
            self.unstash()
        return message

    async def write(self, bytes message not None):
        """Sends a message; returns when there is room for more.

        Raises ``CallOver`` where nobody listens any more.
        """
        cdef bint compressed = False
        if self.over or self.call.ended:
            raise CallOver("the call is over")
        if self.connection.endpoint.coding & self.call.accept:
            coding = coding_name(self.connection.endpoint.coding)
            if len(message) < ELSEWHERE:
                packed = pack(message, coding)
            else:
                packed = await self.connection.endpoint.loop.run_in_executor(
                    self.connection.endpoint.pool, pack, message, coding)
            if packed is not None:
                message = packed
                compressed = True
        answer_message(self.connection, self.call, outgoing_bytes(message, compressed))
        self.connection.pump_later()
        while self.call.queued >= ENOUGH_BYTES and not self.over:
            self.writer = self.connection.endpoint.loop.create_future()
            try:
                await self.writer
            finally:
                self.writer = None

    async def abort(self, code, details=""):
        """Ends the call with a status; does not return."""
        self._end(code.value[0], details)
        raise Aborted(details)
