# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Traces of both front ends and the trace extension, as Triton's clients see them."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from tracing_support import CORE, GRPC, HTTP, Served, read, wait_for
from tritonclient.utils import InferenceServerException

from triton_py.frontend._lone import counts
from triton_py.inprocess import live_objects
from triton_py.tracing import Level, TraceManager, TraceOptions

Serve = Callable[..., Served]
INVALID = "Attempting to set invalid trace setting :"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trace.json"


@pytest.fixture
def serve(native, loop, path) -> Iterator[Serve]:
    made: list[Served] = []

    def new(transport: str = "nghttp2", **options: Any) -> Served:
        manager = TraceManager(TraceOptions(
            **{"level": Level.TIMESTAMPS, "rate": 1, "file": str(path), **options}))
        made.append(Served(native, loop, manager, transport))
        return made[-1]

    yield new
    for served in made:
        served.close()


def http_infer(served: Served, model: str = "echo", id: str = "", **kwargs: Any) -> Any:
    with tritonclient.http.InferenceServerClient(served.http) as client:
        tensor = tritonclient.http.InferInput("INPUT0", [2], "FP32")
        tensor.set_data_from_numpy(np.array([1, 2], np.float32))
        return client.infer(model, [tensor], request_id=id, **kwargs)


def grpc_infer(served: Served, model: str = "echo", id: str = "", **kwargs: Any) -> Any:
    with tritonclient.grpc.InferenceServerClient(served.grpc) as client:
        tensor = tritonclient.grpc.InferInput("INPUT0", [2], "FP32")
        tensor.set_data_from_numpy(np.array([1, 2], np.float32))
        return client.infer(model, [tensor], request_id=id, **kwargs)


def by_request(path: Path) -> dict[str, Any]:
    return {trace.request_id: trace for trace in read(path)}


# --- traces ------------------------------------------------------------------------------------


def test_http(serve, path):
    served = serve()
    http_infer(served, id="plain")
    http_infer(served, id="packed", response_compression_algorithm="gzip")
    served.close()
    traces = by_request(path)
    assert set(traces) == {"plain", "packed"}
    for trace in traces.values():
        assert sorted(trace.names) == sorted(CORE + HTTP)
        assert trace.times["HTTP_RECV_END"] <= trace.times["REQUEST_START"]
        assert trace.times["COMPUTE_START"] <= trace.times["INFER_RESPONSE_COMPLETE"]


@pytest.mark.parametrize("transport", ["nghttp2", "grpcio"])
def test_grpc(serve, path, transport):
    served = serve(transport)
    grpc_infer(served, id="one")
    served.close()
    (trace,) = read(path)
    assert (trace.model, trace.request_id) == ("echo", "one")
    assert sorted(trace.names) == sorted(CORE + GRPC)
    assert trace.times["GRPC_WAITREAD_END"] <= trace.times["REQUEST_START"]


@pytest.mark.parametrize("transport", ["nghttp2", "grpcio"])
def test_a_grpc_stream_traces_each_of_its_requests(serve, path, transport):
    served = serve(transport)
    done = threading.Semaphore(0)
    with tritonclient.grpc.InferenceServerClient(served.grpc) as client:
        client.start_stream(lambda result, error: done.release())
        for i in range(3):
            tensor = tritonclient.grpc.InferInput("INPUT0", [2], "FP32")
            tensor.set_data_from_numpy(np.array([1, i], np.float32))
            client.async_stream_infer("echo", [tensor], request_id=str(i))
        for _ in range(3):
            assert done.acquire(timeout=20)
        client.stop_stream()
    served.close()
    traces = by_request(path)
    assert sorted(traces) == ["0", "1", "2"]
    for trace in traces.values():
        assert sorted(trace.names) == sorted(CORE + GRPC)


def test_requests_of_one_connection_and_of_several_at_once(serve, path):
    served = serve()
    host, port = served.http.rsplit(":", 1)
    body = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1],
                                   "data": [1]}]}).encode()
    head = (f"POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
            "\r\n\r\n").encode()
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.connect()
    # Pipelined: the second begins in the bytes of the first.
    connection.sock.sendall((head + body) * 3)
    received = b""
    while received.count(b"HTTP/1.1 200") < 3:
        received += connection.sock.recv(65536)
    connection.close()

    def infer_alone() -> None:
        # Not by tritonclient, which is for one thread.
        own = http.client.HTTPConnection(host, int(port), timeout=20)
        own.request("POST", "/v2/models/echo/infer", body)
        assert own.getresponse().status == 200
        own.close()

    threads = [threading.Thread(target=infer_alone) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    served.close()
    traces = read(path)
    assert len(traces) == 11
    for trace in traces:
        assert sorted(trace.names) == sorted(CORE + HTTP)


def test_a_request_that_can_not_be_read_is_traced_without_the_core(serve, path):
    served = serve()
    host, port = served.http.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("POST", "/v2/models/echo/infer", b"{")
    answer = connection.getresponse()
    assert (answer.status, bool(answer.read())) == (400, True)
    connection.request("POST", "/v2/models/missing/infer", json.dumps({"inputs": [
        {"name": "INPUT0", "datatype": "FP32", "shape": [1], "data": [1]}]}))
    assert connection.getresponse().status == 404
    connection.close()
    served.close()
    traces = read(path)
    assert len(traces) == 2
    for trace in traces:
        assert sorted(trace.names) == sorted(set(HTTP) - {"INFER_RESPONSE_COMPLETE"})


def test_generate(serve, path):
    served = serve()
    host, port = served.http.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    for method in ("generate", "generate_stream"):
        connection.request("POST", f"/v2/models/echo/{method}",
                           json.dumps({"INPUT0": [1.0, 2.0], "id": method}))
        answer = connection.getresponse()
        assert (answer.status, b"OUTPUT0" in answer.read()) == (200, True)
    connection.close()
    served.close()
    traces = by_request(path)
    assert sorted(traces) == ["generate", "generate_stream"]
    for trace in traces.values():
        assert sorted(trace.names) == sorted(CORE + HTTP)
        assert trace.times["INFER_RESPONSE_COMPLETE"] <= trace.times["HTTP_SEND_END"]


def test_a_decoupled_models_events_are_one_trace(serve, path):
    served = serve()
    host, port = served.http.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("POST", "/v2/models/again/generate_stream",
                       json.dumps({"IN": [1, 2, 3], "DELAY": [0, 250, 250]}))
    answer = connection.getresponse()
    events = answer.read()
    assert (answer.status, events.count(b"data: ")) == (200, 3), events
    connection.close()
    served.close()
    (trace,) = read(path)
    assert (trace.model, trace.names.count("HTTP_SEND_START")) == ("again", 1)
    assert sorted({*HTTP, "REQUEST_END"} - set(trace.names)) == []
    # The answer began to be sent long before it was complete.
    assert trace.times["HTTP_SEND_START"] < trace.times["INFER_RESPONSE_COMPLETE"]
    assert trace.times["INFER_RESPONSE_COMPLETE"] <= trace.times["HTTP_SEND_END"]


def test_answers_that_are_sent_without_the_loop(serve, path):
    """One call after the other: most are answered by the thread that has the response."""
    served = serve(log_frequency=1)
    whole = counts()[0]
    number = 0
    with (tritonclient.http.InferenceServerClient(served.http) as by_http,
          tritonclient.grpc.InferenceServerClient(served.grpc) as by_grpc):
        for client, module in ((by_http, tritonclient.http), (by_grpc, tritonclient.grpc)):
            tensor = module.InferInput("INPUT0", [2], "FP32")
            tensor.set_data_from_numpy(np.array([1, 2], np.float32))
            before = counts()[0]
            for _ in range(20):
                client.infer("echo", [tensor], request_id=str(number))
                number += 1
            assert counts()[0] > before
        # Their traces are let go at once, not when the loop looks at the connection again, and the
        # connections are still open.
        wait_for(lambda: live_objects()["trace"] == 0)
        wait_for(path.with_name(f"trace.json.{number - 1}").exists)
    served.close()
    assert counts()[0] > whole
    for i in range(number):
        (trace,) = read(path.with_name(f"trace.json.{i}"))
        assert sorted(trace.names) == sorted(CORE + (HTTP if i < 20 else GRPC))


def test_an_answer_that_the_socket_takes_in_parts(serve, native, path):
    served = serve()
    host, port = served.http.rsplit(":", 1)
    size = 5000
    body = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [size],
                                   "data": [0.1] * size}]}).encode()
    head = (f"POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
            "\r\n\r\n").encode()

    def successes() -> int:
        stats = native.model_statistics("echo")["model_stats"][0]
        return int(stats["inference_stats"]["success"]["count"])

    partly, asked, before = counts()[1], 0, successes()
    with socket.socket() as sock:
        # A client that sends and doesn't read.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((host, int(port)))
        sock.settimeout(20)
        while counts()[1] == partly and asked < 1000:
            sock.sendall(head + body)
            asked += 1
            wait_for(lambda expected=before + asked: successes() == expected)
        assert counts()[1] > partly
        received = 0
        while received < asked:
            received += sock.recv(65536).count(b"HTTP/1.1 200")
    served.close()
    traces = read(path)
    assert len(traces) == asked
    for trace in traces:
        assert sorted(trace.names) == sorted(CORE + HTTP)


def test_both_front_ends_share_rate_and_file(serve, path):
    served = serve(rate=2)
    for i in range(3):
        http_infer(served, id=f"h{i}")
        grpc_infer(served, id=f"g{i}")
    served.close()
    assert sorted(by_request(path)) == ["g0", "g1", "g2"]


def test_without_tracing_nothing_is_written(serve, path):
    served = serve(level=Level.OFF)
    http_infer(served)
    grpc_infer(served)
    served.close()
    assert not path.exists()


def test_turned_on_while_it_runs(serve, path):
    served = serve(level=Level.OFF)
    with tritonclient.http.InferenceServerClient(served.http) as client:
        tensor = tritonclient.http.InferInput("INPUT0", [1], "FP32")
        tensor.set_data_from_numpy(np.array([1], np.float32))
        client.infer("echo", [tensor], request_id="before")
        client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})
        client.infer("echo", [tensor], request_id="after")
    served.close()
    (trace,) = read(path)
    assert trace.request_id == "after"
    assert sorted(trace.names) == sorted(CORE + HTTP)


# --- the extension -----------------------------------------------------------------------------


def as_dict(settings: Any) -> dict[str, Any]:
    """gRPC's settings as HTTP has them."""
    return {key: list(value.value) if key == "trace_level" else value.value[0]
            for key, value in settings.settings.items()}


@pytest.fixture(params=["http", "grpc"])
def settings(request, serve, path) -> Iterator[tuple[Callable[..., Any], Callable[..., Any]]]:
    """Getting and updating settings, by either protocol."""
    served = serve()
    if request.param == "http":
        with tritonclient.http.InferenceServerClient(served.http) as client:
            yield client.get_trace_settings, client.update_trace_settings
        return
    with tritonclient.grpc.InferenceServerClient(served.grpc) as grpc_client:
        yield (lambda *a, **k: as_dict(grpc_client.get_trace_settings(*a, **k)),
               lambda *a, **k: as_dict(grpc_client.update_trace_settings(*a, **k)))


def initial(path: Path) -> dict[str, Any]:
    return {"trace_file": str(path), "trace_level": ["TIMESTAMPS"], "trace_rate": "1",
            "trace_count": "-1", "log_frequency": "0", "trace_mode": "triton"}


def test_settings_at_the_start(settings, path):
    get, _ = settings
    assert get() == initial(path)
    assert get(model_name="echo") == initial(path)


def test_updating_and_clearing(settings, path):
    get, update = settings
    assert update(model_name="echo", settings={"trace_rate": "12", "log_frequency": "34"}) == {
        **initial(path), "trace_rate": "12", "log_frequency": "34"}
    assert update(settings={"trace_rate": "56", "trace_count": "78", "trace_level": ["OFF"]}) == {
        **initial(path), "trace_rate": "56", "trace_count": "78", "trace_level": ["OFF"]}
    assert get(model_name="echo") == {
        **initial(path), "trace_level": ["OFF"], "trace_rate": "12", "trace_count": "78",
        "log_frequency": "34"}
    assert update(settings={"trace_rate": None, "trace_count": None}) == {
        **initial(path), "trace_level": ["OFF"]}
    assert update(model_name="echo", settings={"trace_rate": None, "trace_level": None}) == {
        **initial(path), "trace_level": ["OFF"], "log_frequency": "34"}
    assert update(model_name="echo", settings={"log_frequency": None}) == get()
    assert update(settings={"trace_level": ["TIMESTAMPS", "TENSORS"]})["trace_level"] == [
        "TIMESTAMPS", "TENSORS"]


@pytest.mark.parametrize("model, change, message", [
    ("", {"trace_file": "x"}, "trace file location can not be updated through network protocol"),
    ("", {"trace_rate": "x"}, "Unable to parse 'trace_rate', got: x"),
    ("", {"trace_rate": "0"}, INVALID + "sample rate must be non-zero"),
    ("does-not-exist", {"trace_rate": "1"}, "Request for unknown model : does-not-exist"),
])
def test_what_is_refused(settings, path, model, change, message):
    get, update = settings
    with pytest.raises(InferenceServerException) as caught:
        update(model_name=model, settings=change)
    assert message in caught.value.message()
    assert get() == initial(path)


def test_an_unknown_model_has_no_settings(settings):
    get, _ = settings
    with pytest.raises(InferenceServerException, match="Request for unknown model : nope"):
        get(model_name="nope")


def test_the_extension_is_announced(serve):
    served = serve()
    with tritonclient.http.InferenceServerClient(served.http) as client:
        assert "trace" in client.get_server_metadata()["extensions"]


def test_an_empty_post_only_asks(serve, path):
    served = serve()
    host, port = served.http.rsplit(":", 1)
    for body in (b"", b"{}"):
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("POST", "/v2/trace/setting", body)
        assert json.loads(connection.getresponse().read()) == initial(path)
        connection.close()
