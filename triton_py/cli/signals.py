# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""SIGTERM and SIGINT: the first asks the server to stop, the second ends the process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys


class StopSignals:
    """Set up in the event loop's thread, before anything that may take long."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asked = asyncio.Event()
        self.received: signal.Signals | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)

    @property
    def asked(self) -> bool:
        """A signal has come."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Returns once a signal has come."""
        await self._asked.wait()

    def _on_signal(self, number: signal.Signals) -> None:
        if self.asked:
            # No clean-up: the user has seen the first one take too long.
            print(f"\n{signal.Signals(number).name} again: stopping at once", file=sys.stderr,
                  flush=True)
            os._exit(128 + number)
        self.received = signal.Signals(number)
        self._asked.set()
