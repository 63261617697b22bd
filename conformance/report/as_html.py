# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One page for people: nothing is loaded from elsewhere, and it reads without a script."""

from __future__ import annotations

import shlex
from pathlib import Path

from ..clauses import PROFILES
from ..results import CONFORMANT, FAIL, INCOMPLETE, ClauseResult, RunResult, Violation
from .as_json import sha256
from .case_steps import step_lines
from .case_text import case_json
from .html_parts import bullets, facts, folded, mono, pill, slug, text, timeline
from .page_style import STYLE
from .summary import (
    KINDS,
    MEANINGS,
    TOLERATED,
    WORDS,
    by_profile,
    kind,
    plural,
    reason,
    tally,
    tolerance,
    verdict_sentence,
    why_incomplete,
)

#: Whatever text a library puts into the page, a browser loads and runs nothing for it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def dumps(run: RunResult) -> str:
    """The text of the file, UTF-8."""
    name = text(Path(run.library).name)
    parts = [
        _head(run, name), _tiles(run), _notes(run), _map(run), _violations(run), _clauses(run),
        _models(run), _environment(run),
    ]  # fmt: skip
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: {run.verdict} - conformance</title>\n<style>{STYLE}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(part for part in parts if part) + "\n<footer>"
        f"triton-py {text(run.environment.get('triton-py', ''))}, "
        f"{text(run.environment.get('date', ''))}. A clause that did not run is not a pass."
        "</footer>\n</main>\n</body>\n</html>\n"
    )


def _head(run: RunResult, name: str) -> str:
    facts_ = [f"backend {mono(run.backend)}"]
    if run.api_version:
        facts_.append(f"backend API {text(run.api_version)}")
    facts_.append(plural(len(run.models), "model"))
    return (
        f'<section class="card head v-{run.verdict}"><div>'
        '<div class="kicker">Conformance report, Triton backend API</div>'
        f"<h1>{name}</h1><p>{text(verdict_sentence(run))}</p>"
        f'<p class="dim small">{" &middot; ".join(facts_)}</p>'
        f'<p class="dim small">SHA-256 {mono(run.sha256)}</p></div>'
        f'<div class="verdict">{run.verdict}</div></section>'
    )


def _tiles(run: RunResult) -> str:
    counts = tally(run, run.results)
    tiles = [
        (what, str(counts[what]), WORDS[what])
        for what in KINDS
        if counts[what] or what in ("pass", "fail")
    ]
    tiles += [("", str(run.cases), "cases run"), ("", f"{run.seconds:.0f} s", "taken")]
    return '<section class="tiles">' + "".join(
        f'<div class="card tile {what if number != "0" else ""}"><b>{number}</b><span>{said}</span></div>'
        for what, number, said in tiles
    ) + "</section>"  # fmt: skip


def _notes(run: RunResult) -> str:
    out = ""
    why = why_incomplete(run) or run.problems
    if why:
        title = "Why the run is incomplete" if run.verdict == INCOMPLETE else "The run is not whole"
        out += f'<section class="note"><b>{title}</b>{bullets(why)}</section>'
    if run.warnings:
        out += f'<section class="note"><b>Warnings</b>{bullets(run.warnings)}</section>'
    return out


def _map(run: RunResult) -> str:
    """All clauses at a glance: a row for each profile, a square for each clause."""
    rows = []
    for profile, results in by_profile(run).items():
        cells = "".join(
            f'<a class="cell {kind(run, r)}" href="#{slug(r.clause.id)}" '
            f'title="{text(r.clause.id)}: {kind(run, r)}"></a>'
            for r in results
        )
        rows.append(
            f'<tr><th><a href="#{slug("profile " + profile)}">{text(profile)}</a></th>'
            f'<td><div class="cells">{cells}</div></td><td>{_counted(run, results)}</td></tr>'
        )
    totals = tally(run, run.results)
    legend = "".join(
        f'<span><i class="cell {what}"></i>{what}: {text(MEANINGS[what])}</span>'
        for what in KINDS
        if totals[what]
    )
    return (
        f'<h2>Clauses at a glance</h2><section class="card map"><table>{"".join(rows)}</table>'
        f'<div class="legend">{legend}</div></section>'
    )


def _counted(run: RunResult, results: list[ClauseResult]) -> str:
    counts = tally(run, results)
    return ", ".join(f"{counts[what]} {WORDS[what]}" for what in KINDS if counts[what])


def _violations(run: RunResult) -> str:
    failed = [result for result in run.results if result.status == FAIL]
    if not failed:
        return ""
    return "<h2>What does not hold</h2>" + "".join(_failed(run, result) for result in failed)


def _failed(run: RunResult, result: ClauseResult) -> str:
    clause, what = result.clause, kind(run, result)
    functions = "".join(f'<code class="chip">{text(name)}</code>' for name in clause.functions)
    waived = f"<p><b>{text(tolerance(result))}</b></p>" if what == TOLERATED else ""
    examples = "".join(_violation(violation) for violation in result.violations)
    return (
        f'<article class="card found {what}" id="{slug("found " + clause.id)}"><header>{pill(what)}'
        f'<h3 class="mono">{text(clause.id)}</h3><span class="dim small">{text(clause.level)}, '
        f"{text(clause.profile)}</span></header><p>{text(clause.sentence)}</p>"
        f'<div class="chips">{functions}</div>{waived}{examples}</article>'
    )


def _violation(violation: Violation) -> str:
    out = [f'<p class="observed"><b>Observed:</b> {text(violation.summary)}</p>']
    if violation.ended:
        out.append(f"<p>The process ended: {mono(violation.ended)}</p>")
    if violation.events:
        out.append(f"<h4>Calls, the last one is where it showed</h4>{timeline(violation.events)}")
    if violation.case is not None:
        steps = "\n".join(step_lines(violation.case))
        out.append(f"<h4>The smallest case that shows it</h4><pre>{text(steps)}</pre>")
        out.append(folded("The case in full, as JSON", case_json(violation.case)))
    if violation.again == "no":
        out.append("<p>It did not show again when it was looked at once more, in a fresh process.</p>")
    if violation.reproducers:
        rows = {name: mono(path) for name, path in violation.reproducers.items()}
        out.append(f"<h4>Stand-alone reproducers</h4>{facts(rows)}")
    return f'<section class="example">{"".join(out)}</section>'


def _clauses(run: RunResult) -> str:
    out = "<h2>Clauses by profile</h2>"
    for profile, results in by_profile(run).items():
        rows = "".join(_row(run, result) for result in results)
        out += (
            f'<section class="card group" id="{slug("profile " + profile)}"><div class="profile">'
            f"<span><b>{text(profile)}</b> <span class='dim small'>"
            f"{text(PROFILES.get(profile, ''))}</span></span><span class='dim small'>"
            f"{_counted(run, results)}</span></div><table class='clauses'>{rows}</table></section>"
        )
    return out


def _row(run: RunResult, result: ClauseResult) -> str:
    clause, what = result.clause, kind(run, result)
    why = reason(result)
    if what == TOLERATED:
        why = f"{tolerance(result)}; found: {why}"
    note = f'<p class="small"><b>{text(why)}</b></p>' if why else ""
    if result.status == FAIL:
        note += f'<a class="small" href="#{slug("found " + clause.id)}">what was found</a>'
    cases = plural(result.cases, "case") if result.cases else ""
    return (
        f'<tr id="{slug(clause.id)}"><td>{pill(what)}</td><td>{mono(clause.id)}'
        f'<p class="small dim">{text(clause.sentence)}</p>{note}</td><td>{text(clause.level)}</td>'
        f"<td>{cases}</td></tr>"
    )


def _models(run: RunResult) -> str:
    rows = {
        name: f"SHA-256 of its configuration {mono(sha256(config))}{folded('config.pbtxt', config)}"
        for name, config in run.models.items()
    }
    if run.settings_file:
        rows[run.settings_file] = (
            f"SHA-256 {mono(sha256(run.settings))}{folded('What it says', run.settings)}"
        )
    return f'<h2>Models and settings</h2><section class="card">{facts(rows)}</section>' if rows else ""


def _environment(run: RunResult) -> str:
    rows = {
        "library": mono(run.library),
        "seed": text(run.seed),
        "cases for each property": text(run.examples),
        "time budget": f"{run.time_budget:g} s, {run.seconds:.1f} s taken",
        "processes": text(run.workers),
        "profiles": text(", ".join(run.profiles) or "all"),
        "SHOULD clauses": "decide (--strict)" if run.strict else "decide nothing",
        **{key: text(value) for key, value in run.environment.items()},
    }
    again = (
        f"triton-py certify {shlex.quote(run.library)} --seed {run.seed} --examples {run.examples}"
        f" --time-budget {run.time_budget:g}"
    )
    again += "".join(f" --profile {shlex.quote(p)}" for p in run.profiles)
    again += " --strict" if run.strict else ""
    again += "".join(" --model " + shlex.quote(f"DIR/{name}") for name in run.models)
    why = "" if run.verdict == CONFORMANT else "<p>The same seed makes the same cases.</p>"
    return (
        f'<h2>The run</h2><section class="card">{facts(rows)}'
        f'<div class="inner"><h4>Once more</h4>{why}<pre>{text(again)}</pre></div></section>'
    )
