# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON form of a model configuration, as TRITONSERVER_ModelConfig and load overrides carry it.

It is protobuf's JSON mapping with three differences, which are Triton's: fields keep their names
from the .proto, fields that hold their default are written too, and 64-bit integers are numbers,
not strings. Reading takes what protobuf's reader takes: names in either spelling, numbers as
strings, enum values in any case or as numbers, null for a field that is left out.
"""

from __future__ import annotations

import json
import math
import re
import struct
from typing import Any, NoReturn

from google.protobuf.message import Message

from triton_py.proto.model_config import ModelConfig

from .errors import ConfigError
from .places import is_map, is_repeated
from .sentences import expected_type, unknown_enum_value, unknown_field

#: The one version of the JSON form that there is.
CONFIG_VERSION = 1

_DOUBLE, _FLOAT, _BOOL, _STRING = 1, 2, 8, 9
#: Field type number -> the values that it can hold.
_RANGES = {
    3: (-(1 << 63), (1 << 63) - 1),
    4: (0, (1 << 64) - 1),
    5: (-(1 << 31), (1 << 31) - 1),
    13: (0, (1 << 32) - 1),
}
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _check_version(version: int) -> None:
    if version != CONFIG_VERSION:
        raise ConfigError(
            f"model configuration version {version} not supported, supported versions are: "
            f"{CONFIG_VERSION}"
        )


def to_json(config: Message, version: int = CONFIG_VERSION) -> str:
    """A configuration, or any message in it, as one line of JSON.

    The result is a function of the message's value alone: fields stand in the order of the .proto
    and map entries in the order of their keys. Messages that aren't set, and the unset members of a
    oneof, are left out.

    Raises ConfigError for a `version` other than 1.
    """
    _check_version(version)
    value = to_dict(config)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def to_dict(message: Message) -> dict[str, Any]:
    """What `to_json` writes, as Python data."""
    result: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        if field.has_presence:
            if message.HasField(field.name):
                result[field.name] = _plain(field, getattr(message, field.name))
        elif is_map(field):
            value_field = field.message_type.fields_by_name["value"]
            entries = getattr(message, field.name)
            result[field.name] = {
                _key_text(key): _plain(value_field, entries[key]) for key in sorted(entries)
            }
        elif is_repeated(field):
            result[field.name] = [_plain(field, item) for item in getattr(message, field.name)]
        else:
            result[field.name] = _plain(field, getattr(message, field.name))
    return result


def _key_text(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _plain(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return to_dict(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known is not None else value
    if field.type in (_FLOAT, _DOUBLE):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return _shortest_float32(value) if field.type == _FLOAT else value
    return value


def _shortest_float32(value: float) -> float:
    """The double with the fewest digits that rounds to this 32-bit float: 0.1 for 0.1f."""
    packed = struct.pack("f", value)
    for digits in range(1, 9):
        candidate = float(f"{value:.{digits}g}")
        if abs(candidate) <= 3.4028234663852886e38 and struct.pack("f", candidate) == packed:
            return candidate
    return float(f"{value:.9g}")


def from_json(text: str | bytes, version: int = CONFIG_VERSION) -> ModelConfig:
    """Read the JSON form.

    Raises ConfigError: not JSON (with line and column), a field that doesn't exist, a value of the
    wrong type or out of range, a field given twice, two members of a oneof (each with the field's
    path); or a `version` other than 1.
    """
    _check_version(version)
    config = ModelConfig()
    value = _loads(text)
    if not isinstance(value, _Object):
        raise ConfigError(f"a model configuration must be a JSON object, not {_show(value)}")
    _fill(config, value, "")
    return config


class _Object:
    """A JSON object with its members in order, also those whose names repeat."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _loads(text: str | bytes) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, object_pairs_hook=_Object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not valid JSON: {error.msg}", line=error.lineno, column=error.colno
        ) from None
    except RecursionError:
        raise ConfigError("not a model configuration: the JSON is nested too deeply") from None
    except ValueError as error:  # also UnicodeDecodeError, and integers of thousands of digits
        raise ConfigError(f"not valid JSON: {error}") from None


def _show(value: Any) -> str:
    """A JSON value in an error message: short, and as its sender wrote it."""
    if isinstance(value, _Object):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _fill(message: Message, value: _Object, path: str) -> None:
    descriptor = message.DESCRIPTOR
    seen: set[str] = set()
    for name, member in value.pairs:
        field = None
        if name.isascii():  # as all of them are; protobuf can't look for half a surrogate pair
            field = descriptor.fields_by_name.get(name)
            if field is None:
                field = descriptor.fields_by_camelcase_name.get(name)
        where = f"{path}{name if field is None else field.name}"
        if field is None:
            raise ConfigError(f"{where}: {unknown_field(descriptor, name)}", field=where)
        if field.name in seen:
            raise ConfigError(f"{where} is given twice", field=where)
        seen.add(field.name)
        if member is None:
            continue
        oneof = field.containing_oneof
        if oneof is not None and (other := message.WhichOneof(oneof.name)) is not None:
            raise ConfigError(f"{where} and {path}{other} exclude each other", field=where)
        if is_map(field):
            _fill_map(message, field, member, where)
        elif is_repeated(field):
            _fill_list(message, field, member, where)
        elif field.message_type is not None:
            nested = getattr(message, field.name)
            nested.SetInParent()
            _fill_message(nested, field, member, where)
        else:
            setattr(message, field.name, _scalar(field, member, where))


def _fill_message(message: Message, field: Any, value: Any, where: str) -> None:
    if not isinstance(value, _Object):
        raise ConfigError(
            f"{where} must be an object ({field.message_type.name}), not {_show(value)}",
            field=where,
        )
    _fill(message, value, f"{where}.")


def _fill_list(message: Message, field: Any, value: Any, where: str) -> None:
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be an array, not {_show(value)}", field=where)
    target = getattr(message, field.name)
    for index, item in enumerate(value):
        at = f"{where}[{index}]"
        if field.message_type is not None:
            _fill_message(target.add(), field, item, at)
        else:
            target.append(_scalar(field, item, at))


def _fill_map(message: Message, field: Any, value: Any, where: str) -> None:
    if not isinstance(value, _Object):
        raise ConfigError(f"{where} must be an object, not {_show(value)}", field=where)
    key_field = field.message_type.fields_by_name["key"]
    value_field = field.message_type.fields_by_name["value"]
    target = getattr(message, field.name)
    for name, item in value.pairs:
        key = _scalar(key_field, name, f"{where}, as a key,")
        at = f'{where}["{key}"]' if isinstance(key, str) else f"{where}[{key}]"
        if key in target:
            raise ConfigError(f"{at} is given twice", field=at)
        if value_field.message_type is not None:
            _fill_message(target[key], value_field, item, at)
        else:
            target[key] = _scalar(value_field, item, at)


def _scalar(field: Any, value: Any, where: str) -> Any:
    if field.enum_type is not None:
        return _enum(field, value, where)
    if field.type == _STRING and isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ConfigError(f"{where} holds half of a surrogate pair", field=where)
        return value
    if field.type == _BOOL and isinstance(value, bool):
        return value
    if field.type in (_FLOAT, _DOUBLE):
        return _float(field, value, where)
    if field.type in _RANGES:
        return _integer(field, value, where)
    _refuse(field, value, where)


def _refuse(field: Any, value: Any, where: str) -> NoReturn:
    expected = expected_type(field).removesuffix(" in quotes")
    raise ConfigError(f"{where} must be {expected}, not {_show(value)}", field=where)


def _enum(field: Any, value: Any, where: str) -> int:
    if isinstance(value, str):
        for known in field.enum_type.values:
            if known.name.lower() == value.lower():
                return known.number
        if not re.fullmatch(r"-?\d{1,10}", value):
            raise ConfigError(f"{where}: {unknown_enum_value(field.enum_type, value)}", field=where)
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(field, value, where)
    if value not in field.enum_type.values_by_number:
        raise ConfigError(
            f"{where}: {unknown_enum_value(field.enum_type, str(value))}", field=where
        )
    return value


def _integer(field: Any, value: Any, where: str) -> int:
    number: Any = value
    text_form = isinstance(value, str) and re.fullmatch(r"-?\d{1,20}", value)
    if text_form or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    low, high = _RANGES[field.type]
    if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
        _refuse(field, value, where)
    return number


def _float(field: Any, value: Any, where: str) -> float:
    if isinstance(value, str):
        if value in _SPECIAL:
            return _SPECIAL[value]
        if not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", value):
            _refuse(field, value, where)
        value = float(value)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        _refuse(field, value, where)
    try:
        number = float(value)
    except OverflowError:
        _refuse(field, value, where)
    limit = 3.4028235677973366e38 if field.type == _FLOAT else math.inf
    if not abs(number) < limit:
        _refuse(field, value, where)
    return number
