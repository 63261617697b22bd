# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""CUDA by ctypes, so that the GPU tests need no package: the driver's count of devices, and device
memory from the runtime."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from triton_py import MemoryBuffer, MemoryType, Tensor

BY_ADDRESS = 4  # cudaMemcpyDefault


def driver_devices() -> int:
    """What the driver says. No driver, no device; CUDA_VISIBLE_DEVICES counts."""
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def _runtime_names() -> list[str]:
    told = os.environ.get("TRITON_PY_CUDART")
    if told:
        return [told]
    spec = importlib.util.find_spec("nvidia")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    packaged = [str(p) for f in folders for p in sorted(Path(f).glob("*/lib/libcudart.so.*"))]
    return ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so", *packaged]


class Runtime:
    """The CUDA runtime. Raises OSError where there is none."""

    def __init__(self) -> None:
        for name in _runtime_names():
            try:
                self._library = ctypes.CDLL(name)
            except OSError:
                continue
            self.devices = self._device_count()
            return
        raise OSError("no CUDA runtime")

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
