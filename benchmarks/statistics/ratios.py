# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Samples as log ratios per block, above 0 where the subject is worse than the baseline.

A block may hold a subject several times, in an order that a steady drift cancels out of (ABBA): the
mean of its logarithms is what is compared. So a block counts only where all its samples have the
figure; half of an ABBA would bring the drift back in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..figures import LESS, Figure
from ..results import Sample

#: Units that are times: for these, the minimum of all samples says something of its own.
_TIMES = ("µs", "ms", "s")

Blocks = dict[int, list[float]]


@dataclass(frozen=True)
class Pair:
    """One figure of one case, for a subject and the baseline."""

    figure: Figure
    #: Block -> values; only whole blocks.
    subject: Blocks
    baseline: Blocks
    #: Whole blocks of one of them that the other has not, or not whole.
    one_sided: list[int] = field(default_factory=list)

    @property
    def blocks(self) -> list[int]:
        """Those that both have, ascending."""
        return sorted(self.subject.keys() & self.baseline.keys())

    def values(self, of: Blocks) -> list[float]:
        """The samples of the common blocks."""
        return [value for block in self.blocks for value in of[block]]

    def log_ratios(self) -> list[float]:
        """By block; all values have to be above 0."""
        return [oriented(self.figure, _log(self.subject[b]) - _log(self.baseline[b]))
                for b in self.blocks]

    @property
    def minimum_ratio(self) -> float | None:
        """For times: how much worse the best sample of one is than the best of the other.

        A second opinion: other work on the machine can only add to a time, so the minima are hit
        by it least; but they say nothing of how often it is slow.
        """
        return minimum_ratio(self.figure, self.values(self.subject), self.values(self.baseline))


def pair(figure: Figure, subject: Iterable[Sample], baseline: Iterable[Sample]) -> Pair:
    """Of the samples of one case."""
    (x, x_all), (y, y_all) = (by_block(figure, samples) for samples in (subject, baseline))
    # A block that neither has whole is missing, not hidden by one of them.
    one_sided = sorted((x.keys() ^ y.keys()) & (x_all | y_all))
    return Pair(figure, x, y, one_sided)


def by_block(figure: Figure, samples: Iterable[Sample]) -> tuple[Blocks, set[int]]:
    """Block -> the values in it, where each sample has one that is a number and not negative; and
    all blocks."""
    found: dict[int, list[float | None]] = {}
    for sample in samples:
        found.setdefault(sample.block, []).append(usable(sample, figure))
    whole = {block: [v for v in values if v is not None]
             for block, values in found.items() if None not in values}
    return whole, set(found)


def usable(sample: Sample, figure: Figure) -> float | None:
    """The value of a figure; None where it is absent or can't be one."""
    value = sample.figures.get(figure.name)
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def oriented(figure: Figure, log_ratio: float) -> float:
    """Subject by baseline -> above 0 where the subject is worse."""
    return log_ratio if figure.better == LESS else -log_ratio


def minimum_ratio(figure: Figure, subject: list[float], baseline: list[float]) -> float | None:
    """See ``Pair.minimum_ratio``; None for what is no time."""
    if figure.unit not in _TIMES or figure.better != LESS:
        return None
    if not subject or not baseline or min(*subject, *baseline) <= 0:
        return None
    return min(subject) / min(baseline)


def _log(values: list[float]) -> float:
    return sum(math.log(value) for value in values) / len(values)
