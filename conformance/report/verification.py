# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether a certificate holds for a library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..results import CONFORMANT, FAIL
from .certificate import FORMAT, VERSION, digest, sha256_of

#: Exit statuses: it holds; it is in order and says that the library is not conformant; it is none
#: of this library.
HOLDS, NOT_CONFORMANT, INVALID = 0, 1, 2


@dataclass
class Verification:
    """What came out of it; ``sentences`` say why where it does not hold."""

    exit_code: int
    sentences: list[str]
    #: What decides nothing: a waiver whose last day is over.
    warnings: list[str] = field(default_factory=list)


class _Invalid(Exception):
    """The file is no certificate; the message says why."""


def verify(certificate: Path, library: Path, today: date) -> Verification:
    """Reads both files. Never raises for what is in them."""
    try:
        value = _read(certificate)
        facts = value["library"]
        found = _hash(library)
    except _Invalid as invalid:
        return Verification(INVALID, [str(invalid)])
    if value["digest"] != digest(value):
        return Verification(
            INVALID,
            [f"{certificate} was changed after it was written: its digest does not match."],
        )
    if facts["sha256"] != found:
        return Verification(INVALID, [
            f"{library} is not the library that {certificate} is about: its SHA-256 is {found}, "
            + f"the certificate's is {facts['sha256']}."
        ])  # fmt: skip
    if value["verdict"] != CONFORMANT:
        sentences = [f"The library was examined and the verdict is '{value['verdict']}'."]
        sentences += _failed(value) or [str(problem) for problem in value["problems"]]
        return Verification(NOT_CONFORMANT, sentences)
    failed = _failed(value)
    if failed:
        return Verification(
            INVALID, [f"{certificate} contradicts itself: it says '{CONFORMANT}'.", *failed]
        )
    said = f"{library} is conformant, by triton-py {value['triton_py']} on {value['issued']}."
    held = ", ".join(
        f"{name} {facts.get('passed')} of {facts.get('clauses')}"
        for name, facts in value["profiles"].items()
    )
    return Verification(HOLDS, [said, f"Clauses that were shown to hold: {held}."],
                        _expired(value, today))  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes().decode(), object_pairs_hook=_once)
    except OSError as error:
        raise _Invalid(f"{path} can't be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise _Invalid(f"{path} is not a certificate: it is not JSON.") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _Invalid(f"{path} is not a certificate: its format is not '{FORMAT}'.")
    version = value.get("version")
    if version != VERSION or isinstance(version, bool):
        raise _Invalid(f"{path} has version {version!r}; this triton-py verifies {VERSION}.")
    for key, kind in _FIELDS.items():
        if not isinstance(value.get(key), kind):
            raise _Invalid(f"{path} is damaged: it has no '{key}' as it should be.")
    entries = [*value["clauses"], *value["profiles"].values()]
    if not isinstance(value["library"].get("sha256"), str) or not all(
        isinstance(entry, dict) for entry in entries
    ):
        raise _Invalid(f"{path} is damaged: its library, clauses or profiles are not as they should be.")
    return value


#: What is looked at here; the digest covers the rest.
_FIELDS: dict[str, type] = {
    "digest": str, "library": dict, "verdict": str, "clauses": list, "profiles": dict,
    "problems": list, "issued": str, "triton_py": str,
}  # fmt: skip


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that is there twice would show a reader something else than it proves."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _hash(library: Path) -> str:
    try:
        return sha256_of(library)
    except OSError as error:
        raise _Invalid(f"{library} can't be read: {error.strerror}.") from None


def _failed(value: Mapping[str, Any]) -> list[str]:
    return [
        f"{entry.get('id')} failed: {entry.get('reason')}"
        for entry in value["clauses"]
        if entry.get("status") == FAIL and entry.get("decisive")
    ]


def _expired(value: Mapping[str, Any], today: date) -> list[str]:
    found = []
    for entry in value["clauses"]:
        if not entry.get("waived"):
            continue
        name = entry.get("id")
        try:
            until = date.fromisoformat(entry.get("waived_until"))
        except (TypeError, ValueError):
            found.append(f"{name} is tolerated without a last day.")
            continue
        if until < today:
            found.append(f"{name} failed and was tolerated until {until}; that day is over.")
    return found
