# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What ``triton-py infer`` sends and prints: tensors from text, files and bytes, and back.

Tensor bytes are the protocol's: little-endian, row-major; a BYTES element is its length in four
bytes and then itself; BF16 is the upper half of FP32, rounded to nearest even.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triton_py.cli.errors import CliError

#: KServe data type to numpy's. BF16 has no numpy type and BYTES is an object array.
NUMPY_TYPES: dict[str, Any] = {
    "BOOL": np.dtype("?"), "UINT8": np.dtype("u1"), "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"), "UINT64": np.dtype("<u8"), "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"), "INT32": np.dtype("<i4"), "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"), "FP32": np.dtype("<f4"), "FP64": np.dtype("<f8"),
}


@dataclass(frozen=True)
class Described:
    """An input as the model's metadata has it; -1 in ``shape`` is any size."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    #: The first dimension of ``shape`` is the batch.
    batched: bool = False


@dataclass(frozen=True)
class Tensor:
    """A tensor as it is sent or was received; ``data`` is the protocol's bytes."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: bytes


def encode(array: np.ndarray, datatype: str) -> bytes:
    """The protocol's bytes of an array that already has the right kind of values."""
    if datatype == "BYTES":
        parts = []
        for item in array.reshape(-1):
            element = item if isinstance(item, bytes) else str(item).encode()
            parts.append(len(element).to_bytes(4, "little") + element)
        return b"".join(parts)
    if datatype == "BF16":
        bits = np.ascontiguousarray(array, "<f4").view("<u4").astype(np.uint64)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
        # Rounding must not turn a NaN into an infinity.
        quiet = (bits >> 16) | 0x40
        return np.where(np.isnan(array), quiet, rounded).astype("<u2").tobytes()
    return np.ascontiguousarray(array, NUMPY_TYPES[datatype]).tobytes()


def decode(tensor: Tensor) -> np.ndarray:
    """The array of a received tensor; BYTES become ``bytes`` objects, BF16 becomes float32.

    :raises CliError: the bytes don't fill the shape.
    """
    count = math.prod(tensor.shape)
    if tensor.datatype == "BYTES":
        elements, at = np.empty(count, object), 0
        for i in range(count):
            length = int.from_bytes(tensor.data[at:at + 4], "little")
            if at + 4 + length > len(tensor.data):
                raise CliError(f"output '{tensor.name}': the data ends inside element {i}")
            elements[i] = tensor.data[at + 4:at + 4 + length]
            at += 4 + length
        return elements.reshape(tensor.shape)
    kind = np.dtype("<u2") if tensor.datatype == "BF16" else NUMPY_TYPES.get(tensor.datatype)
    if kind is None:
        raise CliError(f"output '{tensor.name}': unknown data type {tensor.datatype}")
    if len(tensor.data) != count * kind.itemsize:
        raise CliError(f"output '{tensor.name}': {len(tensor.data)} bytes for "
                       f"{tensor.datatype}{list(tensor.shape)}")
    array = np.frombuffer(tensor.data, kind).reshape(tensor.shape)
    if tensor.datatype == "BF16":
        return (array.astype("<u4") << 16).view("<f4")
    return array


def from_text(described: Described, text: str, shape: Sequence[int] | None = None) -> Tensor:
    """The tensor that ``name=text`` on the command line means.

    ``text`` is JSON, or ``@file`` for the bytes of a file, or ``@file.npy`` for a saved array. A
    BYTES input takes text that isn't JSON as one string.

    :param shape: given by the user; else the file's or the value's own, completed from metadata.
    :raises CliError: the text, the type or the shape doesn't fit; the message names the input.
    """
    where = f"input '{described.name}'"
    if text.startswith("@"):
        return _from_file(described, text[1:], shape, where)
    if described.datatype == "BYTES":
        array = _strings(text, where)
    else:
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise CliError(
                f"{where}: '{text}' is not JSON ({error.msg} at column {error.colno}); give a "
                f"number, a list as [[1,2],[3,4]], or @file"
            ) from None
        array = _numbers(value, described.datatype, where)
    final = _fit(described, array.shape, array.size, shape, where)
    return Tensor(described.name, described.datatype, final,
                  encode(array.reshape(final), described.datatype))


def _strings(text: str, where: str) -> np.ndarray:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if not isinstance(value, (str, list)):
        value = text  # 12 and true are strings here, as typed
    rows = np.array(value, object)
    for item in rows.reshape(-1):
        if not isinstance(item, str):
            raise CliError(f"{where}: BYTES elements are strings, not {json.dumps(item)}")
    return rows


def _numbers(value: Any, datatype: str, where: str) -> np.ndarray:
    try:
        raw = np.array(value, object)
        # A ragged list becomes an array of lists.
        flat = raw.reshape(-1)
        if any(isinstance(item, (list, dict, str)) or item is None for item in flat):
            raise ValueError
    except ValueError:
        raise CliError(f"{where}: expected numbers in lists of equal length") from None
    if datatype == "BOOL":
        if not all(item in (0, 1) for item in flat):
            raise CliError(f"{where}: BOOL elements are true, false, 1 or 0")
        return raw.astype(bool)
    if datatype == "BF16":
        return raw.astype(np.float32)
    kind = NUMPY_TYPES.get(datatype)
    if kind is None:
        raise CliError(f"{where}: unknown data type {datatype}")
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        for item in flat:
            if isinstance(item, float) and not item.is_integer():
                raise CliError(f"{where}: {item} is not a whole number, as {datatype} needs")
            if not limits.min <= item <= limits.max:
                raise CliError(f"{where}: {item} is outside {datatype} "
                               f"({limits.min} to {limits.max})")
    return raw.astype(kind)


def _from_file(described: Described, path: str, shape: Sequence[int] | None,
               where: str) -> Tensor:
    try:
        if path.endswith(".npy"):
            array = np.load(path, allow_pickle=False)
        else:
            with open(path, "rb") as file:
                data = file.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CliError(f"{where}: cannot read {path}: {reason}") from None
    if path.endswith(".npy"):
        return _from_array(described, array, shape, where, os.path.basename(path))
    if described.datatype == "BYTES":
        final = _fit(described, (), 1, shape, where)
        return Tensor(described.name, "BYTES", final, len(data).to_bytes(4, "little") + data)
    size = 2 if described.datatype == "BF16" else NUMPY_TYPES[described.datatype].itemsize
    if len(data) % size:
        raise CliError(f"{where}: {path} has {len(data)} bytes, no multiple of the {size} of "
                       f"{described.datatype}")
    count = len(data) // size
    final = _fit(described, (count,), count, shape, where)
    return Tensor(described.name, described.datatype, final, data)


def _from_array(described: Described, array: np.ndarray, shape: Sequence[int] | None,
                where: str, path: str) -> Tensor:
    if described.datatype == "BYTES":
        if array.dtype.kind not in "SU":
            raise CliError(f"{where}: {path} holds {array.dtype}, BYTES needs strings")
    elif described.datatype == "BF16":
        array = array.astype(np.float32)
    elif not np.can_cast(array.dtype, NUMPY_TYPES[described.datatype], "safe"):
        raise CliError(f"{where}: {path} holds {array.dtype}, the model wants "
                       f"{described.datatype}")
    final = _fit(described, array.shape, array.size, shape, where)
    return Tensor(described.name, described.datatype, final,
                  encode(array.reshape(final), described.datatype))


def _fit(described: Described, actual: tuple[int, ...], count: int,
         given: Sequence[int] | None, where: str) -> tuple[int, ...]:
    """The shape to send: the user's, else the value's own completed with what metadata fixes."""
    wanted = described.shape
    if given is not None:
        if math.prod(given) != count:
            raise CliError(f"{where}: --shape {list(given)} has {math.prod(given)} elements, the "
                           f"value has {count}")
        return tuple(given)
    if len(actual) == len(wanted):
        return actual
    if described.batched and len(actual) == len(wanted) - 1:
        return (1, *actual)
    # A flat value: all it lacks is how it is folded, which is plain with one open dimension,
    # the batch counting as 1 where that is needed.
    if len(actual) <= 1:
        for shape in (wanted, (1, *wanted[1:])) if described.batched else (wanted,):
            folded = _fold(shape, count)
            if folded is not None:
                return folded
    raise CliError(f"{where}: the value has shape {list(actual)}, the model wants "
                   f"{list(wanted)}; give --shape {described.name}=...")


def _fold(wanted: tuple[int, ...], count: int) -> tuple[int, ...] | None:
    known = math.prod(size for size in wanted if size >= 0)
    unknown = sum(size < 0 for size in wanted)
    if unknown == 0:
        return wanted if known == count else None
    if unknown > 1 or known == 0 or count % known:
        return None
    return tuple(count // known if size < 0 else size for size in wanted)


def to_json(array: np.ndarray) -> Any:
    """Nested lists for JSON; bytes that are no UTF-8 become \\x escapes."""
    def convert(value: Any) -> Any:
        if isinstance(value, list):
            return [convert(item) for item in value]
        if isinstance(value, bytes):
            return value.decode("utf-8", "backslashreplace")
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)  # JSON has no NaN
        return value

    return convert(array.tolist())


def to_text(array: np.ndarray) -> str:
    """For a person: numpy's way, long arrays cut in the middle."""
    if array.dtype == object:
        shown = np.array([to_json(item) if not isinstance(item, bytes)
                          else item.decode("utf-8", "backslashreplace")
                          for item in array.reshape(-1)], object).reshape(array.shape)
        return np.array2string(shown, threshold=64, edgeitems=4, max_line_width=96)
    return np.array2string(array, threshold=64, edgeitems=4, max_line_width=96)
