# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What every report counts, and in which words.

A status says what became of a clause. A *kind* says what that means for the reader: a clause that
failed decides about the verdict, or it is tolerated, or it is only advice.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..clauses import PROFILES
from ..results import (
    BLOCKED,
    CONFORMANT,
    ERROR,
    FAIL,
    INCOMPLETE,
    NOT_RUN,
    PASS,
    VIOLATIONS,
    ClauseResult,
    RunResult,
)

TOLERATED = "tolerated"
ADVICE = "advice"
#: In the order in which they are shown.
KINDS = (PASS, FAIL, TOLERATED, ADVICE, ERROR, BLOCKED, NOT_RUN)

#: How a number of clauses of a kind is spoken of.
WORDS = {
    PASS: "passed",
    FAIL: "failed",
    TOLERATED: "tolerated",
    ADVICE: "advised against",
    ERROR: "in error",
    BLOCKED: "blocked",
    NOT_RUN: "not run",
}
MEANINGS = {
    PASS: "held in every case that exercised it",
    FAIL: "did not hold",
    TOLERATED: "did not hold, and conformance.toml tolerates it",
    ADVICE: "a SHOULD that did not hold; it decides nothing without --strict",
    ERROR: "the harness failed: neither a pass nor a finding",
    BLOCKED: "something that must hold first did not",
    NOT_RUN: "no case exercised it",
}


def kind(run: RunResult, result: ClauseResult) -> str:
    """One of KINDS."""
    if result.status != FAIL:
        return result.status
    if result.waived:
        return TOLERATED
    return FAIL if run.counts(result) else ADVICE


def tally(run: RunResult, results: Iterable[ClauseResult]) -> dict[str, int]:
    """How many of each kind, with the zeros."""
    counts = dict.fromkeys(KINDS, 0)
    for result in results:
        counts[kind(run, result)] += 1
    return counts


def by_profile(run: RunResult) -> dict[str, list[ClauseResult]]:
    """The results in the profiles' order; a profile without results is left out."""
    found: dict[str, list[ClauseResult]] = {name: [] for name in PROFILES}
    for result in run.results:
        found.setdefault(result.clause.profile, []).append(result)
    return {name: results for name, results in found.items() if results}


def why_incomplete(run: RunResult) -> list[str]:
    """Sentences that say why the verdict is INCOMPLETE; nothing where it is not."""
    if run.verdict != INCOMPLETE:
        return []
    why = list(run.problems)
    for result in run.results:
        if result.status in (ERROR, BLOCKED):
            reason = f": {result.reason}" if result.reason else "."
            why.append(f"{result.clause.id} is {WORDS[result.status]}{reason}")
    if not any(r.status == PASS for r in run.results if run.counts(r)):
        why.append("No clause that decides about the verdict has passed.")
    return why


def verdict_sentence(run: RunResult) -> str:
    """The verdict for a person."""
    return {
        CONFORMANT: "Every clause that was exercised and decides holds.",
        VIOLATIONS: "At least one clause that decides does not hold.",
        INCOMPLETE: "The run is not whole: it proves neither the one nor the other.",
    }[run.verdict]


def plural(number: int, word: str) -> str:
    """``1 case``, ``2 cases``."""
    if number == 1:
        return f"1 {word}"
    return f"{number} {word}es" if word.endswith("s") else f"{number} {word}s"


def reason(result: ClauseResult) -> str:
    """Why a clause has its status: of one that failed, what was observed first."""
    if result.status == FAIL and not result.reason and result.violations:
        return result.violations[0].summary
    return result.reason


def tolerance(result: ClauseResult) -> str:
    """Why a clause is tolerated, and for how long."""
    until = f" (until {result.waived_until})" if result.waived_until else ""
    return f"tolerated: {result.waived}{until}"


def reproducer(result: ClauseResult) -> str | None:
    """The file that shows the first violation by itself: the Python one where there are several."""
    for violation in result.violations:
        for language in ("python", *sorted(violation.reproducers)):
            if violation.reproducers.get(language):
                return violation.reproducers[language]
    return None
