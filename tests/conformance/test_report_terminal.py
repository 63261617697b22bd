# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The report on the terminal, the line of progress, the list of clauses."""

from __future__ import annotations

import io
import re

import pytest
import report_samples as samples

from triton_py.conformance.cases import (
    Case,
    CaseModel,
    CaseRequest,
    FaultAt,
    Infer,
    Load,
    TensorData,
    Unload,
)
from triton_py.conformance.clauses import clauses
from triton_py.conformance.report import terminal
from triton_py.conformance.report.case_steps import step_lines
from triton_py.conformance.report.case_text import printable
from triton_py.conformance.report.progress import Progress, progress_line

_COLOUR = re.compile("\x1b\\[[0-9;]*m")


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("width", [10, 80, 200])
def test_nothing_foreign_moves_the_cursor(width: int, colour: bool) -> None:
    text = terminal.report(samples.hostile(), width, colour)
    assert colour == bool(_COLOUR.search(text))
    plain = _COLOUR.sub("", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", plain)
    assert "\\x1b[2J" in plain or width < 40


def test_each_kind_is_told() -> None:
    text = terminal.report(samples.hostile())
    for what in ("pass ", "fail ", "tolerated ", "advice ", "error ", "blocked ", "not-run "):
        assert f"\n  {what}" in text
    assert text.rstrip().rpartition("\n")[2].startswith("violations: 1 passed, 1 failed")
    assert "incomplete: a problem" in text and "warning: a warning" in text


def test_a_violation_is_told_whole() -> None:
    text = terminal.report(samples.hostile())
    assert "fail requests.released-once (MUST, core)\n  No request is released twice." in text
    assert "    > 8        TRITONBACKEND_RequestRelease(request#1, 1)\n" in text
    assert "      3  T2    TRITONBACKEND_ResponseNew(&response, request#1)\n" in text
    assert "c reproducer: r/a.c" in text
    assert text.count("    > ") == 2  # one for each of its two examples


def test_rows_of_the_matrix() -> None:
    rows = terminal.report(samples.hostile()).split("\n")
    head = next(row for row in rows if row.startswith("profile"))
    core = next(row for row in rows if row.startswith("core "))
    assert head.split() == ["profile", "pass", "fail", "tolerated", "advice", "error", "blocked",
                            "not-run"]  # fmt: skip
    assert core.split() == ["core", "1", "1", "1", "1", "-", "1", "-"]


def test_files_are_named() -> None:
    assert "written: a.json, b.html\n" in terminal.report(samples.conformant(),
                                                          written=["a.json", "b.html"])  # fmt: skip


def test_a_stream_that_can_only_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    terminal.show(samples.hostile(), stream)
    stream.flush()
    assert b"\\U0001f600" in raw.getvalue()


def test_the_list_has_each_clause_once() -> None:
    text = terminal.listing()
    for clause in clauses().values():
        assert text.count(f"\n  {clause.id}  {clause.level}\n") == 1
    only = terminal.listing(["gpu"])
    assert "gpu.outputs" in only and "batching.full" not in only


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_for_terminals() -> None:
    pipe = io.StringIO()
    progress = Progress(pipe, 80.0)
    progress("requests.released", 10, 1)
    progress.finish()
    assert pipe.getvalue() == ""


def test_progress_tells_time_cases_violations_and_clause() -> None:
    now = [0.0]
    stream = Tty()
    progress = Progress(stream, 80.0, lambda: now[0])
    now[0] = 20.0
    progress(f"requests.released {samples.HOSTILE}", 10, 1)
    line = stream.getvalue()
    assert "20/80 s  10 cases  1 violation  requests.released" in line
    assert "[#####..............." in line and line.endswith("\r")
    assert "\x1b" not in line.replace("\x1b[K", "")
    progress("requests.released", 11, 1)  # too soon to be read
    assert stream.getvalue() == line
    progress("requests.released", 12, 2)  # but a violation is told at once
    assert "12 cases  2 violations" in stream.getvalue()
    progress.finish()
    assert stream.getvalue().endswith("\x1b[K")


def test_the_bar_ends() -> None:
    assert progress_line(99, 10, 1, 0, "").startswith("[####################] 99/10 s  1 case")
    assert progress_line(0, 0, 0, 0, "")


def test_cases_are_told_as_steps() -> None:
    tensor = TensorData("INT32", (1, 2), b"\x01\0\0\0\xff\xff\xff\xff", (4,), 3)
    empty = TensorData("FP32", (0,), b"")
    infer = Infer("m", (
        CaseRequest({"A": tensor, "B": empty}, ("OUT",), {"p": "v"}, 5, True, True, 2.0),
        CaseRequest({"A": TensorData("BYTES", (1,), b"\x01\0\0\0x")}),
    ))  # fmt: skip
    case = Case((CaseModel("m", 'backend: "x"\n'),), (Load("m"), infer, Unload("m")) * 3,
                (FaultAt("TRITONBACKEND_ResponseNew", 2, True),), True, 2, (1, 99))  # fmt: skip
    assert step_lines(case.to_json()) == [
        "model 'm':",
        '  backend: "x"',
        "call 2 of TRITONBACKEND_ResponseNew and all after it fail with INTERNAL",
        "the server claims to have version 1.99",
        "output buffers claim to be of memory type 2",
        "3 times:",
        "  load 'm'",
        "  infer 'm': 2 requests",
        (
            "    - A: INT32 1x2, 1 -1, in 2 buffers, cut at 4, 3 bytes off alignment; sequence 5; start; "
            "end; cancelled after 2 ms; outputs asked for: OUT; p = 'v'"
        ),
        "      B: FP32 0, empty",
        "    - A: BYTES 1, bytes 01 00 00 00 78",
        "  unload 'm'",
    ]


def test_other_cases_are_shown_as_they_are() -> None:
    assert step_lines({"a": {"b": 1}, "empty": []}) == ["a:", "  b: 1"]
    assert any("infer" in line for line in step_lines(samples.CASE))


def test_printable() -> None:
    assert printable("a\x1b\x9b\r\n\tb\u2066\udfff\u2028") == "a\\x1b\\x9b\n\tb\\u2066\\udfff\\u2028"
