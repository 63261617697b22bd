# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is shown while a run goes on: a bar with counts on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TextIO

from .case_text import one_line
from .summary import plural

_BAR_WIDTH = 28


class Progress:
    """Counts clauses, cases and violations.

    ``start``, then ``step`` whenever a clause is through, then ``finish``; any thread.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._bar = self._stream.isatty()
        self._lock = threading.Lock()
        self._total = 0
        self._started = time.monotonic()
        #: By clause, as one may be looked at again: its newest counts are right.
        self._counts: dict[str, tuple[int, int]] = {}
        self._drawn = False

    def start(self, total: int) -> None:
        """A run of so many clauses begins."""
        with self._lock:
            self._total = total
            self._started = time.monotonic()
            self._counts.clear()
            if self._bar:
                self._draw(bar_line(0, total, 0, 0, ""))

    def step(self, clause_id: str, cases: int, violations: int) -> None:
        """A clause is through: so many cases exercised it, and showed so many violations."""
        with self._lock:
            self._counts[clause_id] = (cases, violations)
            done = len(self._counts)
            total = max(self._total, done)
            if self._bar:
                all_cases = sum(c for c, _ in self._counts.values())
                found = sum(v for _, v in self._counts.values())
                self._draw(bar_line(done, total, all_cases, found, one_line(clause_id)))
                return
            took = time.monotonic() - self._started
            what = plural(cases, "case")
            if violations:
                what += f", {plural(violations, 'violation')}"
            print(f"[{done}/{total}] {one_line(clause_id)}: {what} ({took:.1f} s)",
                  file=self._stream, flush=True)  # fmt: skip

    def finish(self) -> None:
        """The run is over; the bar is cleared."""
        with self._lock:
            if self._drawn:
                self._drawn = False
                self._stream.write("\x1b[K")
                self._stream.flush()

    def _draw(self, line: str) -> None:
        self._drawn = True
        width = shutil.get_terminal_size().columns
        # The cursor goes back to the line's start, so that the next line replaces the bar.
        self._stream.write("\x1b[K" + line[: width - 1] + "\r")
        self._stream.flush()


def bar_line(done: int, total: int, cases: int, violations: int, last: str) -> str:
    """``certifying [####....] 3/62, 120 cases, 1 violation  requests.released``."""
    filled = _BAR_WIDTH * done // total if total else _BAR_WIDTH
    line = f"certifying [{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}"
    line += f", {plural(cases, 'case')}"
    if violations:
        line += f", {plural(violations, 'violation')}"
    return f"{line}  {last}".rstrip()
