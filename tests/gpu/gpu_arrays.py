# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a Python model of these tests has instead of a framework: arrays in GPU memory, and what lies in a
tensor there, by the CUDA runtime that the environment variable GPU_ARRAYS_RUNTIME names and DLPack.

It is copied beside the model's file.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

import numpy as np

CUDA = 2  # as DLPack counts
BY_ADDRESS = 4  # cudaMemcpyDefault
CODES = {"i": 0, "u": 1, "f": 2, "b": 6}

runtime = ctypes.CDLL(os.environ["GPU_ARRAYS_RUNTIME"])
python = ctypes.pythonapi
python.PyCapsule_New.restype = ctypes.py_object
python.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
python.PyCapsule_GetPointer.restype = ctypes.c_void_p
python.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
        ("rank", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64),
    ]  # fmt: skip


class Managed(ctypes.Structure):
    pass


DELETER = ctypes.CFUNCTYPE(None, ctypes.POINTER(Managed))
Managed._fields_ = [("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", DELETER)]

#: What was handed out, by address, until its taker deletes it.
lent: dict[int, Any] = {}


@DELETER
def delete(managed: Any) -> None:
    lent.pop(ctypes.addressof(managed.contents))


def call(name: str, *arguments: Any) -> None:
    status = getattr(runtime, name)(*arguments)
    if status != 0:
        raise RuntimeError(f"{name} failed with {status}")


class on_device:
    """A current device for some lines."""

    def __init__(self, device: int) -> None:
        self._device = device

    def __enter__(self) -> None:
        before = ctypes.c_int()
        call("cudaGetDevice", ctypes.byref(before))
        self._before = before.value
        call("cudaSetDevice", self._device)

    def __exit__(self, *_: object) -> None:
        call("cudaSetDevice", self._before)


class GpuArray:
    """A copy of an array on a device."""

    def __init__(self, array: np.ndarray, device: int = 0, asynchronous: bool = False) -> None:
        """
        :param asynchronous: by the allocator whose memory other processes can't open.
        """
        self.shape = array.shape
        self.dtype = array.dtype
        self.device = device
        #: With which streams it was asked for.
        self.streams: list[Any] = []
        pointer, size = ctypes.c_void_p(), ctypes.c_size_t(max(1, array.nbytes))
        with on_device(device):
            if asynchronous:
                call("cudaMallocAsync", ctypes.byref(pointer), size, None)
                call("cudaStreamSynchronize", None)
            else:
                call("cudaMalloc", ctypes.byref(pointer), size)
        assert pointer.value is not None
        self.address = pointer.value
        array = np.ascontiguousarray(array)
        call("cudaMemcpy", pointer, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes), BY_ADDRESS)

    def __del__(self) -> None:
        if hasattr(self, "address"):
            with on_device(self.device):
                call("cudaFree", ctypes.c_void_p(self.address))

    def __dlpack_device__(self) -> tuple[int, int]:
        return (CUDA, self.device)

    def __dlpack__(self, stream: Any = None) -> Any:
        self.streams.append(stream)
        return self.capsule()

    def capsule(self) -> Any:
        shape = (ctypes.c_int64 * len(self.shape))(*self.shape)
        tensor = DLTensor(self.address, CUDA, self.device, len(self.shape), CODES[self.dtype.kind],
                          self.dtype.itemsize * 8, 1, shape, None, 0)
        managed = Managed(tensor, None, delete)
        address = ctypes.addressof(managed)
        lent[address] = (self, managed, shape)
        return python.PyCapsule_New(address, b"dltensor", None)


def content(tensor: Any) -> tuple[np.ndarray, tuple[int, int], int]:
    """What a tensor has in GPU memory, on which device, and where."""
    capsule = tensor.to_dlpack()
    managed = Managed.from_address(python.PyCapsule_GetPointer(capsule, b"dltensor"))
    shown = managed.tensor
    kind = {code: kind for kind, code in CODES.items()}[shown.code]
    array = np.empty(shown.shape[:shown.rank], np.dtype(f"{kind}{shown.bits // 8}"))
    call("cudaMemcpy", ctypes.c_void_p(array.ctypes.data), ctypes.c_void_p(shown.data + shown.byte_offset),
         ctypes.c_size_t(array.nbytes), BY_ADDRESS)
    return array, (shown.device_type, shown.device_id), shown.data


def count(what: int) -> int:
    """Of the stand-in for CUDA: (0) allocations, (1) memory of others that is open, of this process. -1 of CUDA."""
    counter = getattr(runtime, "stand_in_count", None)
    return -1 if counter is None else counter(what)
