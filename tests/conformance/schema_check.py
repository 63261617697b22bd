# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""As much of JSON Schema as the report's schema uses; a keyword beyond that is an error."""

from __future__ import annotations

import re
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int, "number": (int, float),
}  # fmt: skip
_KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "type", "required", "properties",
    "additionalProperties", "items", "enum", "const", "minimum", "pattern",
}  # fmt: skip


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    """What does not fit, each with its place."""
    return _check(value, schema, schema, "")


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool) and name in ("integer", "number"):
        return False
    return isinstance(value, _TYPES[name])


def _check(value: Any, schema: dict[str, Any], root: dict[str, Any], place: str) -> list[str]:
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return _check(value, root["$defs"][name], root, place)
    found = []
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        return [f"{place} is not {types}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place} is not one of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{place} is not {schema['const']}")
    if "minimum" in schema and value < schema["minimum"]:
        found.append(f"{place} is below {schema['minimum']}")
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{place} is not like {schema['pattern']}")
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            found += _check(item, schema["items"], root, f"{place}[{number}]")
    if isinstance(value, dict):
        found += [f"{place}.{k} is missing" for k in schema.get("required", ()) if k not in value]
        inner = schema.get("properties", {})
        for key, item in value.items():
            rest = schema.get("additionalProperties")
            part = inner.get(key, rest if isinstance(rest, dict) else {})
            found += _check(item, part, root, f"{place}.{key}")
    return found
