# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Samples to log ratios per block."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from bench_samples import ABBA, gauss, run, slower

from triton_py.benchmarks.figures import FIGURES
from triton_py.benchmarks.results import Case
from triton_py.benchmarks.statistics.ratios import by_block, pair

P99, THROUGHPUT = FIGURES["p99"], FIGURES["throughput"]


def _pair(made, figure=P99):
    case = made.cases()[0]
    return pair(figure, made.of(case, "B"), made.of(case, "A"))


def test_above_zero_is_worse_whichever_way_is_better():
    made = run({"p99": slower(0.1), "throughput": lambda s: 1000 / (1.1 if s == "B" else 1)})
    assert _pair(made).log_ratios() == pytest.approx([math.log(1.1)] * 6)
    assert _pair(made, THROUGHPUT).log_ratios() == pytest.approx([math.log(1.1)] * 6)


def test_a_steady_drift_is_not_in_an_abba_block():
    drifting = run({"p99": slower(0.1)}, drift=0.05)
    assert _pair(drifting).log_ratios() == pytest.approx([math.log(1.1)] * 6)
    # The same drift in blocks of AB is: that is what ABBA is for.
    biased = run({"p99": slower(0.1)}, drift=0.05, order=("A", "B"))
    assert _pair(biased).log_ratios() == pytest.approx([math.log(1.1) + 0.05] * 6)


def test_a_block_that_lacks_a_value_is_not_half_used():
    made = run(order=ABBA, blocks=3, drift=0.1)
    made.samples[0] = replace(made.samples[0], figures={})
    found = _pair(made)
    assert found.blocks == [1, 2]
    assert found.one_sided == [0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_what_can_be_no_value_is_none(value):
    made = run(blocks=2)
    made.samples[0] = replace(made.samples[0], figures={"p99": value})
    assert list(by_block(P99, made.of(Case("http", "1"), "A"))[0]) == [1]


def test_what_neither_has_is_not_one_sided():
    made = run(blocks=2)
    made.samples = [replace(s, figures={}) if s.block == 0 else s for s in made.samples]
    found = _pair(made)
    assert found.blocks == [1] and found.one_sided == []


def test_the_minimum_is_of_times_only():
    made = run({"p99": slower(0.1), "throughput": lambda s: 1000.0, "resident": lambda s: 5.0},
               noise=gauss(0.0))
    assert _pair(made).minimum_ratio == pytest.approx(1.1)
    assert _pair(made, THROUGHPUT).minimum_ratio is None
    assert _pair(made, FIGURES["resident"]).minimum_ratio is None


def test_a_minimum_of_zero_has_no_ratio():
    made = run({"p99": lambda subject: 0.0})
    assert _pair(made).minimum_ratio is None
