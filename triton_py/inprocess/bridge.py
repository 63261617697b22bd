# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for responses: the asyncio way (``AsyncBridge``) and the blocking way (``infer``)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator

from triton_py.errors import UnavailableError
from triton_py.inprocess.queue import FINAL, CompletionQueue
from triton_py.inprocess.request import NativeRequest
from triton_py.inprocess.response import NativeResponse

__all__ = ["AsyncBridge", "infer"]


class _Mailbox:
    """The responses of one request on their way to one coroutine."""

    __slots__ = ("abandoned", "arrived", "final", "request", "waiter")

    def __init__(self, request: NativeRequest) -> None:
        self.request = request
        self.arrived: deque[tuple[NativeResponse | None, int]] = deque()
        self.waiter: asyncio.Future[None] | None = None
        self.final = False
        self.abandoned = False

    def put(self, response: NativeResponse | None, flags: int) -> None:
        if flags & FINAL:
            self.final = True
        if self.abandoned:
            return
        self.arrived.append((response, flags))
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class AsyncBridge:
    """Delivers the responses of many requests to the coroutines of one event loop.

    One completion queue and one file descriptor serve the whole loop. To be made and used in the
    loop's thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop if loop is not None else asyncio.get_running_loop()
        self._queue = CompletionQueue()
        self._in_flight: set[_Mailbox] = set()
        self._idle: asyncio.Future[None] | None = None
        self._closed = False
        self._loop.add_reader(self._queue.fileno(), self._drain)

    @property
    def in_flight(self) -> int:
        """Requests whose final response has not come yet."""
        return len(self._in_flight)

    def _drain(self) -> None:
        for mailbox, response, flags in self._queue.drain():
            mailbox.put(response, flags)
            if mailbox.final:
                self._in_flight.discard(mailbox)
        if not self._in_flight and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    def _send(self, request: NativeRequest) -> _Mailbox:
        if self._closed:
            raise UnavailableError("the bridge to the server is closed")
        mailbox = _Mailbox(request)
        request.submit(self._queue, mailbox)
        self._in_flight.add(mailbox)
        return mailbox

    def _abandon(self, mailbox: _Mailbox) -> None:
        mailbox.abandoned = True
        mailbox.arrived.clear()
        mailbox.request.cancel()

    async def infer(self, request: NativeRequest) -> list[NativeResponse]:
        """Sends ``request``; returns all its responses, in order, once the final one is there.

        Error responses are in the list as they are (``response.error``). When the awaiting task is
        cancelled, so is the request; what the core still sends for it is dropped.
        """
        return [
            response async for response, _ in self.stream(request) if response is not None
        ]

    async def stream(
        self, request: NativeRequest
    ) -> AsyncIterator[tuple[NativeResponse | None, int]]:
        """Sends ``request`` and yields ``(response, flags)`` as they come, up to the final one.

        The final one may carry no response (None). Leaving the iteration early cancels the request.
        """
        mailbox = self._send(request)
        try:
            while True:
                while mailbox.arrived:
                    response, flags = mailbox.arrived.popleft()
                    yield response, flags
                    if flags & FINAL:
                        return
                mailbox.waiter = self._loop.create_future()
                await mailbox.waiter
        finally:
            if not mailbox.final:
                self._abandon(mailbox)

    def cancel_all(self) -> None:
        """Asks the core to cancel every request in flight; their responses still come."""
        for mailbox in self._in_flight:
            mailbox.request.cancel()

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

    def close(self) -> None:
        """Detaches from the loop. Requests still in flight are cancelled and settled unseen."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._queue.fileno())
        for mailbox in list(self._in_flight):
            self._abandon(mailbox)
            if mailbox.waiter is not None and not mailbox.waiter.done():
                mailbox.waiter.set_exception(UnavailableError("the bridge to the server is closed"))
        self._in_flight.clear()
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
        self._queue.close()


def infer(request: NativeRequest, timeout: float | None = None) -> list[NativeResponse]:
    """Sends ``request`` and blocks, without the GIL, until its final response is there.

    Returns all responses, error responses included. After ``timeout`` seconds the request is
    cancelled and ``TimeoutError`` raised.
    """
    queue = CompletionQueue()
    request.submit(queue)
    responses: list[NativeResponse] = []
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not queue.wait(left):
                raise TimeoutError(f"no final response within {timeout} seconds")
            for _, response, flags in queue.drain():
                if response is not None:
                    responses.append(response)
                if flags & FINAL:
                    return responses
    finally:
        # Also on KeyboardInterrupt: the core may still hold the inputs, and is told to hurry.
        request.cancel()
        queue.close()
