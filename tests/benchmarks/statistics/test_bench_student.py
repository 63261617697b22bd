# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Student's distribution and Holm's correction, by known values."""

from __future__ import annotations

import math

import pytest

from triton_py.benchmarks.statistics import holm, student


@pytest.mark.parametrize("freedom, tail, value", [
    (1, 0.25, 1.0), (1, 0.025, 12.7062), (4, 0.05, 2.13185), (4, 0.0025, 5.59757),
    (9, 0.025, 2.26216), (30, 0.005, 2.74999), (1000, 0.025, 1.96234),
])
def test_quantiles_are_those_of_the_tables(freedom, tail, value):
    assert student.beyond(tail, freedom) == pytest.approx(value, rel=1e-5)
    assert student.quantile(1 - tail, freedom) == pytest.approx(value, rel=1e-5)
    assert student.quantile(tail, freedom) == pytest.approx(-value, rel=1e-5)


def test_both_sides_make_one():
    for t in (0.0, 0.3, 2.0, 40.0):
        assert student.above(t, 3.7) + student.above(-t, 3.7) == pytest.approx(1)


def test_far_out_the_tail_has_digits_left():
    # With one degree of freedom it is 1 / (pi t).
    assert student.above(1e9, 1) == pytest.approx(1 / (math.pi * 1e9), rel=1e-6)


def test_infinite_and_undefined_values():
    assert student.above(math.inf, 5) == 0
    assert student.above(-math.inf, 5) == 1
    assert student.above(math.nan, 5) == 1


def test_holm_by_hand():
    assert holm.adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_holm_never_falls_and_ends_at_one():
    assert holm.adjusted([0.5, 0.6, 0.0]) == pytest.approx([1.0, 1.0, 0.0])
    assert holm.adjusted([]) == []
