# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``--trace-config`` and the deprecated flags in its place."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import tritonclient.http
from serve_process import IDENTITY, Serving, write_model

from triton_py.cli.errors import CliError, UsageError
from triton_py.cli.launch import check_paths
from triton_py.cli.serve_parser import parse
from triton_py.cli.trace_flags import trace_options
from triton_py.tracing import Level, Mode, TraceOptions

REPOSITORY = "--model-repository=/models"
FILE = "--trace-config=triton,file=/tmp/t.json"


def options(*arguments: str, environ: dict[str, str] | None = None) -> tuple[TraceOptions, list[str]]:
    settings, warnings = parse((REPOSITORY, *arguments), environ or {})
    return trace_options(settings.trace_config, environ or {}), warnings


def failure(*arguments: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        parse((REPOSITORY, *arguments), environ or {})
    return str(caught.value)


def test_defaults_are_tritons():
    assert options() == (TraceOptions(), [])
    assert TraceOptions() == TraceOptions(Level.OFF, 1000, -1, 0, "", Mode.TRITON)


def test_every_setting_of_the_mode_triton():
    assert options(FILE, "--trace-config=triton,log-frequency=50", "--trace-config", "rate=100",
                   "--trace-config=level=TIMESTAMPS", "--trace-config=level=tensors",
                   "--trace-config=count=7") == (
        TraceOptions(Level.TIMESTAMPS | Level.TENSORS, 100, 7, 50, "/tmp/t.json"), [])


def test_every_setting_of_the_mode_opentelemetry():
    made, warnings = options(
        "--trace-config=mode=OpenTelemetry", "--trace-config=rate=0",
        "--trace-config=level=TIMESTAMPS", "--trace-config=opentelemetry,url=http://c:4318/v1",
        "--trace-config=opentelemetry,resource=service.name=a,b",
        "--trace-config=opentelemetry,resource=x=",
        "--trace-config=opentelemetry,bsp_max_queue_size=10",
        environ={"OTEL_BSP_SCHEDULE_DELAY": "7", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "9"})
    assert warnings == []
    assert (made.mode, made.rate) == (Mode.OPENTELEMETRY, 0)
    spans = made.open_telemetry
    assert spans.url == "http://c:4318/v1"
    assert spans.resource == (("service.name", "a,b"), ("x", ""))
    assert (spans.bsp_max_queue_size, spans.bsp_schedule_delay,
            spans.bsp_max_export_batch_size) == (10, 7, 9)


@pytest.mark.parametrize("text, level", [
    ("OFF", Level.OFF), ("false", Level.OFF), ("on", Level.TIMESTAMPS), ("MAX", Level.TIMESTAMPS),
    ("min", Level.TIMESTAMPS), ("Tensors", Level.TENSORS),
])
def test_spellings_of_levels(text, level):
    assert options(FILE, f"--trace-config=level={text}")[0].level is level
    assert options(FILE, f"--trace-level={text}")[0].level is level


def test_off_wins_over_other_levels():
    assert options("--trace-config=level=TENSORS", "--trace-config=level=OFF")[0].level == 0


def test_deprecated_flags_stand_for_settings():
    made, warnings = options("--trace-file=f", "--trace-level=TIMESTAMPS", "--trace-rate", "5",
                             "--trace-count=6", "--trace-log-frequency=7")
    assert made == TraceOptions(Level.TIMESTAMPS, 5, 6, 7, "f")
    assert len(warnings) == 5
    assert "'--trace-file' has been deprecated. Please use '--trace-config=triton,file=<file>'" in (
        warnings[0])


def test_a_setting_wins_over_its_deprecated_flag():
    made, warnings = options("--trace-rate=5", "--trace-config=rate=6")
    assert made.rate == 6
    assert any("Overriding deprecated '--trace-rate'" in warning for warning in warnings)


def test_the_environment():
    made, _ = options(environ={
        "TRITON_PY_TRACE_CONFIG": "triton,file=/tmp/x;level=TIMESTAMPS;rate=2"})
    assert made == TraceOptions(Level.TIMESTAMPS, 2, file="/tmp/x")


@pytest.mark.parametrize("arguments, message", [
    (("--trace-config=rate",), "--trace-config option format is"),
    (("--trace-config=,rate=1",), "No trace mode specified"),
    (("--trace-config=triton,file=",), "--trace-config option format is"),
    (("--trace-config=zipkin,url=x",), "invalid value for trace mode option: zipkin"),
    (("--trace-config=mode=x",), "invalid value for trace mode option: x"),
    (("--trace-config=level=LOUD",), "invalid value for trace level option: LOUD"),
    (("--trace-config=rate=x",), "Invalid option value. Got x"),
    (("--trace-config=count=-2",), "out of bound"),
    (("--trace-config=colour=x",), "has no setting 'colour'"),
    (("--trace-config=triton,url=x",), "has no setting 'triton,url'"),
    (("--trace-config=opentelemetry,resource=x",), "resource attribute is <key>=<value>"),
    (("--trace-config=level=TIMESTAMPS",), "tracing needs a file"),
    (("--trace-config=mode=opentelemetry", "--trace-config=level=TENSORS"),
     "TENSORS is not supported in trace mode opentelemetry"),
    (("--trace-config=mode=opentelemetry",
      "--trace-config=opentelemetry,bsp_max_export_batch_size=4000"), "must not be greater than"),
    (("--trace-rate=x",), 'Bad option: "--trace-rate"'),
])
def test_mistakes_are_named(arguments, message):
    assert message in failure(*arguments)


def test_mistakes_in_opentelemetrys_environment_are_named():
    text = failure("--trace-config=mode=opentelemetry", environ={"OTEL_BSP_SCHEDULE_DELAY": "x"})
    assert 'Bad environment variable: "OTEL_BSP_SCHEDULE_DELAY"' in text


@pytest.mark.parametrize("arguments, warning", [
    (("--trace-config=opentelemetry,url=x",), "is ignored: the trace mode is triton"),
    (("--trace-config=mode=opentelemetry", FILE), "is ignored: the trace mode is opentelemetry"),
    ((FILE, "--trace-config=level=on", "--trace-config=rate=0"), "while the trace rate is 0"),
    ((FILE, "--trace-config=level=on", "--trace-config=count=0"), "while the trace count is 0"),
])
def test_what_has_no_effect_warns(arguments, warning):
    _, warnings = options(*arguments)
    assert len(warnings) == 1 and warning in warnings[0]


def test_a_file_that_can_not_be_written_is_found_out_at_the_start(tmp_path):
    settings, _ = parse((f"--model-repository={tmp_path}",
                         f"--trace-config=triton,file={tmp_path}/no/t.json"), {})
    with pytest.raises(CliError, match="trace-config=triton,file=.*cannot be written"):
        check_paths(settings)


def test_a_missing_sdk_is_named(tmp_path):
    (tmp_path / "opentelemetry").mkdir()
    (tmp_path / "opentelemetry" / "__init__.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", """
import sys
sys.path.insert(0, sys.argv[1])
from triton_py.errors import UnavailableError
from triton_py.tracing import Mode, TraceManager, TraceOptions
try:
    TraceManager(TraceOptions(mode=Mode.OPENTELEMETRY))
except UnavailableError as error:
    print(error)
""", str(tmp_path)], capture_output=True, text=True, check=True, timeout=60)
    assert "pip install 'triton-py[opentelemetry]'" in done.stdout


def test_a_server_writes_its_traces_when_it_stops(tmp_path):
    repository = tmp_path / "models"
    write_model(repository, "identity", IDENTITY)
    path = tmp_path / "trace.json"
    with Serving(f"--model-repository={repository}", f"--trace-config=triton,file={path}",
                 "--trace-config=level=TIMESTAMPS", "--trace-config=rate=1") as server:
        client = tritonclient.http.InferenceServerClient(server.address("http"))
        with client:
            tensor = tritonclient.http.InferInput("INPUT0", [1, 2], "FP32")
            tensor.set_data_from_numpy(np.ones((1, 2), np.float32))
            client.infer("identity", [tensor], request_id="r")
            assert client.get_trace_settings()["trace_file"] == str(path)
    entries = json.loads(path.read_text())
    assert {"id": entries[0]["id"], "model_name": "identity", "model_version": 1,
            "request_id": "r"} in entries
