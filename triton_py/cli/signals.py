# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""SIGTERM and SIGINT: the first asks the server to stop, the second ends the process.

SIGHUP: certificates and log files are read and opened again, where there are some.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

_NUMBERS = (signal.SIGTERM, signal.SIGINT)
#: Seconds within which a signal from the loop is the one that was remembered.
_SAME = 0.2
#: Signals that came before there was an event loop to handle them.
_early: list[int] = []


def remember_early_signals() -> None:
    """From now on the first signal is kept for ``StopSignals``, and the second ends the process.

    Python's own answer, to raise KeyboardInterrupt wherever the main thread happens to be, is
    lost when that is inside an import that takes any failure for a missing module.
    """
    def remember(number: int, _: object) -> None:
        if _early:
            os._exit(128 + number)
        _early.append(number)

    for number in _NUMBERS:
        signal.signal(number, remember)


class StopSignals:
    """Set up in the event loop's thread, before anything that may take long."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asked = asyncio.Event()
        #: When a remembered signal was taken over; the loop may deliver that one once more.
        self._taken_over = -_SAME
        self.received: signal.Signals | None = None
        for number in _NUMBERS:
            loop.add_signal_handler(number, self._on_signal, number)
        for early in _early:
            self._on_signal(signal.Signals(early))
            self._taken_over = loop.time()

    @property
    def asked(self) -> bool:
        """A signal has come."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Returns once a signal has come."""
        await self._asked.wait()

    def _on_signal(self, number: signal.Signals) -> None:
        if not self.asked:
            self.received = number
            self._asked.set()
        elif self._loop.time() - self._taken_over > _SAME:
            # No clean-up: the user has seen the first one take too long.
            print(f"\n{number.name} again: stopping at once", file=sys.stderr, flush=True)
            os._exit(128 + number)


class HangUps:
    """Calls ``reload`` on each SIGHUP, one at a time; set up in the event loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop,
                 reload: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._loop = loop
        self._reload = reload
        self._task: asyncio.Task[None] | None = None
        self._again = False
        loop.add_signal_handler(signal.SIGHUP, self._on_signal)

    def _on_signal(self) -> None:
        self._again = True
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        while self._again:
            self._again = False
            await self._reload()
