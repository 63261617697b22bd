# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A check's value as Python source, for a reproducer to be read, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from .cases import CaseRequest, TensorData

WIDTH = 96
_NAMES = {"CaseRequest": CaseRequest, "TensorData": TensorData}


def source(value: Any, indent: int = 0) -> str:
    """An expression that makes the value, with the names of cases.py; fields that have their default
    are left out."""
    flat = _flat(value)
    if len(flat) + indent <= WIDTH and "\n" not in flat:
        return flat
    inner, end = " " * (indent + 4), " " * indent
    if is_dataclass(value) and not isinstance(value, type):
        body = [f"{inner}{name}={source(item, indent + 4)},\n" for name, item in _fields(value)]
        return f"{type(value).__name__}(\n{''.join(body)}{end})"
    if isinstance(value, Mapping):
        body = [f"{inner}{k!r}: {source(v, indent + 4)},\n" for k, v in value.items()]
        return f"{{\n{''.join(body)}{end}}}"
    if isinstance(value, list | tuple):
        left, right = "[]" if isinstance(value, list) else "()"
        body = [f"{inner}{source(item, indent + 4)},\n" for item in value]
        return f"{left}\n{''.join(body)}{end}{right}"
    if isinstance(value, bytes):
        step = 20
        rows = [f"{inner}{value[i : i + step]!r}\n" for i in range(0, len(value), step)]
        return f"(\n{''.join(rows)}{end})"
    return flat


def _flat(value: Any) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        if sum(len(t.data) for t in getattr(value, "inputs", {}).values()) > WIDTH:
            return "\n"  # too long for one line, whatever the rest is
        inner = ", ".join(f"{name}={_flat(item)}" for name, item in _fields(value))
        return f"{type(value).__name__}({inner})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_flat, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, bytes) and len(value) > WIDTH:
        return "\n"
    return repr(value)


def _fields(value: Any) -> list[tuple[str, Any]]:
    found = []
    for field in fields(value):
        item = getattr(value, field.name)
        default = field.default
        if default is MISSING and field.default_factory is not MISSING:
            default = field.default_factory()
        if default is MISSING or item != default:
            found.append((field.name, item))
    return found


def value_from(text: str) -> Any:
    """What ``source`` was given. Only for text that this package has made: it is evaluated."""
    return eval(text, {"__builtins__": {}}, dict(_NAMES))
