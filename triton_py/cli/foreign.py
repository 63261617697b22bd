# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""tritonserver's flags that set nothing here: not supported yet, without effect, or deprecated.

Each is parsed and answered; none is swallowed. A flag whose feature is missing is refused, unless
its value is the one that leaves the feature off, so that a command line which spells out
tritonserver's defaults works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from triton_py.cli import trace_flags, values


@dataclass(frozen=True)
class Missing:
    """A flag whose feature triton-py does not have yet."""

    feature: str
    parse: Callable[[str], Any]
    metavar: str
    #: Values that ask for nothing, and are therefore accepted.
    neutral: tuple[Any, ...] = ()


@dataclass(frozen=True)
class NoEffect:
    """A flag that tunes a part which triton-py does not have; accepted with a warning."""

    reason: str
    parse: Callable[[str], Any]
    metavar: str


_BOOL = (values.boolean, "BOOL", (False,))
_ONE_LOOP = "requests are read by one event loop, not by a pool of threads"
_GRPC_POOL = "no pool of request or response objects is kept"
_NO_POOL = "memory is taken from the CUDA runtime when it is asked for, no pool is kept"

MISSING: dict[str, Missing] = {
    "allow-sagemaker": Missing("the SageMaker endpoint", *_BOOL),
    "sagemaker-port": Missing("the SageMaker endpoint", values.port, "PORT", (8080,)),
    "sagemaker-safe-port-range": Missing("the SageMaker endpoint", str, "PORT-PORT"),
    "sagemaker-thread-count": Missing("the SageMaker endpoint", values.int32, "COUNT", (8,)),
    "allow-vertex-ai": Missing("the Vertex AI endpoint", *_BOOL),
    "vertex-ai-port": Missing("the Vertex AI endpoint", values.port, "PORT", (8080,)),
    "vertex-ai-thread-count": Missing("the Vertex AI endpoint", values.int32, "COUNT", (8,)),
    "vertex-ai-default-model": Missing("the Vertex AI endpoint", str, "NAME", ("",)),
    "cache-config": Missing("the response cache", str, "NAME,KEY=VALUE"),
    "cache-directory": Missing("the response cache", str, "DIR"),
    "rate-limit": Missing(
        "the rate limiter", values.choice("rate-limit", "execution_count", "off"), "MODE",
        ("off",)),
    "rate-limit-resource": Missing("the rate limiter", str, "NAME:COUNT[:DEVICE]"),
    "model-load-gpu-limit": Missing(
        "limits on a GPU's memory", values.device_fraction, "DEVICE:FRACTION"),
    "allow-client-shm": Missing("shared memory", *_BOOL),
}

NO_EFFECT: dict[str, NoEffect] = {
    "http-thread-count": NoEffect(_ONE_LOOP, values.integer(1, 2**31 - 1), "COUNT"),
    "grpc-infer-thread-count": NoEffect(_ONE_LOOP, values.integer(2, 128), "COUNT"),
    "grpc-infer-allocation-pool-size": NoEffect(_GRPC_POOL, values.count, "COUNT"),
    "grpc-max-response-pool-size": NoEffect(
        _GRPC_POOL, values.positive_size("grpc-max-response-pool-size"), "COUNT"),
    "cuda-memory-pool-byte-size": NoEffect(_NO_POOL, values.device_size, "DEVICE:BYTES"),
    "cuda-virtual-address-size": NoEffect(
        "a state that grows takes memory as it needs it, and no range of addresses beforehand",
        values.device_size, "DEVICE:BYTES"),
    "buffer-manager-thread-count": NoEffect(
        "tensors are copied by the thread that needs them, if at all", values.integer(0, 1024),
        "COUNT"),
    "enable-peer-access": NoEffect(
        "the server copies nothing from one GPU to another", values.boolean, "BOOL"),
}

#: Deprecated flags of missing features: the same answer, after the warning.
DEPRECATED_MISSING: dict[str, tuple[Missing, str]] = {
    "response-cache-byte-size": (
        Missing("the response cache", values.byte_size, "BYTES", (0,)),
        "--cache-config=local,size=<bytes>"),
}

STRICT_MODEL_CONFIG = "strict-model-config"


def names() -> list[str]:
    """Every flag of this module."""
    return [*MISSING, *NO_EFFECT, *DEPRECATED_MISSING, *trace_flags.DEPRECATED,
            STRICT_MODEL_CONFIG]
