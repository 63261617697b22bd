# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The results as JSON, there and back. ``schema.json`` beside this file describes it.

Within a version fields may be added; one that goes, or that changes its meaning, makes a new version.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..clauses import Clause
from ..results import STATUSES, ClauseResult, Origin, RunResult, Violation
from .summary import reproducer

FORMAT = "triton-py-conformance"
VERSION = 1
SCHEMA = Path(__file__).with_name("schema.json")


class ReportFormatError(ValueError):
    """The text is no report that can be read; the message says why."""


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
        "time_budget": _number(run.time_budget),
        "seconds": _number(run.seconds),
        "cases": run.cases,
        "workers": run.workers,
        "strict": run.strict,
        "profiles": list(run.profiles),
        "counts": {s: sum(r.status == s for r in run.results) for s in STATUSES},
        "clauses": [_clause(run, result) for result in run.results],
        "problems": list(run.problems),
        "warnings": list(run.warnings),
        "environment": dict(run.environment),
    }


def dumps(run: RunResult) -> str:
    """The text of the file, ASCII."""
    return json.dumps(to_json(run), indent=2, allow_nan=False) + "\n"


def _clause(run: RunResult, result: ClauseResult) -> dict[str, Any]:
    clause = result.clause
    return {
        "id": clause.id,
        "level": clause.level,
        "profile": clause.profile,
        "sentence": clause.sentence,
        "functions": list(clause.functions),
        "status": result.status,
        "reason": result.reason,
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


def _number(value: float) -> float:
    """A time; 0 where there is no limit."""
    return value if math.isfinite(value) else 0.0


def loads(text: str) -> RunResult:
    """Reads the text of a file; raises ReportFormatError."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ReportFormatError(f"This is not JSON: {error}.") from error
    return from_json(value)


def from_json(value: Any) -> RunResult:
    """The results that ``to_json`` was given; raises ReportFormatError."""
    if not isinstance(value, Mapping) or value.get("format") != FORMAT:
        raise ReportFormatError(f"This is no report: its format is not '{FORMAT}'.")
    if value.get("version") != VERSION:
        raise ReportFormatError(
            f"The report has version {value.get('version')}; this triton-py reads {VERSION}."
        )
    try:
        run = _run(value)
    except KeyError as error:
        raise ReportFormatError(f"The report has no field {error}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ReportFormatError(f"A field of the report has the wrong type: {error}.") from error
    for result in run.results:
        if result.status not in STATUSES:
            raise ReportFormatError(
                f"{result.clause.id} has the unknown status '{result.status}'."
            )
    if run.verdict != value.get("verdict"):
        raise ReportFormatError(
            f"The report's verdict is '{value.get('verdict')}', but its clauses make it "
            f"'{run.verdict}'."
        )
    return run


def _run(value: Mapping[str, Any]) -> RunResult:
    return RunResult(
        library=value["library"],
        sha256=value["sha256"],
        backend=value["backend"],
        models=dict(value["models"]),
        api_version=value["api_version"],
        seed=value["seed"],
        examples=value["examples"],
        time_budget=value["time_budget"],
        seconds=value["seconds"],
        cases=value["cases"],
        workers=value["workers"],
        strict=value["strict"],
        profiles=list(value["profiles"]),
        results=[_result(entry) for entry in value["clauses"]],
        environment=dict(value["environment"]),
        problems=list(value["problems"]),
        warnings=list(value["warnings"]),
    )


def _result(entry: Mapping[str, Any]) -> ClauseResult:
    # The clause as it read then, which need not be as it reads now.
    clause = Clause(
        entry["id"], entry["level"], entry["profile"], entry["sentence"],
        tuple(entry["functions"]),
    )  # fmt: skip
    return ClauseResult(
        clause,
        entry["status"],
        entry["reason"],
        entry["cases"],
        [
            Violation(v["summary"], list(v["events"]), v["case"], v["ended"],
                      _read_origin(v["origin"]), v["again"], dict(v["reproducers"]))
            for v in entry["violations"]
        ],
        entry["waived"],
        entry["waived_until"],
    )  # fmt: skip


def _read_origin(value: Mapping[str, Any] | None) -> Origin | None:
    if value is None:
        return None
    return Origin(
        value["property"], value["model"], value["number"], value["value"], tuple(value["before"])
    )
