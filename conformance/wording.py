# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Events in words."""

from __future__ import annotations

from collections.abc import Sequence

from .log import (
    CALL,
    ENTER,
    LEAVE,
    NOTE_AFTER_BUFFER,
    NOTE_BEFORE_BUFFER,
    NOTE_CRASH,
    NOTE_CRASH_INPUT,
    NOTE_CRASH_OUTPUT,
    NOTE_CRASH_SENT,
    NOTE_UNWRITTEN,
    REQUEST,
    RETURN,
    LogEvent,
    functions,
    number_of,
)

#: As many events are shown, the last of them the one that matters.
SHOWN = 40
_ANSWERS = ("TRITONBACKEND_ResponseSend", "TRITONBACKEND_ResponseFactorySendFlags")
#: Types of values, not of objects: a pointer to one says where an answer goes.
_VALUES = ("TRITONSERVER_MemoryType*", "TRITONSERVER_DataType*")
_NOTES = {
    NOTE_BEFORE_BUFFER: "bytes before an output's buffer were written",
    NOTE_AFTER_BUFFER: "bytes behind an output's buffer were written",
    NOTE_UNWRITTEN: "bytes of an output's buffer were never written",
    NOTE_CRASH: "an access to an address that is not there",
    NOTE_CRASH_OUTPUT: "bytes behind an output's buffer: a page that nobody may touch",
    NOTE_CRASH_SENT: "an access to an output's buffer after its response was sent or deleted",
    NOTE_CRASH_INPUT: "bytes behind an input's buffer: a page that nobody may touch",
}


class _Names:
    """Short names for addresses: request#1, response#2."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: str, address: int) -> str:
        if address == 0:
            return "null"
        key = (kind, address)
        if key not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[key] = f"{kind}#{self._counts[kind]}"
        return self._known[key]


def _argument(names: _Names, name: str, kind: str, value: int) -> str:
    opaque = kind.startswith(("TRITONBACKEND_", "TRITONSERVER_")) and kind not in _VALUES
    if opaque and kind.endswith("*"):
        if kind.endswith("**"):
            return f"&{name}"
        return names.of(kind.partition("_")[2].rstrip("*").lower(), value)
    if kind.endswith("*"):
        return name if value else "null"
    if "int64" in kind and value >= 1 << 63:
        return str(value - (1 << 64))
    return str(value)


def words(event: LogEvent, names: _Names) -> str:
    if event.kind == REQUEST:
        return f"    request '{event.text}' is {names.of('request', event.args[0])}"
    if event.kind not in (CALL, RETURN, ENTER, LEAVE):
        return f"    found: {event.args[1]}: {_NOTES.get(event.args[-1], 'a note')}"
    facts = functions()[number_of(event.function)]
    if event.kind in (CALL, ENTER):
        shown = [
            f'"{event.text}"' if kind == "const char*" and event.text
            else _argument(names, name, kind, event.args[i])
            for i, (name, kind) in enumerate(facts.parameters)
        ]  # fmt: skip
        arrow = "  server -> backend " if event.kind == ENTER else "    "
        return f"{arrow}{event.function}({', '.join(shown)})"
    outcome = f"error {event.error}: {event.text}" if event.error else "success"
    if not event.error and event.kind == RETURN:
        outs = [
            f"{name} = {_argument(names, name, kind[:-1], event.outs[i])}"
            for i, (name, kind) in enumerate(facts.outs)
            if not kind.startswith("const char") and kind != "void**"
        ]
        outcome = ", ".join(outs) or outcome
    arrow = "  backend -> server " if event.kind == LEAVE else "      -> "
    return f"{arrow}{event.function + ': ' if event.kind == LEAVE else ''}{outcome}"


def told(events: Sequence[LogEvent], seq: int) -> list[str]:
    """The events up to one, in words; the names of things are those of the whole case. ``seq`` 0: up to
    the last answer, for what comes after that only clears away."""
    if seq == 0:
        answers = [e.seq for e in events if e.kind == RETURN and e.function in _ANSWERS]
        seq = max(answers, default=0)
    names = _Names()
    threads: dict[int, int] = {}
    lines: list[tuple[str, int]] = []
    for event in events:
        thread = threads.setdefault(event.thread, len(threads) + 1)
        lines.append((words(event, names), thread))
        if event.seq == seq:
            break
    shown = lines[-SHOWN:]
    # Which thread it was matters where there are several.
    several = len({thread for _, thread in shown}) > 1
    return [f"{line}  [thread {thread}]" if several else line for line, thread in shown]
