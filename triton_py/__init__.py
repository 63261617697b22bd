# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""triton-py: a model server for Triton backends, and a certifier of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triton_py.api import (  # noqa: F401  what __getattr__ gives
        AsyncResponseIterator,
        DataType,
        DLDeviceType,
        InferenceRequest,
        InferenceResponse,
        InstanceGroupKind,
        LogFormat,
        MemoryBuffer,
        MemoryType,
        Metric,
        MetricFamily,
        MetricKind,
        Model,
        ModelBatchFlag,
        ModelControlMode,
        ModelDictionary,
        ModelLoadDeviceLimit,
        ModelTxnPropertyFlag,
        Options,
        RateLimiterResource,
        RateLimitMode,
        ResponseIterator,
        Server,
        Tensor,
    )
    from triton_py.errors import (  # noqa: F401
        AlreadyExistsError,
        CancelledError,
        InternalError,
        InvalidArgumentError,
        NotFoundError,
        TritonError,
        UnavailableError,
        UnknownError,
        UnsupportedError,
    )

__version__ = "0.1.0"

_HERE = os.path.dirname(os.path.abspath(__file__))


def get_include() -> str:
    """The directory to pass to ``-I``; it holds ``triton/core/tritonbackend.h`` and the others."""
    installed = os.path.join(_HERE, "include")
    if os.path.isdir(installed):
        return installed
    # A source tree or an editable install keeps the headers where they are written.
    return os.path.join(os.path.dirname(_HERE), "cbackend", "include")


def get_library_dir() -> str:
    """The directory that holds ``libtritonserver.so``, to pass to ``-L``."""
    return os.path.join(_HERE, "lib")


def get_backend_dir() -> str:
    """The directory of the shipped backends, one folder each."""
    return os.path.join(_HERE, "backends")


def get_repoagent_dir() -> str:
    """The directory of the shipped repository agents, one folder each."""
    return os.path.join(_HERE, "repoagents")


#: Found by __getattr__ below: importing the package must not load the core, so that a command such
#: as ``triton-py config --include`` answers at once, and a library may be loaded ahead of it.
_API = frozenset(
    [
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
)
_ERRORS = frozenset(
    [
        "AlreadyExistsError",
        "CancelledError",
        "InternalError",
        "InvalidArgumentError",
        "NotFoundError",
        "TritonError",
        "UnavailableError",
        "UnknownError",
        "UnsupportedError",
    ]
)


def __getattr__(name: str) -> Any:
    if name in _API:
        from triton_py import api as module
    elif name in _ERRORS:
        from triton_py import errors as module  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module 'triton_py' has no attribute {name!r}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_API, *_ERRORS})
