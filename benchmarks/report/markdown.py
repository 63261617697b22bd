# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Markdown, fit for a comment on a pull request: what is not the same first, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from triton_py.conformance.report.case_text import one_line

from ..comparison import Comparison, Row
from ..statistics.decision import FASTER, INCONCLUSIVE, SAME, SLOWER
from . import words
from .document import Document

_SIGNS = {SLOWER: "❌", INCONCLUSIVE: "❔", SAME: "✅"}
#: Platforms refuse a comment of more than 64 KiB; a report of more rows is cut, and says so.
MOST_ROWS = 120


def dumps(document: Document) -> str:
    """The text of the file, UTF-8."""
    made = document.comparison
    lines = _compared(made) if made is not None else _measured(document)
    notes = [f"Incomplete: {text}" for text in document.incomplete]
    notes += made.warnings if made is not None else []
    lines += [f"> {escaped(note)}  " for note in notes]
    lines += ["", "<details><summary>The run</summary>", ""]
    lines += [f"- {escaped(line)}" for line in words.subjects(document)]
    lines += [f"- {escaped(key)}: {escaped(value)}" for key, value in document.run.machine.items()]
    lines += [f"- plan: {escaped(key)} {escaped(str(value))}"
              for key, value in document.run.plan.items()]
    lines += ["", _code(document.run.command), "", "</details>"]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown and HTML take for text, in one line."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|#~!@])", r"\\\1", text)


def _code(text: str) -> str:
    """A block of code with a fence that the text does not close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sh\n{one_line(text)}\n{fence}"


def _compared(made: Comparison) -> list[str]:
    lines = [f"### {_SIGNS[made.verdict]} Benchmark: {made.verdict}", "",
             escaped(words.summary(made)), ""]
    told = [row for row in made.gated if row.verdict != SAME or row.note == FASTER]
    rest = [row for row in made.rows if row not in told]
    if told:
        lines += [*_table(made, told), ""]
    if rest:
        lines += [f"<details><summary>{len(rest)} other figures</summary>", "",
                  *_table(made, rest), "", "</details>", ""]
    return [*lines, escaped(words.method(made)), ""]


def _table(made: Comparison, rows: Sequence[Row]) -> list[str]:
    several = len({row.subject for row in made.rows}) > 1
    lines = ["| | case | figure | baseline | now | worse by | interval | noise | why |",
             "|---|---|---|---:|---:|---:|---:|---:|---|"]
    for row in rows[:MOST_ROWS]:
        name = f"{row.case} ({row.subject})" if several else str(row.case)
        sign = _SIGNS[row.verdict] if row.gates else ""
        cells = [f"{sign} {words.verdict(row)}".strip(), name, row.figure.title,
                 words.quantity(row.baseline, row.figure.unit),
                 words.quantity(row.value, row.figure.unit), words.change(row.ratio),
                 words.interval(row), words.part(row.noise.floor) if row.noise else "-",
                 words.why(row)]
        lines.append("| " + " | ".join(escaped(cell) for cell in cells) + " |")
    if len(rows) > MOST_ROWS:
        lines += ["", f"{len(rows) - MOST_ROWS} rows more are in the other reports."]
    return lines


def _measured(document: Document) -> list[str]:
    lines = ["### Benchmark", "", "| case | subject | figure | median | least | most | samples |",
             "|---|---|---|---:|---:|---:|---:|"]
    rows = document.values()
    for v in rows[:MOST_ROWS]:
        cells = [str(v.case), v.subject, v.figure.title, words.quantity(v.median, v.figure.unit),
                 words.number(v.least), words.number(v.most), str(v.samples)]
        lines.append("| " + " | ".join(escaped(cell) for cell in cells) + " |")
    if len(rows) > MOST_ROWS:
        lines += ["", f"{len(rows) - MOST_ROWS} rows more are in the other reports."]
    return [*lines, ""]
