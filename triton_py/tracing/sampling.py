# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic of sampling, as Triton has it: every rate-th request, until the count is used up."""

from __future__ import annotations

from typing import NamedTuple

#: More requests than there will be.
FOREVER = 2**62


class Progress(NamedTuple):
    """How far a setting is."""

    rate: int
    #: Traces that are still to be made; -1: any number.
    count: int  # type: ignore[assignment]  # not the method of tuples, which nobody calls
    #: Requests that counted.
    seen: int = 0
    #: Traces that were begun.
    created: int = 0


def after_request(progress: Progress, enabled: bool, forced: bool = False) -> tuple[bool, Progress]:
    """Whether one more request is traced, and how far the setting is then.

    ``enabled``: its other values allow for traces. ``forced``: the client traces it, so it is traced
    whatever rate and count say; it takes from the count only where it is the rate-th.
    """
    rate, count, seen, created = progress
    hit = False
    if rate and ((enabled and count != 0) or forced):
        seen += 1
        hit = seen % rate == 0 and count != 0
        if hit and count > 0:
            count -= 1
    traced = hit or forced
    return traced, Progress(rate, count, seen, created + traced)


def without_traces(progress: Progress, enabled: bool) -> int:
    """How many requests follow of which none is traced, unless a client traces one itself."""
    rate, count, seen, _ = progress
    if not (enabled and rate and count != 0):
        return FOREVER
    return rate - 1 - seen % rate


def after_others(progress: Progress, enabled: bool, others: int) -> Progress:
    """How far a setting is after so many requests that were not traced; see ``without_traces``."""
    if not (enabled and progress.rate and progress.count != 0):
        return progress
    return progress._replace(seen=progress.seen + others)


def to_numbered_file(progress: Progress, collected: int, pending: int, log_frequency: int) -> bool:
    """Whether the traces that are not written yet are due for a numbered file.

    They are once ``log_frequency`` of them are there, and when the count is used up and every trace
    that was begun is complete.
    """
    if progress.count == 0 and collected == progress.created:
        return True
    return log_frequency != 0 and pending >= log_frequency
