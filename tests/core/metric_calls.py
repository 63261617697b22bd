# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The C API of custom metrics by ctypes, as a client of the library calls it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import triton_py.core
from triton_py.errors import error_from_code

COUNTER, GAUGE, HISTOGRAM = range(3)
STRING, INT = range(2)

library = ctypes.CDLL(triton_py.core.LIBRARY)
library.TRITONSERVER_ErrorMessage.restype = ctypes.c_char_p
library.TRITONSERVER_ParameterNew.restype = ctypes.c_void_p


def call(function: str, *arguments: object) -> None:
    """Calls ``TRITONSERVER_<function>`` and raises the error that it returns."""
    called = getattr(library, f"TRITONSERVER_{function}")
    called.restype = ctypes.c_void_p
    error = called(*arguments)
    if error:
        handle = ctypes.c_void_p(error)
        code = library.TRITONSERVER_ErrorCode(handle)
        message = library.TRITONSERVER_ErrorMessage(handle).decode()
        library.TRITONSERVER_ErrorDelete(handle)
        raise error_from_code(code, message)


def new(function: str, *arguments: object) -> ctypes.c_void_p:
    """Calls a function whose first argument receives a handle."""
    handle = ctypes.c_void_p()
    call(function, ctypes.byref(handle), *arguments)
    return handle


class Family:
    """A handle of a family."""

    def __init__(self, kind: int, name: str, text: str = "a test's") -> None:
        self.handle = new("MetricFamilyNew", kind, name.encode(), text.encode())

    def kind(self) -> int:
        kind = ctypes.c_int(-1)
        call("GetMetricFamilyKind", self.handle, ctypes.byref(kind))
        return kind.value

    def delete(self) -> None:
        call("MetricFamilyDelete", self.handle)

    def metric(self, *labels: tuple[str, object], buckets: Sequence[float] | None = None) -> Metric:
        """A metric with these labels; with ``buckets`` it is given a histogram's arguments."""
        args = None
        if buckets is not None:
            args = new("MetricArgsNew")
            try:
                array = (ctypes.c_double * len(buckets))(*buckets)
                call("MetricArgsSetHistogram", args, array, ctypes.c_uint64(len(buckets)))
            except BaseException:
                call("MetricArgsDelete", args)
                raise
        try:
            return Metric(self, labels, args)
        finally:
            if args is not None:
                call("MetricArgsDelete", args)


class Metric:
    """A handle of a metric."""

    def __init__(
        self, family: Family, labels: Sequence[tuple[str, object]], args: ctypes.c_void_p | None
    ) -> None:
        array = (ctypes.c_void_p * max(1, len(labels)))()
        for i, (name, value) in enumerate(labels):
            if isinstance(value, int):
                number = ctypes.c_int64(value)
                array[i] = library.TRITONSERVER_ParameterNew(
                    name.encode(), INT, ctypes.byref(number))
            else:
                data = value if isinstance(value, bytes) else str(value).encode()
                array[i] = library.TRITONSERVER_ParameterNew(name.encode(), STRING, data)
        try:
            self.handle = new("MetricNewWithArgs", family.handle, array,
                              ctypes.c_uint64(len(labels)), args)
        finally:
            for i in range(len(labels)):
                library.TRITONSERVER_ParameterDelete(ctypes.c_void_p(array[i]))

    def kind(self) -> int:
        kind = ctypes.c_int(-1)
        call("GetMetricKind", self.handle, ctypes.byref(kind))
        return kind.value

    def value(self) -> float:
        value = ctypes.c_double(-1)
        call("MetricValue", self.handle, ctypes.byref(value))
        return value.value

    def increment(self, by: float) -> None:
        call("MetricIncrement", self.handle, ctypes.c_double(by))

    def set(self, value: float) -> None:
        call("MetricSet", self.handle, ctypes.c_double(value))

    def observe(self, value: float) -> None:
        call("MetricObserve", self.handle, ctypes.c_double(value))

    def delete(self) -> None:
        call("MetricDelete", self.handle)
