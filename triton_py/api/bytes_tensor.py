# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The wire form of BYTES tensors: each element's length in 4 little-endian bytes, then its bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from triton_py.errors import InvalidArgumentError

__all__ = ["decode", "encode"]

_LENGTH = struct.Struct("<I")


def _element(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    raise InvalidArgumentError(
        f"an element of a BYTES tensor must be bytes or str, not {type(value).__name__}"
    )


def encode(values: Iterable[Any]) -> bytearray:
    """The elements in row-major order, serialized.

    str elements become UTF-8; surrogates from ``errors="surrogateescape"`` become the bytes they
    stand for, so that decoding and encoding text that is no UTF-8 gives the same bytes again.
    """
    serialized = bytearray()
    for value in values:
        data = _element(value)
        serialized += _LENGTH.pack(len(data))
        serialized += data
    return serialized


def decode(buffer: Any, shape: Sequence[int]) -> np.ndarray[Any, Any]:
    """An object array of ``shape`` with bytes elements, from the serialized form in ``buffer``."""
    view = memoryview(buffer).cast("B")
    count = 1
    for size in shape:
        count *= size
    elements = np.empty(count, dtype=object)
    offset = 0
    for index in range(count):
        if offset + 4 > len(view):
            raise InvalidArgumentError(
                f"a BYTES tensor of shape {list(shape)} ends after {index} of {count} elements"
            )
        (length,) = _LENGTH.unpack_from(view, offset)
        offset += 4
        if offset + length > len(view):
            raise InvalidArgumentError(
                f"element {index} of a BYTES tensor claims {length} bytes, "
                f"but only {len(view) - offset} are left"
            )
        elements[index] = bytes(view[offset : offset + length])
        offset += length
    if offset != len(view):
        raise InvalidArgumentError(
            f"a BYTES tensor of shape {list(shape)} has {len(view) - offset} bytes too many"
        )
    return elements.reshape(tuple(shape))
