# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py serve`` from outside: start, tables, ports, signals, exit status."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from serve_process import IDENTITY, Serving, write_model

SLOW = IDENTITY + 'parameters [ { key: "execute_delay_ms" value: { string_value: "1500" } } ]\n'
BROKEN = 'backend: "no_such_backend"\nmax_batch_size: 8\n'


@pytest.fixture
def repository(tmp_path):
    place = tmp_path / "models"
    write_model(place, "echo", IDENTITY)
    return place


def get(address: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def infer(address: str, model: str = "echo") -> tuple[int, dict]:
    body = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 2],
                                   "data": [1.5, -2]}]})
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("POST", f"/v2/models/{model}/infer", body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def failed(*arguments: str) -> str:
    result = subprocess.run([sys.executable, "-m", "triton_py", "serve", *arguments],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout + result.stderr


def output_of(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it did not stop:\n{process.communicate()[0]}") from None


FREE = ("--http-port=0", "--grpc-port=0", "--metrics-port=0")


def test_it_serves_and_stops_cleanly(repository):
    with Serving(f"--model-repository={repository}") as server:
        assert get(server.address("http"), "/v2/health/ready") == (200, b"")
        status, answer = infer(server.address("http"))
        assert status == 200
        assert answer["outputs"][0]["data"] == [1.5, -2]
        status, text = get(server.address("metrics"), "/metrics")
        assert status == 200
        assert b'nv_inference_request_success{model="echo",version="1"} 1' in text
        assert "[1/1] loaded echo" in server.output
        assert "| echo " in server.output and "READY" in server.output
        assert "libtriton_identity.so" in server.output
        assert server.stop() == 0
        assert "stopped" in server.output


def test_infer_command_over_both_protocols(repository):
    with Serving(f"--model-repository={repository}") as server:
        for protocol in ("http", "grpc"):
            result = subprocess.run(
                [sys.executable, "-m", "triton_py", "infer", "echo", "INPUT0=[1,2.5,-3]",
                 "--protocol", protocol, "--url", server.address(protocol), "--id=a1", "--json"],
                capture_output=True, text=True, timeout=60, check=False)
            assert result.returncode == 0, result.stderr
            answer = json.loads(result.stdout)
            assert answer["id"] == "a1" and answer["model_name"] == "echo"
            assert answer["outputs"] == [{"name": "OUTPUT0", "datatype": "FP32", "shape": [1, 3],
                                          "data": [[1.0, 2.5, -3.0]]}]
            result = subprocess.run(
                [sys.executable, "-m", "triton_py", "infer", "echo", "INPUT0=[1]", "--protocol", protocol,
                 "--url", server.address(protocol), "--parameter", "triton_account=true"],
                capture_output=True, text=True, timeout=60, check=False)
            name, _, account = result.stdout.splitlines()[-1].partition(": ")
            assert name == "parameter triton_account", result
            assert json.loads(account)["executions"] == 1
            for arguments, text in ((["nope", "INPUT0=1"], "nope"),
                                    (["echo", "X=1"], "has no input 'X'; its inputs: INPUT0 FP32"),
                                    (["echo"], "no input given"),
                                    (["echo", "INPUT0=[1]", "--output=OUT9"], "OUT9")):
                result = subprocess.run(
                    [sys.executable, "-m", "triton_py", "infer", *arguments, "--protocol", protocol,
                     "--url", server.address(protocol)],
                    capture_output=True, text=True, timeout=60, check=False)
                assert result.returncode == 1
                assert text in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_the_end(tmp_path, number):
    write_model(tmp_path / "models", "echo", SLOW)
    server = Serving(f"--model-repository={tmp_path / 'models'}")
    address = server.address("http")
    answers: list[tuple[int, dict]] = []
    client = threading.Thread(target=lambda: answers.append(infer(address)))
    client.start()
    time.sleep(0.5)
    assert server.stop(number) == 0, server.output
    client.join(10)
    assert answers and answers[0][0] == 200, (answers, server.output)
    assert answers[0][1]["outputs"][0]["data"] == [1.5, -2]
    with pytest.raises(OSError):
        infer(address)


def test_time_is_up_with_a_request_left(tmp_path):
    write_model(tmp_path / "models", "echo", IDENTITY + 'parameters [ { key: "execute_delay_ms" '
                'value: { string_value: "20000" } } ]\n')
    server = Serving(f"--model-repository={tmp_path / 'models'}", "--exit-timeout-secs=1")
    client = threading.Thread(target=_quietly, args=(server.address("http"),), daemon=True)
    client.start()
    time.sleep(0.5)
    begin = time.monotonic()
    assert server.stop() == 1, server.output
    assert time.monotonic() - begin < 15


def _quietly(address: str) -> None:
    try:
        infer(address)
    except (OSError, http.client.HTTPException):
        return  # the server left, as it should


def test_a_second_signal_ends_it_at_once(tmp_path):
    write_model(tmp_path / "models", "echo", IDENTITY + 'parameters [ { key: "execute_delay_ms" '
                'value: { string_value: "20000" } } ]\n')
    server = Serving(f"--model-repository={tmp_path / 'models'}")
    threading.Thread(target=_quietly, args=(server.address("http"),), daemon=True).start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_for("SIGTERM: stopping", 5)
    begin = time.monotonic()
    assert server.stop(signal.SIGTERM) == 128 + signal.SIGTERM
    assert time.monotonic() - begin < 5


def test_a_model_that_fails_ends_the_start(repository):
    write_model(repository, "broken", BROKEN)
    text = failed(f"--model-repository={repository}", *FREE)
    assert "broken" in text and "no_such_backend" in text
    assert "--exit-on-error=false" in text


def test_the_others_serve_without_exit_on_error(repository):
    write_model(repository, "broken", BROKEN)
    with Serving(f"--model-repository={repository}", "--exit-on-error=false",
                 "--strict-readiness=false") as server:
        assert infer(server.address("http"))[0] == 200
        status, answer = infer(server.address("http"), "broken")
        assert status == 400 or status == 404, answer
        assert "failed to load broken" in server.output


def test_a_taken_port_is_found_out_before_the_models_load(repository):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = failed(f"--model-repository={repository}", f"--http-port={port}",
                      "--grpc-port=0", "--metrics-port=0")
    assert f"cannot serve HTTP at 127.0.0.1:{port}: the port is in use" in text
    assert "--http-port" in text
    assert "loading" not in text


def test_a_foreign_address_is_named(repository):
    text = failed(f"--model-repository={repository}", "--grpc-address=192.0.2.1", *FREE)
    assert "cannot serve gRPC at 192.0.2.1:0" in text


def test_ports_can_be_left_out(repository):
    with Serving(f"--model-repository={repository}", "--allow-grpc=false",
                 "--allow-metrics=false") as server:
        assert "GRPCInferenceService" not in server.output
        assert "Metrics Service" not in server.output
        assert infer(server.address("http"))[0] == 200


def test_explicit_mode_loads_what_is_named(repository):
    write_model(repository, "other", IDENTITY)
    with Serving(f"--model-repository={repository}", "--model-control-mode=explicit",
                 "--load-model=other") as server:
        assert infer(server.address("http"), "other")[0] == 200
        assert infer(server.address("http"), "echo")[0] in (400, 404)


def test_several_models_are_named(repository):
    for name in ("one", "two", "three"):
        write_model(repository, name, IDENTITY)
    with Serving(f"--model-repository={repository}", "--model-control-mode=explicit",
                 "--load-model=one", "--load-model=two") as server:
        assert infer(server.address("http"), "one")[0] == 200
        assert infer(server.address("http"), "two")[0] == 200
        assert infer(server.address("http"), "three")[0] in (400, 404)
        assert "[2/2] loaded" in server.output


@pytest.mark.parametrize("name", ["broken", "missing"])
def test_a_named_model_that_fails_ends_the_start(repository, name):
    write_model(repository, "broken", BROKEN)
    flags = (f"--model-repository={repository}", "--model-control-mode=explicit",
             "--load-model=echo", f"--load-model={name}")
    text = failed(*flags, *FREE)
    assert f"'{name}'" in text and "--exit-on-error=false" in text
    with Serving(*flags, "--exit-on-error=false") as server:
        assert infer(server.address("http"))[0] == 200
        # A name that is nowhere is no model; a broken one is, and not ready.
        status = get(server.address("http"), "/v2/health/ready")[0]
        assert status == (400 if name == "broken" else 200)


def test_object_storage_is_looked_at_by_the_server():
    text = failed("--model-repository=as://account", *FREE)
    assert "'as://account' names no storage account and container" in text


def test_names_of_several_repositories(repository, tmp_path):
    write_model(tmp_path / "more", "echo", IDENTITY)
    write_model(tmp_path / "more", "other", IDENTITY)
    with Serving(f"--model-repository={repository}", f"--model-repository={tmp_path / 'more'}",
                 "--model-namespacing=true") as server:
        assert infer(server.address("http"), "other")[0] == 200
        status, answer = infer(server.address("http"))
        assert status == 400 and "2 identifiers of model 'echo'" in answer["error"]


def test_poll_mode_follows_the_repository(repository):
    with Serving(f"--model-repository={repository}", "--model-control-mode=poll",
                 "--repository-poll-secs=1") as server:
        write_model(repository, "late", IDENTITY)
        deadline = time.monotonic() + 15
        while infer(server.address("http"), "late")[0] != 200:
            assert time.monotonic() < deadline, server.output
            time.sleep(0.2)


def test_settings_from_the_environment(repository):
    with Serving(environ={"TRITON_PY_MODEL_REPOSITORY": str(repository),
                          "TRITON_PY_ID": "from-env"}) as server:
        status, body = get(server.address("http"), "/v2")
        assert status == 200 and json.loads(body)["name"] == "from-env"


def test_deprecated_flags_warn_and_work(repository):
    with Serving(f"--model-store={repository}", "--strict-model-config=false",
                 "--http-thread-count=4") as server:
        assert "Warning: '--strict-model-config' has been deprecated" in server.output
        assert "Warning: '--http-thread-count' has no effect" in server.output


def test_a_signal_while_models_load_is_heard(tmp_path):
    for number in range(20):
        write_model(tmp_path / "models", f"echo{number}", IDENTITY)
    process = subprocess.Popen(
        [sys.executable, "-m", "triton_py", "serve", f"--model-repository={tmp_path / 'models'}",
         *FREE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert "loading" in first
    process.send_signal(signal.SIGINT)
    output = output_of(process)
    assert process.returncode == 0, output
    assert "SIGINT: stopping" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("delay", [0.15, 0.4])
def test_a_signal_during_the_imports_is_not_lost(repository, delay):
    # Seen: KeyboardInterrupt was raised inside an import that swallowed it, and the server served.
    process = subprocess.Popen(
        [sys.executable, "-m", "triton_py", "serve", f"--model-repository={repository}", *FREE],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    time.sleep(delay)
    process.send_signal(signal.SIGTERM)
    output = output_of(process)
    # Before serve's first line runs, the system's own answer to the signal holds.
    assert process.returncode in (0, -signal.SIGTERM), output
