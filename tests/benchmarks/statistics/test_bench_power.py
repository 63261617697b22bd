# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What could have been found."""

from __future__ import annotations

import math
import random

import pytest

from triton_py.benchmarks.statistics.interval import of_mean
from triton_py.benchmarks.statistics.power import detectable, detection_curve

MARGIN = math.log1p(0.05)


def _ratios(noise: float, n: int = 6) -> list[float]:
    source = random.Random(3)
    return [source.gauss(0, noise) for _ in range(n)]


def _curve(noise: float, blocks: int = 6, tests: int = 1, margin: float = 1e-9):
    return detection_curve(_ratios(noise), blocks, tests, 0.05, margin, 1)


def test_more_is_found_the_larger_it_is_and_the_more_blocks_there_are():
    shares = [d.shown for d in _curve(0.02)]
    assert shares == sorted(shares) and shares[0] < shares[-1]
    assert _curve(0.02, blocks=20)[0].shown > _curve(0.02, blocks=5)[0].shown
    assert _curve(0.02, tests=30)[1].shown < _curve(0.02, tests=1)[1].shown


def test_without_noise_all_is_found_and_called_beyond_the_margin_only():
    found = detection_curve([0.0] * 6, 6, 10, 0.05, MARGIN, 1)
    assert [d.shown for d in found] == [1.0, 1.0, 1.0]
    assert [d.called for d in found] == [0.0, 0.0, 1.0]


def test_in_much_noise_little_is_found():
    assert all(d.shown < 0.3 for d in _curve(0.5))


def test_what_is_called_is_shown():
    assert all(d.called <= d.shown for d in _curve(0.02, margin=MARGIN))


def test_the_same_seed_gives_the_same_curve():
    assert _curve(0.02) == _curve(0.02)


def test_too_little_to_resample_gives_no_curve():
    assert detection_curve([0.1], 6, 1, 0.05, MARGIN, 1) == []
    assert detection_curve([0.1, 0.2], 1, 1, 0.05, MARGIN, 1) == []


def test_the_detectable_size_is_found_in_about_four_of_five_runs():
    noise, blocks, found, runs = 0.02, 6, 0, 400
    source = random.Random(4)
    # From one set of blocks, as a report has it; the noise of its own spread is averaged out.
    sizes = [detectable(of_mean([source.gauss(0, noise) for _ in range(blocks)], 0.05, 1), 1, 1e-9)
             for _ in range(60)]
    size = math.log1p(sum(sizes) / len(sizes))
    for _ in range(runs):
        made = of_mean([size + source.gauss(0, noise) for _ in range(blocks)], 0.05, 1)
        found += made.p_above <= 0.05
    # 80 % as planned; the approximation and the luck of 400 runs leave this much.
    assert 0.70 <= found / runs <= 0.92


def test_what_is_detectable_is_beyond_the_margin_and_grows_with_the_tests():
    estimate = of_mean(_ratios(0.001), 0.05, 1)
    assert detectable(estimate, 1, MARGIN) > 0.05
    estimate = of_mean(_ratios(0.05), 0.05, 1)
    assert detectable(estimate, 30, MARGIN) > detectable(estimate, 1, MARGIN)


def test_counts_without_spread_show_what_is_beyond_the_margin():
    assert detectable(of_mean([0.0] * 5, 0.05, 1), 9, MARGIN) == pytest.approx(0.05)


def test_a_hopeless_spread_overflows_nothing():
    assert detectable(of_mean([900.0, -900, 800, -800], 0.05, 1), 90, MARGIN) > 1e100
