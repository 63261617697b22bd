# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory of GPUs and pinned memory, for inputs and outputs of cases, by the CUDA runtime."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

CPU, PINNED, GPU = 0, 1, 2
_BY_ADDRESS = 4  # cudaMemcpyDefault


@cache
def devices() -> int:
    """How many GPUs the driver knows. No driver, none; CUDA_VISIBLE_DEVICES counts."""
    if os.environ.get("TRITON_SERVER_CPU_ONLY", "") not in ("", "0"):
        return 0
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


@cache
def runtime() -> ctypes.CDLL:
    """Where the core finds it, too. Raises OSError where there is none."""
    # Not before: a worker loads the recorder ahead of the core.
    from triton_py.core.cuda import candidates

    for name in candidates():
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise OSError("there is a GPU, but no CUDA runtime (libcudart)")


def address(function: str) -> int:
    """Of one of the runtime's functions, for C to call."""
    found = ctypes.cast(getattr(runtime(), function), ctypes.c_void_p).value
    assert found is not None
    return found


def _call(name: str, *arguments: Any) -> None:
    status = getattr(runtime(), name)(*arguments)
    if status != 0:
        raise OSError(f"{name} failed with {status}")


class DeviceBuffer:
    """A copy of some bytes in pinned or GPU memory, freed with this object."""

    def __init__(self, data: bytes, memory_type: int, device: int) -> None:
        self.memory_type = memory_type
        self.device = device
        self.size = len(data)
        self._data = data
        pointer = ctypes.c_void_p()
        size = ctypes.c_size_t(max(1, len(data)))
        if memory_type == GPU:
            _call("cudaSetDevice", device)
            _call("cudaMalloc", ctypes.byref(pointer), size)
        else:
            _call("cudaHostAlloc", ctypes.byref(pointer), size, 1)
        assert pointer.value is not None
        self.address = pointer.value
        if data:
            _call("cudaMemcpy", pointer, data, ctypes.c_size_t(len(data)), _BY_ADDRESS)

    def first_change(self) -> int | None:
        """The offset of the first byte that is not what it was; None: it is unchanged."""
        if not self._data:
            return None
        now = ctypes.create_string_buffer(self.size)
        _call("cudaMemcpy", now, ctypes.c_void_p(self.address), ctypes.c_size_t(self.size),
              _BY_ADDRESS)  # fmt: skip
        pairs = zip(now.raw, self._data, strict=True)
        return next((i for i, (a, b) in enumerate(pairs) if a != b), None)

    def __del__(self) -> None:
        if hasattr(self, "address"):
            name = "cudaFree" if self.memory_type == GPU else "cudaFreeHost"
            getattr(runtime(), name)(ctypes.c_void_p(self.address))
