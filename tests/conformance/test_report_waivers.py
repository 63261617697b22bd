# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tolerated clauses: they fail and decide nothing, until their day is over."""

from __future__ import annotations

from datetime import date

import pytest
import report_samples as samples

from triton_py.conformance import waivers
from triton_py.conformance.report import as_html, as_json, certificate, junit, terminal
from triton_py.conformance.results import CONFORMANT, FAIL, VIOLATIONS, ClauseResult, RunResult
from triton_py.conformance.waivers import Waiver

DAY = date(2026, 5, 1)
LATE = "responses.timely"


def run() -> RunResult:
    found = samples.conformant()
    found.results.append(ClauseResult(samples.clause(LATE), FAIL, "", 1))
    return found


def test_one_that_holds() -> None:
    result = run()
    assert result.verdict == VIOLATIONS
    assert waivers.apply(result, [Waiver(LATE, "slow disk", DAY)], DAY) == []
    assert result.verdict == CONFORMANT
    late = next(r for r in result.results if r.clause.id == LATE)
    assert (late.status, late.waived, late.waived_until) == (FAIL, "slow disk", "2026-05-01")


def test_one_that_has_expired_decides_nothing() -> None:
    result = run()
    (sentence,) = waivers.apply(result, [Waiver(LATE, "slow disk", DAY)], date(2026, 5, 2), "x.toml")
    assert result.verdict == VIOLATIONS
    assert "x.toml tolerates responses.timely until 2026-05-01 only" in sentence


def test_one_that_is_not_needed_is_told_by_every_report() -> None:
    result = samples.conformant()
    waivers.apply(result, [Waiver("responses.final", "old", DAY)], DAY)
    assert result.verdict == CONFORMANT
    (warning,) = result.warnings
    assert "responses.final is tolerated in conformance.toml and has passed" in warning
    start = "responses.final is tolerated in"
    for text in (as_json.dumps(result), junit.dumps(result), as_html.dumps(result),
                 certificate.dumps(result), terminal.report(result)):  # fmt: skip
        assert start in text


def test_one_of_what_did_not_run_says_nothing() -> None:
    result = samples.conformant()
    assert waivers.apply(result, [Waiver("gpu.outputs", "no", DAY),
                                  Waiver(LATE, "not in this profile", DAY)], DAY) == []  # fmt: skip
    assert result.verdict == CONFORMANT


GOOD = {"clause": LATE, "reason": "slow", "expires": DAY}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (GOOD | {"expire": 1}, "there is no key 'expire'; did you mean 'expires'?"),
        (GOOD | {"clause": "responses.timly"}, "did you mean 'responses.timely'?"),
        (GOOD | {"clause": "qqq"}, "triton-py certify --list shows all"),
        (GOOD | {"clause": 3}, "names no clause"),
        (GOOD | {"reason": "  "}, "gives no reason"),
        (GOOD | {"expires": "soon"}, "is soon, not a date"),
        (GOOD | {"expires": 2026}, "is 2026, not a date"),
        ({"clause": LATE, "reason": "slow"}, "does not say until when"),
        ("text", "not a table"),
    ],
)
def test_entries_that_are_wrong(entry: object, said: str) -> None:
    found, (problem,) = waivers.read([GOOD | {"clause": "responses.final"}, entry])
    assert [w.clause for w in found] == ["responses.final"]
    assert problem.startswith("tolerate[2]: ") and said in problem


def test_reading() -> None:
    text = GOOD | {"clause": "responses.final", "expires": "2026-05-01"}
    found, problems = waivers.read([GOOD, text])
    assert problems == []
    assert found == [Waiver(LATE, "slow", DAY), Waiver("responses.final", "slow", DAY)]
    assert "already" in waivers.read([GOOD, GOOD])[1][0]
    assert waivers.read({})[1] == ["tolerate: it is a list of tables, written [[tolerate]]"]
