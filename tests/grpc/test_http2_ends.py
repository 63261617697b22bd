# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How calls and connections end over HTTP/2: deadlines, cancellation, streams, stopping."""

from __future__ import annotations

import gzip
import struct
import time
from typing import Any

import pytest
from grpc_support import Loop, front_end, native_server, request, requests_now, scripted
from http2_client import (
    CANCEL,
    GOAWAY,
    HEADERS,
    INFER,
    NO_ERROR,
    PING,
    RST_STREAM,
    STREAM_INFER,
    WINDOW,
    Http2Client,
    frame,
    grpc_message,
    settings,
)
from http2_support import (
    DEADLINE_EXCEEDED,
    INTERNAL,
    NOT_FOUND,
    OK,
    UNAVAILABLE,
    echo,
    output,
    wait_until,
)

from triton_py.grpc import CompressionLevel, KeepAlive
from triton_py.inprocess import NativeServer, live_objects
from triton_py.proto import grpc_service as pb

pytestmark = pytest.mark.usefixtures("nothing_leaks")


# --- cancellation and deadlines ------------------------------------------------------------


def test_a_reset_cancels_in_the_core(client: Http2Client) -> None:
    before = requests_now()
    client.call(1, echo(delay_ms=60_000))
    wait_until(lambda: live_objects()["request"] == before + 1)
    client.send(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))
    wait_until(lambda: live_objects()["request"] == before)
    client.ping()
    assert not [f for f in client.frames if f.kind == HEADERS]


@pytest.mark.parametrize("path", [INFER, STREAM_INFER])
def test_a_deadline(client: Http2Client, path: str) -> None:
    start = time.monotonic()
    client.call(1, echo(delay_ms=60_000), path, extra=[("grpc-timeout", "150m")])
    answer = client.answer(1)
    assert answer.status == DEADLINE_EXCEEDED
    assert 0.14 < time.monotonic() - start < 10


def test_deadlines_in_any_order(client: Http2Client) -> None:
    for stream, timeout in ((1, "10S"), (3, "100m"), (5, "300000u"), (7, "1H")):
        client.call(stream, echo(delay_ms=600 if stream in (1, 7) else 60_000),
                    extra=[("grpc-timeout", timeout)])
    assert [client.answer(s).status for s in (3, 5, 1, 7)] == [
        DEADLINE_EXCEEDED, DEADLINE_EXCEEDED, OK, OK]


def test_a_deadline_ends_a_call_whose_message_is_incomplete(client: Http2Client) -> None:
    client.headers(1, extra=[("grpc-timeout", "50m")])
    client.data(1, b"\0\0\0\0\x09")
    assert client.answer(1).status == DEADLINE_EXCEEDED


@pytest.mark.parametrize(("text", "status"), [("0S", DEADLINE_EXCEEDED), ("", INTERNAL),
                                              ("S", INTERNAL), ("1", INTERNAL), ("1x", INTERNAL),
                                              ("123456789S", INTERNAL), ("-1S", INTERNAL)])
def test_odd_deadlines(client: Http2Client, text: str, status: int) -> None:
    client.call(1, echo(), extra=[("grpc-timeout", text)])
    assert client.answer(1).status == status


@pytest.mark.parametrize("where", ["header", "prefix", "message", "core", "answer", "stream"])
def test_a_client_that_vanishes(address: str, where: str) -> None:
    """At any point of a call; ``nothing_leaks`` sees what is left."""
    before = requests_now()
    with Http2Client(address, greet=settings(window=0)) as client:
        if where == "header":
            client.send(frame(HEADERS, 0, 1, client.header_block()[:20]))
        elif where == "prefix":
            client.headers(1)
            client.data(1, b"\0\0")
        elif where == "message":
            client.headers(1)
            client.data(1, b"\0\x01\0\0\0" + bytes(10_000))
        elif where == "answer":
            client.call(1, echo(bytes(50_000)))
            client.until(HEADERS)
        else:
            path = STREAM_INFER if where == "stream" else INFER
            client.headers(1, path)
            client.data(1, grpc_message(echo(delay_ms=60_000)), end=where == "core")
            wait_until(lambda: live_objects()["request"] == before + 1)
        if where in ("header", "prefix", "message"):
            client.send(frame(PING, 0, 0, bytes(8)) if where != "header" else b"")


# --- streams -------------------------------------------------------------------------------


def test_a_stream_waits_for_its_reader(h2_loop: Loop, native: NativeServer) -> None:
    """A client that sends and takes nothing is held by flow control, and loses nothing."""
    with front_end(h2_loop, native, max_stream_backlog=2) as (_, where), \
            Http2Client(where, greet=settings(window=0)) as client:
        client.headers(1, STREAM_INFER)
        message = grpc_message(echo(bytes(100_000)))
        sent, window, streamed = 0, 1 << 24, 1 << 22
        client.socket.settimeout(1)
        try:
            while sent < 200:
                while min(window, streamed) < len(message):
                    got = client.until(WINDOW)
                    if got.stream:
                        streamed += got.number
                    else:
                        window += got.number
                client.data(1, message)
                window -= len(message)
                streamed -= len(message)
                sent += 1
        except TimeoutError:
            pass
        assert 30 < sent < 100, "the stream's window is 4 MiB, the backlog two messages"
        client.socket.settimeout(20)
        client.data(1, b"", end=True)
        client.send(frame(WINDOW, 0, 1, struct.pack(">I", 1 << 24))
                    + frame(WINDOW, 0, 0, struct.pack(">I", 1 << 24)))
        answer = client.answer(1)
        assert answer.status == OK and len(answer.messages) == sent


def test_small_messages_beyond_what_is_kept_apart(client: Http2Client) -> None:
    """A frame of thousands of messages, of which only some become objects at a time."""
    client.headers(1, STREAM_INFER)
    whole = b"".join(grpc_message(echo(b"%d" % i, id=str(i))) for i in range(300))
    client.data(1, whole, end=True)
    got = [pb.ModelStreamInferResponse.FromString(m).infer_response.id
           for m in client.answer(1).messages]
    assert got == [str(i) for i in range(300)]


def test_a_stream_that_ends_inside_a_message_behind_many(
    h2_loop: Loop, native: NativeServer
) -> None:
    """What came before it is answered."""
    with front_end(h2_loop, native, max_stream_backlog=3) as (_, where), \
            Http2Client(where) as client:
        client.headers(1, STREAM_INFER)
        whole = b"".join(grpc_message(echo(b"%d" % i, delay_ms=1)) for i in range(50))
        client.data(1, whole + b"\0\0\0\0\x09half", end=True)
        answer = client.answer(1)
        assert (answer.status, len(answer.messages)) == (INTERNAL, 50)
        assert "inside a message" in answer.details


def test_errors_of_a_stream_keep_the_order(client: Http2Client) -> None:
    client.headers(1, STREAM_INFER)
    wrong = request("no_such_model", id="b").SerializeToString()
    client.data(1, b"".join(map(grpc_message, [
        echo(id="a", delay_ms=100), wrong, b"\xff\xff", echo(id="c")])), end=True)
    answer = client.answer(1)
    got = [pb.ModelStreamInferResponse.FromString(m) for m in answer.messages]
    assert [g.infer_response.id for g in got] == ["a", "b", "", "c"]
    assert [bool(g.error_message) for g in got] == [False, True, True, False]
    assert answer.status == OK


def test_the_first_error_ends_a_stream_that_asks_for_it(client: Http2Client) -> None:
    """The request that is in the core then is cancelled: ``nothing_leaks`` waits for it."""
    client.headers(1, STREAM_INFER, [("triton_grpc_error", "true")])
    client.data(1, b"".join(map(grpc_message, [
        echo(id="a", delay_ms=60_000), request("no_such_model").SerializeToString()])))
    assert client.answer(1).status == NOT_FOUND


@pytest.mark.parametrize("accept", ["identity", "gzip"])
def test_a_stream_of_compressed_messages(
    h2_loop: Loop, native: NativeServer, accept: str
) -> None:
    with front_end(h2_loop, native, compression=CompressionLevel.HIGH) as (_, where), \
            Http2Client(where) as client:
        client.headers(1, STREAM_INFER, [("grpc-encoding", "gzip"),
                                         ("grpc-accept-encoding", accept)])
        data = bytes(100_000)
        for i in range(5):
            client.data(1, grpc_message(gzip.compress(echo(data, id=str(i))), 1), end=i == 4)
        answer = client.answer(1)
        messages = [gzip.decompress(m) if accept == "gzip" else m for m in answer.messages]
        got = [pb.ModelStreamInferResponse.FromString(m).infer_response for m in messages]
        assert [g.id for g in got] == [str(i) for i in range(5)]
        assert {g.raw_output_contents[0] for g in got} == {data}
        assert (len(answer.data) < 5000) == (accept == "gzip")


def test_classification_on_both_paths(client: Http2Client) -> None:
    message = request("echo", b"\x01\x09\x05")
    message.outputs.add(name="OUTPUT0").parameters["classification"].int64_param = 2
    data = message.SerializeToString()
    client.call(1, data)
    client.call(3, data, STREAM_INFER)
    expected = b"".join(struct.pack("<I", len(t)) + t for t in (b"9:1", b"5:2"))
    assert output(client.answer(1).messages[0]) == expected
    streamed = pb.ModelStreamInferResponse.FromString(client.answer(3).messages[0])
    assert streamed.infer_response.raw_output_contents[0] == expected


def test_stopping_ends_a_stream_after_its_requests(native: NativeServer, h2_loop: Loop) -> None:
    before = requests_now()
    with front_end(h2_loop, native) as (front, where), Http2Client(where) as client:
        client.headers(1, STREAM_INFER)
        client.data(1, grpc_message(echo(delay_ms=300)))
        wait_until(lambda: live_objects()["request"] == before + 1)
        h2_loop.run(front.stop(20))
        answer = client.answer(1)
        assert (answer.status, len(answer.messages)) == (UNAVAILABLE, 1)


def test_decoupled_responses_come_as_they_are_made(client: Http2Client) -> None:
    client.headers(1, STREAM_INFER)
    client.data(1, grpc_message(
        scripted("decoupled", id="a", count=3).SerializeToString()), end=True)
    assert len(client.answer(1).messages) == 3


# --- the end of connections ----------------------------------------------------------------


def test_stopping_says_goaway_and_lets_calls_finish(native: NativeServer, h2_loop: Loop) -> None:
    before = requests_now()
    with front_end(h2_loop, native) as (front, where), Http2Client(where) as client:
        client.call(1, echo(delay_ms=400))
        wait_until(lambda: live_objects()["request"] == before + 1)
        h2_loop.run(front.stop(20))
        got = client.until(GOAWAY)
        assert got.error == NO_ERROR and struct.unpack(">I", got.payload[:4])[0] == 1
        assert client.answer(1).status == OK
        client.end()


def test_stopping_without_patience_answers_unavailable(
    native: NativeServer, h2_loop: Loop
) -> None:
    before = requests_now()
    with front_end(h2_loop, native) as (front, where), Http2Client(where) as client:
        client.call(1, echo(delay_ms=60_000))
        wait_until(lambda: live_objects()["request"] == before + 1)
        start = time.monotonic()
        h2_loop.run(front.stop(0))
        assert time.monotonic() - start < 5
        assert client.answer(1).status == UNAVAILABLE
        client.end()


def test_an_old_connection_is_left(h2_loop: Loop, native: NativeServer) -> None:
    keep_alive = KeepAlive(max_connection_age_ms=200)
    with front_end(h2_loop, native, keep_alive=keep_alive) as (_, where), \
            Http2Client(where) as client:
        client.call(1, echo(delay_ms=600))
        assert client.until(GOAWAY).error == NO_ERROR
        assert client.answer(1).status == OK
        client.end()


def test_what_comes_after_goaway_is_not_begun(h2_loop: Loop, native: NativeServer) -> None:
    """GOAWAY said which calls will be answered: the client sends the others elsewhere."""
    before = requests_now()
    keep_alive = KeepAlive(max_connection_age_ms=100)
    with front_end(h2_loop, native, keep_alive=keep_alive) as (_, where), \
            Http2Client(where) as client:
        client.call(1, echo(delay_ms=700))
        assert struct.unpack(">I", client.until(GOAWAY).payload[:4])[0] == 1
        client.call(3, echo(delay_ms=60_000))
        client.ping()
        assert live_objects()["request"] == before + 1
        assert client.answer(1).status == OK
        client.end()
        assert not [f for f in client.frames if f.stream == 3 and f.kind == HEADERS]


def test_grace_of_an_old_connection(h2_loop: Loop, native: NativeServer) -> None:
    keep_alive = KeepAlive(max_connection_age_ms=100, max_connection_age_grace_ms=100)
    with front_end(h2_loop, native, keep_alive=keep_alive) as (_, where), \
            Http2Client(where) as client:
        client.call(1, echo(delay_ms=60_000))
        assert client.end() is not None


def test_a_silent_client_is_asked_and_left(h2_loop: Loop, native: NativeServer) -> None:
    keep_alive = KeepAlive(time_ms=100, timeout_ms=200, permit_without_calls=True)
    with front_end(h2_loop, native, keep_alive=keep_alive) as (_, where), \
            Http2Client(where) as client:
        asked = client.until(PING)
        client.send(frame(PING, 1, 0, asked.payload))
        client.until(PING)
        # This one stays without an answer.
        start = time.monotonic()
        client.end()
        assert 0.15 < time.monotonic() - start < 10


def test_the_native_server_may_go_first(repository: Any, h2_loop: Loop) -> None:
    with native_server(repository) as server, front_end(h2_loop, server) as (_, where), \
            Http2Client(where) as client:
        client.call(1, echo())
        assert client.answer(1).status == OK
        server.close()
        client.call(3, echo())
        assert client.answer(3).status == UNAVAILABLE
