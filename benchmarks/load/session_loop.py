# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A closed loop of ``onnxruntime.InferenceSession.run``: ``load.session`` runs it as a program.

    python session_loop.py MODEL THREADS IN_FLIGHT SECONDS WARMUP BELOW NAME:DATATYPE:DIMS ...

Of this package it needs nothing, so that any interpreter with onnxruntime can run it. Prints one line
of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from time import perf_counter_ns
from typing import Any

_TYPES = {"BOOL": "bool", "FP16": "float16", "FP32": "float32", "FP64": "float64"}


def _feed(text: str, in_flight: int, below: int) -> tuple[str, Any]:
    """The tensors of all requests in flight as one; where ``below`` is not 0, with the elements that
    the in-process client sends."""
    import numpy as np

    name, datatype, dims = text.split(":")
    shape = [int(dim) for dim in dims.split(",")]
    one = np.arange(int(np.prod(shape)), dtype=np.int64) % (below or 61)
    return name, np.concatenate(
        [one.astype(_TYPES.get(datatype, datatype.lower())).reshape(shape)] * in_flight)


def _loop(session: Any, feeds: dict[str, Any], seconds: float) -> list[int]:
    """Nanoseconds of each run."""
    latencies: list[int] = []
    now = perf_counter_ns()
    end = now + int(seconds * 1e9)
    while now < end:
        before = now
        session.run(None, feeds)
        now = perf_counter_ns()
        latencies.append(now - before)
    return latencies


def _peak_kib() -> int:
    """Not getrusage's: that begins with what the process was before it became this program."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def main(arguments: list[str]) -> None:
    import onnxruntime

    model, threads, in_flight, seconds, warmup, below, *inputs = arguments
    # What else there is has the values that the backend leaves as they are, too.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = dict(_feed(text, int(in_flight), int(below)) for text in inputs)
    _loop(session, feeds, float(warmup))
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = perf_counter_ns()
    latencies = _loop(session, feeds, float(seconds))
    ended = perf_counter_ns()
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "seconds": (ended - began) / 1e9,
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "switches": after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw,
        "peak_kib": _peak_kib(), "latencies_ns": latencies}))


if __name__ == "__main__":
    main(sys.argv[1:])
