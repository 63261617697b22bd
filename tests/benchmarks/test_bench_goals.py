# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether a run reached what its scenarios aim at."""

from __future__ import annotations

import pytest
from bench_samples import run

from triton_py.benchmarks import goals
from triton_py.benchmarks.results import Case
from triton_py.benchmarks.scenarios import Scenario
from triton_py.errors import InvalidArgumentError

CASES = (Case("s", "1"), Case("s", "32"))


def scenario(wanted, levels=(1, 32), rates=()):
    return Scenario("s", "S", "http", levels=levels, rates=rates, settings={"goals": wanted})


def made(a, b, figure="p99", cases=CASES):
    return run({figure: lambda subject: a if subject == "A" else b}, cases=cases)


@pytest.mark.parametrize("figure, goal, a, b, met", [
    ("p99", 1.0, 100.0, 100.0, True), ("p99", 1.0, 100.0, 101.0, False),
    ("cpu", 0.5, 100.0, 50.0, True), ("cpu", 0.5, 100.0, 51.0, False),
    ("throughput", 2.0, 100.0, 200.0, True), ("throughput", 2.0, 100.0, 199.0, False)])
def test_met_and_missed(figure, goal, a, b, met):
    found = goals.outcomes([scenario({figure: goal})], made(a, b, figure))
    assert [outcome.met for outcome in found] == [met, met]
    assert all(outcome.ratio == pytest.approx(b / a) for outcome in found)
    assert ("met" if met else "missed") in found[0].sentence()
    aim = "at least" if figure == "throughput" else "at most"
    assert f"s @ 1: {found[0].figure.title} {aim} {goal:g} times" in found[0].sentence()


def test_the_ratio_is_of_the_geometric_means():
    values = iter([100.0, 10.0, 1000.0, 100.0] * 6)
    found = goals.outcomes([scenario({"p99": 1.0})],
                           run({"p99": lambda subject: next(values)}, cases=CASES[:1], blocks=6))
    # A B B A: A is 100 and 100, B 10 and 1000, whose geometric mean is 100 as well.
    assert found[0].ratio == pytest.approx(1)


def test_a_level_narrows_a_goal_to_one_case():
    found = goals.outcomes([scenario({"p99@32": 1.0})], made(1, 1))
    assert [outcome.case.level for outcome in found] == ["32"]


def test_not_measured():
    whole = made(100, 100)
    whole.samples = [s for s in whole.samples if s.subject == "A"]
    found = goals.outcomes([scenario({"p99@1": 1.0})], whole)
    assert found[0].met is None
    assert found[0].sentence().endswith("at most 1 times: not measured")


def test_a_case_that_did_not_run_is_not_measured():
    found = goals.outcomes([scenario({"p99": 1.0})], made(1, 1, cases=CASES[:1]))
    assert [outcome.met for outcome in found] == [True, None]


def test_what_a_case_has_on_neither_side_is_no_goal():
    """An open loop has no throughput of its own."""
    found = goals.outcomes([scenario({"throughput": 2.0}, levels=(), rates=(50,))],
                           made(1, 1, "p99", cases=(Case("s", "50/s"),)))
    assert found == []


def test_an_unknown_figure():
    with pytest.raises(InvalidArgumentError, match="'s' has a goal for 'speed', which is no figure"):
        goals.outcomes([scenario({"speed": 1.0})], made(1, 1))


def test_the_summary_has_what_was_missed_first():
    both = run({"p99": lambda s: 1.0 if s == "A" else 2.0, "p50": lambda s: 1.0}, cases=CASES[:1])
    lines = goals.summary(goals.outcomes(
        [scenario({"cpu@32": 1.0, "p50@1": 1.0, "p99@1": 1.0})], both))
    assert lines[0] == "goals: 1 of 3 met"
    assert "missed" in lines[1] and "not measured" in lines[2] and len(lines) == 3
