# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``rate_client``: an open loop. What it counts, and from when."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time

import pytest
from bench_servers import BAD, OK, TinyServer

from triton_py.benchmarks import load
from triton_py.benchmarks.load import bodies, programs
from triton_py.benchmarks.scenarios import tensors
from triton_py.errors import InternalError


@pytest.fixture
def body(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"0123456789")
    return path


def client(*arguments):
    return subprocess.run([programs.program("rate_client"), *map(str, arguments)], timeout=60,
                          capture_output=True, text=True, check=False)


def at(server, body, *arguments):
    done = client("--port", server.port, "--path", "/x", "--body", body, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments, said", [
    ([], "--port, --path, --body and --rate are needed"),
    (["--port", "1", "--path", "/"], "--port, --path, --body and --rate are needed"),
    (["--rate"], "--rate needs a value"),
    (["--rate", "fast"], "--rate fast: expected a number from 0.01 to 1e+07"),
    (["--rate", "0"], "--rate 0: expected a number"),
    (["--rate", "5x"], "--rate 5x: expected a number"),
    (["--rate", "nan"], "--rate nan: expected a number"),
    (["--seconds", "-1"], "--seconds -1: expected a number from 0 to 3600"),
    (["--connections", "0"], "--connections 0: expected a number from 1 to 1024"),
    (["--connections", "1025"], "--connections 1025: expected a number"),
    (["--header", "x"], "--header is 'Name: value', not 'x'"),
    (["--header", "a: b"] * 17, "more than 16 headers"),
    (["--speed", "3"], "unknown argument '--speed'"),
])
def test_wrong_arguments_are_2_and_a_sentence(arguments, said):
    done = client(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"rate_client: {said}")
    assert done.stdout == ""


def test_wrong_values_beside_right_ones(body, tmp_path):
    right = ["--port", 1, "--path", "/", "--rate", 5, "--body"]
    done = client(*right, body, "--protocol", "smtp")
    assert (done.returncode, done.stderr) == (
        2, "rate_client: --protocol is http or grpc, not 'smtp'\n")
    done = client(*right, tmp_path / "none")
    assert done.returncode == 2 and "none: No such file" in done.stderr


def test_nobody_there(body):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = client("--port", port, "--path", "/", "--rate", 5, "--body", body)
    assert done.returncode == 1
    assert f"can't connect to 127.0.0.1:{port}: Connection refused" in done.stderr


# --- counting --------------------------------------------------------------------------------


@pytest.mark.parametrize("rate, seconds", [(200, 0.5), (1000, 0.2)])
def test_as_many_requests_as_are_due_however_slow_the_machine(body, rate, seconds):
    with TinyServer() as server:
        made = at(server, body, "--rate", rate, "--seconds", seconds, "--warmup", 0)
    assert made["requests"] == rate * seconds == len(server.requests)
    assert made["failed"] == 0
    assert sum(count for _, count in made["histogram"]) == made["requests"]


def test_the_warmup_does_not_count(body):
    with TinyServer() as server:
        made = at(server, body, "--rate", 200, "--seconds", 0.25, "--warmup", 0.25)
    assert (made["requests"], len(server.requests)) == (50, 100)


def test_what_is_sent(body):
    with TinyServer() as server:
        at(server, body, "--rate", 20, "--seconds", 0.1, "--warmup", 0, "--header", "A: b")
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"A: b" in head.split(b"\r\n") and b"Content-Length: 10" in head.split(b"\r\n")
    assert sent == b"0123456789"


def test_a_server_that_stalls_makes_all_requests_late_that_were_due_meanwhile(body):
    """Coordinated omission: with one connection nothing can be sent while the server stalls, so a
    client that counts from sending sees one slow request where 40 were late."""

    def answer(number):
        if number == 10:
            # At 200 requests a second, 40 more are due until it goes on.
            time.sleep(0.2)
        return OK

    with TinyServer(answer) as server:
        made = at(server, body, "--rate", 200, "--seconds", 0.6, "--warmup", 0, "--connections", 1)
    assert made["requests"] == 120
    # Request i of those was late by 200 ms - i * 5 ms at least: the first 30 by more than 50 ms.
    late = sum(count for upper, count in made["histogram"] if upper > 50_000)
    assert late >= 29
    assert max(upper for upper, _ in made["histogram"]) >= 190_000


def test_a_connection_that_stalls_does_not_hold_up_the_others(body):
    """The first request is answered once all the others have been."""
    others = threading.Event()

    def answer(number):
        if number == 0:
            assert others.wait(30)
        elif number == 39:
            others.set()
        return OK

    with TinyServer(answer) as server:
        made = at(server, body, "--rate", 200, "--seconds", 0.2, "--warmup", 0, "--connections", 4)
    assert (made["requests"], made["failed"]) == (40, 0)


def test_an_answer_that_is_an_error_has_failed(body):
    with TinyServer(lambda number: BAD if number % 4 == 0 else OK) as server:
        made = at(server, body, "--rate", 200, "--seconds", 0.2, "--warmup", 0)
    assert (made["requests"], made["failed"]) == (40, 10)


def test_a_failed_request_is_an_error_of_the_load():
    with TinyServer(lambda number: BAD) as server, pytest.raises(
            InternalError, match="rate_client: 10 of 10 requests failed"):
        load.at_rate("http", server.port, "m", bodies.Body(b"{}"), 2, 100, 0.1, 0)


def test_a_server_that_closes_ends_it(body):
    with TinyServer(lambda number: OK if number < 5 else None) as server:
        done = client("--port", server.port, "--path", "/x", "--body", body, "--rate", 200,
                      "--seconds", 5, "--warmup", 0)
    assert done.returncode == 1
    assert "the server closed a connection" in done.stderr


def test_an_answer_without_a_length(body):
    with TinyServer(lambda number: b"HTTP/1.1 200 OK\r\n\r\n") as server:
        done = client("--port", server.port, "--path", "/x", "--body", body, "--rate", 20,
                      "--warmup", 0)
    assert (done.returncode, done.stderr) == (1, "rate_client: an answer without Content-Length\n")


def test_the_wrapper_sends_the_model_and_the_headers():
    body = bodies.http(tensors(["X:FP32:2"]), ["Y"])
    with TinyServer() as server:
        made = load.at_rate("http", server.port, "model", body, 2, 100, 0.1, 0)
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/models/model/infer HTTP/1.1")
    assert f"Inference-Header-Content-Length: {body.header_length}".encode() in head
    assert sent == body.data
    assert (made.requests, made.seconds) == (10, pytest.approx(0.1))


@pytest.mark.parametrize("microseconds", [0.01, 0.1, 1, 7.3, 1000, 123_456])
def test_buckets_hold_what_is_put_in_them_and_are_narrow(microseconds):
    upper = load.bucket(microseconds)
    assert microseconds <= upper + 1e-3
    assert upper <= max(microseconds, 0.1) * 1.012 + 1e-3
