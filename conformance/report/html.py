# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One page that needs nothing else: the matrix, each violation with its calls, the environment.

Everything that comes from a library or its models is escaped, and the page has no script.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path

from ..results import FAIL, ClauseResult, RunResult, Violation
from .case_text import case_lines, printable
from .summary import (
    KINDS,
    MEANINGS,
    WORDS,
    by_profile,
    kind,
    plural,
    tally,
    tolerance,
    verdict_sentence,
    why_incomplete,
)

STYLE = Path(__file__).with_name("page.css")
#: How a line of a violation's events is drawn.
_LANES = (
    ("enter", re.compile(r"^\s*server -> backend ")),
    ("leave", re.compile(r"^\s*backend -> server ")),
    ("answer", re.compile(r"^\s*-> ")),
    ("found", re.compile(r"^\s*found: ")),
)
_ERROR = re.compile(r"(-> |: )error [A-Z_]+: ")


def _e(text: object) -> str:
    return html.escape(printable(str(text)))


def dumps(run: RunResult) -> str:
    """The text of the file."""
    parts = [
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_e(Path(run.library).name)}: {_e(run.verdict)}</title>",
        f"<style>\n{STYLE.read_text()}</style>", "</head>", "<body>", "<main>",
        *_head(run), *_matrix(run), *_violations(run), *_clauses(run), *_environment(run),
        "</main>", "</body>", "</html>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _head(run: RunResult) -> Iterable[str]:
    yield f'<header class="verdict {_e(run.verdict)}">'
    yield f"<h1>{_e(Path(run.library).name)}</h1>"
    yield f'<p class="word">{_e(run.verdict)}</p>'
    yield f"<p>{_e(verdict_sentence(run))}</p>"
    yield (
        f"<p>{plural(run.cases, 'case')} in {run.seconds:.0f} s, seed {run.seed}; "
        f'SHA-256 <code>{_e(run.sha256)}</code></p>'
    )
    yield "</header>"
    notes = [*(why_incomplete(run) or run.problems), *run.warnings]
    if notes:
        yield '<ul class="notes">'
        for note in notes:
            yield f"<li>{_e(note)}</li>"
        yield "</ul>"


def _matrix(run: RunResult) -> Iterable[str]:
    totals = tally(run, run.results)
    shown = [what for what in KINDS if totals[what]]
    yield '<h2>Profiles</h2><table class="matrix"><thead><tr><th>profile</th>'
    yield "".join(f'<th title="{_e(MEANINGS[w])}">{_e(WORDS[w])}</th>' for w in shown)
    yield "<th>clauses</th></tr></thead><tbody>"
    for profile, results in by_profile(run).items():
        counts = tally(run, results)
        cells = "".join(
            f'<td class="{w if counts[w] else "zero"}">{counts[w] or ""}</td>' for w in shown
        )
        squares = "".join(
            f'<a class="square {kind(run, r)}" href="#{_e(r.clause.id)}" '
            f'title="{_e(r.clause.id)}: {_e(WORDS[kind(run, r)])}"></a>'
            for r in results
        )
        yield f'<tr><th>{_e(profile)}</th>{cells}<td class="squares">{squares}</td></tr>'
    yield "</tbody></table>"


def _violations(run: RunResult) -> Iterable[str]:
    failed = [r for r in run.results if r.status == FAIL]
    if not failed:
        return
    yield "<h2>Violations</h2>"
    for result in failed:
        what = kind(run, result)
        yield f'<section class="violation" id="violation-{_e(result.clause.id)}">'
        yield (
            f'<h3><span class="tag {what}">{_e(WORDS[what])}</span> {_e(result.clause.id)} '
            f"<small>{_e(result.clause.level)}, {_e(result.clause.profile)}</small></h3>"
        )
        yield f'<p class="sentence">{_e(result.clause.sentence)}</p>'
        if result.waived:
            yield f"<p>{_e(tolerance(result))}</p>"
        for violation in result.violations:
            yield from _violation(violation)
        yield "</section>"


def _violation(violation: Violation) -> Iterable[str]:
    yield f'<p class="observed">{_e(violation.summary)}</p>'
    if violation.ended:
        yield f"<p>The process ended: <code>{_e(violation.ended)}</code></p>"
    if violation.again == "no":
        yield "<p>It did not show again when it was looked at once more in a fresh process.</p>"
    if violation.events:
        yield f"<details open><summary>The calls that led to it ({len(violation.events)})</summary>"
        yield '<ol class="calls">'
        last = len(violation.events) - 1
        for number, event in enumerate(violation.events):
            yield f'<li class="{_lane(event, number == last)}">{_e(event.strip())}</li>'
        yield "</ol></details>"
    if violation.case is not None:
        yield "<details><summary>The smallest case that shows it</summary><pre>"
        yield "\n".join(_e(line) for line in case_lines(violation.case))
        yield "</pre></details>"
    for language, path in violation.reproducers.items():
        yield f"<p>Reproducer in {_e(language)}: <code>{_e(path)}</code></p>"


def _lane(event: str, last: bool) -> str:
    lane = next((name for name, pattern in _LANES if pattern.match(event)), "call")
    if _ERROR.search(event):
        lane += " error-answer"
    return lane + (" culprit" if last else "")


def _clauses(run: RunResult) -> Iterable[str]:
    yield "<h2>Clauses</h2>"
    for profile, results in by_profile(run).items():
        yield f"<h3>{_e(profile)}</h3>"
        yield '<table class="clauses"><tbody>'
        for result in results:
            yield _row(run, result)
        yield "</tbody></table>"


def _row(run: RunResult, result: ClauseResult) -> str:
    what = kind(run, result)
    note = tolerance(result) if result.waived else result.reason
    cases = plural(result.cases, "case") if result.cases else ""
    return (
        f'<tr id="{_e(result.clause.id)}"><td><span class="tag {what}">{_e(WORDS[what])}</span></td>'
        f"<td><code>{_e(result.clause.id)}</code><br><small>{_e(result.clause.level)}</small></td>"
        f"<td>{_e(result.clause.sentence)}"
        + (f'<br><small class="reason">{_e(note)}</small>' if note else "")
        + f'</td><td class="cases">{cases}</td></tr>'
    )


def _environment(run: RunResult) -> Iterable[str]:
    facts = {
        "library": run.library,
        "backend": run.backend,
        "backend API": run.api_version,
        "profiles": ", ".join(run.profiles) or "all",
        "examples for each property": run.examples,
        "time budget": f"{run.time_budget:.0f} s",
        "worker processes": run.workers,
        "SHOULD clauses decide": "yes" if run.strict else "no",
        **run.environment,
    }
    yield '<h2>Environment</h2><table class="facts"><tbody>'
    for name, value in facts.items():
        yield f"<tr><th>{_e(name)}</th><td>{_e(value)}</td></tr>"
    yield "</tbody></table>"
    for name, config in run.models.items():
        yield f"<details><summary>Model {_e(name)}</summary><pre>{_e(config.strip())}</pre></details>"
