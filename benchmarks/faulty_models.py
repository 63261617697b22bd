# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a Python model costs its neighbours while it crashes, ends, hangs, eats memory or raises.

    python -m triton_py.benchmarks.faulty_models --blocks 5 --seconds 2

One server over HTTP. A client of its own asks the faulty model without a pause, for the same fault and for
an answer in turn, so that its process is always started again at once. Beside it one request at a time goes to a sound Python model and to one of the backend
``identity``, and their latencies are taken. ``works`` is what to compare a fault with that keeps a core
busy: a model that computes for a while, and answers. Each block goes through all
faults once.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import triton_py

from . import machine
from .peers.peer import Served
from .peers.triton_py import TritonPy

EXECUTE_TIMEOUT_MS = 300
MEMORY_LIMIT_BYTES = 256 << 20
#: Fault -> what the model does, and the status that comes of it. `alone`: nobody asks it.
FAULTS = {
    "alone": ("", 0),
    "works": ("end = time.monotonic() + 0.2\nwhile time.monotonic() < end: pass", 200),
    "raises": ("raise ValueError('so it is')", 500),
    "exits": ("os._exit(1)", 503),
    "crashes": ("ctypes.string_at(0)", 503),
    "loops": ("while True: pass", 503),
    "eats memory": ("kept = []\nwhile True: kept.append(b'x' * (1 << 24))", 500),
    "nonsense": ("pb_utils._server.send(999, 0, 0, 0, 0)", 503),
}
NEIGHBOURS = ("sound", "identity")

_TENSORS = """
input {{ name: "IN" data_type: TYPE_{0} dims: [ -1 ] }}
output {{ name: "OUT" data_type: TYPE_{0} dims: [ -1 ] }}
"""
_ECHO = """
import ctypes, os, time
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            data = request.inputs()[0].as_numpy()
            if data.dtype == object:
                exec(data[0].decode())
            answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", data)]))
        return answers
"""


def write_repository(folder: Path) -> None:
    def limit(key: str, value: int) -> str:
        return f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'

    for name, config in (("sound", 'backend: "python"' + _TENSORS.format("FP32")),
                         ("identity", 'backend: "identity"' + _TENSORS.format("FP32")),
                         ("faulty", 'backend: "python"' + _TENSORS.format("STRING")
                          + limit("MEMORY_LIMIT_BYTES", MEMORY_LIMIT_BYTES)),
                         ("hanging", 'backend: "python"' + _TENSORS.format("STRING")
                          + limit("EXECUTE_TIMEOUT_MS", EXECUTE_TIMEOUT_MS))):
        version = folder / name / "1"
        version.mkdir(parents=True)
        (folder / name / "config.pbtxt").write_text(config)
        if name != "identity":
            (version / "model.py").write_text(_ECHO)


class Client:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, model: str, datatype: str, data: list[object]) -> int:
        """The status."""
        body = json.dumps({"inputs": [{"name": "IN", "datatype": datatype, "shape": [len(data)], "data": data}]})
        self._connection.request("POST", f"/v2/models/{model}/infer", body)
        response = self._connection.getresponse()
        response.read()
        return response.status


def trouble(port: int, fault: str, begun: Event, done: Event, count: multiprocessing.Queue[int]) -> None:
    """Asks for a fault again and again. In a process of its own."""
    client = Client(port)
    model = "hanging" if fault == "loops" else "faulty"
    times = 0
    while not done.is_set():
        code, expected = FAULTS[fault]
        status = client.ask(model, "BYTES", [code])
        if status != expected:
            raise RuntimeError(f"'{fault}' was answered with status {status}, not {expected}")
        if client.ask(model, "BYTES", ["pass"]) != 200:
            raise RuntimeError(f"the model was not there again after '{fault}'")
        times += 1
        begun.set()
    count.put(times)


def measure(port: int, seconds: float) -> dict[str, list[float]]:
    """Latencies in µs, by model."""
    client = Client(port)
    taken: dict[str, list[float]] = {model: [] for model in NEIGHBOURS}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for model in NEIGHBOURS:
            begin = time.perf_counter()
            status = client.ask(model, "FP32", [1.0] * 16)
            taken[model].append((time.perf_counter() - begin) * 1e6)
            if status != 200:
                raise RuntimeError(f"'{model}' answered with status {status}")
    return taken


@contextlib.contextmanager
def beside(port: int, fault: str, counts: dict[str, int]) -> Iterator[None]:
    """While somebody asks for the fault."""
    if fault == "alone":
        yield
        return
    spawn = multiprocessing.get_context("spawn")
    begun, done, queue = spawn.Event(), spawn.Event(), spawn.Queue()
    asking = spawn.Process(target=trouble, args=(port, fault, begun, done, queue))
    asking.start()
    try:
        if not begun.wait(60):
            raise RuntimeError(f"'{fault}' has not happened")
        yield
    finally:
        done.set()
        asking.join()
    if asking.exitcode:
        raise RuntimeError(f"who asked for '{fault}' ended with {asking.exitcode}")
    counts[fault] = counts.get(fault, 0) + queue.get(timeout=10)


def run(served: Served, blocks: int, seconds: float) -> None:
    """Prints a table: percentiles are medians over the blocks."""
    samples: dict[str, list[dict[str, list[float]]]] = {fault: [] for fault in FAULTS}
    counts: dict[str, int] = {}
    measure(served.http, 1)
    for _ in range(blocks):
        for fault in FAULTS:
            with beside(served.http, fault, counts):
                samples[fault].append(measure(served.http, seconds))
    print("| the neighbour | times | " + " | ".join(f"{m} p50 | p99 | worst" for m in NEIGHBOURS) + " |")
    print("|---|---|" + "---|" * 3 * len(NEIGHBOURS))
    for fault, taken in samples.items():
        cells = []
        for model in NEIGHBOURS:
            percentiles = [statistics.quantiles(block[model], n=100) for block in taken]
            cells += [f"{statistics.median(p[49] for p in percentiles):,.0f}",
                      f"{statistics.median(p[98] for p in percentiles):,.0f}",
                      f"{max(max(block[model]) for block in taken):,.0f}"]
        print(f"| {fault} | {counts.get(fault, '')} | {' | '.join(cells)} |")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m triton_py.benchmarks.faulty_models", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=5, help="how often everything is repeated")
    parser.add_argument("--seconds", type=float, default=2, help="for each fault in each block")
    arguments = parser.parse_args()
    backends = Path(triton_py.__file__).parent / "backends"
    with tempfile.TemporaryDirectory(prefix="triton-py-faulty-") as name:
        folder = Path(name)
        write_repository(folder / "models")
        print(", ".join(f"{key} {value}" for key, value in machine.fingerprint().items()))
        with TritonPy().serve(folder / "models", backends, folder / "log", ["--log-error=false"]) as served:
            run(served, arguments.blocks, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
