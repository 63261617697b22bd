# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The public Python API: a server inside this process.

Its shape is that of Triton's own Python package, so that code written for one runs with the other
but for the import. Everything here is exported by ``triton_py`` itself.
"""

from __future__ import annotations

from triton_py.api.enums import (
    DataType,
    DLDeviceType,
    InstanceGroupKind,
    LogFormat,
    MemoryType,
    MetricKind,
    ModelBatchFlag,
    ModelControlMode,
    ModelTxnPropertyFlag,
    RateLimitMode,
)
from triton_py.api.memory import MemoryBuffer
from triton_py.api.metric import Metric, MetricFamily
from triton_py.api.model import Model, ModelDictionary
from triton_py.api.options import ModelLoadDeviceLimit, Options, RateLimiterResource
from triton_py.api.request import InferenceRequest
from triton_py.api.response import AsyncResponseIterator, InferenceResponse, ResponseIterator
from triton_py.api.server import Server
from triton_py.api.tensor import Tensor

__all__ = [
    "AsyncResponseIterator",
    "DLDeviceType",
    "DataType",
    "InferenceRequest",
    "InferenceResponse",
    "InstanceGroupKind",
    "LogFormat",
    "MemoryBuffer",
    "MemoryType",
    "Metric",
    "MetricFamily",
    "MetricKind",
    "Model",
    "ModelBatchFlag",
    "ModelControlMode",
    "ModelDictionary",
    "ModelLoadDeviceLimit",
    "ModelTxnPropertyFlag",
    "Options",
    "RateLimitMode",
    "RateLimiterResource",
    "ResponseIterator",
    "Server",
    "Tensor",
]
