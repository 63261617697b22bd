# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whole runs: how often a run without a slowdown is called slower, and how often one with is."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from bench_samples import WITH_CONTROL, gauss, heavy, run, slower

from triton_py.benchmarks.compare import paired, unpaired
from triton_py.benchmarks.results import Case
from triton_py.benchmarks.statistics.decision import INCONCLUSIVE, SAME, SLOWER
from triton_py.benchmarks.statistics.rules import Rules

ALPHA = 0.05
#: So narrow that it never saves a run: what is left is what the correction is for.
STRICT = Rules(alpha=ALPHA, margin=1e-6, exact_margin=1e-6)
CASES = [Case("http", str(level)) for level in (1, 8, 32)]
FIGURES = {name: slower(0.0) for name in ("throughput", "p99", "cpu")}

_RUNS = 200
#: Three standard deviations of a share of alpha over so many runs: a sound method fails this once in
#: a thousand seeds, and the seeds are fixed.
MOST = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / _RUNS)


@pytest.mark.parametrize("blocks", [5, 8])
@pytest.mark.parametrize("noise, block_noise, drift", [
    (gauss(0.02), None, 0.0),
    (heavy(0.03), heavy(0.1), 0.0),
    (gauss(0.02), heavy(0.1), 0.02),
], ids=["even", "heavy tails", "drift"])
def test_a_run_of_two_builds_alike_is_called_slower_as_seldom_as_declared(
        blocks, noise, block_noise, drift):
    called = sum(
        paired(run(FIGURES, cases=CASES, blocks=blocks, noise=noise, block_noise=block_noise,
                   drift=drift, seed=seed), STRICT).verdict == SLOWER
        for seed in range(_RUNS))
    assert called / _RUNS <= MOST


def test_without_the_correction_it_would_be_called_far_more_often():
    """The test above can fail: nine figures tested at alpha each."""
    called = 0
    for seed in range(_RUNS):
        made = paired(run(FIGURES, cases=CASES, blocks=8, noise=gauss(0.02), seed=seed), STRICT)
        called += any(row.p_value <= ALPHA for row in made.rows)
    assert called / _RUNS > 0.2


@pytest.mark.parametrize("between", [0.0, 0.02])
def test_two_runs_alike_are_called_slower_as_seldom_as_declared(between):
    """Also where each run is off by itself, as far as is allowed for."""
    rules, source, called = replace(STRICT, between_runs=between or 1e-9), random.Random(5), 0
    for seed in range(_RUNS):
        pair = []
        for n in (0, 1):
            off = {name: slower(math.expm1(source.gauss(0, between)), only="A") for name in FIGURES}
            pair.append(run(off, cases=CASES, blocks=6, order=("A",), noise=heavy(0.01),
                            seed=2 * seed + n))
        called += unpaired(*pair, rules).verdict == SLOWER
    assert called / _RUNS <= MOST


def test_a_run_alike_in_much_noise_is_no_pass():
    verdicts = [paired(run(FIGURES, cases=CASES, noise=heavy(0.3), seed=seed), Rules()).verdict
                for seed in range(40)]
    assert verdicts.count(INCONCLUSIVE) >= 38


def test_a_slowdown_at_the_margin_is_no_pass_but_seldom():
    """The error that ``same`` may make: alpha at the margin itself, less beyond it."""
    passed = sum(
        paired(run({"p99": slower(0.05)}, blocks=6, noise=gauss(0.02), seed=seed),
               Rules()).verdict == SAME for seed in range(_RUNS))
    assert passed / _RUNS <= MOST


@pytest.mark.parametrize("noise", [gauss(0.01), heavy(0.005)], ids=["even", "heavy tails"])
def test_a_planted_slowdown_is_found(noise):
    """15 % in one figure of each of three cases, by six blocks."""
    figures = {**FIGURES, "p99": slower(0.15)}
    found = 0
    for seed in range(40):
        made = paired(run(figures, cases=CASES, noise=noise, seed=seed), Rules())
        slow = [row for row in made.rows if row.verdict == SLOWER]
        assert all(row.figure.name == "p99" for row in slow)
        found += bool(slow)
    assert found >= 36


def test_a_drift_ten_times_the_slowdown_changes_nothing():
    figures = {"p99": slower(0.10)}
    still = paired(run(figures, noise=gauss(0.005)), Rules()).rows[0]
    drifting = paired(run(figures, noise=gauss(0.005), drift=0.1), Rules()).rows[0]
    assert drifting.ratio == pytest.approx(still.ratio)
    assert drifting.verdict == SLOWER


def test_the_curve_says_what_a_planted_slowdown_meets():
    """The share that is foretold from a control's blocks, against runs with that slowdown."""
    foretold = found = 0.0
    runs = 60
    for seed in range(runs):
        made = paired(run({"p99": slower(0.10)}, noise=gauss(0.04), blocks=8, order=WITH_CONTROL,
                          seed=seed), Rules())
        row = made.rows[0]
        found += row.verdict == SLOWER
        if row.noise.detection:
            foretold += next(d.called for d in row.noise.detection if d.size == 0.10)
    # Resampled blocks repeat, which makes their spread about a tenth smaller than it is.
    assert abs(foretold - found) / runs < 0.15
