# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The access log of the HTTP front end: one record for each request, whatever became of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from http_running import Running
from http_support import Reader, call, infer, request_bytes

import triton_py.core  # noqa: F401  what the next one's symbols are bound to
from triton_py.frontend._lone import counts
from triton_py.frontend.access_log import AccessLog

ONE = {"inputs": [{"name": "INPUT0", "shape": [1], "datatype": "INT32", "data": [7]}]}
BODY = json.dumps(ONE).encode()


class Logged:
    """A server whose log is read as it grows."""

    def __init__(self, repository: Path, place: Path, **options: Any) -> None:
        self.place = place
        self.log = AccessLog(str(place), as_json=True)
        self.running = Running(repository, access_log=self.log, **options)

    def records(self, count: int) -> list[dict[str, Any]]:
        """All records so far, as soon as there are ``count``; no more may come."""
        end = time.monotonic() + 10
        while len(found := self.place.read_text().splitlines()) < count:
            assert time.monotonic() < end, found
            time.sleep(0.02)
        time.sleep(0.15)
        found = self.place.read_text().splitlines()
        assert len(found) == count, found
        return [json.loads(text) for text in found]


@pytest.fixture
def logged(repository: Path, tmp_path: Path) -> Iterator[Logged]:
    made = Logged(repository, tmp_path / "log")
    yield made
    made.running.close()
    made.log.close()


def test_an_inference(logged: Logged) -> None:
    with logged.running.connect() as sock:
        data = request_bytes("POST", "/v2/models/echo/versions/1/infer?a=b", BODY)
        sock.sendall(data)
        reader = Reader(sock)
        reader.reply()
        peer = "{}:{}".format(*sock.getsockname())
    (record,) = logged.records(1)
    assert record.pop("time").endswith("Z")
    assert 0 < record.pop("microseconds") < 10_000_000
    assert record.pop("sent") > 100
    assert record == {
        "peer": peer, "protocol": "HTTP/1.1", "method": "POST",
        "path": "/v2/models/echo/versions/1/infer?a=b", "model": "echo", "status": 200,
        "received": len(data)}


def test_the_bytes_are_those_of_the_wire(logged: Logged) -> None:
    data = bytes(2_000_000)
    text = json.dumps({
        "inputs": [{"name": "INPUT0", "shape": [len(data)], "datatype": "UINT8",
                    "parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True}}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (text, data)) + b"0\r\n\r\n"
    requests = [
        request_bytes("POST", "/v2/models/identity_uint8/infer", text + data,
                      {"Inference-Header-Content-Length": str(len(text))}),
        b"POST /v2/models/identity_uint8/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Inference-Header-Content-Length: %d\r\n\r\n" % len(text) + chunks,
        request_bytes("HEAD", "/v2"),
        request_bytes("GET", "/v2/models/echo", None, {"Accept-Encoding": "gzip"}),
    ]
    sizes = []
    for request in requests:
        with logged.running.connect() as sock:
            sock.sendall(request + b"GET / HTTP/1.0\r\n\r\n")
            got = b""
            while piece := sock.recv(1 << 20):
                got += piece
            sizes.append(len(got))
    records = logged.records(2 * len(requests))
    for number, request in enumerate(requests):
        first, second = records[2 * number:2 * number + 2]
        assert first["received"] == len(request)
        assert second["received"] == len(b"GET / HTTP/1.0\r\n\r\n")
        assert second["protocol"] == "HTTP/1.0"
        assert first["sent"] + second["sent"] == sizes[number]


def test_all_kinds_of_answers(logged: Logged) -> None:
    running = logged.running
    expected = []
    for method, path, body, status, model in (
        ("GET", "/v2/health/live", None, 200, None),
        ("GET", "/v2/models/echo/config", None, 200, None),
        ("GET", "/nowhere", None, 404, None),
        ("POST", "/v2/models/nope/infer", BODY, 404, "nope"),
        ("POST", "/v2/models/a%20b/infer", BODY, 404, "a b"),
        ("GET", "/v2/models/echo/infer", None, 405, "echo"),
        ("POST", "/v2/models/echo/infer", b"[", 400, "echo"),
        ("POST", "/v2/models/echo/versions/99999999999999999999/infer", BODY, 400, None),
        ("POST", "/v2/repository/index", b"", 200, None),
    ):
        reply = call(running, method, path, body)
        assert reply.status == status
        expected.append((method, path, status, model))
    records = logged.records(len(expected))
    assert [(r["method"], r["path"], r["status"], r["model"]) for r in records] == expected
    assert all(r["sent"] > 0 and r["received"] > 0 for r in records)


def test_pipelined_requests_in_their_order(logged: Logged) -> None:
    with logged.running.connect() as sock:
        sock.sendall(b"".join(
            request_bytes("POST", f"/v2/models/echo/infer?{n}", BODY) if n % 4 else
            request_bytes("GET", f"/v2?{n}") for n in range(40)))
        reader = Reader(sock)
        for _ in range(40):
            reader.reply()
    assert [r["path"].partition("?")[2] for r in logged.records(40)] == [
        str(n) for n in range(40)]


def test_what_can_not_be_parsed(logged: Logged) -> None:
    for data in (b"\x16\x03\x01", b"GET / HTTP/1.1\r\nbad line\r\n\r\n",
                 b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: z\r\n\r\n"):
        with logged.running.connect() as sock:
            sock.sendall(data)
            assert Reader(sock).reply().status == 400
    first, second, third = logged.records(3)
    assert (first["method"], first["path"]) == (None, None)
    assert (second["method"], second["path"]) == ("GET", "/")
    assert (third["method"], third["path"], third["status"]) == ("GET", "/x", 400)
    assert third["received"] == len(b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: z\r\n\r\n")


def test_a_client_that_is_gone_before_its_answer(logged: Logged) -> None:
    with logged.running.connect() as sock:
        sock.sendall(request_bytes("POST", "/v2/models/echo/infer", json.dumps(
            {**ONE, "parameters": {"delay_ms": 500}}).encode()))
        time.sleep(0.1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    (record,) = logged.records(1)
    assert (record["status"], record["sent"], record["model"]) == (None, 0, "echo")


def generation(kind: str, body: dict[str, Any]) -> bytes:
    return request_bytes("POST", f"/v2/models/repeat/{kind}", json.dumps(body).encode())


def test_generate_and_its_streams(logged: Logged) -> None:
    sizes = []
    for minor in (b"1", b"0"):
        for kind, count in (("generate", 1), ("generate_stream", 3), ("generate_stream", 0)):
            with logged.running.connect() as sock:
                sock.sendall(generation(kind, {"IN": [5] * count}).replace(
                    b"HTTP/1.1", b"HTTP/1." + minor) + b"GET / HTTP/1.0\r\n\r\n" * int(minor))
                got = b""
                while piece := sock.recv(1 << 16):
                    got += piece
            sizes.append(len(got))
    found = logged.records(9)
    streams, rest = ([r for r in found if (r["model"] == "repeat") == is_ours]
                     for is_ours in (True, False))
    assert {r["status"] for r in streams} == {200}
    assert [r["path"].rpartition("/")[2] for r in streams] == [
        "generate", "generate_stream", "generate_stream"] * 2
    for number, record in enumerate(streams):
        assert record["sent"] + (rest[number]["sent"] if number < 3 else 0) == sizes[number]


def test_a_stream_that_begins_with_an_error(logged: Logged) -> None:
    reply = call(logged.running, "POST", "/v2/models/repeat/generate_stream", b"{}")
    assert reply.status == 400
    (record,) = logged.records(1)
    assert (record["status"], record["model"]) == (400, "repeat")


def test_a_client_that_leaves_a_stream(logged: Logged) -> None:
    with logged.running.connect() as sock:
        sock.sendall(generation("generate_stream", {"IN": [1, 2], "DELAY": [0, 60_000]}))
        reader = Reader(sock)
        assert reader.head()[0] == 200
        next(reader.events())
        # A reset: after a polite end the server would still say that the request is cancelled.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    (record,) = logged.records(1)
    assert record["status"] is None
    assert record["sent"] > 100


def test_too_many_connections(repository: Path, tmp_path: Path) -> None:
    made = Logged(repository, tmp_path / "log", max_connections=1)
    try:
        with made.running.connect() as first:
            first.sendall(request_bytes("GET", "/v2/health/live"))
            Reader(first).reply()
            with made.running.connect() as second:
                assert Reader(second).reply().status == 503
        assert [(r["status"], r["path"]) for r in made.records(2)] == [
            (200, "/v2/health/live"), (503, None)]
    finally:
        made.running.close()
        made.log.close()


def test_the_time_is_the_inferences(logged: Logged) -> None:
    infer(logged.running, "echo", {**ONE, "parameters": {"delay_ms": 200}})
    infer(logged.running, "echo", ONE)
    slow, fast = logged.records(2)
    assert 190_000 < slow["microseconds"] < 5_000_000
    assert fast["microseconds"] < 190_000


def test_a_unix_sockets_clients_have_no_name(repository: Path, tmp_path: Path) -> None:
    made = Logged(repository, tmp_path / "log", address=f"unix:{tmp_path}/s")
    try:
        call(made.running, "GET", "/v2/health/live")
        assert made.records(1)[0]["peer"] == "unix:"
    finally:
        made.running.close()
        made.log.close()


def test_without_it_nothing_is_kept(server: Running) -> None:
    """Then answers may be sent without the loop; with it, none is."""
    def lone(running: Running) -> int:
        before = counts()[0]
        with running.connect() as sock:
            reader = Reader(sock)
            for _ in range(30):
                sock.sendall(request_bytes("POST", "/v2/models/echo/infer", BODY))
                reader.reply()
        return counts()[0] - before

    assert lone(server) > 0


def test_with_it_the_loop_sends_all(logged: Logged) -> None:
    before = counts()[0]
    with logged.running.connect() as sock:
        reader = Reader(sock)
        for _ in range(30):
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", BODY))
            reader.reply()
    assert counts()[0] == before
    logged.records(30)
