# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What could have been found: a verdict of "same" is worth what it would have noticed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import student
from .interval import Estimate, stretches

POWER = 0.8
#: The slowdowns that the detection curve injects.
SIZES = (0.02, 0.05, 0.10)

_DRAWS = 400
_RESAMPLES = 2000


@dataclass(frozen=True)
class Detection:
    """What becomes of an injected slowdown."""

    #: As a part: 0.05 is 5 % more time.
    size: float
    #: The share of such runs in which it is shown to be a slowdown at all.
    shown: float
    #: The share in which the verdict is ``slower``: it is shown, and beyond the margin.
    called: float


def detectable(estimate: Estimate, tests: int, log_margin: float) -> float:
    """The smallest slowdown that is called ``slower`` in 80 % of runs as noisy as this one.

    As a part, 0.05 is 5 %. It is counted as if this case were the only slow one of ``tests``: then
    the correction asks for most.
    """
    if not estimate.error:
        return math.expm1(log_margin)
    luck = student.beyond(1 - POWER, estimate.freedom) * estimate.error
    needed = student.beyond(estimate.alpha / max(tests, 1), estimate.freedom)
    # From 700 on a logarithm has no number to its ratio.
    return math.expm1(min(700.0, luck + max(
        needed * estimate.error * estimate.stretch_low, log_margin)))


def detection_curve(control: Sequence[float], blocks: int, tests: int, alpha: float,
                    log_margin: float, seed: int, sizes: Sequence[float] = SIZES
                    ) -> list[Detection]:
    """What share of slowdowns of these sizes is found with this number of blocks, by resampling.

    Blocks are drawn from the control's, each with either sign: baseline and control differ in
    nothing, so the one could have been the other.

    :param control: log ratios of the control's blocks, two or more.
    :param tests: of the run, as for ``detectable``.
    """
    if blocks < 2 or len(control) < 2:
        return []
    generator = np.random.default_rng([seed % 2**63, blocks, len(control)])
    drawn = generator.choice(np.asarray(control, dtype=np.float64), size=(blocks, _DRAWS))
    drawn *= generator.choice([-1.0, 1.0], size=drawn.shape)
    error = drawn.std(axis=0, ddof=1) / math.sqrt(blocks)
    stretch, _ = stretches(drawn, alpha, seed, _RESAMPLES)
    needed = student.beyond(alpha / max(tests, 1), blocks - 1) * error * stretch
    found = []
    for size in sizes:
        mean = drawn.mean(axis=0) + math.log1p(size)
        shown = mean >= needed
        found.append(Detection(size, float(shown.mean()),
                               float((shown & (mean > log_margin)).mean())))
    return found
