# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One page for people: nothing is loaded from elsewhere, and it reads without a script."""

from __future__ import annotations

from collections.abc import Sequence

from triton_py.conformance.report import page_style as common
from triton_py.conformance.report.html_parts import bullets, facts, mono, pill, text

from ..comparison import Comparison, Row
from ..figures import FIGURES
from ..results import Run
from ..statistics.decision import SAME
from . import page_style, plots, words
from .document import Document, Values
from .svg import COLOURS

#: Whatever a file brings into the page, a browser loads and runs nothing for it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def dumps(document: Document) -> str:
    """The text of the file, UTF-8."""
    made = document.comparison
    verdict = made.verdict if made is not None else "measured"
    parts = [_head(document, verdict), _notes(document)]
    if made is not None:
        parts += [_forest(made), _verdicts(made), _noise(made)]
    parts += [_plots(document), _history(document), _values(document.values())]
    parts += [_run(run, number if len(runs) > 1 else 0)
              for runs in [made.runs if made is not None else [document.run]]
              for number, run in enumerate(runs, 1)]
    title = text(f"{verdict} - benchmark")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{common.STYLE}{page_style.STYLE}</style>\n</head>\n<body>"
        "\n<main>\n" + "\n".join(part for part in parts if part)
        + "\n<footer>Inconclusive is not a pass.</footer>\n</main>\n</body>\n</html>\n"
    )


def _head(document: Document, verdict: str) -> str:
    made = document.comparison
    said = (words.summary(made) if made is not None else
            f"{words.plural(len(document.run.samples), 'sample')} of "
            f"{words.plural(len(document.run.cases()), 'case')}; nothing to compare")
    how = f'<p class="dim small">{text(words.method(made))}</p>' if made is not None else ""
    names = "".join(f"<p class='small'>{text(line)}</p>" for line in words.subjects(document))
    kind = verdict if made is not None else "none"
    return (
        f'<section class="card head v-{kind}"><div><div class="kicker">Benchmark</div>'
        f"<h1>{text(said)}</h1>{names}{how}</div>"
        f'<div class="verdict">{text(verdict)}</div></section>'
    )


def _notes(document: Document) -> str:
    out = ""
    if document.incomplete:
        out += (f'<section class="note"><b>What did not run, and why</b>'
                f"{bullets(document.incomplete)}</section>")
    if document.comparison is not None and document.comparison.warnings:
        out += (f'<section class="note"><b>Warnings</b>'
                f"{bullets(document.comparison.warnings)}</section>")
    return out


def _forest(made: Comparison) -> str:
    drawn = plots.forest(made.gated, [made.rules.log_margin(row.figure) for row in made.gated])
    if not drawn:
        return ""
    keys = ('<div class="keys"><span><i class="margin"></i>the margin</span>'
            '<span><i class="noise" style="background: var(--dim)"></i>the noise that the control '
            "shows</span></div>")
    return (f'<h2>What decides</h2><section class="card wide">{keys}<div class="scroll">{drawn}'
            "</div></section>")


def _verdicts(made: Comparison) -> str:
    out = ""
    for title, rows in (("Figures that decide", made.gated),
                        ("Figures shown beside them", [r for r in made.rows if not r.gates])):
        if rows:
            out += f"<h2>{title}</h2>{_table(made, rows)}"
    meanings = "".join(f"<span>{pill(v)} {text(words.MEANINGS[v])}</span>" for v in words.VERDICTS)
    return f'{out}<div class="keys">{meanings}</div>'


_TITLES = ("verdict", "case", "figure", "baseline", "now", "worse by", "interval", "noise",
           "p, corrected", "best samples", "detectable", "blocks", "why")


def _table(made: Comparison, rows: Sequence[Row]) -> str:
    several = len({row.subject for row in made.rows}) > 1
    body = []
    for row in rows:
        name = f"{row.case} ({row.subject})" if several else str(row.case)
        numbers = [
            words.quantity(row.baseline, row.figure.unit),
            words.quantity(row.value, row.figure.unit), words.change(row.ratio),
            words.interval(row), words.part(row.noise.floor) if row.noise else "-",
            "-" if row.adjusted_p is None else f"{row.adjusted_p:.2g}",
            words.change(row.minimum_ratio), words.part(row.detectable), str(row.blocks),
        ]  # fmt: skip
        note = f" {text(row.note)}" if row.note else ""
        why = text(words.why(row)) if row.verdict != SAME or row.reason else ""
        cells = "".join(f'<td class="n">{text(n)}</td>' for n in numbers)
        body.append(f"<tr><td>{pill(row.verdict)}{note}</td><td>{text(name)}</td>"
                    f"<td>{text(row.figure.title)}</td>{cells}<td>{why}</td></tr>")
    return _grid(_TITLES, body)


def _grid(titles: Sequence[str], body: Sequence[str]) -> str:
    kind = " reasons" if titles[-1] == "why" else ""
    heads = "".join(f"<th>{text(title)}</th>" for title in titles)
    return (f'<section class="card scroll"><table class="numbers{kind}"><tr>{heads}</tr>{"".join(body)}'
            "</table></section>")


def _noise(made: Comparison) -> str:
    """What the control shows, and what would have been found."""
    body = []
    for row in made.gated:
        noise = row.noise
        if noise is None:
            continue
        span = "-" if noise.lower is None else (
            f"{words.change(noise.lower)} to {words.change(noise.upper)}")
        shown = ", ".join(f"{words.part(d.size)}: {d.shown:.0%}" for d in noise.detection) or "-"
        cells = [words.change(noise.ratio), span, words.part(noise.floor), shown,
                 words.found(noise.detection)]
        inner = "".join(f'<td class="n">{text(c)}</td>' for c in cells)
        body.append(f"<tr><td>{text(row.case)}</td><td>{text(row.figure.title)}</td>{inner}</tr>")
    if not body:
        return ""
    titles = ("case", "figure", "control", "interval", "noise floor", "injected: shown",
              "injected: called slower")
    return ("<h2>The control: the baseline against itself</h2><p class='dim small'>Injected: what "
            "share of runs with a slowdown of this size would have found it, by resampling the "
            f"control's blocks.</p>{_grid(titles, body)}")


def _plots(document: Document) -> str:
    run = document.run
    keys = list(dict.fromkeys(sample.subject for sample in run.samples))
    rows = document.values()
    drawn = []
    for scenario in dict.fromkeys(case.scenario for case in run.cases()):
        plot = plots.latency_by_throughput(rows, scenario, keys)
        if plot:
            drawn.append((f"{scenario}: latency over throughput", plot))
    for case in run.cases():
        plot = plots.distribution(run, case, keys)
        if plot:
            drawn.append((f"{case}: latencies", plot))
    if not drawn:
        return ""
    named = "".join(f'<span class="s{n % COLOURS}"><i></i>{text(key)}: {text(document.label(key))}'
                    "</span>" for n, key in enumerate(keys))
    return f'<h2>Load and latency</h2><div class="keys">{named}</div>{_cards(drawn)}'


def _history(document: Document) -> str:
    drawn = []
    if document.history:
        for case in document.run.cases():
            for figure in FIGURES.values():
                plot = plots.history(document, case, figure.name) if figure.gates else ""
                if plot:
                    drawn.append((f"{case}: {figure.title}", plot))
    return f"<h2>Over the runs</h2>{_cards(drawn)}" if drawn else ""


def _cards(drawn: Sequence[tuple[str, str]]) -> str:
    cards = "".join(f'<section class="card"><h3>{text(title)}</h3>{plot}</section>'
                    for title, plot in drawn)
    return f'<div class="plots">{cards}</div>'


def _values(rows: Sequence[Values]) -> str:
    if not rows:
        return ""
    body = []
    for v in rows:
        cells = [words.quantity(v.median, v.figure.unit), words.number(v.least),
                 words.number(v.most), words.part(v.spread), str(v.samples)]
        inner = "".join(f'<td class="n">{text(c)}</td>' for c in cells)
        body.append(f"<tr><td>{text(v.case)}</td><td>{text(v.subject)}</td>"
                    f"<td>{text(v.figure.title)}</td>{inner}</tr>")
    titles = ("case", "subject", "figure", "median", "least", "most", "spread", "samples")
    return (f"<h2>Values</h2><details><summary>{words.plural(len(rows), 'row')}</summary>"
            f"{_grid(titles, body)}</details>")


def _run(run: Run, number: int) -> str:
    """The machine, the plan, the subjects, and how to do it again."""
    title = {0: "The run", 1: "The baseline's run", 2: "The other run"}[number]
    rows = {"started": text(run.started), "seed": text(run.seed),
            "complete": "yes" if run.complete else "no"}
    rows |= {f"plan: {key}": text(value) for key, value in run.plan.items()}
    rows |= {f"machine: {key}": text(value) for key, value in run.machine.items()}
    for key, subject in run.subjects.items():
        rows[f"subject {key}"] = text(subject.label)
        rows |= {f"{key}: {name}": mono(value) for name, value in subject.facts.items()}
    return (f'<h2>{title}</h2><section class="card">{facts(rows)}<div class="inner"><h4>Once more'
            f"</h4><pre>{text(run.command)}</pre></div></section>")
