# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for responses: the asyncio way (``AsyncBridge``) and the blocking way (``infer``)."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from triton_py.errors import UnavailableError
from triton_py.inprocess.queue import FINAL, CompletionQueue
from triton_py.inprocess.request import NativeRequest
from triton_py.inprocess.response import NativeResponse

__all__ = ["AsyncBridge", "ResponseStream", "infer"]


class ResponseStream:
    """The responses of one request on their way to one coroutine, as ``(response, flags)``.

    The final one may carry no response (None); it ends the iteration. What arrives before it is
    asked for is kept. A stream that is dropped lets the request run on, unseen; ``cancel`` stops it.
    """

    __slots__ = ("__weakref__", "_arrived", "_error", "_waiter", "final", "request")

    def __init__(self, request: NativeRequest) -> None:
        self.request = request
        #: The final response has arrived (though perhaps not been asked for).
        self.final = False
        self._arrived: deque[tuple[NativeResponse | None, int]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _put(self, response: NativeResponse | None, flags: int) -> None:
        self.final = self.final or bool(flags & FINAL)
        self._arrived.append((response, flags))
        self._wake()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._wake()

    def cancel(self) -> None:
        """Asks the core to cancel the request; its responses still come."""
        self.request.cancel()

    def __aiter__(self) -> ResponseStream:
        return self

    async def __anext__(self) -> tuple[NativeResponse | None, int]:
        while not self._arrived:
            if self._error is not None:
                raise self._error
            if self.final:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._arrived.popleft()


class AsyncBridge:
    """Delivers the responses of many requests to the coroutines of one event loop.

    One completion queue and one file descriptor serve the whole loop. To be made and used in the
    loop's thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop if loop is not None else asyncio.get_running_loop()
        self._queue = CompletionQueue()
        self._in_flight: set[ResponseStream] = set()
        self._idle: asyncio.Future[None] | None = None
        self._closed = False
        self._closing = False
        self._loop.add_reader(self._queue.fileno(), self._drain)

    @property
    def in_flight(self) -> int:
        """Requests whose final response has not come yet."""
        return len(self._in_flight)

    def _drain(self) -> None:
        for stream, response, flags in self._queue.drain():
            stream._put(response, flags)
            if stream.final:
                self._in_flight.discard(stream)
        if not self._in_flight:
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)
            if self._closing:
                self.close()

    def stream(self, request: NativeRequest) -> ResponseStream:
        """Sends ``request`` now; its responses are taken from what this returns."""
        if self._closed or self._closing:
            raise UnavailableError("the bridge to the server is closed")
        stream = ResponseStream(request)
        request.submit(self._queue, stream)
        self._in_flight.add(stream)
        return stream

    async def infer(self, request: NativeRequest) -> list[NativeResponse]:
        """Sends ``request``; returns all its responses, in order, once the final one is there.

        Error responses are in the list as they are (``response.error``). When the awaiting task is
        cancelled, so is the request.
        """
        stream = self.stream(request)
        try:
            return [response async for response, _ in stream if response is not None]
        except asyncio.CancelledError:
            stream.cancel()
            raise

    def cancel_all(self) -> None:
        """Asks the core to cancel every request in flight; their responses still come."""
        for stream in self._in_flight:
            stream.cancel()

    async def wait_idle(self, timeout: float | None = None) -> bool:
        """Waits until no request is in flight; False if ``timeout`` seconds were not enough."""
        if not self._in_flight:
            return True
        if self._idle is None or self._idle.done():
            self._idle = self._loop.create_future()
        try:
            await asyncio.wait_for(asyncio.shield(self._idle), timeout)
        except TimeoutError:
            return False
        return True

    def close_when_idle(self) -> None:
        """Takes no more requests, and closes once those in flight have got their responses."""
        self._closing = True
        if not self._in_flight:
            self.close()

    def close(self) -> None:
        """Detaches from the loop. Requests still in flight are cancelled and settled unseen."""
        if self._closed:
            return
        self._closed = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._queue.fileno())
            error = UnavailableError("the bridge to the server is closed")
            for stream in self._in_flight:
                stream._fail(error)
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)
        self.cancel_all()
        self._in_flight.clear()
        self._queue.close()


#: How long ``infer`` waits for the core to give the inputs back after the final response.
RELEASE_GRACE = 1.0


def infer(request: NativeRequest, timeout: float | None = None) -> list[NativeResponse]:
    """Sends ``request`` and blocks, without the GIL, until its final response is there.

    Returns all responses, error responses included; by then the inputs' buffers are free again
    (unless the backend keeps the request for more than a second after its last response). After
    ``timeout`` seconds the request is cancelled and ``TimeoutError`` raised.
    """
    queue = CompletionQueue()
    request.submit(queue)
    responses: list[NativeResponse] = []
    deadline = None if timeout is None else time.monotonic() + timeout
    final = False
    try:
        while not final:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not queue.wait(left):
                raise TimeoutError(f"no final response within {timeout} seconds")
            for _, response, flags in queue.drain():
                if response is not None:
                    responses.append(response)
                final = final or bool(flags & FINAL)
        while queue.in_flight and queue.wait(RELEASE_GRACE):
            queue.drain()
        return responses
    finally:
        if not final:
            # Also on KeyboardInterrupt: the core may still hold the inputs, and is told to hurry.
            request.cancel()
        queue.close()
