# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How far a run is, in one line on a terminal; elsewhere nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from .case_text import one_line
from .summary import plural

_BAR_WIDTH = 20
#: Seconds between two drawings: more often is not read, and a slow terminal would slow the run.
_PAUSE = 0.1


class Progress:
    """Called with the clause, the cases and the violations so far; ``finish`` clears the line."""

    def __init__(
        self, stream: TextIO, budget_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._budget = budget_s
        self._clock = clock
        self._began = clock()
        self._next = self._began
        self._clause = ""
        self._found = 0
        self._shows = stream.isatty()
        self._drawn = False

    def __call__(self, clause: str, cases: int, found: int) -> None:
        self._clause = clause or self._clause
        now = self._clock()
        # A violation is shown at once.
        if not self._shows or (now < self._next and found == self._found):
            return
        self._next, self._found = now + _PAUSE, found
        line = progress_line(now - self._began, self._budget, cases, found, self._clause)
        width = shutil.get_terminal_size().columns
        # The cursor goes back to the line's start, so that whatever comes next replaces it.
        self._stream.write("\x1b[K" + line[: max(1, width - 1)] + "\r")
        self._stream.flush()
        self._drawn = True

    def finish(self) -> None:
        """The run is over, or has failed."""
        if self._drawn:
            self._drawn = False
            self._stream.write("\x1b[K")
            self._stream.flush()


def progress_line(elapsed: float, budget: float, cases: int, found: int, clause: str) -> str:
    """``[####....] 12/80 s  120 cases  1 violation  requests.released``: the bar is of time."""
    share = min(1.0, elapsed / budget) if budget > 0 else 1.0
    filled = int(_BAR_WIDTH * share)
    bar = "#" * filled + "." * (_BAR_WIDTH - filled)
    parts = [f"[{bar}] {elapsed:.0f}/{budget:.0f} s", plural(cases, "case"),
             plural(found, "violation"), one_line(clause)]  # fmt: skip
    return "  ".join(part for part in parts if part)
