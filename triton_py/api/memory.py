# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory by address, with what keeps it alive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from triton_py.api.dlpack import Imported
from triton_py.api.enums import DLDeviceType, MemoryType, parse
from triton_py.errors import InvalidArgumentError

__all__ = ["DEVICE_OF", "DeviceOrMemoryType", "MemoryBuffer", "parse_device"]

#: What output_memory_type and to_device take: "cpu", "gpu:1", MemoryType.GPU, (MemoryType.GPU, 1),
#: (DLDeviceType.kDLCUDA, 1).
DeviceOrMemoryType = str | MemoryType | tuple[MemoryType | DLDeviceType, int]

_MEMORY_OF = {
    DLDeviceType.kDLCPU: MemoryType.CPU,
    DLDeviceType.kDLCUDA: MemoryType.GPU,
    DLDeviceType.kDLCUDAHost: MemoryType.CPU_PINNED,
}
DEVICE_OF = {memory: device for device, memory in _MEMORY_OF.items()}


def parse_device(device: DeviceOrMemoryType) -> tuple[MemoryType, int]:
    """(memory type, device number) of any way to name one."""
    number: Any = 0
    kind: Any = device
    if isinstance(device, str):
        kind, _, text = device.partition(":")
        if text and not text.isdigit():
            raise InvalidArgumentError(f"memory type {device!r}: '{text}' is no device number")
        number = int(text or 0)
    elif isinstance(device, tuple):
        if len(device) != 2 or not isinstance(device[1], int):
            raise InvalidArgumentError(f"memory type {device!r} is no pair (type, number)")
        kind, number = device
    if isinstance(kind, DLDeviceType):
        kind = _MEMORY_OF[kind]
    return parse(MemoryType, kind, "memory type"), number


@dataclass
class MemoryBuffer:
    """``size`` bytes at ``data_ptr``, which are valid as long as ``owner`` lives (borrowed)."""

    data_ptr: int
    memory_type: MemoryType
    memory_type_id: int
    size: int
    owner: Any = field(repr=False)

    @staticmethod
    def from_dlpack(owner: Any) -> MemoryBuffer:
        """The memory of any object that speaks DLPack; it must be contiguous."""
        return MemoryBuffer._from_imported(import_dlpack(owner))

    @staticmethod
    def _from_imported(imported: Imported) -> MemoryBuffer:
        if not imported.contiguous:
            raise InvalidArgumentError("Only contiguous memory is supported")
        device = _device_type(imported)
        return MemoryBuffer(
            imported.data_ptr, _MEMORY_OF[device], imported.device_id, imported.byte_size, imported
        )


def _device_type(imported: Imported) -> DLDeviceType:
    try:
        return DLDeviceType(imported.device_type)
    except ValueError:
        raise InvalidArgumentError(
            f"the tensor lies on DLPack device type {imported.device_type}; "
            "CPU, CUDA and pinned CPU memory are understood"
        ) from None


def import_dlpack(obj: Any) -> Imported:
    """Takes a tensor over from its producer, read-only ones included."""
    if not hasattr(obj, "__dlpack__") or not hasattr(obj, "__dlpack_device__"):
        raise InvalidArgumentError(
            f"{type(obj).__name__} does not support the DLPack protocol "
            "(__dlpack__ and __dlpack_device__)"
        )
    arguments: dict[str, Any] = {}
    if obj.__dlpack_device__()[0] == DLDeviceType.kDLCUDA:
        # The producer makes the data ready for the legacy default stream.
        arguments["stream"] = 1
    try:
        try:
            capsule = obj.__dlpack__(max_version=(1, 0), **arguments)
        except TypeError:
            # A producer from before DLPack 1.0.
            capsule = obj.__dlpack__(**arguments)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidArgumentError(
            f"{type(obj).__name__} gave no DLPack tensor: {error}"
        ) from error
    return Imported(capsule)
