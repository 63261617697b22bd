# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The clauses that conformance.toml tolerates, each with a reason and a last day.

A waiver hides nothing: the clause's status stays ``fail``, and every report says that it is tolerated
and why. It only keeps the clause from deciding about the verdict.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .clauses import clauses
from .results import FAIL, PASS, RunResult

_KEYS = ("clause", "reason", "expires")


@dataclass(frozen=True)
class Waiver:
    """One ``[[tolerate]]``."""

    clause: str
    reason: str
    #: The last day on which it holds.
    expires: date


def read(entries: Any) -> tuple[list[Waiver], list[str]]:
    """The waivers of a conformance.toml's ``tolerate``, and what is wrong with each other entry.

    An entry with a problem is left out, so that what it was to tolerate is not tolerated.
    """
    if not isinstance(entries, list):
        return [], ["tolerate: it is a list of tables, written [[tolerate]]"]
    waivers: dict[str, Waiver] = {}
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        found = _problem(entry) if isinstance(entry, Mapping) else "it is not a table"
        if not found and entry["clause"] in waivers:
            found = f"{entry['clause']} is tolerated by an earlier one already"
        if found:
            problems.append(f"tolerate[{number}]: {found}")
        else:
            waiver = Waiver(entry["clause"], entry["reason"].strip(), _day(entry["expires"]))
            waivers[waiver.clause] = waiver
    return list(waivers.values()), problems


def _problem(entry: Mapping[str, Any]) -> str:
    """What is wrong with an entry; "" for nothing."""
    for key in entry:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(_KEYS)}"
            return f"there is no key '{key}'; {hint}"
    clause = entry.get("clause")
    if not isinstance(clause, str) or not clause:
        return "it names no clause"
    if clause not in clauses():
        near = difflib.get_close_matches(clause, clauses(), 1)
        hint = f"did you mean '{near[0]}'?" if near else "triton-py certify --list shows all"
        return f"there is no clause '{clause}'; {hint}"
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        return f"it gives no reason why {clause} is tolerated"
    if "expires" not in entry:
        return f"it does not say until when {clause} is tolerated: expires = YYYY-MM-DD"
    try:
        _day(entry["expires"])
    except ValueError:
        return f"the expires of {clause} is {entry['expires']!s}, not a date: YYYY-MM-DD"
    return ""


def _day(value: Any) -> date:
    """TOML's own date, or one in quotes."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.strptime(value, "%Y-%m-%d").date()
    raise ValueError(value)


def apply(
    run: RunResult, waivers: Sequence[Waiver], today: date, file: str = "conformance.toml"
) -> list[str]:
    """Marks what is tolerated today; returns a sentence for each waiver that tolerates nothing.

    The sentences are added to the run's warnings as well, for every report to have them.
    """
    results = {result.clause.id: result for result in run.results}
    found: list[str] = []
    for waiver in waivers:
        result = results.get(waiver.clause)
        if result is not None and result.status == PASS:
            # One that has not run says nothing about its waiver.
            found.append(
                f"{waiver.clause} is tolerated in {file} and has passed: "
                "remove its [[tolerate]]."
            )
        elif waiver.expires < today:
            found.append(
                f"{file} tolerates {waiver.clause} until {waiver.expires} only: "
                "that day is over, and the clause decides again."
            )
        elif result is not None and result.status == FAIL:
            result.waived = waiver.reason
            result.waived_until = waiver.expires.isoformat()
    run.warnings += found
    return found
