# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The C API's enumerations under the names that Triton's Python package gives them."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from triton_py.errors import InvalidArgumentError

__all__ = [
    "DLDeviceType",
    "DataType",
    "InstanceGroupKind",
    "LogFormat",
    "MemoryType",
    "MetricKind",
    "ModelBatchFlag",
    "ModelControlMode",
    "ModelTxnPropertyFlag",
    "RateLimitMode",
    "parse",
]


class DataType(IntEnum):
    """TRITONSERVER_DataType."""

    INVALID = 0
    BOOL = 1
    UINT8 = 2
    UINT16 = 3
    UINT32 = 4
    UINT64 = 5
    INT8 = 6
    INT16 = 7
    INT32 = 8
    INT64 = 9
    FP16 = 10
    FP32 = 11
    FP64 = 12
    BYTES = 13
    BF16 = 14


class MemoryType(IntEnum):
    """TRITONSERVER_MemoryType."""

    CPU = 0
    CPU_PINNED = 1
    GPU = 2


class MetricKind(IntEnum):
    """TRITONSERVER_MetricKind."""

    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2


class ModelControlMode(IntEnum):
    """TRITONSERVER_ModelControlMode."""

    NONE = 0
    POLL = 1
    EXPLICIT = 2


class RateLimitMode(IntEnum):
    """TRITONSERVER_RateLimitMode."""

    OFF = 0
    EXEC_COUNT = 1


class LogFormat(IntEnum):
    """TRITONSERVER_LogFormat."""

    DEFAULT = 0
    ISO8601 = 1
    #: An object on each line; not one of Triton's.
    JSON = 2


class InstanceGroupKind(IntEnum):
    """TRITONSERVER_InstanceGroupKind."""

    AUTO = 0
    CPU = 1
    GPU = 2
    MODEL = 3


class ModelBatchFlag(IntEnum):
    """TRITONSERVER_ModelBatchFlag."""

    UNKNOWN = 1
    FIRST_DIM = 2


class ModelTxnPropertyFlag(IntEnum):
    """TRITONSERVER_ModelTxnPropertyFlag."""

    ONE_TO_ONE = 1
    DECOUPLED = 2


class DLDeviceType(IntEnum):
    """The DLPack device types that Triton's memory types have counterparts for."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3


Kind = TypeVar("Kind", bound=IntEnum)


def parse(kind: type[Kind], value: Kind | int | str, what: str) -> Kind:
    """A member of ``kind``, also from its number or its name in any case.

    >>> parse(ModelControlMode, "explicit", "model_control_mode")
    <ModelControlMode.EXPLICIT: 2>
    """
    if isinstance(value, kind):
        return value
    try:
        if isinstance(value, str):
            return kind[value.upper()]
        return kind(value)
    except (KeyError, ValueError):
        names = ", ".join(member.name for member in kind)
        raise InvalidArgumentError(f"{what} is {value!r}, but must be one of {names}") from None
