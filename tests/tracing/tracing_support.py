# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Traces of servers in this process, and a reader of trace files that asks what Triton's asks."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np

from triton_py.inprocess import NativeRequest, NativeServer, Options, infer
from triton_py.tracing import TraceManager

CORE = ["REQUEST_START", "QUEUE_START", "COMPUTE_START", "COMPUTE_INPUT_END",
        "COMPUTE_OUTPUT_START", "COMPUTE_END", "REQUEST_END"]
HTTP = ["HTTP_RECV_START", "HTTP_RECV_END", "INFER_RESPONSE_COMPLETE", "HTTP_SEND_START",
        "HTTP_SEND_END"]
GRPC = ["GRPC_WAITREAD_START", "GRPC_WAITREAD_END", "INFER_RESPONSE_COMPLETE", "GRPC_SEND_START",
        "GRPC_SEND_END"]


def native_server(repository: Path) -> NativeServer:
    import triton_py

    options = Options()
    options.set_model_repository_path(str(repository))
    options.set_backend_directory(triton_py.get_backend_dir())
    options.set_log_info(False)
    return NativeServer(options)


def request(server: NativeServer, model: str, data: list[float], id: str = "",
            **parameters: bool) -> NativeRequest:
    made = NativeRequest(server, model)
    made.id = id
    for name, value in parameters.items():
        made.set_parameter(name, value)
    array = np.array(data, np.float32)
    made.add_input("INPUT0", "FP32", [len(data)])
    made.append_input_data("INPUT0", array)
    return made


def traced_infer(manager: TraceManager, server: NativeServer, model: str, data: list[float],
                 id: str = "", **parameters: bool) -> Any:
    """One request as a front end in Python sends it; returns its response."""
    made = request(server, model, data, id, **parameters)
    sample = manager.tracer.begin(model)
    if sample is None:
        return infer(made, 20)[0]
    sample.attach(made)
    response = infer(made, 20)[0]
    sample.stamp("INFER_RESPONSE_COMPLETE")
    sample.close()
    return response


class Trace:
    """The objects of one trace id in a file."""

    def __init__(self, id: int) -> None:
        self.id = id
        self.model = ""
        self.version = 0
        self.request_id = ""
        self.parent_id = 0
        self.times: dict[str, int] = {}
        self.names: list[str] = []
        self.tensors: list[tuple[str, dict[str, str]]] = []


def read(path: Path) -> list[Trace]:
    """A trace file's traces by id. Fails for what trace_summary.py could not read."""
    traces: dict[int, Trace] = {}
    for entry in json.loads(path.read_text()):
        trace = traces.setdefault(entry["id"], Trace(entry["id"]))
        if "model_name" in entry:
            trace.model, trace.version = entry["model_name"], entry["model_version"]
            trace.request_id = entry.get("request_id", "")
            trace.parent_id = entry.get("parent_id", 0)
        for stamp in entry.get("timestamps", ()):
            trace.names.append(stamp["name"])
            trace.times[stamp["name"]] = stamp["ns"]
        if "activity" in entry:
            assert set(entry["tensor"]) == {"name", "data", "shape", "dtype"}
            trace.tensors.append((entry["activity"], entry["tensor"]))
    for trace in traces.values():
        _check_spans(trace)
    return [traces[key] for key in sorted(traces)]


def _check_spans(trace: Trace) -> None:
    """What the summary subtracts from each other must be there, and in order."""
    pairs = [("REQUEST_START", "REQUEST_END")]
    if "QUEUE_START" in trace.times and "COMPUTE_START" in trace.times:
        pairs.append(("QUEUE_START", "COMPUTE_START"))
    if "COMPUTE_START" in trace.times:
        pairs.append(("COMPUTE_START", "COMPUTE_END"))
    if "COMPUTE_INPUT_END" in trace.times:
        pairs += [("COMPUTE_START", "COMPUTE_INPUT_END"),
                  ("COMPUTE_INPUT_END", "COMPUTE_OUTPUT_START"),
                  ("COMPUTE_OUTPUT_START", "COMPUTE_END")]
    if "HTTP_RECV_START" in trace.times and "HTTP_SEND_END" in trace.times:
        pairs += [("HTTP_RECV_START", "HTTP_RECV_END"), ("HTTP_SEND_START", "HTTP_SEND_END"),
                  ("HTTP_RECV_START", "HTTP_SEND_END")]
    if "GRPC_WAITREAD_END" in trace.times and "GRPC_SEND_END" in trace.times:
        pairs += [("GRPC_WAITREAD_END", "GRPC_SEND_END"), ("GRPC_SEND_START", "GRPC_SEND_END")]
    if trace.model:
        for start, end in pairs:
            assert trace.times[start] <= trace.times[end], (start, end, trace.times)


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


class Loop:
    """A uvloop loop on a thread of its own."""

    def __init__(self) -> None:
        import uvloop

        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class Served:
    """HTTP and gRPC over one server, sharing a ``TraceManager``."""

    def __init__(self, native: NativeServer, loop: Loop, manager: TraceManager,
                 transport: str = "nghttp2") -> None:
        from triton_py.grpc import GrpcOptions, GrpcServer, Transport
        from triton_py.http.options import HttpOptions
        from triton_py.http.server import HttpServer

        self.manager = manager
        self._loop = loop
        self._http = HttpServer(native, HttpOptions(port=0), manager)

        async def make() -> GrpcServer:
            return GrpcServer(native, GrpcOptions(port=0, transport=Transport(transport)), manager)

        self._grpc = loop.run(make())
        self.http = loop.run(self._http.start())
        self.grpc = loop.run(self._grpc.start())

    def close(self) -> None:
        self._loop.run(self._http.stop(5))
        self._loop.run(self._grpc.stop(5))
        self.manager.close()
