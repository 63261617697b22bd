# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Foreign text made fit to print, and a case in lines that a person reads.

A report shows names and messages that come out of the library under test: they may hold anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

#: Control characters, which move a terminal's cursor or worse, those that turn the direction of
#: writing around, and halves of characters. Tab and newline stay.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
#: A scalar longer than this is cut on the terminal; the files have all of it.
LONGEST = 100


def _escaped(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def printable(text: str) -> str:
    """The text with what is not fit to print spelled out: ``\\x1b``."""
    return _UNPRINTABLE.sub(_escaped, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Printable, and with white space of any kind as single spaces."""
    return " ".join(printable(text).split())


def case_json(case: Mapping[str, Any]) -> str:
    """A case in full, indented."""
    return json.dumps(case, indent=2, ensure_ascii=False)


def case_lines(value: Any) -> list[str]:
    """A case for the terminal: like YAML, without what is empty, long values cut."""
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        if any(isinstance(item, Mapping | list | tuple) for item in value):
            return _sequence(value)
        return ["[" + ", ".join(_scalar(item) for item in value) + "]"]
    return [_scalar(value)]


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > LONGEST:
        rest = len(text) - LONGEST
        text = f"{text[:LONGEST]}... ({rest} characters more)"
    return printable(text)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | Mapping | list | tuple) and not value)


def _mapping(value: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, item in value.items():
        if _is_empty(item):
            continue
        name = one_line(str(key))
        if isinstance(item, str) and "\n" in item.strip():
            # A config.pbtxt.
            lines += [f"{name}: |", *("  " + line for line in printable(item.strip()).split("\n"))]
            continue
        inner = case_lines(item)
        if len(inner) == 1 and not isinstance(item, Mapping):
            lines.append(f"{name}: {inner[0]}")
        elif inner:
            lines += [f"{name}:", *("  " + line for line in inner)]
    return lines


def _sequence(value: list[Any] | tuple[Any, ...]) -> list[str]:
    lines = []
    for item in value:
        inner = case_lines(item) or ["{}"]
        lines += ["- " + inner[0], *("  " + line for line in inner[1:])]
    return lines
