# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The recorder's log (recorder/recorder.h) as Python sees it, in the worker and from outside."""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .cases import FaultAt

LIBRARIES = Path(__file__).with_name("lib")
RECORDER = LIBRARIES / "libtriton_recorder.so"
PROXY = LIBRARIES / "proxy.so"

MAGIC = 0x31636572
CONTROL_BYTES = 4096
CAPACITY = 1 << 16
CALL, RETURN, ENTER, LEAVE, REQUEST, NOTE = range(1, 7)
NOTE_BEFORE_BUFFER, NOTE_AFTER_BUFFER, NOTE_UNWRITTEN = range(1, 4)
NOTE_CRASH, NOTE_CRASH_OUTPUT, NOTE_CRASH_SENT, NOTE_CRASH_INPUT = range(4, 8)

#: TRITONSERVER_Error_Code by number.
CODES = (
    "UNKNOWN", "INTERNAL", "NOT_FOUND", "INVALID_ARG", "UNAVAILABLE", "UNSUPPORTED",
    "ALREADY_EXISTS", "CANCELLED",
)  # fmt: skip

_EVENT = np.dtype(
    [
        ("seq", "u8"), ("ns", "u8"), ("args", "u8", 8), ("outs", "u8", 3), ("partner", "u8"),
        ("result", "u8"), ("thread", "u4"), ("function", "u2"), ("kind", "u1"), ("status", "u1"),
        ("text", "S72"),
    ]
)  # fmt: skip
assert _EVENT.itemsize == 200
_FIELDS = _EVENT.names or ()
_HEAD = struct.Struct("<IIQ")
# After the head: guard_outputs, output_memory, api_major, api_minor, recording, fill.
_SETTINGS = struct.Struct("<IiIIII")
_FAULT = struct.Struct("<HHIIIII")
_FAULTS_AT = _HEAD.size + _SETTINGS.size
MOST_FAULTS = 16


@dataclass(frozen=True)
class FunctionFacts:
    """A function of the ABI: names and types of its first parameters and of what it answers."""

    number: int
    name: str
    by_server: bool
    parameters: tuple[tuple[str, str], ...]
    outs: tuple[tuple[str, str], ...]
    returns: str


@cache
def functions() -> tuple[FunctionFacts, ...]:
    table = json.loads((LIBRARIES / "functions.json").read_text())
    return tuple(
        FunctionFacts(
            number,
            f["name"],
            f["by_server"],
            tuple((n, t) for n, t in f["parameters"]),
            tuple((n, t) for n, t in f["outs"]),
            f["returns"],
        )
        for number, f in enumerate(table)
    )


@cache
def number_of(name: str) -> int:
    return next(f.number for f in functions() if f.name == name)


@dataclass(frozen=True)
class LogEvent:
    """One event, with names in place of numbers."""

    seq: int
    ns: int
    kind: int
    function: str
    args: tuple[int, ...]
    outs: tuple[int, ...]
    partner: int
    result: int
    #: "" for a success, else the error's code.
    error: str
    thread: int
    text: str

    def argument(self, name: str) -> int:
        """A CALL's, RETURN's or ENTER's argument by its name."""
        facts = functions()[number_of(self.function)]
        for index, (known, _) in enumerate(facts.parameters):
            if known == name:
                return self.args[index]
        raise KeyError(f"{self.function} has no parameter {name}")

    def out(self, name: str) -> int:
        facts = functions()[number_of(self.function)]
        for index, (known, _) in enumerate(facts.outs):
            if known == name:
                return self.outs[index]
        raise KeyError(f"{self.function} does not answer {name}")


def _code(status: int) -> str:
    """An error's code by its name; by its number where it is none, as of an error that was deleted."""
    if status == 0:
        return ""
    return CODES[status - 1] if status <= len(CODES) else f"code {status - 1}"


class Log:
    """The shared memory. ``fd`` stays the caller's."""

    def __init__(self, fd: int) -> None:
        self.memory = mmap.mmap(fd, CONTROL_BYTES + CAPACITY * _EVENT.itemsize)
        self._events = np.frombuffer(self.memory, _EVENT, CAPACITY, CONTROL_BYTES)

    @staticmethod
    def create() -> int:
        """A file descriptor of fresh shared memory, of the caller's; children may inherit it."""
        fd = os.memfd_create("triton-py-conformance", 0)
        os.ftruncate(fd, CONTROL_BYTES + CAPACITY * _EVENT.itemsize)
        os.set_inheritable(fd, True)
        return fd

    @property
    def head(self) -> int:
        """The number of the newest event."""
        return int(_HEAD.unpack_from(self.memory)[2])

    def set(
        self, guard: bool, output_memory: int, api_version: tuple[int, int] | None,
        faults: Sequence[FaultAt], fill: int,
    ) -> None:  # fmt: skip
        """The recorder's settings for a case."""
        if len(faults) > MOST_FAULTS:
            raise ValueError(f"at most {MOST_FAULTS} faults at a time")
        major, minor = api_version or (0, 0)
        _SETTINGS.pack_into(
            self.memory, _HEAD.size, int(guard), output_memory, major, minor, 1, fill
        )
        for index in range(MOST_FAULTS):
            fault = faults[index] if index < len(faults) else None
            values = (0,) * 7
            if fault is not None:
                code = CODES.index(fault.code)
                values = (number_of(fault.function), 1, fault.nth, int(fault.onward), code, 0, 0)
            _FAULT.pack_into(self.memory, _FAULTS_AT + index * _FAULT.size, *values)

    def fired(self, count: int) -> list[int]:
        """For each of the first faults, how many calls failed."""
        return [
            _FAULT.unpack_from(self.memory, _FAULTS_AT + i * _FAULT.size)[6] for i in range(count)
        ]

    def events(self, first: int, last: int) -> list[LogEvent]:
        """The events after ``first`` up to ``last``; those that the ring has overwritten, and one
        that was being written when its process ended, are left out."""
        first = max(first, last - CAPACITY)
        start, end = first % CAPACITY, (last - 1) % CAPACITY + 1
        if last <= first:
            return []
        parts = (
            [self._events[start:end]]
            if start < end
            else [self._events[start:], self._events[:end]]
        )
        table = functions()
        found = []
        expected = first
        for part in parts:
            # Columns as Python lists at once: one event at a time numpy is slow.
            for seq, ns, args, outs, partner, result, thread, number, kind, status, text in zip(
                *(part[field].tolist() for field in _FIELDS), strict=True
            ):
                expected += 1
                if seq != expected:
                    continue
                found.append(
                    LogEvent(
                        seq,
                        ns,
                        kind,
                        "" if kind in (REQUEST, NOTE) else table[number].name,
                        (*args, number) if kind == NOTE else tuple(args),
                        tuple(outs),
                        partner,
                        result,
                        _code(status),
                        thread,
                        text.decode("utf-8", "replace"),
                    )
                )
        return found

    def overwritten(self, first: int, last: int) -> bool:
        """Whether the ring was too small for these events."""
        return last - first > CAPACITY

    def close(self) -> None:
        del self._events
        self.memory.close()
