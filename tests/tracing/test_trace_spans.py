# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Trace mode opentelemetry: spans as Triton makes them, and the client's context passed on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from tracing_support import GRPC, HTTP, Served, traced_infer, wait_for
from tritonclient.utils import InferenceServerException

from triton_py.errors import InvalidArgumentError
from triton_py.tracing import Level, Mode, OpenTelemetryOptions, TraceManager, TraceOptions
from triton_py.tracing.context import parent_of, spans_of, tracestate_of
from triton_py.tracing.notes import Happened, Recorded, Spans, Started
from triton_py.tracing.spans import SpanExport

TRACE, SPAN = "0af7651916cd43dd8448eb211c12666c", "b7ad6b7169242424"
PARENT = f"00-{TRACE}-{SPAN}-01"
Make = Callable[..., tuple[TraceManager, InMemorySpanExporter]]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[TraceManager] = []

    def new(**options: Any) -> tuple[TraceManager, InMemorySpanExporter]:
        exporter = InMemorySpanExporter()
        chosen = TraceOptions(**{
            "level": Level.TIMESTAMPS, "rate": 1, "mode": Mode.OPENTELEMETRY,
            "open_telemetry": OpenTelemetryOptions(resource=(("test.key", "test.value"),)),
            **options})
        export = SpanExport(chosen.open_telemetry, SimpleSpanProcessor(exporter))
        made.append(TraceManager(chosen, export))
        return made[-1], exporter

    yield new
    for manager in made:
        manager.close()


def spans(exporter: InMemorySpanExporter) -> dict[str, Any]:
    finished = exporter.get_finished_spans()
    named = {span.name: span for span in finished}
    assert len(named) == len(finished)
    return named


def events(span: Any) -> list[str]:
    return [event.name for event in span.events]


def parent_name(named: dict[str, Any], name: str) -> str | None:
    parent = named[name].parent
    if parent is None:
        return None
    return next((n for n, s in named.items() if s.context.span_id == parent.span_id), "unknown")


# --- spans -------------------------------------------------------------------------------------


def test_a_request_is_three_spans(native, make):
    manager, exporter = make()
    before = time.time_ns()
    traced_infer(manager, native, "echo", [1.0], id="mine")
    manager.close()
    named = spans(exporter)
    assert set(named) == {"InferRequest", "echo", "compute"}
    assert [parent_name(named, n) for n in ("InferRequest", "echo", "compute")] == [
        None, "InferRequest", "echo"]
    assert events(named["InferRequest"]) == ["INFER_RESPONSE_COMPLETE"]
    assert events(named["echo"]) == ["REQUEST_START", "QUEUE_START", "REQUEST_END"]
    assert events(named["compute"]) == [
        "COMPUTE_START", "COMPUTE_INPUT_END", "COMPUTE_OUTPUT_START", "COMPUTE_END"]
    attributes = dict(named["echo"].attributes)
    assert attributes.pop("triton.trace_id") > 0
    assert attributes == {"triton.model_name": "echo", "triton.model_version": 1,
                          "triton.trace_parent_id": 0, "triton.request_id": "mine"}
    for span in named.values():
        assert span.kind is SpanKind.SERVER
        assert before <= span.start_time <= span.end_time <= time.time_ns()
        assert span.instrumentation_scope.name == "triton-server"
    resource = named["echo"].resource.attributes
    assert resource["service.name"] == "triton-inference-server"
    assert resource["test.key"] == "test.value"


def test_a_backends_own_spans_events_and_requests(native, make):
    manager, exporter = make()
    response = traced_infer(manager, native, "traced", [1.0], child=True)
    manager.close()
    finished = exporter.get_finished_spans()
    (outer,) = [s for s in finished if s.name == "traced"]
    (inner,) = [s for s in finished if s.name == "echo"]
    (step,) = [s for s in finished if s.name == "STEP"]
    assert events(step) == ["STEP_START", 'a "note"', "STEP_END"]
    assert step.parent.span_id == outer.context.span_id
    # What was under way when the child began.
    assert inner.parent.span_id == step.context.span_id
    assert inner.attributes["triton.trace_parent_id"] == outer.attributes["triton.trace_id"]
    assert len([s for s in finished if s.name == "compute"]) == 2
    # The backend was told, while it ran, of the span that its request became.
    context = json.loads(response.parameters["context"])
    assert context == {"traceparent": f"00-{outer.context.trace_id:032x}"
                                      f"-{outer.context.span_id:016x}-01"}


def test_what_a_failure_leaves_open_is_ended(make):
    exporter = InMemorySpanExporter()
    export = SpanExport(OpenTelemetryOptions(), SimpleSpanProcessor(exporter))
    export.send(Recorded(1, 5, 100, 1100, 900, [
        Happened(5, "HTTP_RECV_END", 150, True), Started(5, 0, "m", 1, "", 200, 7),
        Happened(5, "LOST_END", 250, False), Happened(5, "MORE_START", 300, False)],
        Spans("1" * 32, 0, ""), False))
    named = spans(exporter)
    assert set(named) == {"InferRequest", "m", "MORE"}
    # A backend that ends what it did not start ends its request's span, not the whole.
    assert named["m"].end_time == 1250 and events(named["m"]) == ["REQUEST_START", "LOST_END"]
    assert named["MORE"].end_time == named["InferRequest"].end_time == 1900
    assert named["InferRequest"].context.trace_id == int("1" * 32, 16)
    assert named["m"].context.span_id == 7
    export.close(1)


# --- the client's context ----------------------------------------------------------------------


@pytest.mark.parametrize("text, parent", [
    (PARENT, (TRACE, int(SPAN, 16))), (f" {PARENT} ", (TRACE, int(SPAN, 16))),
    (f"01-{TRACE}-{SPAN}-00-more", (TRACE, int(SPAN, 16))),
    (f"00-{TRACE}-{SPAN}-01-more", None), (f"ff-{TRACE}-{SPAN}-01", None),
    (f"00-{'0' * 32}-{SPAN}-01", None), (f"00-{TRACE}-{'0' * 16}-01", None),
    (f"00-{TRACE.upper()}-{SPAN}-01", None), ("", None), ("00", None),
])
def test_traceparent(text, parent):
    found = parent_of(text)
    assert (tuple(found) if found else None) == parent


def test_tracestate_survives_its_json():
    made = spans_of(parent_of(PARENT), 'a=b"\\,c=d')
    assert tracestate_of(made) == 'a=b"\\,c=d'
    assert json.loads('{"traceparent":""' + made.state + "}")["tracestate"] == 'a=b"\\,c=d'
    assert tracestate_of(spans_of(parent_of(PARENT), None)) == ""
    assert spans_of(None, "a=b").state == ""


@pytest.mark.parametrize("rate", [0, 1000])
def test_a_client_that_traces_itself_is_traced_whatever_the_rate(native, loop, make, rate):
    manager, exporter = make(rate=rate)
    served = Served(native, loop, manager)
    headers = {"traceparent": PARENT, "tracestate": "vendor=1"}
    with tritonclient.http.InferenceServerClient(served.http) as client:
        tensor = tritonclient.http.InferInput("INPUT0", [1], "FP32")
        tensor.set_data_from_numpy(np.array([1], np.float32))
        client.infer("echo", [tensor])
        result = client.infer("traced", [tensor], headers=headers)
    context = json.loads(result.get_response()["parameters"]["context"])
    wait_for(lambda: any(s.name == "InferRequest" for s in exporter.get_finished_spans()))
    served.close()
    (root,) = [s for s in exporter.get_finished_spans() if s.name == "InferRequest"]
    assert (root.context.trace_id, root.parent.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert sorted(events(root)) == sorted(HTTP)
    assert context["traceparent"].startswith(f"00-{TRACE}-")
    assert context["tracestate"] == "vendor=1"
    assert root.context.trace_state.get("vendor") == "1"


@pytest.mark.parametrize("transport", ["nghttp2", "grpcio"])
def test_metadata_carry_the_context_over_grpc(native, loop, make, transport):
    manager, exporter = make(rate=0)
    served = Served(native, loop, manager, transport)
    with tritonclient.grpc.InferenceServerClient(served.grpc) as client:
        tensor = tritonclient.grpc.InferInput("INPUT0", [1], "FP32")
        tensor.set_data_from_numpy(np.array([1], np.float32))
        client.infer("echo", [tensor])
        client.infer("echo", [tensor], headers={"traceparent": PARENT})
    served.close()
    (root,) = [s for s in exporter.get_finished_spans() if s.name == "InferRequest"]
    assert (root.context.trace_id, root.parent.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert sorted(events(root)) == sorted(GRPC)


# --- settings ----------------------------------------------------------------------------------


def test_settings_of_this_mode(native, loop, make):
    manager, _ = make()
    served = Served(native, loop, manager)
    with tritonclient.http.InferenceServerClient(served.http) as client:
        shown = client.get_trace_settings()
        assert shown["trace_mode"] == "opentelemetry"
        assert "trace_file" not in shown and "log_frequency" not in shown
        assert shown["resource"] == "test.key=test.value"
        assert shown["bsp_max_queue_size"] == "2048"
        assert client.update_trace_settings(settings={"trace_rate": "7"})["trace_rate"] == "7"
        with pytest.raises(InferenceServerException, match="TENSORS is not supported"):
            client.update_trace_settings(settings={"trace_level": ["TENSORS"]})
    served.close()


def test_level_off_ignores_even_those_that_trace_themselves(make):
    manager, _ = make(level=Level.OFF)
    assert manager.tracer.is_on is False
    assert manager.decide("echo", PARENT, None) is None
    with pytest.raises(InvalidArgumentError):
        manager.update("", {"level": int(Level.TENSORS)})


def test_spans_reach_a_collector(native, monkeypatch):
    """The exporter and the batching as they are in a server, with a collector of our own."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    manager = TraceManager(TraceOptions(
        Level.TIMESTAMPS, rate=1, mode=Mode.OPENTELEMETRY,
        open_telemetry=OpenTelemetryOptions(url=url)))
    traced_infer(manager, native, "echo", [1.0])
    manager.close()
    server.shutdown()
    server.server_close()
    assert any(b"InferRequest" in body for body in bodies)
