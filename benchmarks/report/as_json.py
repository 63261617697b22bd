# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A report as JSON. ``schema.json`` beside this file describes the form.

Within a version fields may be added; one that goes, or that changes its meaning, makes a new version.
JSON has no infinity: a ratio that is infinite is null, and the reason says so.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..comparison import Comparison, Noise, Row
from ..figures import Figure
from ..results import Run
from .document import Document, Values, values

FORMAT = "triton-py-bench-report"
VERSION = 1
SCHEMA = Path(__file__).with_name("schema.json")


def dumps(document: Document) -> str:
    """The text of the file, ASCII."""
    return json.dumps(to_json(document), indent=2, allow_nan=False) + "\n"


def to_json(document: Document) -> dict[str, Any]:
    made, run = document.comparison, document.run
    return {
        "format": FORMAT,
        "version": VERSION,
        "verdict": None if made is None else made.verdict,
        "exit_code": document.exit_code,
        "runs": [_run(r) for r in (made.runs if made is not None else [run])],
        "incomplete": list(document.incomplete),
        "comparison": None if made is None else _comparison(made),
        "values": [_values(v) for v in document.values()],
        "history": [{"started": r.started, "subjects": _subjects(r),
                     "values": [_values(v) for v in values(r)]} for r in document.history],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "command": run.command, "started": run.started, "seed": run.seed,
        "complete": run.complete, "plan": dict(run.plan), "machine": dict(run.machine),
        "subjects": _subjects(run), "not_run": dict(run.not_run),
        "crashes": [asdict(crash) for crash in run.crashes], "samples": len(run.samples),
    }  # fmt: skip


def _subjects(run: Run) -> dict[str, Any]:
    return {key: {"label": s.label, "facts": dict(s.facts)} for key, s in run.subjects.items()}


def _comparison(made: Comparison) -> dict[str, Any]:
    rules = made.rules
    return {
        "paired": made.paired, "alpha": rules.alpha, "margin": rules.margin,
        "exact_margin": rules.exact_margin,
        "between_runs": None if made.paired else rules.between_runs, "tests": made.tests, "warnings": list(made.warnings),
        "rows": [_row(row) for row in made.rows],
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    return {
        "scenario": row.case.scenario, "level": row.case.level, "subject": row.subject,
        "figure": _figure(row.figure), "gates": row.gates, "verdict": row.verdict,
        "note": row.note, "reason": row.reason, "ratio": finite(row.ratio),
        "lower": finite(row.lower), "upper": finite(row.upper), "p_value": finite(row.p_value),
        "adjusted_p": finite(row.adjusted_p), "value": finite(row.value),
        "baseline": finite(row.baseline), "samples": row.samples,
        "baseline_samples": row.baseline_samples, "blocks": row.blocks,
        "one_sided_blocks": row.one_sided, "minimum_ratio": finite(row.minimum_ratio),
        "detectable": finite(row.detectable), "noise": _noise(row.noise),
    }  # fmt: skip


def _noise(noise: Noise | None) -> dict[str, Any] | None:
    if noise is None:
        return None
    return {
        "ratio": finite(noise.ratio), "lower": finite(noise.lower), "upper": finite(noise.upper),
        "floor": finite(noise.floor), "called": noise.called,
        "detection": [vars(d) for d in noise.detection],
    }  # fmt: skip


def _values(v: Values) -> dict[str, Any]:
    return {
        "scenario": v.case.scenario, "level": v.case.level, "subject": v.subject,
        "figure": _figure(v.figure), "median": v.median, "least": v.least, "most": v.most,
        "samples": v.samples,
    }  # fmt: skip


def _figure(figure: Figure) -> dict[str, Any]:
    return {"name": figure.name, "title": figure.title, "unit": figure.unit,
            "better": figure.better, "exact": figure.exact}


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
