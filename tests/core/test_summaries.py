# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of the last minute: how near they are, and what they forget."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triton_py.core.probe import SummaryProbe

SECOND = 1_000_000_000


def exact(values: list[int], quantile: float) -> int:
    """The least value that has this share of all at or below it."""
    rank = max(1, math.ceil(quantile * len(values)))
    return sorted(values)[rank - 1]


@given(st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1)), min_size=1, max_size=60),
       st.floats(0, 1))
def test_near(values: list[int], quantile: float) -> None:
    summary = SummaryProbe()
    for value in values:
        summary.observe(value)
    wanted = exact(values, quantile)
    found = summary.quantile(quantile)
    assert found == wanted if wanted < 128 else found == pytest.approx(wanted, rel=0.008)
    assert (summary.count, summary.sum) == (len(values), sum(values))


@pytest.mark.parametrize("value", [0, 127, 128, 129, 255, 256, 2**20 - 1, 2**20, 2**32 - 1])
def test_one_value(value: int) -> None:
    summary = SummaryProbe()
    summary.observe(value)
    for quantile in (0, 0.5, 1):
        assert summary.quantile(quantile) == pytest.approx(value, rel=0.008)


def test_none() -> None:
    assert math.isnan(SummaryProbe().quantile(0.5))


def test_longer_than_an_hour_counts_as_an_hour_and_eleven_minutes() -> None:
    summary = SummaryProbe()
    summary.observe(2**50)
    assert summary.quantile(0.5) == pytest.approx(2**32, rel=0.008)
    assert summary.sum == 2**50


def test_a_minute_later_it_is_forgotten() -> None:
    summary = SummaryProbe()
    start = 1000 * 12 * SECOND
    for second in range(120):
        now = start + second * SECOND
        summary.observe(100 if second < 60 else 10, now)
        # 48 to 60 seconds.
        assert summary.quantile(1, now) == (100 if second < 108 else 10)
    assert summary.quantile(0.5, start + 130 * SECOND) == 10
    assert math.isnan(summary.quantile(0.5, start + 200 * SECOND))
    assert (summary.count, summary.sum) == (120, 6600)


def test_a_slice_that_comes_round_again_is_empty() -> None:
    summary = SummaryProbe()
    for turn in range(4):
        now = (10 + 5 * turn) * 12 * SECOND
        summary.observe(turn, now)
        assert summary.quantile(0, now) == summary.quantile(1, now) == turn
