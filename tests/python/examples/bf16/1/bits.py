# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The bits of BF16 as numpy's uint16, and back, in the same memory.

DLPack says what a tensor's elements are in two bytes of its description. Both types have 16 bits, so
changing those bytes is enough.
"""

import ctypes

import numpy as np

UINT, BFLOAT = 1, 4


class _Tensor(ctypes.Structure):
    """The beginning of DLPack's description, up to the type."""

    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("rank", ctypes.c_int32), ("code", ctypes.c_uint8),
                ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def _renamed(capsule, before, after):
    described = _Tensor.from_address(_pointer(capsule, b"dltensor"))
    if (described.code, described.bits) != (before, 16):
        raise TypeError(f"elements of DLPack's type {described.code} with {described.bits} bits, "
                        f"where type {before} with 16 is expected")
    described.code = after
    return capsule


class _AsUint16:
    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **_):
        return _renamed(self.tensor.to_dlpack(), BFLOAT, UINT)

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()


def of(tensor):
    """The bits of a tensor of BF16."""
    return np.from_dlpack(_AsUint16(tensor))


class Bf16:
    """What ``Tensor.from_dlpack`` takes, made of bits."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **_):
        return _renamed(self.array.__dlpack__(), UINT, BFLOAT)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()
