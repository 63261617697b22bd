# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A mean of few values, and how far it can be off.

Each end of the interval is the farther one of two methods, because each alone fails where the other
holds. Student's interval is safe with heavy tails and with blocks of unequal noise as long as both
directions are alike, which they are where two builds do not differ; it is too short where the noise
is lopsided. The studentized bootstrap follows lopsided noise, and is too short with heavy tails.

In practice: the bootstrap says by which factor, never below 1, the error of the mean has to be
stretched for Student's interval to reach as far as its own. The p-value is Student's with the
stretched error, so that it is at most alpha exactly where the interval leaves 0 out, and has a tail
beyond what so few values can be resampled to.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import student

Values = NDArray[np.float64]

RESAMPLES = 4000
#: A bootstrap that would stretch more than this has nothing but ties left.
MOST_STRETCH = 10.0
#: Degrees of freedom from which on a spread counts as known.
_KNOWN = 1e4
#: Of a spread that is zero up to rounding.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A mean, or a difference of means, and what its error is. Logarithms."""

    center: float
    #: The standard error, not stretched; 0 where all values agree.
    error: float
    #: Degrees of freedom.
    freedom: float
    #: Either end is wrong in this part of the cases.
    alpha: float
    #: Of the error, towards the lower and the upper end.
    stretch_low: float = 1.0
    stretch_high: float = 1.0

    @property
    def lower(self) -> float:
        return self.center - self._reach() * self.stretch_low

    @property
    def upper(self) -> float:
        return self.center + self._reach() * self.stretch_high

    @property
    def p_above(self) -> float:
        """How likely a mean so high or higher is where the true one is at most 0."""
        return self._p(self.center, self.stretch_low)

    @property
    def p_below(self) -> float:
        """How likely a mean so low or lower is where the true one is at least 0."""
        return self._p(-self.center, self.stretch_high)

    def _reach(self) -> float:
        return student.beyond(self.alpha, self.freedom) * self.error if self.error else 0.0

    def _p(self, distance: float, stretch: float) -> float:
        if not self.error:
            return 0.0 if distance > 0 else 1.0
        return student.above(distance / (self.error * stretch), self.freedom)


def of_mean(values: Sequence[float], alpha: float, seed: int, floor: float = 0.0) -> Estimate:
    """The mean of independent values.

    :param values: two or more.
    :param seed: of the bootstrap; the same values and seed give the same estimate.
    :param floor: the standard deviation is taken to be at least this: values that are rounded
        alike have more than they show.
    """
    x = np.asarray(values, dtype=np.float64)
    n = len(x)
    deviation = max(float(x.std(ddof=1)), floor)
    error = deviation / math.sqrt(n)
    if error <= _NOTHING:
        return Estimate(float(x.mean()), 0.0, n - 1, alpha)
    low, high = stretches(x[:, None], alpha, seed)
    return Estimate(float(x.mean()), error, n - 1, alpha, float(low[0]), float(high[0]))


def of_difference(values: Sequence[float], from_: Sequence[float], alpha: float, seed: int,
                  floor: float = 0.0, between: float = 0.0) -> Estimate:
    """The mean of ``values`` less that of ``from_``, which were not taken in pairs (Welch).

    :param between: the standard deviation that two such series have by themselves, which no value
        within them shows; known, not estimated.
    """
    x, y = (np.asarray(v, dtype=np.float64) for v in (values, from_))
    parts = [max(float(v.var(ddof=1)), floor * floor) / len(v) for v in (x, y)]
    center, within, known = float(x.mean() - y.mean()), sum(parts), 2 * between**2
    if math.sqrt(within) <= _NOTHING:
        return Estimate(center, math.sqrt(known), _KNOWN if known else len(x) + len(y) - 2, alpha)
    freedom = within**2 / sum(p * p / (len(v) - 1) for p, v in zip(parts, (x, y), strict=True))
    moved = [_resampled((v - v.mean())[:, None], seed + i) for i, v in enumerate((x, y))]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (moved[0][0] - moved[1][0]) / np.sqrt(moved[0][1] + moved[1][1])
    # What is known is not stretched, and has no doubt of its own.
    total = within + known
    low, high = (math.sqrt((within * float(s[0]) ** 2 + known) / total)
                 for s in _reaches(t, alpha, freedom))
    freedom = min(_KNOWN, freedom * (total / within) ** 2)
    return Estimate(center, math.sqrt(total), freedom, alpha, low, high)


def stretches(x: Values, alpha: float, seed: int, resamples: int = RESAMPLES
              ) -> tuple[Values, Values]:
    """By how much the bootstrap stretches the error towards the lower and the upper end.

    :param x: values by data sets.
    """
    means, squares = _resampled(x - x.mean(axis=0), seed, resamples)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = means / np.sqrt(squares)
    return _reaches(t, alpha, len(x) - 1)


def _resampled(centred: Values, seed: int, resamples: int = RESAMPLES) -> tuple[Values, Values]:
    """For each resample and data set: the mean, and the square of its standard error."""
    n = len(centred)
    weights = _weights(n, seed, resamples)
    means = weights @ centred / n
    squares = (weights @ (centred * centred) / n - means * means) / (n - 1)
    # Rounding leaves a trace of either where it should be zero; relative to the data.
    scale = np.abs(centred).max(axis=0)
    means[np.abs(means) <= _NOTHING * scale] = 0.0
    squares[squares <= (1e-7 * scale) ** 2] = 0.0
    return means, squares


@functools.lru_cache(maxsize=32)
def _weights(n: int, seed: int, resamples: int) -> Values:
    """How often each of n values is in each resample."""
    generator = np.random.default_rng([seed % 2**63, n])
    return generator.multinomial(n, [1 / n] * n, size=resamples).astype(np.float64)


def _reaches(t: Values, alpha: float, freedom: float) -> tuple[Values, Values]:
    """Quantiles of the resampled t, as multiples of Student's."""
    # Zero by zero: a resample of equal values whose mean is the mean.
    t = np.sort(np.where(np.isnan(t), 0.0, t), axis=0)
    last = len(t) - 1
    reach = student.beyond(alpha, freedom)
    low = t[min(last, math.ceil((1 - alpha) * last))] / reach
    high = -t[math.floor(alpha * last)] / reach
    return np.clip(low, 1.0, MOST_STRETCH), np.clip(high, 1.0, MOST_STRETCH)
