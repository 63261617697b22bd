# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How a case ended: in a crash, with threads or processes that nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator

from ..log import (
    CALL,
    ENTER,
    LEAVE,
    NOTE,
    NOTE_CRASH,
    NOTE_CRASH_INPUT,
    NOTE_CRASH_OUTPUT,
    NOTE_CRASH_SENT,
    REQUEST,
    LogEvent,
)
from . import Context, Finding

#: What the recorder saw of a crash: the clause, and what was done at how many bytes beyond.
_ACCESSES = {
    NOTE_CRASH_OUTPUT: ("tensors.output-bounds", "{} bytes behind an output's buffer"),
    NOTE_CRASH_SENT: (
        "responses.untouched-after-send",
        "in the buffer of an output whose response was sent or deleted",
    ),
    NOTE_CRASH_INPUT: ("tensors.input-bounds", "{} bytes behind an input's buffer"),
}


def where(events: list[LogEvent]) -> str:
    """What went on when the process ended, in words."""
    events = [e for e in events if e.kind != NOTE]
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
        clause, what = "lifecycle.survives", ""
        for event in events:
            if event.kind != NOTE or event.args[-1] < NOTE_CRASH:
                continue
            place = f" in {event.text}" if event.text else ""
            if event.args[-1] in _ACCESSES:
                clause, text = _ACCESSES[event.args[-1]]
                what = f": an access{place} {text.format(event.args[1])}"
            else:
                what = f": an access{place} to the address {event.args[0]:#x}"
        yield Finding(
            clause,
            f"the process ended with {how} {where(events)}{what}{said}",
            events[-1].seq if events else 0,
        )


def threads(context: Context) -> Iterator[Finding]:
    if context.whole and context.outcome.threads_left:
        yield Finding(
            "lifecycle.no-thread-left",
            f"{context.outcome.threads_left} threads are left after Finalize",
        )


def processes(context: Context) -> Iterator[Finding]:
    if context.whole and context.outcome.processes_left:
        yield Finding(
            "lifecycle.no-process-left",
            f"{context.outcome.processes_left} child processes are left after Finalize",
        )


RULES = (crash, threads, processes)
