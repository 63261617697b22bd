# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is shown while a run goes on: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from .case_text import one_line
from .summary import plural

_BAR_WIDTH = 24
#: Not drawn more often than this, or the terminal would cost more than the cases.
_PAUSE_S = 0.1


class Progress:
    """A bar with what was done so far. ``finish`` clears it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._began = time.monotonic()
        self._last = 0.0
        self._drawn = False

    def __call__(self, done: int, total: int, now: str, cases: int, violations: int) -> None:
        """So many of so many parts are through, and ``now`` is looked at."""
        moment = time.monotonic()
        if not self._shown or moment - self._last < _PAUSE_S:
            return
        self._last = moment
        line = bar_line(done, total, cases, violations, moment - self._began, one_line(now))
        width = shutil.get_terminal_size().columns
        # The cursor goes back to the line's start, so that the next line replaces this one.
        self._stream.write("\x1b[K" + line[: width - 1] + "\r")
        self._stream.flush()
        self._drawn = True

    def finish(self) -> None:
        if self._drawn:
            self._drawn = False
            self._stream.write("\x1b[K")
            self._stream.flush()


def bar_line(
    done: int, total: int, cases: int, violations: int, seconds: float, now: str
) -> str:  # fmt: skip
    """``[######..................] 8/28  120 cases, 1 violation, 4 s  requests.released``."""
    filled = _BAR_WIDTH * done // total if total else _BAR_WIDTH
    line = f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}  {plural(cases, 'case')}"
    if violations:
        line += f", {plural(violations, 'violation')}"
    return f"{line}, {seconds:.0f} s  {now}".rstrip()
