# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is declared before anything is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from triton_py.errors import InvalidArgumentError

from ..figures import Figure

#: Blocks below which nothing is tested: the bootstrap has too few different resamples of them.
LEAST_BLOCKS = 4


@dataclass(frozen=True)
class Rules:
    """Raises ``InvalidArgumentError`` where a number is not between 0 and 1."""

    #: How often a run without any slowdown may be called slower, all its gated figures together;
    #: also how often either end of one interval may be wrong.
    alpha: float = 0.05
    #: A slowdown up to this part is the same.
    margin: float = 0.05
    #: The same for counts, ``Figure.exact``.
    exact_margin: float = 0.005
    #: For two runs that were not interleaved: by how much a time of one build differs from one run
    #: to the other by itself, as a standard deviation. No sample within a run shows it.
    between_runs: float = 0.02

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value < 1:
                raise InvalidArgumentError(f"{name.replace('_', ' ')} {value:g}: "
                                           "give a number between 0 and 1")
        if self.alpha >= 0.5:
            raise InvalidArgumentError(f"alpha {self.alpha:g}: from 0.5 on nothing is shown")

    def log_margin(self, figure: Figure) -> float:
        """The margin of a figure as the logarithm of a ratio."""
        return math.log1p(self.exact_margin if figure.exact else self.margin)
