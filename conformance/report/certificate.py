# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The certificate: what a run has shown about one library, to be handed on with it.

Its digest finds an edit or a damaged file. It is no signature: whoever changes the file can make a
new digest. (Python's standard library has no asymmetric signature, and with a shared key whoever can
verify can forge.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import triton_py

from ..results import CONFORMANT, FAIL, PASS, STATUSES, ClauseResult, RunResult
from .summary import by_profile

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
            name: {"config_sha256": hashlib.sha256(_bytes(text)).hexdigest()}
            for name, text in run.models.items()
        },
        "api_version": run.api_version,
        "profiles": profiles(run),
        "strict": run.strict,
        "seeds": [run.seed],
        "examples": run.examples,
        "time_budget": run.time_budget,
        "seconds": run.seconds,
        "cases": run.cases,
        "workers": run.workers,
        "counts": {s: sum(r.status == s for r in run.results) for s in STATUSES},
        "clauses": [_clause(result) for result in run.results],
        "problems": list(run.problems),
        "warnings": list(run.warnings),
        "triton_py": triton_py.__version__,
        "environment": dict(run.environment),
    }
    return body | {"digest": digest(body)}


def dumps(run: RunResult, issued: datetime | None = None) -> str:
    """The text of the file, ASCII."""
    return json.dumps(to_json(run, issued), indent=2) + "\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _clause(result: ClauseResult) -> dict[str, Any]:
    return {
        "id": result.clause.id,
        "level": result.clause.level,
        "profile": result.clause.profile,
        "status": result.status,
        "cases": result.cases,
        "reason": result.reason,
        "waived": result.waived,
        "waived_until": result.waived_until,
        "violations": [violation.summary for violation in result.violations],
    }


def profiles(run: RunResult) -> dict[str, dict[str, Any]]:
    """Each profile that was asked for or looked at: whether it is certified, and why not.

    It is when each clause of it that decides has passed. One that did not run has not.
    """
    results = by_profile(run)
    return {
        name: _profile(run, results.get(name, []))
        for name in dict.fromkeys([*run.profiles, *results])
    }


def _profile(run: RunResult, results: list[ClauseResult]) -> dict[str, Any]:
    deciding = [result for result in results if run.counts(result)]
    why = [
        f"{result.clause.id}: {result.status}" + (f", {result.reason}" if result.reason else "")
        for result in deciding
        if result.status != PASS
    ]
    if not deciding:
        why = ["No clause of it that decides was looked at."]
    tolerated = [r.clause.id for r in results if r.waived and r.status == FAIL]
    return {"certified": not why, "why_not": why, "tolerated": tolerated}


def digest(certificate: Mapping[str, Any]) -> str:
    """SHA-256 over all but the digest itself: keys sorted, no white space, ASCII."""
    body = {key: value for key, value in certificate.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """A file's hash in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(certificate: Path, library: Path, today: date | None = None) -> list[str]:
    """What is wrong with a certificate for this library, in sentences; nothing: it holds."""
    try:
        value = json.loads(certificate.read_text(encoding="utf-8"))
    except OSError as error:
        return [f"{certificate} can't be read: {error.strerror}."]
    except ValueError:
        return [f"{certificate} is not a certificate: it is not JSON."]
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return [f"{certificate} is not a certificate: its format is not '{FORMAT}'."]
    if value.get("version") != VERSION:
        return [
            f"{certificate} has version {value.get('version')}; this triton-py verifies {VERSION}."
        ]
    today = datetime.now(UTC).date() if today is None else today
    return [*_edited(value), *_other_library(value, library), *_not_enough(value, today)]


def _edited(value: Mapping[str, Any]) -> list[str]:
    if value.get("digest") == digest(value):
        return []
    return ["The certificate was changed after it was written: its digest does not match."]


def _other_library(value: Mapping[str, Any], library: Path) -> list[str]:
    facts = value.get("library")
    certified = facts.get("sha256") if isinstance(facts, Mapping) else None
    try:
        found = sha256_of(library)
    except OSError as error:
        return [f"{library} can't be read: {error.strerror}."]
    if certified == found:
        return []
    other = f"its SHA-256 is {found}, the certificate's is {certified}."
    return [f"{library} is not the library that was certified: {other}"]


def _not_enough(value: Mapping[str, Any], today: date) -> list[str]:
    found = []
    if value.get("verdict") != CONFORMANT:
        found.append(f"The verdict is '{value.get('verdict')}', not '{CONFORMANT}'.")
    entries = value.get("clauses")
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        return [*found, "The certificate has no list of clauses."]
    for entry in entries:
        if not entry.get("waived"):
            continue
        try:
            until = date.fromisoformat(entry.get("waived_until"))
        except (TypeError, ValueError):
            found.append(f"{entry.get('id')} is tolerated without a last day.")
            continue
        if until < today:
            found.append(f"{entry.get('id')} was tolerated until {until}; that day is over.")
    return found
