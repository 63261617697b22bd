# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Who runs when."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from triton_py.errors import InvalidArgumentError


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    blocks: int = 5
    #: Of each case in each process.
    seconds: float = 2.0
    warmup: float = 1.0
    seed: int = 1
    #: Also what requests allocate and copy, in processes of their own.
    counts: bool = False

    def __post_init__(self) -> None:
        if self.blocks < 1:
            raise InvalidArgumentError(f"{self.blocks} blocks are none")
        if self.seconds <= 0 or self.warmup < 0:
            raise InvalidArgumentError("seconds are above 0, those of the warm-up not below")

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def order(subjects: Sequence[str], block: int, scenario: str, seed: int) -> list[str]:
    """The subjects of one block, as they run.

    Several subjects run there and back (A B B A): each is then as early as it is late, and a machine
    that gets slower or faster as time goes on does so to all of them alike. Who begins is drawn.
    """
    if len(subjects) == 1:
        return list(subjects)
    drawn = list(subjects)
    random.Random(f"{seed} {scenario} {block}").shuffle(drawn)
    return drawn + drawn[::-1]
