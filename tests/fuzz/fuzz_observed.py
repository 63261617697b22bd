# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Front ends that tell about their requests: with an access log, with every request traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from triton_py.frontend.access_log import Record, json_line, line
from triton_py.tracing import Level, TraceManager, TraceOptions

#: Bits of an input's settings.
LOGGED, TRACED = 8, 16


class Log:
    """What a front end takes for its access log; remembers the records and makes their lines."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def write(self, *values: Any) -> None:
        record = Record(0.0, *values)
        for text in (line(record), json_line(record)):
            if "\n" in text or not text.isascii():
                raise AssertionError(f"no line: {text!r}")
        if len(line(record).split(" ")) != len(Record._fields):
            raise AssertionError(f"fields that can't be told apart: {line(record)!r}")
        self.records.append(record)

    def take(self) -> list[Record]:
        """The records since the last time."""
        out, self.records = self.records, []
        return out


class Observed(NamedTuple):
    """What an endpoint is made with."""

    tracing: TraceManager
    log: Log | None


def observed(place: Path) -> dict[int, Observed]:
    """By the bits of the settings. Traces go to a file in the folder."""
    quiet = TraceManager()
    # All that were ever made may wait: being late is no fault here.
    loud = TraceManager(TraceOptions(level=Level.TIMESTAMPS | Level.TENSORS, rate=1,
                                     file=str(place / "trace")), most_backlog=1 << 30)
    log = Log()
    return {traced | logged: Observed(loud if traced else quiet, log if logged else None)
            for traced in (0, TRACED) for logged in (0, LOGGED)}
