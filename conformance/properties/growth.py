# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether the same case, again and again in one process, takes more memory each time."""

from __future__ import annotations

from collections.abc import Callable

from ..cases import Outcome
from ..pool import Pool

#: The first runs fill pools and caches, the others tell.
WARM_UP = 3
ROUNDS = 4
#: Less than this for each repetition is no allocation: malloc gives out 24 bytes at least.
LEAST_BYTES = 16
#: What the harness's own process may take at times, whatever it was asked to do.
OWN_BYTES = 4096
#: Pages come and go with the allocator; what malloc does not see is seen by them alone.
NOISE_BYTES = 1 << 20


def growth(run: Callable[[bool], Outcome], amount: int, warm_up: int = WARM_UP) -> int:
    """Bytes that each of several runs takes for good; 0 where one of them takes none.

    ``run`` is told whether it is the first time, which is when its events are worth a look.
    ``amount``: how many times a run does what may leak. Ends with 0 where a run's process ends.
    """
    readings: dict[str, list[int]] = {"allocated": [], "resident": []}
    noise = {"allocated": max(OWN_BYTES, LEAST_BYTES * amount), "resident": NOISE_BYTES}
    steady: set[str] = set()
    for number in range(warm_up + ROUNDS + 1):
        outcome = run(number == 0)
        if outcome.ended:
            return 0
        for kind, value in (
            ("allocated", outcome.allocated_bytes), ("resident", outcome.rss_bytes),
        ):
            values = readings[kind]
            values.append(value)
            if number > warm_up and values[-1] - values[-2] < noise[kind]:
                steady.add(kind)
        if len(steady) == len(readings):
            return 0
    return max(
        min(b - a for a, b in zip(v[warm_up:], v[warm_up + 1 :], strict=False))
        for kind, v in readings.items() if kind not in steady
    )


def certain_growth(
    pool: Pool, run: Callable[[bool], Outcome], amount: int, warm_up: int = WARM_UP
) -> int:
    """As ``growth``, of what shows once more where no thread's cache can look like it.

    A sound backend was once said to take 44 bytes for each load, on a machine with much else to do.
    """
    if not growth(run, amount, warm_up):
        return 0
    with pool.exact_memory():
        return growth(run, amount, warm_up)
