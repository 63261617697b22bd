# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Traces of Python models: what a model gets to know of its trace, and requests to other models within it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tracing_support import native_server, read, request, traced_infer

from triton_py.inprocess import NativeServer, infer
from triton_py.tracing import Level, Mode, OpenTelemetryOptions, TraceManager, TraceOptions
from triton_py.tracing.spans import SpanExport

MODEL = """
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            trace = request.trace()
            for inner in {inner}:
                response = pb_utils.InferenceRequest(
                    model_name=inner, inputs=request.inputs(), requested_output_names=["OUTPUT0"],
                    **({{"trace": trace}} if {traced} else {{}})).exec()
                assert not response.has_error(), response.error().message()
            tensor = pb_utils.Tensor("OUTPUT0", request.inputs()[0].as_numpy())
            answers.append(pb_utils.InferenceResponse([tensor], parameters={{
                "context": trace.get_context() or "none"}}))
        return answers
"""
CONFIG = """backend: "python"
parameters {{ key: "ISOLATION" value {{ string_value: "{isolation}" }} }}
input {{ name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] }}
output {{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }}
"""


@pytest.fixture(params=["process", "inprocess"], scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeServer]:
    repository = tmp_path_factory.mktemp("models")
    for name, inner, traced in (("outer", ["middle"], True), ("middle", ["inner", "inner"], True),
                                ("inner", [], True), ("alone", ["inner"], False)):
        (repository / name / "1").mkdir(parents=True)
        (repository / name / "1" / "model.py").write_text(MODEL.format(inner=inner, traced=traced))
        (repository / name / "config.pbtxt").write_text(CONFIG.format(isolation=request.param))
    made = native_server(repository)
    yield made
    made.close()


def test_requests_to_other_models_are_part_of_the_trace(server: NativeServer, tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    manager = TraceManager(TraceOptions(level=Level.TIMESTAMPS, rate=1, file=str(path)))
    traced_infer(manager, server, "outer", [1.0])
    traced_infer(manager, server, "alone", [1.0])
    manager.close()
    traces = [trace for trace in read(path) if trace.model]
    by_id = {trace.id: trace.model for trace in traces}
    assert sorted((trace.model, by_id.get(trace.parent_id, "")) for trace in traces) == [
        ("alone", ""), ("inner", "middle"), ("inner", "middle"), ("middle", "outer"), ("outer", "")]


def test_a_model_knows_the_span_of_its_request(server: NativeServer) -> None:
    exporter = InMemorySpanExporter()
    options = TraceOptions(level=Level.TIMESTAMPS, rate=1, mode=Mode.OPENTELEMETRY,
                           open_telemetry=OpenTelemetryOptions())
    manager = TraceManager(options, SpanExport(options.open_telemetry, SimpleSpanProcessor(exporter)))
    response = traced_infer(manager, server, "inner", [1.0])
    manager.close()
    (span,) = [s for s in exporter.get_finished_spans() if s.name == "inner"]
    assert json.loads(response.parameters["context"]) == {
        "traceparent": f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"}


def test_a_request_without_a_trace(server: NativeServer) -> None:
    (response,) = infer(request(server, "outer", [1.0]), 20)
    assert response.parameters["context"] == "none"
