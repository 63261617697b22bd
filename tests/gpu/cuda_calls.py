# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors in device memory, by the CUDA runtime through ctypes: the GPU tests need no package."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

import numpy as np

from triton_py import MemoryBuffer, MemoryType, Tensor
from triton_py.conformance.cuda import runtime

BY_ADDRESS = 4  # cudaMemcpyDefault


class Runtime:
    """The CUDA runtime. Raises OSError where there is none."""

    def __init__(self) -> None:
        self._library = runtime()
        self.devices = self._device_count()

    def _device_count(self) -> int:
        count = ctypes.c_int(0)
        self._call("cudaGetDeviceCount", ctypes.byref(count))
        return count.value

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self._library, name)(*arguments)
        assert status == 0, f"{name} failed with {status}"

    def to_gpu(self, array: np.ndarray[Any, Any], device: int = 0) -> Tensor:
        """A copy in the device's memory, which is given back when the last owner forgets it."""
        pointer = ctypes.c_void_p()
        self._call("cudaSetDevice", device)
        self._call("cudaMalloc", ctypes.byref(pointer), ctypes.c_size_t(array.nbytes))
        assert pointer.value is not None
        memory = DeviceMemory()
        weakref.finalize(memory, self._free, pointer.value, device)
        self._call("cudaMemcpy", pointer, ctypes.c_void_p(array.ctypes.data),
                   ctypes.c_size_t(array.nbytes), BY_ADDRESS)
        buffer = MemoryBuffer(pointer.value, MemoryType.GPU, device, array.nbytes, memory)
        return Tensor(Tensor.from_numpy(array).data_type, array.shape, buffer)

    def _free(self, address: int, device: int) -> None:
        self._call("cudaSetDevice", device)
        self._call("cudaFree", ctypes.c_void_p(address))


class DeviceMemory:
    """Stands for an allocation: as long as it lives, so does the memory."""
