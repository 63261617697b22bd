# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""generate_stream: events as they come, their ends, and clients that leave or don't read."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from http_running import Running
from http_support import Reader, call, event, request_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EVENTS = "text/event-stream; charset=utf-8"


def ask(model: str, request: Any, headers: dict[str, str] | None = None) -> bytes:
    return request_bytes("POST", f"/v2/models/{model}/generate_stream",
                         json.dumps(request).encode(), headers)


def streamed(server: Running, model: str, request: Any, status: int = 200) -> list[Any]:
    """All events of one request."""
    with server.connect() as sock:
        sock.sendall(ask(model, request))
        return read_stream(Reader(sock), status)


def read_stream(reader: Reader, status: int = 200) -> list[Any]:
    got, headers = reader.head()
    assert got == status
    assert headers == {"transfer-encoding": "chunked", "content-type": EVENTS}
    return list(reader.events())


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def objects(server: Running) -> dict[str, int]:
    return call(server, "GET", "/v2/debug/objects").json


def settled(server: Running) -> bool:
    live = objects(server)
    return live["http_exchanges"] == 1 and live["request"] == live["response"] == 0


@pytest.fixture
def own(repository: Path) -> Iterator[Running]:
    running = Running(repository)
    yield running
    running.close()


# --- events -------------------------------------------------------------------------------------


def test_one_event_for_each_response(server: Running) -> None:
    assert streamed(server, "repeat", {"IN": [5, -6, 7], "id": "é"}) == [
        {"id": "é", "model_name": "repeat", "model_version": "1", "OUT": v, "IDX": i}
        for i, v in enumerate([5, -6, 7])]


@pytest.mark.parametrize("bare_final", [0, 1])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_end_comes_with_a_response_or_alone(
    server: Running, count: int, bare_final: int
) -> None:
    got = streamed(server, "streaming", {"PROMPT": "x", "count": count, "bare_final": bare_final,
                                         "tag": "t"})
    assert [e["index"] for e in got] == list(range(count))


def test_models_that_answer_once_have_one_event(server: Running) -> None:
    [got] = streamed(server, "identity_int32", {"INPUT0": [1, 2]})
    assert got["OUTPUT0"] == [1, 2]


def test_events_are_sent_as_they_come(server: Running) -> None:
    with server.connect() as sock:
        started = time.monotonic()
        sock.sendall(ask("repeat", {"IN": [1, 2, 3], "DELAY": [0, 250, 250]}))
        reader = Reader(sock)
        assert reader.head()[0] == 200
        times = [time.monotonic() - started for _ in reader.events()]
        assert times[0] < 0.2 and 0.25 <= times[1] < 0.45 and 0.5 <= times[2] < 0.8, times


def test_the_head_waits_for_the_first_response(server: Running) -> None:
    with server.connect() as sock:
        sock.sendall(ask("repeat", {"IN": [1], "DELAY": [300]}))
        sock.settimeout(0.15)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(10)
        assert len(read_stream(Reader(sock))) == 1


def test_text_stays_on_its_line(server: Running) -> None:
    text = "a\nb\r\nc\u2028\u0085\x0b\x1f\"\\ é 🙂 data: x\n\n"
    [got] = streamed(server, "identity_bytes", {"INPUT0": text})
    assert got["OUTPUT0"] == text


def test_many_and_large_events(server: Running) -> None:
    got = streamed(server, "repeat", {"IN": list(range(20_000))})
    assert [e["OUT"] for e in got] == list(range(20_000))
    got = streamed(server, "streaming", {"PROMPT": "x", "count": 30, "size": 700_000})
    assert [e["TEXT"] for e in got] == [chr(97 + i % 26) * 700_000 for i in range(30)]


# --- errors -------------------------------------------------------------------------------------


def test_the_first_response_decides_the_status(server: Running) -> None:
    assert streamed(server, "streaming", {"PROMPT": "x", "count": 3, "error_at": 0}, 503) == [
        {"error": 'An "Error" Occurred'}]


def test_later_errors_are_events(server: Running) -> None:
    got = streamed(server, "streaming", {"PROMPT": "x", "count": 3, "error_at": 2})
    assert [set(e) for e in got] == [{"model_name", "model_version", "TEXT"}] * 2 + [{"error"}]
    assert got[2] == {"error": 'An "Error" Occurred'}


def test_an_error_of_execute(server: Running) -> None:
    [got] = streamed(server, "identity_fp32", {"INPUT0": 1, "execute_error": "boom"}, 500)
    assert "boom" in got["error"]


# --- connections --------------------------------------------------------------------------------


def test_the_connection_goes_on_after_a_stream(server: Running) -> None:
    with server.connect() as sock:
        reader = Reader(sock)
        for n in range(5):
            sock.sendall(ask("repeat", {"IN": [n, n + 1], "DELAY": [1, 1]}))
            assert [e["OUT"] for e in read_stream(reader)] == [n, n + 1]
            sock.sendall(request_bytes("GET", "/v2/health/live"))
            assert reader.reply().status == 200
            sock.sendall(ask("repeat", {"IN": [n], "DELAY": []}))
            assert read_stream(reader, 400)[0]["error"].startswith("expected IN and DELAY")
            sock.sendall(ask("repeat", {"IN": [n], "id": 5}))
            assert "Unable to parse 'id'" in reader.reply().error


def test_pipelined_streams_keep_their_order(server: Running) -> None:
    """Later ones are quicker; other requests stand between them."""
    data = b""
    for n in range(24):
        if n % 4 == 3:
            data += request_bytes("GET", "/v2/models/repeat")
        elif n % 4 == 2:
            data += request_bytes("POST", "/v2/models/repeat/generate",
                                  json.dumps({"IN": n}).encode())
        else:
            data += ask("repeat", {"IN": [n] * (n % 5), "DELAY": [(24 - n) // 4] * (n % 5)})
    with server.connect() as sock:
        sock.sendall(data)
        reader = Reader(sock)
        for n in range(24):
            if n % 4 == 3:
                assert reader.reply().json["name"] == "repeat"
            elif n % 4 == 2:
                assert reader.reply().json["OUT"] == n
            else:
                assert [e["OUT"] for e in read_stream(reader)] == [n] * (n % 5)


def test_pipelined_streams_run_side_by_side(server: Running) -> None:
    started = time.monotonic()
    with server.connect() as sock:
        sock.sendall(ask("repeat", {"IN": [1, 2], "DELAY": [300, 300]}) * 8)
        reader = Reader(sock)
        for _ in range(8):
            assert [e["IDX"] for e in read_stream(reader)] == [0, 1]
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("header", ["", "Connection: keep-alive\r\n"])
def test_http_1_0_has_no_chunks(server: Running, header: str) -> None:
    body = json.dumps({"IN": [1, 2], "DELAY": [0, 50]}).encode()
    with server.connect() as sock:
        sock.sendall(f"POST /v2/models/repeat/generate_stream HTTP/1.0\r\n{header}"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        reader = Reader(sock)
        status, headers = reader.head()
        assert (status, headers) == (200, {"content-type": EVENTS, "connection": "close"})
        text = reader.pending
        while data := sock.recv(4096):
            text += data
        assert [event(part + b"\n\n")["OUT"] for part in text.split(b"\n\n")[:-1]] == [1, 2]


def test_a_client_that_wants_the_connection_closed(server: Running) -> None:
    with server.connect() as sock:
        sock.sendall(ask("repeat", {"IN": [1, 2]}, {"Connection": "close"}))
        reader = Reader(sock)
        status, headers = reader.head()
        assert (status, headers["connection"]) == (200, "close")
        assert [e["OUT"] for e in reader.events()] == [1, 2]
        assert reader.at_end()


def test_a_chunked_request_in_pieces(server: Running) -> None:
    body = json.dumps({"IN": [1, 2, 3]}).encode()
    head = request_bytes("POST", "/v2/models/repeat/generate_stream", None,
                         {"Transfer-Encoding": "chunked"})
    data = head + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:5], body[5:])) + b"0\r\n\r\n"
    with server.connect() as sock:
        for at in range(0, len(data), 7):
            sock.sendall(data[at:at + 7])
        assert [e["OUT"] for e in read_stream(Reader(sock))] == [1, 2, 3]


def test_a_compressed_request(server: Running) -> None:
    with server.connect() as sock:
        sock.sendall(request_bytes("POST", "/v2/models/repeat/generate_stream",
                                   gzip.compress(json.dumps({"IN": [1, 2]}).encode()),
                                   {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}))
        assert [e["OUT"] for e in read_stream(Reader(sock))] == [1, 2]


def test_many_clients_at_a_time(server: Running) -> None:
    failures: list[Exception] = []

    def client(seed: int) -> None:
        rng = random.Random(seed)
        try:
            with server.connect(60) as sock:
                reader = Reader(sock)
                for _ in range(5):
                    values = [rng.randrange(1 << 30) for _ in range(rng.randrange(30))]
                    sock.sendall(ask("repeat", {
                        "IN": values, "DELAY": [rng.randrange(3) for _ in values]}))
                    assert [e["OUT"] for e in read_stream(reader)] == values
        except Exception as error:  # noqa: BLE001  it is raised again below
            failures.append(error)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not failures, failures[0]
    wait_for(lambda: settled(server))


# --- clients that leave -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["generate", "generate_stream"])
def test_a_client_that_leaves_cancels_its_request(own: Running, kind: str) -> None:
    started = time.monotonic()
    sock = own.connect()
    sock.sendall(request_bytes("POST", f"/v2/models/repeat/{kind}", json.dumps(
        {"IN": [1, 2], "DELAY": [0, 60_000], "WAIT": 60_000}).encode()))
    wait_for(lambda: objects(own)["request"] == 1)
    if kind == "generate_stream":
        assert Reader(sock).head()[0] == 200
    sock.close()
    wait_for(lambda: settled(own))
    assert time.monotonic() - started < 10


def test_a_client_that_only_stops_sending_sees_the_end(own: Running) -> None:
    with own.connect() as sock:
        sock.sendall(ask("repeat", {"IN": [1, 2], "DELAY": [0, 60_000]}))
        reader = Reader(sock)
        assert reader.head()[0] == 200
        events = reader.events()
        assert next(events)["OUT"] == 1
        sock.shutdown(socket.SHUT_WR)
        assert list(events) == [{"error": "the request was cancelled"}]
        assert reader.at_end()


@pytest.mark.parametrize("kind", ["generate", "generate_stream"])
def test_a_client_that_stops_sending_at_once(own: Running, kind: str) -> None:
    """Its request may not have reached the core when it does: cancelled it is all the same."""
    data = request_bytes("POST", f"/v2/models/repeat/{kind}", json.dumps(
        {"IN": [1], "DELAY": [60_000]}).encode())
    for _ in range(50):
        with own.connect(10) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := sock.recv(65536):
                answer += piece
            assert b"cancelled" in answer
    wait_for(lambda: settled(own))


def test_clients_that_leave_at_any_point(
    own: Running, caplog: pytest.LogCaptureFixture
) -> None:
    rng = random.Random(3)
    data = (ask("repeat", {"IN": [1, 2, 3], "DELAY": [0, 2, 3]}) + ask("streaming", {
        "PROMPT": "x", "count": 40, "size": 20_000}) + ask("repeat", {"IN": [1], "DELAY": []})
        + request_bytes("GET", "/v2/models/echo"))
    for _ in range(150):
        sock = own.connect()
        sock.sendall(data[:rng.randrange(1, len(data) + 1)])
        time.sleep(rng.random() * 0.01)
        if rng.random() < 0.5:
            # A reset instead of an orderly end.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    wait_for(lambda: settled(own))
    assert [e["OUT"] for e in streamed(own, "repeat", {"IN": [4]})] == [4]
    assert caplog.records == []


# --- readers that are slow ----------------------------------------------------------------------


def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def test_a_reader_that_is_slow_for_a_while_loses_nothing(own: Running) -> None:
    with own.connect(60) as sock:
        sock.sendall(ask("streaming", {"PROMPT": "x", "count": 300, "size": 60_000, "tag": "t"}))
        time.sleep(1)
        reader = Reader(sock)
        assert [e["index"] for e in read_stream(reader)] == list(range(300))
        sock.sendall(ask("repeat", {"IN": [1]}))
        assert len(read_stream(reader)) == 1
    wait_for(lambda: settled(own))


def test_what_waits_for_a_reader_is_bounded(repository: Path) -> None:
    """Two gigabytes of responses that nobody reads: the request is cancelled, and says so."""
    bound = 4 << 20
    running = Running(repository, max_stream_backlog=bound)
    try:
        with running.connect(60) as sock:
            before = resident()
            sock.sendall(ask("streaming", {"PROMPT": "x", "count": 100_000, "size": 20_000,
                                           "tag": "t"}))
            # It ends, although nothing of it was read.
            wait_for(lambda: objects(running)["request"] == 1)
            wait_for(lambda: objects(running)["response"] == 0 and objects(running)["request"] <= 1)
            time.sleep(0.5)
            assert resident() - before < 80 << 20
            got = read_stream(reader := Reader(sock))
            assert [e["index"] for e in got[:-1]] == list(range(len(got) - 1))
            assert got[-1] == {
                "error": f"more than {bound} bytes of responses wait for this client to read "
                         "them; the request is cancelled"}
            assert bound // 21_000 < len(got) < 2000
            # The connection is as good as before.
            sock.sendall(ask("repeat", {"IN": [1, 2]}))
            assert [e["OUT"] for e in read_stream(reader)] == [1, 2]
        wait_for(lambda: settled(running))
    finally:
        running.close()


def test_the_bound_is_of_all_streams_of_a_connection(repository: Path) -> None:
    """What waits behind a stream that goes on counts too; others of the server don't."""
    running = Running(repository, max_stream_backlog=1 << 20)
    try:
        with running.connect(60) as sock, running.connect(60) as other:
            sock.sendall(ask("repeat", {"IN": [1, 2], "DELAY": [0, 1500]}))
            # Of these the first fits, and the second would not beside it.
            sock.sendall(ask("streaming", {"PROMPT": "x", "count": 8, "size": 100_000}) * 2)
            other.sendall(ask("streaming", {"PROMPT": "x", "count": 8, "size": 100_000}))
            assert len(read_stream(Reader(other))) == 8
            reader = Reader(sock)
            assert len(read_stream(reader)) == 2
            first = reader.head()[0], list(reader.events())
            second = reader.head()[0], list(reader.events())
            errors = [s for s in (first, second) if any("error" in e for e in s[1])]
            assert errors and all("bytes of responses wait" in s[1][-1]["error"] for s in errors)
            sock.sendall(ask("streaming", {"PROMPT": "x", "count": 8, "size": 100_000}))
            assert len(read_stream(reader)) == 8
    finally:
        running.close()


def test_one_event_may_be_larger_than_the_bound(repository: Path) -> None:
    running = Running(repository, max_stream_backlog=1000)
    try:
        [got] = streamed(running, "streaming", {"PROMPT": "x", "size": 3_000_000})
        assert len(got["TEXT"]) == 3_000_000
    finally:
        running.close()


def test_a_reader_that_is_dead_is_left(repository: Path) -> None:
    running = Running(repository, send_timeout=1)
    try:
        with running.connect(60) as sock:
            sock.sendall(ask("streaming", {"PROMPT": "x", "count": 400, "size": 60_000}))
            wait_for(lambda: running.http.statistics()["connections"] == 1)
            wait_for(lambda: running.http.statistics()["connections"] == 0, 15)
        wait_for(lambda: settled(running))
    finally:
        running.close()


# --- stopping -----------------------------------------------------------------------------------


def test_stopping_lets_streams_end(repository: Path) -> None:
    running = Running(repository)
    with running.connect() as sock:
        sock.sendall(ask("repeat", {"IN": [1, 2], "DELAY": [0, 600]}))
        reader = Reader(sock)
        assert reader.head()[0] == 200
        events = reader.events()
        next(events)
        stopping = asyncio.run_coroutine_threadsafe(running.http.stop(10), running.loop)
        assert [e["OUT"] for e in events] == [2]
        assert reader.at_end()
        assert stopping.result(20) is True
    running.close()


def test_stopping_does_not_wait_for_ever(repository: Path) -> None:
    running = Running(repository)
    with running.connect() as sock:
        sock.sendall(ask("repeat", {"IN": [1, 2], "DELAY": [0, 60_000]}))
        assert Reader(sock).head()[0] == 200
        started = time.monotonic()
        assert running.run(running.http.stop(0.3)) is False
        assert time.monotonic() - started < 3
    running.close()


# --- anything -----------------------------------------------------------------------------------

SAMPLES = (
    ask("repeat", {"id": "a", "IN": [1, 2], "DELAY": [0, 1], "WAIT": 1, "p": 1.5}),
    ask("streaming", {"PROMPT": "x", "count": 3, "error_at": 2, "parameters": {"tag": "t"}}),
    request_bytes("POST", "/v2/models/repeat/generate", b'{"IN":1,"DELAY":1}'),
    (b"POST /v2/models/repeat/generate_stream HTTP/1.0\r\nContent-Length: 10\r\n\r\n"
     b'{"IN":[1]}'),
)


@settings(max_examples=150, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=3), st.data())
def test_fuzz(server: Running, parts: list[bytes], data: st.DataObject) -> None:
    """Requests with some of their bytes changed: each is answered or its connection closed."""
    text = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(text)))
        text[at:at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    with server.connect(5) as sock:
        try:
            sock.sendall(bytes(text))
            sock.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := sock.recv(65536):
                answer += piece
        except (ConnectionError, BrokenPipeError):
            answer = b"HTTP/1.1 "
        assert answer == b"" or answer.startswith(b"HTTP/1.1 ")


def test_nothing_is_left_behind(server: Running) -> None:
    """Runs last in this file: whatever the tests above did, all of it ended."""
    wait_for(lambda: settled(server))
    assert [e["OUT"] for e in streamed(server, "repeat", {"IN": [1, 2]})] == [1, 2]
