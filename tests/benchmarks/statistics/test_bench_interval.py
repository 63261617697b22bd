# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The interval: what it is for known values, and that it covers as often as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from triton_py.benchmarks.statistics import student
from triton_py.benchmarks.statistics.interval import of_difference, of_mean, stretches

ALPHA = 0.05
_RUNS = 3000
#: Three standard deviations of a share of 5 % counted over so many runs.
_LUCK = 3 * math.sqrt(ALPHA * (1 - ALPHA) / _RUNS)

X = [0.01, 0.02, -0.01, 0.03, 0.0]


def test_mean_and_error_by_hand():
    found = of_mean(X, ALPHA, seed=1)
    assert found.center == pytest.approx(0.01)
    assert found.error == pytest.approx(0.0158114 / math.sqrt(5), rel=1e-4)
    # At least Student's reach, and not far beyond it for values that lie evenly.
    reach = 2.13185 * found.error
    assert reach * 1.0 <= found.upper - found.center < reach * 1.3


def test_p_is_alpha_where_the_interval_begins_at_zero():
    found = of_mean(X, ALPHA, seed=1)
    shifted = of_mean([x - found.lower for x in X], ALPHA, seed=1)
    assert shifted.lower == pytest.approx(0, abs=1e-12)
    assert shifted.p_above == pytest.approx(ALPHA, rel=1e-6)
    shifted = of_mean([x - found.upper for x in X], ALPHA, seed=1)
    assert shifted.p_below == pytest.approx(ALPHA, rel=1e-6)


def test_the_seed_decides_the_resamples():
    assert of_mean(X, ALPHA, seed=3) == of_mean(X, ALPHA, seed=3)
    lopsided = [0.0, 0.01, 0.03, 0.04, 0.05, 0.08, 0.2]
    assert of_mean(lopsided, ALPHA, seed=3) != of_mean(lopsided, ALPHA, seed=4)


def test_turned_around_the_ends_change_places():
    lopsided = [0.0, 0.001, 0.002, 0.01, 0.5]
    one, other = of_mean(lopsided, ALPHA, 1), of_mean([-x for x in lopsided], ALPHA, 1)
    assert one.lower == pytest.approx(-other.upper, rel=0.02)
    assert one.upper == pytest.approx(-other.lower, rel=0.02)


def test_lopsided_values_stretch_the_side_of_their_tail():
    found = of_mean([0.0, 0.001, 0.002, 0.01, 0.5], ALPHA, 1)
    assert found.stretch_high > 1.5
    assert found.stretch_low == 1.0


def test_values_that_agree_are_a_point():
    found = of_mean([0.25] * 5, ALPHA, 1)
    assert (found.lower, found.upper) == (0.25, 0.25)
    assert (found.p_above, found.p_below) == (0.0, 1.0)
    assert of_mean([0.0] * 5, ALPHA, 1).p_above == 1.0


def test_a_floor_keeps_rounded_values_from_being_certain():
    found = of_mean([0.0005] * 5, ALPHA, 1, floor=0.001)
    assert found.lower < 0 < found.upper or found.p_above > 1e-4
    assert found.error == pytest.approx(0.001 / math.sqrt(5))


def test_a_difference_by_hand():
    found = of_difference([1.0, 2.0, 3.0, 4.0], [0.0, 0.1, 0.2, 0.3], ALPHA, 1)
    assert found.center == pytest.approx(2.35)
    # Nearly all of the error is the first one's, and so are the degrees of freedom.
    assert found.error == pytest.approx(math.sqrt(1.66667 / 4 + 0.016667 / 4), rel=1e-4)
    assert 3.0 <= found.freedom < 3.2


def test_a_difference_of_values_that_agree_is_a_point():
    found = of_difference([0.5] * 4, [0.2] * 6, ALPHA, 1)
    assert found.lower == found.upper == pytest.approx(0.3)


def _misses(draw, mean: float, n: int) -> tuple[float, float]:
    """How often the lower end is above the true mean, and the upper end below it."""
    x = draw(np.random.default_rng([11, n]), (n, _RUNS))
    t = (x.mean(axis=0) - mean) / (x.std(axis=0, ddof=1) / math.sqrt(n))
    low, high = stretches(x, ALPHA, seed=5, resamples=1000)
    reach = student.beyond(ALPHA, n - 1)
    return float((t > low * reach).mean()), float((-t > high * reach).mean())


ALIKE = {
    "normal": lambda g, size: g.normal(size=size),
    "uniform": lambda g, size: g.uniform(-1, 1, size=size),
    "laplace": lambda g, size: g.laplace(size=size),
    "t2": lambda g, size: g.standard_t(2, size=size),
    "cauchy": lambda g, size: g.standard_cauchy(size=size),
    "every tenth ten times as wild":
        lambda g, size: g.normal(size=size) * np.where(g.random(size) < 0.1, 10, 1),
    "blocks of unequal noise":
        lambda g, size: g.normal(size=size) * np.geomspace(0.1, 10, size[0])[:, None],
}


@pytest.mark.parametrize("n", [5, 6, 10])
@pytest.mark.parametrize("name", ALIKE)
def test_each_end_is_wrong_as_often_as_it_says_where_both_directions_are_alike(name, n):
    below, above = _misses(ALIKE[name], 0.0, n)
    assert below <= ALPHA + _LUCK and above <= ALPHA + _LUCK


def test_neither_method_alone_would_do():
    """The reason for taking the wider one at each end: what would fail without the other."""
    n, generator = 6, np.random.default_rng(12)
    reach = student.beyond(ALPHA, n - 1)
    lopsided = generator.exponential(size=(n, _RUNS))
    t = (lopsided.mean(axis=0) - 1) / (lopsided.std(axis=0, ddof=1) / math.sqrt(n))
    student_alone = float((-t > reach).mean())
    _, both = _misses(lambda g, size: g.exponential(size=size), 1.0, n)
    assert student_alone > 0.12
    # Lopsided values are where five or six blocks can't be enough; but it is little more than half.
    assert both < 0.10 < student_alone


@pytest.mark.parametrize("n", [5, 8])
def test_a_difference_covers_with_heavy_tails(n):
    generator, wrong = np.random.default_rng([13, n]), 0
    for _ in range(600):
        x, y = generator.standard_t(2, size=(2, n)) * [[1], [3]]
        found = of_difference(x, y, ALPHA, 5)
        wrong += not found.lower <= 0 <= found.upper
    # Both ends together, and three standard deviations of the share over 600 runs.
    assert wrong / 600 <= 2 * ALPHA + 3 * math.sqrt(0.1 * 0.9 / 600)


def test_what_lies_between_two_series_widens_the_interval():
    x, y = [0.10, 0.11, 0.12, 0.10, 0.11], [0.0, 0.01, 0.02, 0.0, 0.01]
    near, far = (of_difference(x, y, ALPHA, 1, between=b) for b in (0.0, 0.05))
    assert near.p_above < 0.001 < ALPHA < far.p_above
    # Two series, each 5 % off by itself: Gauss's quantile of that, where little else is in it.
    assert far.center - far.lower == pytest.approx(1.645 * 0.05 * math.sqrt(2), rel=0.03)
    agreeing = of_difference([0.1] * 5, [0.0] * 5, ALPHA, 1, between=0.05)
    assert agreeing.lower == pytest.approx(0.1 - 1.645 * 0.05 * math.sqrt(2), rel=0.01)
