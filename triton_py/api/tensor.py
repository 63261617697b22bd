# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors that go into and come out of requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from triton_py.api import bytes_tensor
from triton_py.api.dlpack import export
from triton_py.api.dtypes import (
    DLPACK_CODE,
    FROM_DLPACK,
    byte_size,
    float32_to_bfloat16,
    from_numpy_dtype,
    numpy_dtype,
)
from triton_py.api.enums import DataType, MemoryType, parse
from triton_py.api.memory import (
    DEVICE_OF,
    DeviceOrMemoryType,
    MemoryBuffer,
    import_dlpack,
    parse_device,
)
from triton_py.errors import InvalidArgumentError, UnsupportedError

__all__ = ["Tensor"]

Array = np.ndarray[Any, Any]


class _Window:
    """Lets numpy look at memory by address; the array's ``base`` keeps the owner alive."""

    def __init__(self, address: int, shape: tuple[int, ...], typestr: str, owner: Any) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "data": (address, False),
            "shape": shape,
            "typestr": typestr,
            "version": 3,
        }


@dataclass(repr=False, eq=False)
class Tensor:
    """A typed, shaped look at a memory buffer (row-major, without gaps).

    The elements of a BYTES tensor are serialized in its buffer; ``to_bytes_array`` and
    ``from_bytes_array`` convert.
    """

    data_type: DataType
    shape: Sequence[int]
    memory_buffer: MemoryBuffer

    def __post_init__(self) -> None:
        self.data_type = parse(DataType, self.data_type, "data type")
        self.shape = tuple(int(size) for size in self.shape)
        expected = prod(self.shape) * byte_size(self.data_type)
        if self.data_type != DataType.BYTES and expected != self.size:
            raise InvalidArgumentError(
                f"a tensor {self.data_type.name} {list(self.shape)} has {expected} bytes, "
                f"its buffer {self.size}"
            )

    # --- memory ---

    @property
    def data_ptr(self) -> int:
        """Address of the first byte."""
        return self.memory_buffer.data_ptr

    @property
    def memory_type(self) -> MemoryType:
        return self.memory_buffer.memory_type

    @property
    def memory_type_id(self) -> int:
        """The device's number."""
        return self.memory_buffer.memory_type_id

    @property
    def size(self) -> int:
        """Bytes, not elements."""
        return self.memory_buffer.size

    # --- in ---

    @staticmethod
    def from_dlpack(obj: Any) -> Tensor:
        """Shows the memory of an object that speaks DLPack, without a copy."""
        imported = import_dlpack(obj)
        code = (imported.type_code, imported.bits)
        if code not in FROM_DLPACK or imported.lanes != 1:
            raise InvalidArgumentError(
                f"DLPack type (code {code[0]}, {code[1]} bits, {imported.lanes} lanes) has no "
                "Triton data type"
            )
        return Tensor(FROM_DLPACK[code], imported.shape, MemoryBuffer._from_imported(imported))

    @staticmethod
    def from_numpy(array: Array | np.generic, data_type: DataType | str | None = None) -> Tensor:
        """Shows the memory of an array, without a copy where it is contiguous and native.

        Arrays of strings, bytes or objects become BYTES. With ``data_type`` BF16 an array of uint16
        is taken as bfloat16 bit patterns.
        """
        array = np.asarray(array)
        found = from_numpy_dtype(array.dtype)
        wanted = found if data_type is None else parse(DataType, data_type, "data type")
        if wanted != found and (wanted, found) != (DataType.BF16, DataType.UINT16):
            raise InvalidArgumentError(f"an array of {array.dtype} is no {wanted.name} tensor")
        if found == DataType.BYTES:
            return Tensor._owning(
                DataType.BYTES, array.shape, np.frombuffer(bytes_tensor.encode(_flat(array)), "u1")
            )
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        return Tensor._owning(wanted, array.shape, array)

    @staticmethod
    def _owning(data_type: DataType, shape: Sequence[int], array: Array) -> Tensor:
        # ascontiguousarray would make a rank-0 array rank 1, which `shape` doesn't care about.
        array = np.ascontiguousarray(array)
        return Tensor(
            data_type,
            shape,
            MemoryBuffer(array.ctypes.data, MemoryType.CPU, 0, array.nbytes, array),
        )

    @staticmethod
    def from_bytes_array(values: Any) -> Tensor:
        """A BYTES tensor from an array, or a (nested) list, of str and bytes."""
        array = values if isinstance(values, np.ndarray) else _nested(values)
        if array.dtype.kind not in "SUOT":
            raise InvalidArgumentError(f"elements of {array.dtype} can't form a BYTES tensor")
        return Tensor.from_numpy(array)

    @staticmethod
    def from_string_array(values: Any) -> Tensor:
        """As from_bytes_array."""
        return Tensor.from_bytes_array(values)

    @staticmethod
    def from_object(obj: Any, data_type: DataType | str | None = None) -> Tensor:
        """A tensor from whatever holds one.

        Tensors as they are; numpy arrays; str and bytes (rank 0); lists, tuples and Python numbers;
        DLPack; buffers. ``data_type`` is what the model expects, if known: lists and numbers are
        converted to it where no value changes its meaning (1 to 1.0, but not 1.5 to 1 nor 300 to
        INT8), and uint16 is taken for BF16.
        """
        wanted = None if data_type is None else parse(DataType, data_type, "data type")
        if isinstance(obj, Tensor):
            return obj
        if isinstance(obj, (np.ndarray, np.generic)):
            if wanted == DataType.BF16 and obj.dtype == np.uint16:
                return Tensor.from_numpy(obj, wanted)
            return Tensor.from_numpy(obj)
        if isinstance(obj, (str, bytes)):
            return Tensor.from_bytes_array(obj)
        if isinstance(obj, (list, tuple, bool, int, float)):
            return _converted(_nested(obj), wanted)
        if hasattr(obj, "__dlpack__"):
            return Tensor.from_dlpack(obj)
        try:
            return Tensor.from_numpy(np.asarray(memoryview(obj)))
        except TypeError:
            raise InvalidArgumentError(
                f"{type(obj).__name__} is no tensor: give a numpy array, a list, str or bytes, a "
                "buffer, or an object that supports DLPack"
            ) from None

    # --- out ---

    def numpy(self) -> Array:
        """An array over the same memory, writable, without a copy (BYTES: a new object array of
        bytes). BF16 is ml_dtypes' bfloat16 where that package is installed, else uint16."""
        if self.data_type == DataType.BYTES:
            return self.to_bytes_array()
        self._need_cpu("a numpy array")
        dtype = numpy_dtype(self.data_type)
        if self.size == 0:
            return np.empty(tuple(self.shape), dtype)
        # `view`, because ml_dtypes' types have no typestr of their own.
        plain = np.dtype(f"u{dtype.itemsize}") if self.data_type == DataType.BF16 else dtype
        window = _Window(self.data_ptr, tuple(self.shape), plain.str, self.memory_buffer)
        array = np.asarray(window)
        return array if plain == dtype else array.view(dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self.numpy()
        if dtype is not None and np.dtype(dtype) != array.dtype:
            if copy is False:
                raise ValueError(f"a {self.data_type.name} tensor is no {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def to_bytes_array(self) -> Array:
        """The elements of a BYTES tensor as an object array of bytes."""
        if self.data_type != DataType.BYTES:
            raise InvalidArgumentError(f"Tensor has data type {self.data_type.name} not BYTES")
        return bytes_tensor.decode(self._bytes(), self.shape)

    def to_string_array(self, errors: str = "strict") -> Array:
        """The elements of a BYTES tensor as an object array of str, decoded as UTF-8."""
        values = self.to_bytes_array()
        texts = np.empty(values.shape, dtype=object)
        for index, value in np.ndenumerate(values):
            texts[index] = value.decode("utf-8", errors)
        return texts

    def _bytes(self) -> Any:
        """The buffer's bytes, without a copy."""
        self._need_cpu("its bytes")
        if self.size == 0:
            return b""
        return np.asarray(_Window(self.data_ptr, (self.size,), "|u1", self.memory_buffer))

    def _need_cpu(self, what: str) -> None:
        if self.memory_type == MemoryType.GPU:
            raise UnsupportedError(
                f"the tensor lies in the memory of GPU {self.memory_type_id}: can't give {what}; "
                "use a DLPack consumer such as torch.from_dlpack or cupy.from_dlpack"
            )

    def tolist(self) -> Any:
        """Nested lists of Python numbers, or of bytes."""
        array = self.numpy()
        if self.data_type == DataType.BF16:
            # A uint16 here is a bit pattern, not a number.
            wide = array.view(np.uint16).astype(np.uint32) << np.uint32(16)
            return wide.view(np.float32).tolist()
        return array.tolist()

    def to_device(self, device: DeviceOrMemoryType) -> Tensor:
        """This tensor, if it is there; moving between CPU and GPU takes another library."""
        memory_type, number = parse_device(device)
        here = (self.memory_type, self.memory_type_id)
        if here == (memory_type, number):
            return self
        if self.memory_type == MemoryType.CPU_PINNED and memory_type == MemoryType.CPU:
            return self
        raise UnsupportedError(
            f"Conversion from ({here[0].name}, {here[1]}) to ({memory_type.name}, {number}) "
            "not supported."
        )

    def to_host(self) -> Tensor:
        """This tensor in CPU memory."""
        return self.to_device(MemoryType.CPU)

    # --- DLPack ---

    def __dlpack_device__(self) -> tuple[int, int]:
        return (int(DEVICE_OF[self.memory_type]), self.memory_type_id)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """A capsule over the same memory. The data is complete when a response is handed out, so
        no stream needs to wait for another."""
        if self.data_type not in DLPACK_CODE:
            raise BufferError(f"DLPack has no {self.data_type.name}; use to_bytes_array()")
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError(f"the tensor is on {self.__dlpack_device__()}, not {dl_device}")
        if copy:
            raise BufferError("only the memory as it is can be given, not a copy")
        device, number = self.__dlpack_device__()
        code, bits = DLPACK_CODE[self.data_type]
        versioned = max_version is not None and max_version[0] >= 1
        return export(
            self, self.data_ptr, tuple(self.shape), code, bits, device, number, versioned
        )

    def __repr__(self) -> str:
        where = self.memory_type.name
        if self.memory_type_id:
            where += f":{self.memory_type_id}"
        return f"Tensor({self.data_type.name}, {list(self.shape)}, {self.size} bytes, {where})"


def _flat(array: Array) -> Any:
    return array.reshape(-1).tolist()


def _has_text(obj: Any) -> bool:
    if isinstance(obj, (list, tuple)):
        return any(_has_text(item) for item in obj)
    return isinstance(obj, (str, bytes, bytearray))


def _nested(obj: Any) -> Array:
    """An array from nested lists; text stays as it is (numpy's own strings drop trailing NULs)."""
    try:
        return np.array(obj, dtype=object if _has_text(obj) else None)
    except (ValueError, OverflowError) as error:
        raise InvalidArgumentError(f"the nested list is no tensor: {error}") from None


def _converted(array: Array, wanted: DataType | None) -> Tensor:
    """A tensor of the wanted type from values that came as Python objects."""
    if array.size == 0 and wanted is not None:
        if wanted == DataType.BYTES:
            array = array.astype(object)
        elif wanted == DataType.BF16:
            array = array.astype(np.uint16)
        else:
            array = array.astype(numpy_dtype(wanted))
        return Tensor.from_numpy(array, wanted)
    if array.dtype.kind == "O" and not _all_text(array):
        raise InvalidArgumentError(
            "the list mixes types, or its numbers don't fit into 64 bits; "
            "give numbers of one kind, or only str and bytes"
        )
    found = from_numpy_dtype(array.dtype)
    if wanted is None or wanted == found:
        return Tensor.from_numpy(array)
    if DataType.BYTES in (wanted, found) or (DataType.BOOL in (wanted, found)):
        raise InvalidArgumentError(
            f"the values are {found.name}, but the model's input is {wanted.name}"
        )
    if wanted == DataType.BF16:
        return Tensor.from_numpy(float32_to_bfloat16(array.astype(np.float32)), wanted)
    dtype = numpy_dtype(wanted)
    with np.errstate(all="ignore"):
        converted = array.astype(dtype)
    if dtype.kind in "iu" and not (
        array.dtype.kind in "iu" and np.array_equal(converted, array) and _same_sign(array, dtype)
    ):
        raise InvalidArgumentError(f"the values don't fit into {wanted.name} as they are")
    if dtype.kind == "f" and np.any(np.isinf(converted) & ~np.isinf(array.astype(np.float64))):
        raise InvalidArgumentError(f"the values are too large for {wanted.name}")
    return Tensor.from_numpy(converted)


def _same_sign(array: Array, dtype: np.dtype[Any]) -> bool:
    """array_equal compares int64 with uint64 as floats; a negative number must not slip through."""
    return not (dtype.kind == "u" and bool(np.any(array < 0)))


def _all_text(array: Array) -> bool:
    return all(isinstance(item, (str, bytes, bytearray)) for item in array.reshape(-1))
