# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How a case ended: in a crash, with threads or descriptors that nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator

from ..log import CALL, ENTER, LEAVE, REQUEST, LogEvent
from . import Context, Finding


def where(events: list[LogEvent]) -> str:
    """What went on when the process ended, in words."""
    if not events:
        return "before the library was entered"
    last = events[-1]
    if last.kind in (CALL, ENTER):
        text = f" ('{last.text}')" if last.text else ""
        return f"inside {last.function}{text}"
    if last.kind == LEAVE:
        return f"after {last.function} had returned"
    if last.kind == REQUEST:
        return "when Execute began"
    return f"after {last.function} had answered"


def crash(context: Context) -> Iterator[Finding]:
    ended = context.outcome.ended
    if ended and not ended.startswith("hang"):
        how, _, printed = ended.partition("\n")
        said = f"; it printed: {printed}" if printed else ""
        events = list(context.events)
        yield Finding(
            "lifecycle.survives",
            f"the process ended with {how} {where(events)}{said}",
            events[-1].seq if events else 0,
        )


def threads(context: Context) -> Iterator[Finding]:
    if context.whole and context.outcome.threads_left:
        yield Finding(
            "lifecycle.no-thread-left",
            f"{context.outcome.threads_left} threads are left after Finalize",
        )


RULES = (crash, threads)
