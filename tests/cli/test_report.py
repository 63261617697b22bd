# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Progress while models load: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
from dataclasses import dataclass

from triton_py import progress
from triton_py.cli.report import LoadProgress, bar_line


@dataclass
class Event:
    name: str
    loaded: int
    failed: int
    total: int
    error: Exception | None = None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


EVENTS = (Event("a", 1, 0, 3), Event("b", 1, 1, 3, ValueError("no")), Event("c", 2, 1, 3))


def run(stream: io.StringIO) -> str:
    with LoadProgress(stream):
        for event in EVENTS:
            progress.publish(event)
    progress.publish(Event("later", 1, 0, 1))
    return stream.getvalue()


def test_plain_lines_where_there_is_no_terminal():
    lines = run(io.StringIO()).splitlines()
    assert [line.rsplit(" (", 1)[0] for line in lines] == [
        "[1/3] loaded a", "[2/3] failed to load b", "[3/3] loaded c"]


def test_one_redrawn_line_on_a_terminal():
    text = run(Terminal())
    assert "\n" not in text
    assert "3/3, 1 failed" in text
    assert "later" not in text
    assert text.endswith("\r\x1b[K"), "the line is cleared in the end"


def test_the_bar_fills():
    assert bar_line(0, 4, 0, "m").count("#") == 0
    assert bar_line(2, 4, 0, "m").count("#") == bar_line(2, 4, 0, "m").count(".")
    assert "." not in bar_line(4, 4, 0, "m")
