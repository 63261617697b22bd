# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What ``triton-py serve`` shows: progress while models load, tables when they are loaded."""

from __future__ import annotations

import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from typing import Self, TextIO

from triton_py.progress import LoadEvent, Step, subscribe

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
        self._planned: set[str] = set()
        self._loading: dict[str, float] = {}
        self._done: dict[str, Step] = {}

    def __enter__(self) -> Self:
        self._unsubscribe = subscribe(self.on_event)
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()
        with self._lock:
            if self._bar and self._planned:
                self._stream.write("\x1b[K")
                self._stream.flush()

    def on_event(self, event: LoadEvent) -> None:
        """Takes one step of one model; any thread."""
        with self._lock:
            self._planned.add(event.model)
            if event.step is Step.LOADING:
                self._loading[event.model] = time.monotonic()
                self._done.pop(event.model, None)
            elif event.step in (Step.LOADED, Step.FAILED):
                started = self._loading.pop(event.model, None)
                self._done[event.model] = event.step
                if not self._bar:
                    self._plain(event, started)
            if self._bar:
                self._draw()

    def _plain(self, event: LoadEvent, started: float | None) -> None:
        took = f" in {time.monotonic() - started:.1f} s" if started is not None else ""
        count = f"[{len(self._done)}/{len(self._planned)}]"
        if event.step is Step.LOADED:
            text = f"{count} loaded {event.model}{took}"
        else:
            text = f"{count} failed {event.model}{took}: {event.reason}"
        print(text, file=self._stream, flush=True)

    def _draw(self) -> None:
        done, total = len(self._done), len(self._planned)
        failed = sum(step is Step.FAILED for step in self._done.values())
        filled = _BAR_WIDTH * done // total if total else 0
        line = f"loading models [{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done}/{total}"
        if failed:
            line += f", {failed} failed"
        if self._loading:
            line += "  " + ", ".join(self._loading)
        width = shutil.get_terminal_size().columns
        # The cursor goes back to the line's start, so that a log line replaces the bar.
        self._stream.write("\x1b[K" + line[:width - 1] + "\r")
        self._stream.flush()


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """A framed table as tritonserver prints them; the last column wraps at ``width`` characters.

    :param width: of the whole table; 0 for the terminal's, and at least 80.
    """
    width = width or max(80, shutil.get_terminal_size((110, 24)).columns)
    sizes = [max([len(h), *(len(row[i]) for row in rows)]) for i, h in enumerate(headers)]
    room = width - sum(sizes[:-1]) - 3 * len(sizes) - 1
    sizes[-1] = min(sizes[-1], max(room, 24, len(headers[-1])))
    rule = "+" + "+".join("-" * (size + 2) for size in sizes) + "+"

    def line(cells: Sequence[str]) -> str:
        return "|" + "|".join(f" {c:<{s}} " for c, s in zip(cells, sizes, strict=True)) + "|"

    out = [rule, line(headers), rule]
    for row in rows:
        last = [part for text in row[-1].splitlines() or [""]
                for part in textwrap.wrap(text, sizes[-1], break_on_hyphens=False) or [""]]
        out.append(line([*row[:-1], last[0]]))
        blank = [""] * (len(row) - 1)
        out += [line([*blank, part]) for part in last[1:]]
    return "\n".join([*out, rule])


def models_table(index: Sequence[dict[str, str]]) -> str:
    """The table of models from the repository index's entries."""
    rows = [(m["name"], m.get("version", "-") or "-", _status(m)) for m in index]
    return table(("Model", "Version", "Status"), sorted(rows, key=_by_version))


def _by_version(row: Sequence[str]) -> tuple[str, int]:
    return row[0], int(row[1]) if row[1].isdigit() else 0


def _status(entry: dict[str, str]) -> str:
    state = entry.get("state") or "UNAVAILABLE"
    reason = entry.get("reason")
    return f"{state}: {reason}" if reason else state


def backends_table(backends: Sequence[tuple[str, str, str]]) -> str:
    """The table of backends: name, library, configuration."""
    return table(("Backend", "Path", "Config"), sorted(backends))
