# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tables for the terminal: deciding figures first, the verdict last."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import TextIO

from triton_py.conformance.report.case_text import one_line
from triton_py.conformance.report.terminal import wants_colour

from ..comparison import Comparison, Row
from ..statistics.decision import BEYOND, INCONCLUSIVE, SAME, SLOWER
from . import words
from .document import Document

_NARROWEST = 60
_COLOURS = {SLOWER: "31;1", INCONCLUSIVE: "33", SAME: "32"}

#: A column's title, and whether it is set to the right.
Column = tuple[str, bool]


def show(document: Document, stream: TextIO, written: Iterable[str] = ()) -> None:
    """Writes the report as wide as the terminal is."""
    width = shutil.get_terminal_size((100, 24)).columns if stream.isatty() else 100
    text = report(document, width, wants_colour(stream), written)
    # What the stream can't encode is spelled out instead of ending the program.
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def report(document: Document, width: int = 100, colour: bool = False,
           written: Iterable[str] = ()) -> str:
    """The whole report as text, with a newline at its end."""
    width = max(width, _NARROWEST)
    lines = [one_line(line) for line in words.subjects(document)]
    lines.append("")
    if document.comparison is not None:
        lines += _compared(document.comparison, width, colour)
    else:
        lines += _measured(document, width)
    notes = [f"incomplete: {text}" for text in document.incomplete]
    if document.comparison is not None:
        notes += [f"warning: {text}" for text in document.comparison.warnings]
    names = list(written)
    if names:
        notes.append(f"written: {', '.join(names)}")
    for note in notes:
        lines += _wrapped(note, width)
    if notes:
        lines.append("")
    if document.comparison is not None:
        made = document.comparison
        lines += _wrapped(words.method(made), width)
        first, *more = _wrapped(f"{made.verdict}: {words.summary(made)}", width)
        lines += [_paint(made.verdict, made.verdict, colour) + first[len(made.verdict):], *more]
    else:
        lines.append(f"{words.plural(len(document.run.samples), 'sample')} of "
                     f"{words.plural(len(document.run.cases()), 'case')}; nothing to compare")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _compared(made: Comparison, width: int, colour: bool) -> list[str]:
    lines: list[str] = []
    several = len({row.subject for row in made.rows}) > 1
    for title, rows in (("decides", made.gated),
                        ("shown beside it", [r for r in made.rows if not r.gates])):
        if rows:
            lines += [f"{title}:", *_rows(made, rows, several, width, colour), ""]
    return lines


def _rows(made: Comparison, rows: Sequence[Row], several: bool, width: int, colour: bool
          ) -> list[str]:
    columns: list[Column] = [("case", False), ("figure", False), ("baseline", True), ("now", True),
                             ("worse by", True), ("interval", True), ("noise", True),
                             ("verdict", False)]
    body: list[list[str]] = []
    for row in rows:
        name = f"{row.case} ({row.subject})" if several else str(row.case)
        noise = words.part(row.noise.floor) if row.noise else "-"
        body.append([one_line(name), row.figure.name, words.number(row.baseline),
                     words.number(row.value), words.change(row.ratio), words.interval(row), noise,
                     words.verdict(row)])
    # On a narrow terminal the numbers that the ratio was made of go first.
    columns, body = _fit(columns, body, width, ("baseline", "now", "noise", "interval"))
    lines = table(columns, body, width)
    out = lines[:1]
    for row, line in zip(rows, lines[1:], strict=True):
        said = words.verdict(row)
        out.append(line[:-len(said)] + _paint(said, row.verdict, colour)
                   if line.endswith(said) else line)
        hint = words.why(row)
        if row.verdict != SAME and hint != BEYOND:
            if row.detectable is not None and row.verdict == INCONCLUSIVE:
                hint += f"; {words.part(row.detectable)} would have been called"
            out += _wrapped(hint, width, "    ")
    return out


def _measured(document: Document, width: int) -> list[str]:
    columns: list[Column] = [("case", False), ("figure", False), ("median", True), ("unit", False),
                             ("least", True), ("most", True), ("spread", True), ("samples", True)]
    several = len(document.run.subjects) > 1
    body: list[list[str]] = []
    for v in document.values():
        name = f"{v.case} ({v.subject})" if several else str(v.case)
        body.append([one_line(name), v.figure.name, words.number(v.median), v.figure.unit,
                     words.number(v.least), words.number(v.most), words.part(v.spread),
                     str(v.samples)])
    columns, body = _fit(columns, body, width, ("samples", "spread", "most", "least"))
    return [*table(columns, body, width), ""]


def table(columns: Sequence[Column], body: Sequence[Sequence[str]], width: int) -> list[str]:
    """A line for the titles, one for each row. The first column gives way where it is too wide."""
    sizes = [max([len(title), *(len(cells[i]) for cells in body)])
             for i, (title, _) in enumerate(columns)]
    over = sum(sizes) + 2 * (len(sizes) - 1) - width
    if over > 0:
        sizes[0] = max(8, sizes[0] - over)
    lines = []
    for cells in [[title for title, _ in columns], *body]:
        first = cells[0] if len(cells[0]) <= sizes[0] else cells[0][:sizes[0] - 3] + "..."
        shown = [first, *cells[1:]]
        lines.append("  ".join(cell.rjust(size) if right else cell.ljust(size) for cell, size, (
            _, right) in zip(shown, sizes, columns, strict=True)).rstrip())
    return lines


def _fit(columns: Sequence[Column], body: Sequence[Sequence[str]], width: int,
         last: Sequence[str]) -> tuple[list[Column], list[list[str]]]:
    """Leaves out columns, by their titles in this order, until the rest fits."""
    kept, cells = list(columns), [list(row) for row in body]
    for title in last:
        if max(map(len, table(kept, cells, 10_000))) <= width:
            break
        at = next(i for i, (name, _) in enumerate(kept) if name == title)
        del kept[at]
        for row in cells:
            del row[at]
    return kept, cells


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(one_line(text), width, initial_indent=indent,
                         subsequent_indent=indent + "  ", break_on_hyphens=False)


def _paint(text: str, what: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m" if colour else text
