# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A tensor's elements as the text of a trace has them: joined by commas, strings in quotes."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from math import prod

#: Letters of ``struct`` for data types that it has.
_LETTERS = {
    "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q",
    "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "FP16": "e", "FP64": "d",
}
_SIZES = {
    "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2,
    "INT32": 4, "INT64": 8, "FP16": 2, "BF16": 2, "FP32": 4, "FP64": 8,
}


def _single(value: float) -> str:
    """The fewest digits from which a 32-bit float reads back."""
    packed = struct.pack("<f", value)
    for digits in range(6, 9):
        text = f"{value:.{digits}g}"
        if struct.pack("<f", float(text)) == packed:
            return text
    return f"{value:.9g}"


def _strings(data: bytes, count: int) -> Iterator[str]:
    at = 0
    for _ in range(count):
        if at + 4 > len(data):
            return
        size = int.from_bytes(data[at:at + 4], "little")
        at += 4
        if at + size > len(data):
            return
        text = data[at:at + size].decode("utf-8", "surrogateescape")
        at += size
        # As in CSV, so that a reader of it finds the elements again.
        yield '"' + text.replace('"', '""') + '"'


def _elements(datatype: str, data: bytes, count: int) -> Iterator[str]:
    if datatype == "BOOL":
        return (("1" if byte else "0") for byte in data[:count])
    if datatype == "FP32":
        return (_single(value) for value in struct.unpack(f"<{count}f", data))
    if datatype == "BF16":
        halves = struct.unpack(f"<{count}H", data)
        return (_single(struct.unpack("<f", struct.pack("<I", half << 16))[0]) for half in halves)
    return (str(value) for value in struct.unpack(f"<{count}{_LETTERS[datatype]}", data))


def tensor_text(datatype: str, shape: Sequence[int], data: bytes) -> str:
    """All elements that the data holds, no more than the shape has."""
    count = prod(shape)
    if datatype == "BYTES":
        return ",".join(_strings(data, count))
    size = _SIZES.get(datatype)
    if size is None:
        return ""       # no data type of the protocol's: a backend's mistake
    count = min(count, len(data) // size)
    return ",".join(_elements(datatype, data[:count * size], count))
