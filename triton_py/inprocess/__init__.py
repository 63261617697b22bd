# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The in-process bridge: Python over the ``TRITONSERVER_*`` C API, and nothing but it.

Front ends and the public Python API are built on these objects. ``NativeServer`` and
``NativeRequest`` are thin over the C objects; a ``CompletionQueue`` is where backend threads, which
never take the GIL, leave responses; ``AsyncBridge`` and ``infer`` are the asyncio and the blocking
way to wait for them.
"""

from __future__ import annotations

import triton_py.core  # noqa: F401  first: it puts the C API into the global symbol scope
from triton_py.inprocess.bridge import AsyncBridge, ResponseStream, infer
from triton_py.inprocess.counters import live_objects
from triton_py.inprocess.metric import NativeMetric, NativeMetricFamily
from triton_py.inprocess.options import Options
from triton_py.inprocess.queue import FINAL, CompletionQueue
from triton_py.inprocess.request import SEQUENCE_END, SEQUENCE_START, NativeRequest
from triton_py.inprocess.response import NativeOutput, NativeResponse
from triton_py.inprocess.server import NativeServer

__all__ = [
    "FINAL",
    "SEQUENCE_END",
    "SEQUENCE_START",
    "AsyncBridge",
    "CompletionQueue",
    "NativeMetric",
    "NativeMetricFamily",
    "NativeOutput",
    "NativeRequest",
    "NativeResponse",
    "NativeServer",
    "Options",
    "ResponseStream",
    "infer",
    "live_objects",
]
