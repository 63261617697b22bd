# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Triton's data types beside numpy's and DLPack's."""

from __future__ import annotations

from typing import Any

import numpy as np

from triton_py.api.enums import DataType
from triton_py.errors import InvalidArgumentError

__all__ = [
    "DLPACK_CODE",
    "FROM_DLPACK",
    "bfloat16_dtype",
    "byte_size",
    "float32_to_bfloat16",
    "from_numpy_dtype",
    "numpy_dtype",
]

_NUMPY: dict[DataType, np.dtype[Any]] = {
    DataType.BOOL: np.dtype(np.bool_),
    DataType.UINT8: np.dtype(np.uint8),
    DataType.UINT16: np.dtype(np.uint16),
    DataType.UINT32: np.dtype(np.uint32),
    DataType.UINT64: np.dtype(np.uint64),
    DataType.INT8: np.dtype(np.int8),
    DataType.INT16: np.dtype(np.int16),
    DataType.INT32: np.dtype(np.int32),
    DataType.INT64: np.dtype(np.int64),
    DataType.FP16: np.dtype(np.float16),
    DataType.FP32: np.dtype(np.float32),
    DataType.FP64: np.dtype(np.float64),
    DataType.BYTES: np.dtype(np.object_),
}
_BYTE_SIZE = {
    **{data_type: dtype.itemsize for data_type, dtype in _NUMPY.items()},
    DataType.BYTES: 0,
    DataType.BF16: 2,
    DataType.INVALID: 0,
}
_FROM_NUMPY = {dtype: data_type for data_type, dtype in _NUMPY.items()}

#: DLPack's (type code, bits).
DLPACK_CODE: dict[DataType, tuple[int, int]] = {
    DataType.BOOL: (6, 8),
    DataType.UINT8: (1, 8),
    DataType.UINT16: (1, 16),
    DataType.UINT32: (1, 32),
    DataType.UINT64: (1, 64),
    DataType.INT8: (0, 8),
    DataType.INT16: (0, 16),
    DataType.INT32: (0, 32),
    DataType.INT64: (0, 64),
    DataType.FP16: (2, 16),
    DataType.FP32: (2, 32),
    DataType.FP64: (2, 64),
    DataType.BF16: (4, 16),
}
FROM_DLPACK = {code: data_type for data_type, code in DLPACK_CODE.items()}


def bfloat16_dtype() -> np.dtype[Any] | None:
    """The numpy dtype of the package ml_dtypes, where that is installed."""
    try:
        import ml_dtypes
    except ImportError:
        return None
    return np.dtype(ml_dtypes.bfloat16)


def numpy_dtype(data_type: DataType) -> np.dtype[Any]:
    """The dtype whose elements have the same bytes. BF16: ml_dtypes' bfloat16, or uint16 without
    that package. BYTES: object (the elements are bytes)."""
    if data_type == DataType.BF16:
        return bfloat16_dtype() or np.dtype(np.uint16)
    try:
        return _NUMPY[data_type]
    except KeyError:
        raise InvalidArgumentError(f"no numpy dtype for data type {data_type.name}") from None


def from_numpy_dtype(dtype: np.dtype[Any]) -> DataType:
    """The data type for a dtype of any byte order; strings, bytes and objects are BYTES."""
    found = _FROM_NUMPY.get(dtype)
    if found is not None:
        return found
    if dtype.kind in "SUOT":
        return DataType.BYTES
    # Asking for a dtype's name is slow, so it comes last.
    if dtype.name == "bfloat16":
        return DataType.BF16
    found = None if dtype.isnative else _FROM_NUMPY.get(dtype.newbyteorder("="))
    if found is None:
        raise InvalidArgumentError(f"numpy dtype {dtype} has no Triton data type")
    return found


def byte_size(data_type: DataType) -> int:
    """Bytes per element; 0 for BYTES, whose elements differ."""
    return _BYTE_SIZE[data_type]


def float32_to_bfloat16(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Rounds to the nearest bfloat16, ties to even; returned as uint16 bit patterns."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    # Rounding could carry a NaN's mantissa over into infinity; keep it a quiet NaN.
    nan = np.isnan(values)
    return np.where(nan, ((bits >> 16) | 0x0040).astype(np.uint16), rounded)
