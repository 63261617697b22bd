# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What ``triton-py serve`` shows while models load. (The tables of what is loaded are logged by the
server itself.)"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import Self, TextIO

from triton_py.progress import LoadEvent, subscribe

_BAR_WIDTH = 28


class LoadProgress:
    """Counts models while they load; a context manager around the loading.

    On a terminal one line with a bar is redrawn; elsewhere one plain line is written for each model
    that is loaded or has failed. Events come from the loading threads.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._bar = self._stream.isatty()
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._draw("loading models ...")
        self._unsubscribe = subscribe(self.on_event)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()
        with self._lock:
            if self._drawn:
                self._stream.write("\x1b[K")
                self._stream.flush()

    def on_event(self, event: LoadEvent) -> None:
        """Takes the news of one model; any thread."""
        with self._lock:
            done = event.loaded + event.failed
            if self._bar:
                self._draw(bar_line(done, event.total, event.failed, event.name))
            else:
                took = time.monotonic() - self._started
                word = "loaded" if event.error is None else "failed to load"
                print(f"[{done}/{event.total}] {word} {event.name} ({took:.1f} s)",
                      file=self._stream, flush=True)

    def _draw(self, line: str) -> None:
        if not self._bar:
            return
        self._drawn = True
        width = shutil.get_terminal_size().columns
        # The cursor goes back to the line's start, so that a log line replaces the bar.
        self._stream.write("\x1b[K" + line[:width - 1] + "\r")
        self._stream.flush()


def bar_line(done: int, total: int, failed: int, last: str) -> str:
    """``loading models [####....] 3/7, 1 failed  last_model``."""
    filled = _BAR_WIDTH * done // total if total else _BAR_WIDTH
    line = f"loading models [{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}"
    if failed:
        line += f", {failed} failed"
    return f"{line}  {last}"
