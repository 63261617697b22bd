# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The certificate: what a run has shown about one library, to be handed on with it.

Its digest finds an edit or a damaged file. It is a checksum and no signature: whoever changes the file
can make a new digest. ``verification`` reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import triton_py

from ..results import FAIL, PASS, STATUSES, ClauseResult, RunResult
from .as_json import finite, settings, sha256
from .summary import by_profile, reason

FORMAT = "triton-py-certificate"
VERSION = 1


def to_json(run: RunResult, issued: datetime | None = None) -> dict[str, Any]:
    """The certificate with its digest."""
    issued = datetime.now(UTC) if issued is None else issued
    body: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "issued": issued.isoformat(timespec="seconds"),
        "verdict": run.verdict,
        # Its name: where it lay says something about the machine only.
        "library": {"name": Path(run.library).name, "sha256": run.sha256, "backend": run.backend},
        "models": {
            name: {"config": text, "config_sha256": sha256(text)}
            for name, text in run.models.items()
        },
        "settings": settings(run),
        "api_version": run.api_version,
        "profiles": profiles(run),
        "strict": run.strict,
        "seeds": [run.seed],
        "examples": run.examples,
        "time_budget": finite(run.time_budget),
        "seconds": finite(run.seconds),
        "cases": run.cases,
        "workers": run.workers,
        "counts": {s: sum(r.status == s for r in run.results) for s in STATUSES},
        "clauses": [_clause(run, result) for result in run.results],
        "not_examined": not_examined(run),
        "problems": list(run.problems),
        "warnings": list(run.warnings),
        "triton_py": triton_py.__version__,
        "environment": dict(run.environment),
    }
    return body | {"digest": digest(body)}


def dumps(run: RunResult, issued: datetime | None = None) -> str:
    """The text of the file, ASCII."""
    return json.dumps(to_json(run, issued), indent=2, allow_nan=False) + "\n"


def not_examined(run: RunResult) -> dict[str, str]:
    """What the certificate says nothing about: clause to reason."""
    return {
        result.clause.id: result.reason or result.status
        for result in run.results
        if result.status not in (PASS, FAIL)
    }


def _clause(run: RunResult, result: ClauseResult) -> dict[str, Any]:
    return {
        "id": result.clause.id,
        "level": result.clause.level,
        "profile": result.clause.profile,
        "status": result.status,
        "cases": result.cases,
        "decisive": run.counts(result),
        "reason": reason(result),
        "waived": result.waived,
        "waived_until": result.waived_until,
        "violations": [violation.summary for violation in result.violations],
    }


def profiles(run: RunResult) -> dict[str, dict[str, Any]]:
    """Each profile that was asked for or looked at: how many of its clauses have passed.

    It is complete when each clause of it that decides has. One that did not run has not.
    """
    results = by_profile(run)
    return {
        name: _profile(run, results.get(name, []))
        for name in dict.fromkeys([*run.profiles, *results])
    }


def _profile(run: RunResult, results: list[ClauseResult]) -> dict[str, Any]:
    missing = [result for result in results if run.counts(result) and result.status != PASS]
    return {
        "clauses": len(results),
        "passed": sum(result.status == PASS for result in results),
        "complete": bool(results) and not missing,
        "missing": [result.clause.id for result in missing],
        "tolerated": [r.clause.id for r in results if r.waived and r.status == FAIL],
    }


def digest(certificate: Mapping[str, Any]) -> str:
    """SHA-256 over all but the digest itself: keys sorted, no white space, ASCII."""
    body = {key: value for key, value in certificate.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """A file's hash in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
