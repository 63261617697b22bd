# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The results on the terminal: clauses by profile, then each violation, and the verdict last."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from typing import TextIO

from ..clauses import PROFILES, Clause, clauses
from ..results import (
    BLOCKED,
    CONFORMANT,
    ERROR,
    FAIL,
    NOT_RUN,
    PASS,
    VIOLATIONS,
    ClauseResult,
    RunResult,
    Violation,
)
from .case_steps import step_lines
from .case_text import one_line, printable
from .event_text import CALL, ENTER, FOUND, LEAVE, REQUEST, RETURN, parse
from .summary import (
    ADVICE,
    KINDS,
    TOLERATED,
    WORDS,
    by_profile,
    kind,
    plural,
    reason,
    tally,
    tolerance,
    why_incomplete,
)

#: Examples of one clause, and events and lines of one example; the files have all of them.
MOST_VIOLATIONS = 3
MOST_EVENTS = 40
MOST_CASE_LINES = 80
_NARROWEST = 40
#: How far an event is indented, and what stands before it.
_DEPTHS = {ENTER: 0, LEAVE: 0, CALL: 2, REQUEST: 2, FOUND: 2}
_SIGNS = {ENTER: "server -> backend ", LEAVE: "backend -> server ", RETURN: "-> "}

_COLOURS = {
    PASS: "32", FAIL: "31;1", TOLERATED: "33", ADVICE: "33", ERROR: "35", BLOCKED: "36",
    NOT_RUN: "2",
}  # fmt: skip


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """On a terminal that knows them, and not where NO_COLOR is set."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def show(run: RunResult, stream: TextIO, written: Iterable[str] = ()) -> None:
    """Writes the report as wide as the terminal is. ``written``: the files that were made of it."""
    width = shutil.get_terminal_size((100, 24)).columns if stream.isatty() else 100
    text = report(run, width, wants_colour(stream), written)
    # What the stream can't encode is spelled out instead of ending the program.
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def report(
    run: RunResult, width: int = 100, colour: bool = False, written: Iterable[str] = ()
) -> str:
    """The whole report as text, with a newline at its end."""
    painter = _Painter(run, max(width, _NARROWEST), colour)
    painter.written = list(written)
    return "\n".join(painter.lines()) + "\n"


def listing(profiles: Iterable[str] | None = None, width: int = 100) -> str:
    """The clauses for ``--list``; those of some profiles only, if they are named."""
    wanted = list(PROFILES if profiles is None else profiles)
    width = max(width, _NARROWEST)
    lines = []
    for profile in (p for p in PROFILES if p in wanted):
        found = [clause for clause in clauses().values() if clause.profile == profile]
        lines += [f"{profile}: {PROFILES[profile]} ({plural(len(found), 'clause')})", ""]
        for clause in found:
            lines += _listed(clause, width)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _listed(clause: Clause, width: int) -> list[str]:
    return [
        f"  {clause.id}  {clause.level}",
        *textwrap.wrap(clause.sentence, width, initial_indent=" " * 6, subsequent_indent=" " * 6),
    ]


def violations_text(run: RunResult, result: ClauseResult) -> str:
    """What did not hold, for one clause."""
    return "\n".join(_Painter(run, 100, False).failed(result))


class _Painter:
    """One report in the making."""

    def __init__(self, run: RunResult, width: int, colour: bool) -> None:
        self.run = run
        self.width = width
        self.colour = colour
        self.written: list[str] = []

    def paint(self, text: str, what: str) -> str:
        return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m" if self.colour else text

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def wrapped(self, text: str, indent: int, first: int | None = None) -> list[str]:
        """The text in lines of the width; ``first``: the first line's indent, where it differs."""
        start = " " * (indent if first is None else first)
        return textwrap.wrap(
            one_line(text), self.width, initial_indent=start, subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )  # fmt: skip

    def lines(self) -> list[str]:
        lines = [*self.head(), "", *self.matrix(), ""]
        for profile, results in by_profile(self.run).items():
            lines += self.profile(profile, results)
        for result in self.run.results:
            if result.status == FAIL:
                lines += self.failed(result)
        lines += self.notes()
        lines.append(self.last_line())
        return lines

    def head(self) -> list[str]:
        run = self.run
        facts = [f"sha256 {one_line(run.sha256)}"]
        if run.api_version:
            facts.append(f"backend API {one_line(run.api_version)}")
        return [self.bold(one_line(run.library)), *("  " + fact for fact in facts)]

    def matrix(self) -> list[str]:
        """Profiles by kinds; a kind that nothing is of has no column."""
        totals = tally(self.run, self.run.results)
        shown = [what for what in KINDS if totals[what] or what in (PASS, FAIL)]
        rows = [(p, tally(self.run, r)) for p, r in by_profile(self.run).items()]
        wide = max([len(name) for name, _ in rows] + [7])
        gap = 2
        columns = {what: max(len(what), 4) + gap for what in shown}
        lines = ["profile".ljust(wide) + "".join(w.rjust(columns[w]) for w in shown)]
        for name, counts in rows:
            line = one_line(name).ljust(wide)
            for what in shown:
                number = str(counts[what] or "-").rjust(columns[what])
                line += self.paint(number, what) if counts[what] and what != PASS else number
            lines.append(line)
        return lines

    def profile(self, name: str, results: list[ClauseResult]) -> list[str]:
        counts = tally(self.run, results)
        said = ", ".join(f"{counts[what]} {WORDS[what]}" for what in KINDS if counts[what])
        lines = [f"{self.bold(one_line(name))}: {said}"]
        wide = max(len(result.clause.id) for result in results)
        for result in results:
            lines += self.clause(result, wide)
        return [*lines, ""]

    def clause(self, result: ClauseResult, wide: int) -> list[str]:
        what = kind(self.run, result)
        left = f"  {what:9}  {one_line(result.clause.id):{wide}}"
        if result.cases:
            left += f"  {plural(result.cases, 'case')}"
        text = reason(result)
        if what == TOLERATED:
            text = f"{tolerance(result)}; found: {text}"
        note = self.wrapped(text, 13) if text else []
        if len(note) == 1 and len(left) + 2 + len(note[0].strip()) <= self.width:
            left, note = f"{left}  {note[0].strip()}", []
        return [left.replace(what, self.paint(what, what), 1).rstrip(), *note]

    def failed(self, result: ClauseResult) -> list[str]:
        what = kind(self.run, result)
        clause = result.clause
        lines = [
            (f"{self.paint(what, what)} {self.bold(one_line(clause.id))} "
             f"({clause.level}, {one_line(clause.profile)})"),
            *self.wrapped(clause.sentence, 2),
        ]
        if result.waived:
            lines += self.wrapped(tolerance(result), 2)
        for violation in result.violations[:MOST_VIOLATIONS]:
            lines += ["", *self.violation(violation)]
        more = len(result.violations) - MOST_VIOLATIONS
        if more > 0:
            lines += ["", f"  {plural(more, 'example')} more in the JSON and HTML reports"]
        return [*lines, ""]

    def violation(self, violation: Violation) -> list[str]:
        lines = self.wrapped(f"observed: {violation.summary}", 4, 2)
        if violation.ended:
            how, *printed = printable(violation.ended).split("\n")
            lines += [f"  the process ended: {how}", *(f"    {line}" for line in printed)]
        if violation.events:
            lines.append("  events:")
            lines += self.events(violation.events)
        if violation.case is not None:
            shown = step_lines(violation.case)
            lines += ["  the smallest case that shows it:"]
            lines += [f"    {line}" for line in shown[:MOST_CASE_LINES]]
            if len(shown) > MOST_CASE_LINES:
                lines.append(f"    ... {len(shown) - MOST_CASE_LINES} lines more")
        for language, path in violation.reproducers.items():
            lines.append(f"  {one_line(language)} reproducer: {one_line(path)}")
        return lines

    def events(self, events: list[str]) -> list[str]:
        first = max(0, len(events) - MOST_EVENTS)
        lines = [f"      ... {plural(first, 'earlier event')}"] if first else []
        wide = len(str(len(events)))
        parsed = [parse(event) for event in events]
        several = any(event.thread for event in parsed)
        for number, event in enumerate(parsed[first:], first + 1):
            last = number == len(events)
            left = f"    {'>' if last else ' '} {number:>{wide}}  "
            if several:
                left += f"{f'T{event.thread}' if event.thread else '':3} "
            start = " " * (len(left) + _DEPTHS.get(event.kind, 4))
            sign = _SIGNS.get(event.kind, "")
            text = self.wrapped(sign + event.text, len(start) + 2, len(start))
            head = left + (text[0][len(left) :] if text else "")
            lines += [self.paint(head.rstrip(), FAIL) if last else head.rstrip(), *text[1:]]
        return lines

    def notes(self) -> list[str]:
        lines = []
        for sentence in why_incomplete(self.run) or self.run.problems:
            lines += self.wrapped(f"incomplete: {sentence}", 2, 0)
        for sentence in self.run.warnings:
            lines += self.wrapped(f"warning: {sentence}", 2, 0)
        if self.written:
            lines += self.wrapped(f"written: {', '.join(self.written)}", 2, 0)
        return [*lines, ""] if lines else []

    def last_line(self) -> str:
        run = self.run
        counts = tally(run, run.results)
        said = ", ".join(
            f"{counts[what]} {WORDS[what]}" for what in KINDS if counts[what] or what == PASS
        )
        colour = {CONFORMANT: PASS, VIOLATIONS: FAIL}.get(run.verdict, ERROR)
        return (
            f"{self.paint(run.verdict, colour)}: {said}; {plural(run.cases, 'case')}, "
            f"{plural(run.workers, 'process')}, {run.seconds:.1f} s, seed {run.seed}"
        )
