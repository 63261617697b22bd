# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""When a figure is slower, same or inconclusive."""

from __future__ import annotations

import math

import pytest

from triton_py.benchmarks.figures import FIGURES
from triton_py.benchmarks.statistics.decision import (
    FASTER,
    INCONCLUSIVE,
    SAME,
    SLOWER,
    Finding,
    beyond_margin,
    decide,
    judge,
)
from triton_py.benchmarks.statistics.interval import Estimate
from triton_py.benchmarks.statistics.ratios import Pair
from triton_py.benchmarks.statistics.rules import Rules
from triton_py.errors import InvalidArgumentError

RULES = Rules()
P99, THROUGHPUT = FIGURES["p99"], FIGURES["throughput"]
INSTRUCTIONS, ALLOCATIONS = FIGURES["instructions"], FIGURES["allocations"]


def _pair(figure, subject, baseline):
    """A value to a block."""
    return Pair(figure, {i: [v] for i, v in enumerate(subject)},
                {i: [v] for i, v in enumerate(baseline)})


def _decided(figure, subject, baseline):
    finding = judge(_pair(figure, subject, baseline), RULES, 1)
    return decide(figure, finding, finding.p_value, RULES)


def _estimate(low: float, center: float, high: float) -> Finding:
    """An interval by its ends, as ratios."""
    reach = 2.13184678
    error = 0.001
    return Finding(Estimate(math.log(center), error, 4, 0.05,
                            (math.log(center) - math.log(low)) / (reach * error),
                            (math.log(high) - math.log(center)) / (reach * error)), 0.01)


@pytest.mark.parametrize("low, center, high, p, verdict, note", [
    (1.08, 1.10, 1.12, 0.01, SLOWER, ""),
    # Shown to be slower than 1; how much is not, but the estimate is beyond the margin.
    (1.01, 1.06, 1.12, 0.05, SLOWER, ""),
    # Corrected for many cases it is not shown any more.
    (1.01, 1.06, 1.12, 0.051, INCONCLUSIVE, ""),
    # A slowdown within the margin.
    (1.01, 1.02, 1.04, 0.01, SAME, ""),
    # A slowdown that may or may not stay within it.
    (1.01, 1.04, 1.07, 0.01, INCONCLUSIVE, ""),
    (0.98, 1.00, 1.02, 0.50, SAME, ""),
    (0.94, 1.00, 1.06, 0.50, INCONCLUSIVE, ""),
    (0.88, 0.90, 0.92, 1.00, SAME, FASTER),
    # Faster by less than the margin, or not shown to be.
    (0.96, 0.97, 0.98, 1.00, SAME, ""),
    (0.80, 0.90, 1.01, 0.90, SAME, ""),
])
def test_verdicts_by_interval(low, center, high, p, verdict, note):
    made = decide(P99, _estimate(low, center, high), p, RULES)
    assert (made.verdict, made.note) == (verdict, note)
    assert made.reason


def test_an_estimate_within_the_margin_is_never_slower():
    at = decide(P99, _estimate(1.0498, 1.0499, 1.0501), 0.0, RULES)
    assert at.verdict == INCONCLUSIVE


def test_a_count_has_a_margin_of_its_own():
    assert _decided(INSTRUCTIONS, [1010.0] * 4, [1000.0] * 4).verdict == SLOWER
    assert _decided(INSTRUCTIONS, [1004.0] * 4, [1000.0] * 4).verdict == SAME
    assert _decided(P99, [1010.0] * 4, [1000.0] * 4).verdict == SAME


def test_counts_that_agree_do_not_wait_for_blocks_and_times_do():
    assert _decided(INSTRUCTIONS, [1010.0] * 3, [1000.0] * 3).verdict == SLOWER
    # Two could be chance: counts may depend on a seed.
    assert _decided(INSTRUCTIONS, [1010.0] * 2, [1000.0] * 2).verdict == INCONCLUSIVE
    assert _decided(P99, [1500.0] * 3, [1000.0] * 3).verdict == INCONCLUSIVE


def test_agreeing_counts_are_no_test():
    assert judge(_pair(INSTRUCTIONS, [1010.0] * 4, [1000.0] * 4), RULES, 1).p_value is None
    wild = judge(_pair(INSTRUCTIONS, [1010.0, 1020, 1000, 990, 1005], [1000.0] * 5), RULES, 1)
    assert wild.p_value is not None


def test_one_wild_block_does_not_make_it_slower():
    x = [101.0, 99.0, 100.0, 102.0, 98.0, 100.0]
    assert _decided(P99, [*x[:5], 1000.0], x).verdict != SLOWER
    # Nor hides that all others are.
    y = [v * 1.3 for v in x]
    assert _decided(P99, y, x).verdict == SLOWER
    assert _decided(P99, [*y[:5], 1.0], x).verdict == INCONCLUSIVE


@pytest.mark.parametrize("figure, subject, baseline, verdict, note", [
    (ALLOCATIONS, [0.0] * 5, [0.0] * 5, SAME, ""),
    (FIGURES["switches"], [0.0] * 5, [0.0] * 5, SAME, ""),
    (THROUGHPUT, [0.0] * 5, [0.0] * 5, INCONCLUSIVE, ""),
    (THROUGHPUT, [0.0] * 5, [9.0] * 5, SLOWER, ""),
    (THROUGHPUT, [9.0] * 5, [0.0] * 5, INCONCLUSIVE, ""),
    (ALLOCATIONS, [3.0] * 5, [0.0] * 5, SLOWER, ""),
    (ALLOCATIONS, [0.0] * 5, [3.0] * 5, SAME, FASTER),
    (ALLOCATIONS, [0.0, 0, 0, 0, 1], [0.0] * 5, INCONCLUSIVE, ""),
    (P99, [5.0] * 5, [0.0] * 5, INCONCLUSIVE, ""),
    (THROUGHPUT, [0.0] * 2, [9.0] * 2, INCONCLUSIVE, ""),
])
def test_zeros_have_no_ratio(figure, subject, baseline, verdict, note):
    made = _decided(figure, subject, baseline)
    assert (made.verdict, made.note) == (verdict, note)
    assert made.reason


def test_no_common_block():
    found = judge(Pair(P99, {0: [1.0]}, {1: [1.0]}), RULES, 1)
    assert found.verdict == INCONCLUSIVE and found.estimate is None


def test_the_control_is_called_in_both_directions():
    assert beyond_margin(P99, _estimate(1.08, 1.10, 1.12), RULES) == SLOWER
    assert beyond_margin(P99, _estimate(0.88, 0.90, 0.92), RULES) == FASTER
    assert beyond_margin(P99, _estimate(0.90, 1.10, 1.30), RULES) == ""
    assert beyond_margin(P99, _estimate(1.01, 1.02, 1.03), RULES) == ""


def test_a_control_of_zeros_is_as_it_should_be():
    # It was called slower: every ratio without an estimate but 0 counted as infinite.
    zeros = judge(_pair(ALLOCATIONS, [0.0] * 5, [0.0] * 5), RULES, 1)
    assert beyond_margin(ALLOCATIONS, zeros, RULES) == ""


@pytest.mark.parametrize("rules", [{"margin": 0}, {"margin": 1}, {"alpha": 0}, {"alpha": 0.5},
                                   {"exact_margin": -1}, {"margin": math.nan}])
def test_rules_are_parts(rules):
    with pytest.raises(InvalidArgumentError):
        Rules(**rules)
