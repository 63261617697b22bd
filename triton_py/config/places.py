# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where the fields of a config.pbtxt stand: line and column for each field path.

Protobuf's parser says where it stopped, but neither in which field that was nor, once a message is
parsed, where a value came from. This scanner knows just enough of the text format to say both. It
never fails: on text that isn't well-formed it indexes what comes before the flaw.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"""(?P<skip>[\s]+|\#[^\n]*)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)"""
    r"""|(?P<word>[\w.+\-]+)"""
    r"""|(?P<mark>.)""",
    re.DOTALL,
)
_CLOSING = {"{": "}", "<": ">"}
_MAX_DEPTH = 64  # the configuration itself nests less than 10 deep


class Place(NamedTuple):
    """A field's name, or an element of its value, in the text. Line and column count from 1."""

    path: str
    line: int
    column: int
    offset: int


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


_ESCAPE = re.compile(r"""\\(?:[abfnrtv?'"\\xXuU0-7]|(.))""", re.DOTALL)


def wrong_escape(text: str) -> tuple[str, int, int] | None:
    """The first backslash that starts no escape sequence: as written, with its line and column.

    Protobuf's parser in Python takes it for a backslash, with a warning; its parser in C++ doesn't.
    """
    for token in _tokens(text) if "\\" in text else ():
        if token.kind == "string":
            for match in _ESCAPE.finditer(token.text):
                if match.group(1) is not None:
                    offset = token.offset + match.start()
                    line = text.count("\n", 0, offset) + 1
                    return match.group(), line, offset - text.rfind("\n", 0, offset)
    return None


def is_repeated(field: Any) -> bool:
    """Whether a field descriptor is of a repeated (or map) field, for every supported protobuf."""
    # `label` is gone from newer releases, `is_repeated` is missing from older ones.
    repeated = getattr(field, "is_repeated", None)
    return bool(field.label == field.LABEL_REPEATED if repeated is None else repeated)


def is_map(field: Any) -> bool:
    """Whether a field descriptor is of a map field."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _key(token: str) -> str:
    """A map key as it stands in a path: strings in double quotes, numbers bare."""
    return f'"{token[1:-1]}"' if token[0] in "\"'" else token


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "mark"
        if kind != "skip":
            yield _Token(kind, match.group(), match.start())


class _Scanner:
    def __init__(self, text: str, descriptor: Any) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.places: list[Place] = []
        self.line = 0
        self.message("", descriptor, "", 0)

    def peek(self) -> str:
        return self.tokens[self.position].text if self.position < len(self.tokens) else ""

    def add(self, path: str, offset: int) -> None:
        # Offsets only grow, so the line is found by going on from the last one.
        while self.line + 1 < len(self.starts) and self.starts[self.line + 1] <= offset:
            self.line += 1
        self.places.append(Place(path, self.line + 1, offset - self.starts[self.line] + 1, offset))

    def message(self, prefix: str, descriptor: Any, closing: str, depth: int) -> str:
        """Index the fields up to `closing`. Returns the value of a field `key`, for map entries."""
        counts: dict[str, int] = {}
        key = ""
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            if token.text == closing:
                break
            if token.kind != "word":
                continue
            field = descriptor.fields_by_name.get(token.text) if descriptor is not None else None
            name = f"{prefix}{token.text}"
            if self.peek() == ":":
                self.position += 1
            if self.peek() == "[":
                self.position += 1
                self.add(name, token.offset)  # the list itself, which may be empty
                while self.position < len(self.tokens) and self.peek() != "]":
                    if self.peek() == ",":
                        self.position += 1
                        continue
                    self.value(name, field, counts, self.tokens[self.position].offset, depth)
                self.position += 1
            else:
                value = self.value(name, field, counts, token.offset, depth)
                key = value if token.text == "key" else key
        return key

    def value(self, name: str, field: Any, counts: dict[str, int], offset: int, depth: int) -> str:
        """Index one value of a field, and return its text where it is a scalar."""
        path = name
        if field is not None and is_repeated(field):
            path = f"{name}[{counts.get(name, 0)}]"
            counts[name] = counts.get(name, 0) + 1
        self.add(path, offset)
        opening = self.peek()
        if opening in _CLOSING and depth < _MAX_DEPTH:
            first = len(self.places) - 1
            self.position += 1
            nested = field.message_type if field is not None else None
            key = self.message(f"{path}.", nested, _CLOSING[opening], depth + 1)
            if field is not None and is_map(field) and key:
                self.rename(first, path, f"{name}[{_key(key)}]")
            return ""
        self.position += 1
        while self.position < len(self.tokens) and self.tokens[self.position].kind == "string":
            self.position += 1  # adjacent strings are one value
        return opening

    def rename(self, first: int, old: str, new: str) -> None:
        """Map entries go by their key, which is known only when they have been read."""
        for index in range(first, len(self.places)):
            place = self.places[index]
            rest = place.path[len(old) :]
            if rest == ".value" or rest.startswith(".value."):
                rest = rest[len(".value") :]
            self.places[index] = place._replace(path=new + rest)


def places(text: str, descriptor: Any) -> list[Place]:
    """All fields of a text-format message of type `descriptor`, in the order of the text.

    A repeated field's values are `name[0]`, `name[1]` ..., a map's `name["key"]`, and fields inside
    them follow after a dot.
    """
    return _Scanner(text, descriptor).places


def field_at(found: list[Place], line: int, column: int) -> Place | None:
    """The last field that starts at or before a position."""
    before = [place for place in found if (place.line, place.column) <= (line, column)]
    return before[-1] if before else None


def find(found: list[Place], path: str) -> Place | None:
    """Where a field path stands; for one that isn't in the text, the message around it."""
    by_path = {place.path: place for place in reversed(found)}
    first = by_path.get(f"{path}[0]")  # of a repeated field as a whole, where it isn't a list
    while path:
        if path in by_path:
            return by_path[path]
        if first is not None:
            return first
        path = re.sub(r"(\[(\"[^\"]*\"|[^\]]*)\]|(\.|^)[^.\[]+)$", "", path)
    return None
