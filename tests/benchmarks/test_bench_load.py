# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""wrk, h2load and ``rate_client`` against a real server: the client and the server count alike."""

from __future__ import annotations

import shutil
import socket
import sys

import pytest
from bench_servers import BAD, OK, TinyServer

from triton_py.benchmarks import load
from triton_py.benchmarks.load import bodies, programs
from triton_py.benchmarks.scenarios import tensors
from triton_py.errors import InternalError, UnavailableError

ONE = tensors(["INPUT0:FP32:16"])


def needs(tool):
    return pytest.mark.skipif(
        shutil.which(tool) is None,
        reason=f"{tool} is not installed (apt-get install {programs.PACKAGES[tool]})")


@pytest.fixture
def counted(served):
    """How many requests of a model succeeded and failed since the test began, and their sum."""
    before = served.successes("floats")
    return lambda: tuple(now - then for now, then in
                         zip(served.successes("floats"), before, strict=True))


@needs("wrk")
@pytest.mark.parametrize("encoding", ["binary", "json"])
def test_wrk(served, counted, encoding):
    made = load.http(served.http, "floats", bodies.http(ONE, ["OUTPUT0"], encoding), 2, 0.1)
    succeeded, failed = counted()
    assert made.requests > 0
    # It goes with what is under way: one on each connection, at most.
    assert made.requests <= succeeded + failed <= made.requests + 2
    # It adds what it holds to have been left out while an answer was slow.
    assert sum(count for _, count in made.histogram) >= made.requests
    assert made.seconds >= 0.9


@needs("wrk")
def test_wrk_sees_errors(served):
    with pytest.raises(InternalError, match="wrk: .* requests failed"):
        load.http(served.http, "none", bodies.http(ONE, ["OUTPUT0"]), 1, 0.1)


@needs("h2load")
@pytest.mark.parametrize("encoding, connections, streams", [("raw", 1, 4), ("typed", 2, 1)])
def test_h2load(served, counted, encoding, connections, streams):
    made = load.grpc(served.grpc, bodies.grpc("floats", ONE, encoding), connections, streams, 0.1)
    succeeded, failed = counted()
    assert made.requests > 0
    assert made.requests <= succeeded + failed <= made.requests + connections * streams
    assert sum(count for _, count in made.histogram) == made.requests


@needs("h2load")
def test_h2load_without_a_server():
    with TinyServer() as server:
        port = server.port
    with pytest.raises(InternalError, match="h2load"):
        load.grpc(port, bodies.grpc("floats", ONE), 1, 1, 0.1)


@needs("h2load")
def test_h2load_with_a_server_that_does_not_answer():
    """It was said that 0 of 0 requests failed, of a server that takes longer for one than there is time."""
    with socket.create_server(("127.0.0.1", 0)) as server, \
            pytest.raises(InternalError, match="h2load: no request was answered in 1 s"):
        load.grpc(server.getsockname()[1], bodies.grpc("floats", ONE), 1, 1, 0.1)


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_rate(served, counted, protocol):
    body = bodies.grpc("floats", ONE) if protocol == "grpc" else bodies.http(ONE, ["OUTPUT0"])
    port = served.grpc if protocol == "grpc" else served.http
    made = load.at_rate(protocol, port, "floats", body, 2, 100, 0.3, 0.1)
    assert made.requests == 30
    assert counted() == (40, 0)


def test_a_large_message_at_a_rate_over_grpc(served, counted):
    """More than a frame, and more in all than a connection's window at its beginning."""
    body = bodies.grpc("floats", tensors(["INPUT0:FP32:12000"]))
    made = load.at_rate("grpc", served.grpc, "floats", body, 1, 40, 0.5, 0)
    assert made.requests == 20
    assert counted() == (20, 0)


def test_wrk_is_given_what_the_scenario_says():
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed (apt-get install wrk)")
    body = bodies.http(ONE, ["OUTPUT0"])
    with TinyServer() as server:
        made = load.http(server.port, "model", body, 1, 0.1)
    assert made.requests <= len(server.requests)
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/models/model/infer HTTP/1.1")
    assert f"Inference-Header-Content-Length: {body.header_length}".encode() in head
    assert sent == body.data


def test_some_errors_among_answers_are_seen_by_wrk():
    if shutil.which("wrk") is None:
        pytest.skip("wrk is not installed (apt-get install wrk)")
    with TinyServer(lambda number: BAD if number == 3 else OK) as server, pytest.raises(
            InternalError, match="wrk: 1 of"):
        load.http(server.port, "m", bodies.Body(b"{}"), 1, 0.1)


# --- running a client ------------------------------------------------------------------------


def test_a_client_that_fails_is_quoted():
    with pytest.raises(InternalError, match=r"ended with 3: b \| c \| d$"):
        programs.run(["sh", "-c", "printf 'a\\nb\\nc\\nd\\n' >&2; exit 3"], 1)


def test_a_client_that_hangs_is_ended():
    with pytest.raises(InternalError, match="did not end in 1 s: a request got no answer"):
        programs.run([sys.executable, "-c", "import signal; signal.pause()"], -59)


def test_tools_and_programs_that_are_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, package in programs.PACKAGES.items():
        with pytest.raises(UnavailableError, match=rf"'{name}' is needed and not installed "
                           rf"\(apt-get install {package}\)"):
            programs.tool(name)
    monkeypatch.setattr(programs, "LIBRARY", tmp_path)
    with pytest.raises(UnavailableError, match="rate_client is missing: the package was not built"):
        programs.program("rate_client")


def test_no_request_at_all_is_an_error():
    with pytest.raises(InternalError, match="x: no request was answered in 2.0 s"):
        load._from_json('{"requests": 0, "seconds": 2.0, "histogram": []}', "x")
