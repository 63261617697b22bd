# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The results as JSON. ``schema.json`` beside this file describes the form.

Within a version fields may be added; one that goes, or that changes its meaning, makes a new version.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..results import STATUSES, ClauseResult, Origin, RunResult, Violation
from .summary import reason, reproducer

FORMAT = "triton-py-conformance"
VERSION = 1
SCHEMA = Path(__file__).with_name("schema.json")


def to_json(run: RunResult) -> dict[str, Any]:
    """The results as what ``json`` writes."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "verdict": run.verdict,
        "library": run.library,
        "sha256": run.sha256,
        "backend": run.backend,
        "models": dict(run.models),
        "api_version": run.api_version,
        "seed": run.seed,
        "examples": run.examples,
        "time_budget": finite(run.time_budget),
        "seconds": finite(run.seconds),
        "cases": run.cases,
        "workers": run.workers,
        "strict": run.strict,
        "profiles": list(run.profiles),
        "settings": settings(run),
        "counts": {s: sum(r.status == s for r in run.results) for s in STATUSES},
        "clauses": [_clause(run, result) for result in run.results],
        "problems": list(run.problems),
        "warnings": list(run.warnings),
        "environment": dict(run.environment),
    }


def dumps(run: RunResult) -> str:
    """The text of the file, ASCII."""
    return json.dumps(to_json(run), indent=2, allow_nan=False) + "\n"


def settings(run: RunResult) -> dict[str, str] | None:
    """The conformance.toml that the run was made with."""
    if not run.settings_file:
        return None
    return {"file": run.settings_file, "text": run.settings, "sha256": sha256(run.settings)}


def sha256(text: str) -> str:
    """The hash of a text as it lies in a file, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _clause(run: RunResult, result: ClauseResult) -> dict[str, Any]:
    clause = result.clause
    return {
        "id": clause.id,
        "level": clause.level,
        "profile": clause.profile,
        "sentence": clause.sentence,
        "functions": list(clause.functions),
        "status": result.status,
        "reason": reason(result),
        "reproducer": reproducer(result),
        "decisive": run.counts(result),
        "cases": result.cases,
        "waived": result.waived,
        "waived_until": result.waived_until,
        "violations": [_violation(v) for v in result.violations],
    }


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "summary": violation.summary,
        "events": list(violation.events),
        "case": None if violation.case is None else plain(violation.case),
        "ended": violation.ended,
        "again": violation.again,
        "origin": None if violation.origin is None else _origin(violation.origin),
        "reproducers": dict(violation.reproducers),
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "property": origin.property,
        "model": origin.model,
        "number": origin.number,
        "value": origin.value,
        "before": [plain(case) for case in origin.before],
    }


def plain(value: Any) -> Any:
    """A value that JSON knows: its numbers have no infinity and no NaN, so these become words."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def finite(value: float) -> float:
    """A time; 0 where there is no limit."""
    return value if math.isfinite(value) else 0.0
