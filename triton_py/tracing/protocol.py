# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The trace extension: settings as both protocols write them. Texts of errors are Triton's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.tracing.manager import View
from triton_py.tracing.settings import Change, Level, Mode

_INTEGER = re.compile(r"\s*[+-]?[0-9]+")
UINT32_MAX = 2**32 - 1
INT32_MAX = 2**31 - 1
#: Names in requests, and the fields that they are.
FIELDS = {"trace_level": "level", "trace_rate": "rate", "trace_count": "count",
          "log_frequency": "log_frequency"}


def _number(name: str, text: str, low: int, high: int) -> int:
    if not _INTEGER.fullmatch(text):
        raise InvalidArgumentError(f"Unable to parse '{name}', got: {text}")
    value = int(text)
    if not low <= value <= high:
        raise InvalidArgumentError(
            f"Unable to parse '{name}', value is out of range [ {low}, {high} ], got: {text}")
    return value


def _count(text: str, space: str) -> int:
    value = _number("trace_count", text, -INT32_MAX - 1, INT32_MAX)
    if value < -1:
        raise InvalidArgumentError(
            f"Unable to parse 'trace_count'. Expecting value >= -1, got:{space}{text}")
    return value


def _level(names: Sequence[str]) -> int:
    level = Level.OFF
    for name in names:
        if name == "OFF":
            if len(names) > 1:
                raise InvalidArgumentError("Expect only one trace level 'OFF' is specified")
        elif name in ("TIMESTAMPS", "TENSORS"):
            level |= Level[name]
        else:
            raise InvalidArgumentError(
                f"unknown trace level '{name}', expected OFF, TIMESTAMPS or TENSORS")
    return int(level)


def _known(name: str) -> str:
    """The field of a name in a request."""
    if name == "trace_file":
        raise UnsupportedError(
            "trace file location can not be updated through network protocol")
    if name == "trace_mode":
        raise UnsupportedError("trace mode can not be updated through network protocol")
    if name not in FIELDS:
        raise InvalidArgumentError(
            f"unknown trace setting '{name}', expected one of {', '.join(FIELDS)}")
    return FIELDS[name]


_NUMBERS: dict[str, Callable[[str, str], int]] = {
    "trace_rate": lambda text, space: _number("trace_rate", text, 0, UINT32_MAX),
    "trace_count": _count,
    "log_frequency": lambda text, space: _number("log_frequency", text, 0, UINT32_MAX),
}


def _wrong(name: str, kind: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"Unable to parse '{name}': attempt to access JSON non-{kind} as {kind}")


def change_from_json(request: Mapping[str, Any]) -> Change:
    """What a POST asks for: null clears, a level is a list of strings, all else a string.

    :raises InvalidArgumentError, UnsupportedError: with what is wrong.
    """
    # Triton looks for it first, and so do clients that send all settings back.
    for name in sorted(request, key=lambda n: n != "trace_file"):
        _known(name)
    change: dict[str, int | None] = {}
    for name, value in request.items():
        if value is None:
            change[FIELDS[name]] = None
        elif name == "trace_level":
            if not isinstance(value, list):
                raise _wrong(name, "array")
            if not value:
                raise InvalidArgumentError("Expect at least one trace level")
            if not all(isinstance(one, str) for one in value):
                raise _wrong(name, "string")
            change["level"] = _level(value)
        elif not isinstance(value, str):
            raise _wrong(name, "string")
        else:
            change[FIELDS[name]] = _NUMBERS[name](value, "")
    return change


def change_from_lists(settings: Mapping[str, Sequence[str]]) -> Change:
    """What TraceSetting asks for: lists of values, an empty one clears.

    :raises InvalidArgumentError, UnsupportedError: with what is wrong.
    """
    for name in sorted(settings, key=lambda n: n != "trace_file"):
        _known(name)
    change: dict[str, int | None] = {}
    for name, values in settings.items():
        if not values:
            change[FIELDS[name]] = None
        elif name == "trace_level":
            change["level"] = _level(values)
        elif len(values) > 1:
            raise InvalidArgumentError(f"expect only 1 value for '{name}'")
        else:
            change[FIELDS[name]] = _NUMBERS[name](values[0], " ")
    return change


def as_lists(view: View) -> dict[str, list[str]]:
    """All settings as TraceSetting answers them."""
    values, options = view
    out = {
        "trace_level": values.level.names,
        "trace_rate": [str(values.rate)],
        "trace_count": [str(values.count)],
    }
    if options.mode is Mode.TRITON:
        out["log_frequency"] = [str(values.log_frequency)]
        out["trace_file"] = [options.file]
    out["trace_mode"] = [options.mode.value]
    if options.mode is Mode.OPENTELEMETRY:
        o = options.open_telemetry
        if o.url is not None:
            out["url"] = [o.url]
        if o.resource:
            out["resource"] = [f"{key}={value}" for key, value in o.resource]
        for name in ("bsp_max_queue_size", "bsp_schedule_delay", "bsp_max_export_batch_size"):
            out[name] = [str(getattr(o, name))]
    return out


def as_json(view: View) -> dict[str, str | list[str]]:
    """All settings as GET answers them."""
    out: dict[str, str | list[str]] = {}
    for name, values in as_lists(view).items():
        out[name] = values if name == "trace_level" or len(values) > 1 else values[0]
    return out
