# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Student's distribution: what share lies below a value, and below which value a share lies."""

from __future__ import annotations

import functools
import math

_ROUNDS = 300
_TINY = 1e-300


def above(t: float, freedom: float) -> float:
    """The probability of a value above ``t``; accurate far out, where 1 minus the rest is not.

    :param freedom: degrees of freedom, above 0; need not be whole.
    """
    if math.isnan(t):
        return 1.0
    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    tail = 0.5 * _beta(freedom / (freedom + t * t), freedom / 2, 0.5)
    return tail if t >= 0 else 1.0 - tail


def quantile(share: float, freedom: float) -> float:
    """The value that ``share`` (above 0, below 1) of the distribution lies below."""
    if share < 0.5:
        return -quantile(1.0 - share, freedom)
    return beyond(1.0 - share, freedom)


@functools.lru_cache(maxsize=1024)
def beyond(tail: float, freedom: float) -> float:
    """The value that ``tail`` (above 0, at most 0.5) of the distribution lies above."""
    low, high = 0.0, 1.0
    while above(high, freedom) > tail:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        if above(middle, freedom) > tail:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
                     + a * math.log(x) + b * math.log1p(-x))
    # The fraction converges fast on this side of the mean only.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, from its front to its end."""
    numerator, denominator = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    value = denominator
    for m in range(1, _ROUNDS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1.0 / _away(1.0 + term * denominator)
            numerator = _away(1.0 + term / numerator)
            value *= denominator * numerator
        if abs(denominator * numerator - 1.0) < 1e-15:
            break
    return value


def _away(value: float) -> float:
    """Not zero, which would end the fraction."""
    return value if abs(value) > _TINY else _TINY
