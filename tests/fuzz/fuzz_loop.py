# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What stands around a front end's connection while it is fuzzed: its clock, its transport, its log.

The connection is the real one, over a real socket (answers may be written to it without the event
loop). What uvloop would decide, when bytes arrive and in which pieces, when the client takes some and
how late it is, the input decides.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import logging
import socket
from collections.abc import Callable, Coroutine
from typing import Any


class Violation(AssertionError):
    """Something that must hold for every input does not."""


class _Timer:
    def __init__(self, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.callback, self.arguments, self.cancelled = callback, arguments, False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """An event loop as a front end's endpoint sees it: time passes only by ``advance``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._now = 1000.0
        self._timers: list[tuple[float, int, _Timer]] = []
        self._number = itertools.count()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[..., Any], *arguments: Any) -> _Timer:
        timer = _Timer(callback, arguments)
        heapq.heappush(self._timers, (when, next(self._number), timer))
        return timer

    def call_later(self, delay: float, callback: Callable[..., Any], *arguments: Any) -> _Timer:
        return self.call_at(self._now + delay, callback, *arguments)

    def advance(self, seconds: float) -> None:
        """Lets this much time pass, and what is due in it happen."""
        end = self._now + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._now = max(self._now, when)
            if not timer.cancelled:
                timer.callback(*timer.arguments)
        self._now = end


class Faults(logging.Handler):
    """Errors that the front end logs, and exceptions that nobody took: each is a finding."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))

    def of_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.found.append(f"{context.get('message')}: {context.get('exception')!r}")

    def check(self) -> None:
        found, self.found = self.found, []
        if found:
            raise Violation("the server reported errors of its own: " + "\n".join(found))


class Pipe:
    """A transport of which the test is the client; one end of a socket pair."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any, *, tight: bool) -> None:
        self.loop, self.protocol = loop, protocol
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.far.setblocking(False)
        if tight:
            # The least that the kernel gives, so that answers are taken in parts.
            self.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        self._tight = tight
        self._high = 256 if tight else 1 << 16
        self._unsent = bytearray()
        self._incoming = bytearray()
        self._reading = True
        self._paused = False
        self._eof = False
        self._gone = False      # the client is, which the protocol has not been told yet
        self.closing = False
        self.lost = False
        #: What the client has read.
        self.taken = bytearray()
        #: Whether the client reads at all.
        self.reads = True
        self.faults: list[str] = []
        protocol.connection_made(self)

    # --- as the protocol sees it ---

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self.near if name == "socket" else default

    def write(self, data: Any) -> None:
        if self.closing or self._eof:
            if not self._gone:
                self.faults.append("a write to a transport that is closed")
            return
        self._unsent += data
        self._send()
        if len(self._unsent) > self._high and not self._paused:
            self._paused = True
            self.protocol.pause_writing()

    def writelines(self, parts: list[Any]) -> None:
        self.write(b"".join(parts))

    def write_eof(self) -> None:
        self._eof = True
        self._send()

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is not None and not self._tight:
            self._high = high

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            if not self._unsent:
                self.loop.call_soon(self._lose)

    def abort(self) -> None:
        self.closing = True
        self._unsent.clear()
        self.loop.call_soon(self._lose)

    # --- as the client sees it ---

    @property
    def ended(self) -> bool:
        """Whether all that will ever be written is on the socket."""
        return self.lost or (self._eof and not self._unsent)

    def feed(self, data: bytes) -> None:
        """Bytes from the client, as one read."""
        self._incoming += data
        self._deliver()

    def hang_up(self, half: bool) -> None:
        """The client closes, or says that it will send nothing more."""
        self._deliver()
        if self.closing:
            return
        if not half:
            self.closing = self._gone = True
            self._unsent.clear()
            self.loop.call_soon(self._lose)
        elif not self.protocol.eof_received():
            self._gone = True
            self.close()

    async def turn(self) -> None:
        """One turn of the loop, in which the client reads if it does."""
        self.step()
        await asyncio.sleep(0)

    def step(self) -> None:
        """What the sockets have done meanwhile."""
        if self.lost:
            return
        self._send()
        self._resume()
        if self.reads:
            self._take()
        self._deliver()

    def _deliver(self) -> None:
        while self._incoming and self._reading and not self.closing:
            room = memoryview(self.protocol.get_buffer(-1))
            size = min(len(room), len(self._incoming))
            room[:size] = self._incoming[:size]
            room.release()
            del self._incoming[:size]
            self.protocol.buffer_updated(size)

    def _send(self) -> None:
        while self._unsent:
            try:
                sent = self.near.send(self._unsent)
            except BlockingIOError:
                break
            except OSError:
                self._unsent.clear()
                break
            del self._unsent[:sent]
        if self._unsent:
            return
        if self.closing:
            self.loop.call_soon(self._lose)
        elif self._eof:
            self.near.shutdown(socket.SHUT_WR)

    def _resume(self) -> None:
        """Never from within a write, as no event loop does it."""
        if self._paused and not self._unsent and not self.closing:
            self._paused = False
            self.protocol.resume_writing()

    def _take(self) -> None:
        while True:
            try:
                data = self.far.recv(1 << 16)
            except BlockingIOError:
                return
            except ConnectionError:
                return          # bytes of ours that nobody read: the rest is lost
            if not data:
                return
            self.taken += data

    def _lose(self) -> None:
        if self.lost:
            return
        self.lost = True
        self.protocol.connection_lost(None)
        self.near.close()
        self._take()
        self.far.close()


class Stage:
    """A loop, a clock and a log for the cases of one target, one after another."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = Clock(self.loop)
        self.faults = Faults()
        self.loop.set_exception_handler(self.faults.of_loop)
        self._log = logging.getLogger("triton_py")
        self._log.addHandler(self.faults)
        self._log.propagate = False

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def until(self, done: Callable[[], bool], what: Callable[[], str],
                    step: Callable[[], Any] = lambda: None, seconds: float = 20) -> None:
        """Turns the loop until something holds; a ``Violation`` if it takes longer than ``seconds``."""
        end = self.loop.time() + seconds
        turns = 0
        while not done():
            step()
            turns += 1
            await asyncio.sleep(0 if turns < 50 else 0.0005)
            if turns == 500:
                gc.collect()        # what only a cycle holds is no leak
            if self.loop.time() > end:
                raise Violation(f"after {seconds} seconds: {what()}")

    def close(self) -> None:
        self._log.removeHandler(self.faults)
        self._log.propagate = True
        self.loop.close()
