# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The parts of an event that is told in words (``wording``): who spoke, on which thread, of what.

Whatever has not the form of an event is one all the same, of the kind OTHER.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ENTER = "enter"
LEAVE = "leave"
CALL = "call"
RETURN = "return"
REQUEST = "request"
FOUND = "found"
OTHER = "other"
#: What each kind is to a reader.
KINDS = {
    ENTER: "server calls backend",
    LEAVE: "backend returns to server",
    CALL: "backend calls server",
    RETURN: "server answers",
    REQUEST: "a request that was handed over",
    FOUND: "found by the recorder",
    OTHER: "",
}

_STARTS = (
    ("  server -> backend ", ENTER), ("  backend -> server ", LEAVE), ("      -> ", RETURN),
    ("    found: ", FOUND), ("    request '", REQUEST),
)  # fmt: skip
_THREAD = re.compile(r"(.*)  \[thread (\d{1,6})\]", re.DOTALL | re.ASCII)
_CALL = re.compile(r"    TRITON(?:BACKEND|SERVER)_\w+\(", re.ASCII)
#: A short name as ``wording`` gives it: request#1.
OBJECT = re.compile(r"\b([a-z]{1,40})#(\d{1,9})\b", re.ASCII)


@dataclass(frozen=True)
class EventText:
    """One event."""

    kind: str
    text: str
    #: Counted from 1 in the order of appearance; 0: there is one thread only.
    thread: int = 0

    @property
    def objects(self) -> list[str]:
        """The requests, responses, ... that it names, each once."""
        return list(dict.fromkeys(match.group() for match in OBJECT.finditer(self.text)))


def parse(line: str) -> EventText:
    """An event from its words."""
    thread = 0
    match = _THREAD.fullmatch(line)
    if match is not None:
        line, thread = match.group(1), int(match.group(2))
    for start, kind in _STARTS:
        if line.startswith(start):
            # "found:" and "request" belong to what is said.
            text = line.strip() if kind in (FOUND, REQUEST) else line[len(start) :]
            return EventText(kind, text, thread)
    if _CALL.match(line):
        return EventText(CALL, line.strip(), thread)
    return EventText(OTHER, line.strip(), thread)
