# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Connections: order, overlap, clients that vanish, limits, and stopping."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import struct
import threading
import time

import pytest
from http_running import Running, tensor, write_model
from http_support import Reader, call, infer, request_bytes


def body(number: int, **parameters: object) -> bytes:
    return json.dumps({
        "id": str(number), "parameters": parameters,
        "inputs": [{"name": "INPUT0", "shape": [2], "datatype": "INT32",
                    "data": [number, -number]}]}).encode()


def ask(number: int, **parameters: object) -> bytes:
    return request_bytes("POST", "/v2/models/echo/infer", body(number, **parameters))


def wait_for(condition, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def objects(server: Running) -> dict[str, int]:
    return call(server, "GET", "/v2/debug/objects").json


def settled(server: Running) -> bool:
    live = objects(server)
    return live["http_exchanges"] == 1 and live["request"] == 0 and live["response"] == 0


def test_keep_alive(server) -> None:
    with server.connect() as sock:
        reader = Reader(sock)
        for number in range(20):
            sock.sendall(ask(number))
            assert reader.reply().json["id"] == str(number)


@pytest.mark.parametrize(
    ("version", "header", "stays"),
    [("1.1", "", True), ("1.1", "Connection: close\r\n", False), ("1.0", "", False),
     ("1.0", "Connection: keep-alive\r\n", True)])
def test_who_closes(server, version: str, header: str, stays: bool) -> None:
    data = f"GET /v2/health/live HTTP/{version}\r\nHost: x\r\n{header}\r\n".encode()
    with server.connect() as sock:
        reader = Reader(sock)
        sock.sendall(data)
        reply = reader.reply()
        assert reply.status == 200
        if stays:
            assert reply.headers.get("connection", "keep-alive") == "keep-alive"
            sock.sendall(data)
            assert reader.reply().status == 200
        else:
            assert reply.headers["connection"] == "close"
            assert reader.at_end()


def test_pipelined_answers_keep_their_order(server) -> None:
    """Later requests are faster than earlier ones, and other kinds stand between them."""
    kinds = []
    data = b""
    for number in range(40):
        if number % 7 == 3:
            data += request_bytes("GET", "/v2/models/echo")
            kinds.append("metadata")
        elif number % 7 == 5:
            data += request_bytes("GET", "/nowhere")
            kinds.append("nowhere")
        else:
            data += ask(number, delay_ms=(40 - number) // 8)
            kinds.append(str(number))
    with server.connect() as sock:
        sock.sendall(data)
        reader = Reader(sock)
        for kind in kinds:
            reply = reader.reply()
            if kind == "metadata":
                assert reply.json["name"] == "echo"
            elif kind == "nowhere":
                assert reply.status == 404
            else:
                assert reply.json["id"] == kind
                assert reply.json["outputs"][0]["data"] == [int(kind), -int(kind)]


def test_more_pipelined_than_may_be_in_flight(repository) -> None:
    running = Running(repository, max_pipelined=3)
    try:
        with running.connect() as sock:
            sock.sendall(b"".join(ask(n) for n in range(200)))
            reader = Reader(sock)
            assert [reader.reply().json["id"] for _ in range(200)] == [str(n) for n in range(200)]
    finally:
        running.close()


def test_no_answer_goes_to_the_wrong_client(server) -> None:
    """Many connections pipeline at once, and every execution takes a time of its own."""
    failures: list[Exception] = []

    def client(seed: int) -> None:
        rng = random.Random(seed)
        try:
            with server.connect(60) as sock:
                reader = Reader(sock)
                for _ in range(4):
                    numbers = [rng.randrange(1 << 30) for _ in range(rng.randrange(1, 12))]
                    data = b"".join(ask(n, delay_ms=rng.random() * 3) for n in numbers)
                    while data:
                        cut = rng.randrange(1, len(data) + 1)
                        sock.sendall(data[:cut])
                        data = data[cut:]
                    for number in numbers:
                        reply = reader.reply()
                        assert reply.json["id"] == str(number)
                        assert reply.json["outputs"][0]["data"] == [number, -number]
        except Exception as error:  # noqa: BLE001  it is raised again below
            failures.append(error)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not failures, failures[0]
    wait_for(lambda: settled(server))


def test_a_client_that_vanishes_cancels_its_requests(server) -> None:
    started = time.monotonic()
    sock = server.connect()
    sock.sendall(ask(1, delay_ms=20000))
    wait_for(lambda: objects(server)["request"] == 1)
    sock.close()
    wait_for(lambda: settled(server))
    assert time.monotonic() - started < 10


def test_clients_that_vanish_at_any_point(server) -> None:
    rng = random.Random(5)
    data = ask(1) + request_bytes("GET", "/v2/models/echo") + ask(2, delay_ms=5) + ask(3)
    for _ in range(150):
        sock = server.connect()
        sock.sendall(data[:rng.randrange(1, len(data) + 1)])
        if rng.random() < 0.5:
            # A reset instead of an orderly end.
            sock.setsockopt(1, 13, struct.pack("ii", 1, 0))
        sock.close()
    wait_for(lambda: settled(server))
    assert infer(server, "echo", body(9)).json["id"] == "9"


def test_clients_that_vanish_while_other_threads_work_for_them(server) -> None:
    """Seen once: an answer that overtook the thread which had submitted its request, on a
    connection that was gone by then, was followed by a read of the freed connection."""
    rng = random.Random(6)
    values = [1] * 2000
    text = json.dumps({"inputs": [{"name": "INPUT0", "shape": [2000], "datatype": "INT32",
                                   "data": values}]}).encode()
    packed = request_bytes("POST", "/v2/models/echo/infer", gzip.compress(text),
                           {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"})
    for _ in range(200):
        sock = server.connect()
        sock.sendall(packed * rng.randrange(1, 4))
        if rng.random() < 0.7:
            time.sleep(rng.random() * 0.005)
        sock.close()
    wait_for(lambda: settled(server))
    with server.connect() as sock:
        sock.sendall(packed * 20 + ask(8))
        reader = Reader(sock)
        for _ in range(20):
            reply = reader.reply()
            assert json.loads(gzip.decompress(reply.body))["outputs"][0]["data"] == values
        assert reader.reply().json["id"] == "8"


def test_a_client_that_stops_sending_still_gets_its_answer(server) -> None:
    with server.connect() as sock:
        sock.sendall(request_bytes("GET", "/v2/models/echo/config"))
        sock.shutdown(1)
        reader = Reader(sock)
        assert reader.reply().json["name"] == "echo"
        assert reader.at_end()


def test_a_client_that_does_not_read(server) -> None:
    """Answers pile up in the kernel, then the connection stops being read; nothing is lost."""
    count = 50_000
    raw = struct.pack("<i", 7) * count
    text = json.dumps({"parameters": {"binary_data_output": True}, "inputs": [
        {"name": "INPUT0", "shape": [count], "datatype": "INT32",
         "parameters": {"binary_data_size": len(raw)}}]}).encode()
    data = request_bytes("POST", "/v2/models/echo/infer", text + raw,
                         {"Inference-Header-Content-Length": str(len(text))})
    with server.connect(60) as sock:
        def send() -> None:
            for _ in range(60):
                sock.sendall(data)

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(0.5)
        reader = Reader(sock)
        for _ in range(60):
            assert reader.reply().split[1] == raw
        sender.join(30)
    wait_for(lambda: settled(server))


def test_timeouts(repository) -> None:
    running = Running(repository, header_timeout=1, body_timeout=1, idle_timeout=1,
                      send_timeout=1)
    try:
        with running.connect() as slow_head, running.connect() as slow_body, \
                running.connect() as idle, running.connect() as deaf:
            slow_head.sendall(b"GET / HTTP/1.1\r\nX: ")
            slow_body.sendall(ask(1)[:-5])
            raw = b"\0" * (32 << 20)
            deaf.sendall(request_bytes("POST", "/v2/models/identity_uint8/infer", raw,
                                       {"Inference-Header-Content-Length": "0"}))
            reply = Reader(slow_head).reply()
            assert (reply.status, reply.headers["connection"]) == (408, "close")
            assert Reader(slow_body).reply().status == 408
            assert Reader(idle).at_end()
            time.sleep(4)
            got = 0
            try:
                while data := deaf.recv(1 << 20):
                    got += len(data)
            except ConnectionError:
                pass
            assert got < len(raw)
    finally:
        running.close()


def test_too_many_connections(repository) -> None:
    running = Running(repository, max_connections=2)
    try:
        with running.connect() as first, running.connect() as second:
            for sock in (first, second):
                sock.sendall(request_bytes("GET", "/v2/health/live"))
                assert Reader(sock).reply().status == 200
            with running.connect() as third:
                reply = Reader(third).reply()
                assert (reply.status, "too many connections" in reply.error) == (503, True)
        wait_for(lambda: running.http.statistics()["connections"] == 0)
        assert call(running, "GET", "/v2/health/live").status == 200
    finally:
        running.close()


def test_oversized_requests(repository) -> None:
    running = Running(repository, max_body_size=1000, max_header_size=2000, max_headers=10)
    try:
        for data, status in (
            (request_bytes("POST", "/v2/models/echo/infer", b"x" * 1001), 413),
            (request_bytes("POST", "/v2", None, {"Transfer-Encoding": "chunked"})
             + b"3e9\r\n" + b"x" * 1001, 413),
            (request_bytes("GET", "/v2", None, {"X": "y" * 2000}), 431),
            (request_bytes("GET", "/v2", None, {f"X{i}": "y" for i in range(12)}), 431),
            (request_bytes("GET", "/" + "x" * 2100), 414),
        ):
            with running.connect() as sock:
                sock.sendall(data)
                reply = Reader(sock).reply()
                assert (reply.status, reply.headers["connection"]) == (status, "close"), data[:50]
                assert reply.error
    finally:
        running.close()


def test_a_large_body_that_nobody_wants_is_refused_before_it_comes(server) -> None:
    with server.connect() as sock:
        sock.sendall(b"POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n")
        assert Reader(sock).reply().status == 413


def test_memory_is_not_taken_on_promise(server) -> None:
    """Announcing two gigabytes and sending none of them costs the server nothing."""
    def size() -> int:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmSize"))

    before = size()
    socks = [server.connect() for _ in range(20)]
    for sock in socks:
        sock.sendall(b"POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: 2000000000\r\n\r\n" + b"x" * 100)
    assert call(server, "GET", "/v2/health/live").status == 200
    assert size() - before < 1_000_000          # kilobytes; the promise was 40 GB
    for sock in socks:
        sock.close()


def test_stopping_lets_requests_finish(repository) -> None:
    running = Running(repository)
    with running.connect() as busy, running.connect() as idle, running.connect() as partial:
        busy.sendall(ask(5, delay_ms=800))
        idle.sendall(request_bytes("GET", "/v2/health/live"))
        assert Reader(idle).reply().status == 200
        partial.sendall(ask(6)[:30])
        wait_for(lambda: running.http.statistics()["requests"] == 2)
        started = time.monotonic()
        stopping = asyncio.run_coroutine_threadsafe(running.http.stop(10), running.loop)
        reply = Reader(busy).reply()
        assert (reply.json["id"], reply.headers["connection"]) == ("5", "close")
        assert Reader(idle).at_end()
        assert Reader(partial).at_end()
        assert stopping.result(20) is True
        assert time.monotonic() - started < 5
        with pytest.raises(OSError):
            running.connect().recv(1)
    running.close()


def test_a_model_that_fails_makes_the_server_unready(tmp_path) -> None:
    write_model(tmp_path, "good", tensor("input", "IN", "FP32") + tensor("output", "OUT", "FP32"))
    running = Running(tmp_path)
    try:
        assert call(running, "GET", "/v2/health/ready").status == 200
        write_model(tmp_path, "bad", 'parameters { key: "initialize_error" value { '
                    'string_value: "no luck" } }\n' + tensor("input", "IN", "FP32")
                    + tensor("output", "OUT", "FP32"))
        reply = call(running, "POST", "/v2/repository/models/bad/load")
        assert (reply.status, "no luck" in reply.error) == (400, True), reply
        reply = call(running, "GET", "/v2/health/ready")
        assert (reply.status, reply.body) == (400, b"")
        assert call(running, "GET", "/v2/models/good/ready").status == 200
        assert call(running, "GET", "/v2/models/bad/ready").status == 404
    finally:
        running.close()


def test_a_server_that_is_stopped_says_so(repository) -> None:
    running = Running(repository)
    running.native.stop(10)
    reply = call(running, "GET", "/v2/health/ready")
    assert (reply.status, "exiting" in reply.error) == (503, True)
    assert infer(running, "echo", body(1)).status in (400, 404, 503)
    assert call(running, "GET", "/v2/models/echo/ready").status != 200
    running.close()


def test_stopping_does_not_wait_for_ever(repository) -> None:
    running = Running(repository)
    with running.connect() as busy:
        busy.sendall(ask(5, delay_ms=5000))
        wait_for(lambda: running.http.statistics()["requests"] == 1)
        started = time.monotonic()
        assert running.run(running.http.stop(0.3)) is False
        assert time.monotonic() - started < 3
    running.close()
