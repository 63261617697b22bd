# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The sentences of errors in a configuration's text and JSON form."""

from __future__ import annotations

import difflib
import re
from typing import Any

from triton_py.proto.model_config import ModelConfig

from .places import Place, is_map

#: Field type number -> what a value has to be.
_TYPE_WORDS = {
    1: "a number",
    2: "a number",
    3: "a 64-bit integer",
    4: "an unsigned 64-bit integer",
    5: "a 32-bit integer",
    8: "true or false",
    9: "a string in quotes",
    13: "an unsigned 32-bit integer",
}
#: How the parser's reasons begin when a field has a value that can't be its own.
_ABOUT_VALUES = (
    'Expected "{"',
    'Expected ":"',
    'Expected "true"',
    "Expected string",
    "Couldn't parse",
    "Value out of range",
    "Integer out of range",
    "Invalid octal",
    "Enum type",
)


def _descriptor(path: str) -> Any:
    """The descriptor of the field at a path's end; None where that isn't known."""
    message: Any = ModelConfig.DESCRIPTOR
    field: Any = None
    for index, part in enumerate(re.findall(r"[A-Za-z_]\w*(?![^\[]*\])", path)):
        if index:
            if field is None or field.message_type is None:
                return None
            message = field.message_type
            if is_map(field) and part not in message.fields_by_name:
                # `parameters["a"].string_value`: the path leaves out the entry's `value`
                message = message.fields_by_name["value"].message_type
                if message is None:
                    return None
        field = message.fields_by_name.get(part)
    if field is not None and is_map(field) and path.endswith('"]'):
        return field.message_type.fields_by_name["value"]  # the entry's key is known: its value
    return field


def _closest(word: str, names: list[str]) -> str:
    close = difflib.get_close_matches(word, names, 1, 0.6) or difflib.get_close_matches(
        word.lower(), [name.lower() for name in names], 1, 0.6
    )
    for name in names:
        if close and name.lower() == close[0].lower():
            return f", did you mean '{name}'?"
    return ""


def unknown_field(message: Any, name: str) -> str:
    """The sentence for a field that a message doesn't have."""
    names = [field.name for field in message.fields]
    return f"{message.name} has no field '{name}'{_closest(name, names) or _all(names)}"


def unknown_enum_value(enum: Any, name: str) -> str:
    """The sentence for a value that an enum doesn't have."""
    names = [value.name for value in enum.values]
    title = enum.full_name.removeprefix("inference.")
    return f"'{name}' is no {title}{_closest(name, names) or _all(names)}"


def _all(names: list[str]) -> str:
    return f"; it has {', '.join(names)}" if len(names) <= 12 else ""


def expected_type(field: Any) -> str:
    """What a scalar or message field's value has to be, in words."""
    if field.enum_type is not None:
        return f"a name of {field.enum_type.name}, such as {field.enum_type.values[-1].name}"
    if field.message_type is not None:
        return "a message in braces" if not is_map(field) else "an entry { key: ... value: ... }"
    return _TYPE_WORDS[field.type]


def syntax_sentence(reason: str, place: Place | None, word: str) -> str:
    """The parser's reason in words that name the field and, where it helps, what would be right."""
    field = _descriptor(place.path) if place else None
    if match := re.match(r'Message type "([\w.]+)" has no field named "(.+)"\.', reason):
        message = ModelConfig.DESCRIPTOR.file.pool.FindMessageTypeByName(match.group(1))
        return unknown_field(message, match.group(2))
    if match := re.match(r'Message type "[\w.]*?(\w+)" should not have multiple "(\w+)"', reason):
        return f"'{match.group(2)}' is given twice in {match.group(1)}, which takes it once"
    if match := re.match(
        r'Field "[\w.]*?(\w+)" is specified along with field "[\w.]*?(\w+)"', reason
    ):
        return f"'{match.group(1)}' and '{match.group(2)}' exclude each other"
    match = re.match(r'Enum type "[\w.]+" has no value (?:named|with number) (.+)\.$', reason)
    if match and place is not None and field is not None and field.enum_type is not None:
        value = match.group(1)
        if value[0] in "\"'":
            return f"{place.path} must be {expected_type(field)}, without quotes, not {value}"
        return f"{place.path}: {unknown_enum_value(field.enum_type, value)}"
    if match := re.search(r"codec can't decode .*?: (.*)", reason):
        return f"{place.path if place else 'a string'} isn't valid text: {match.group(1)}"
    if not word.isprintable():
        word = ascii(word)
    if not word or reason.endswith('Expected "}".'):
        return f"the text ends too early: {_plain(reason.removeprefix(chr(39) * 2 + ': '))}"
    if field is not None and place is not None and reason == 'Expected ":".' and word not in "{<":
        return f"{place.path} needs a ':' before its value {word}"
    if field is not None and place is not None and _concerns_value(reason):
        return f"{place.path} must be {expected_type(field)}, not {word}"
    return _plain(reason) + (f" (at {word})" if word not in reason else "")


def _concerns_value(reason: str) -> bool:
    return reason.startswith(_ABOUT_VALUES)


def _plain(reason: str) -> str:
    return reason.rstrip(".")[:200]
