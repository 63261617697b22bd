# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers that the thread with the response sends itself: one call in flight, and no other.

What the loop sends is tested everywhere else; here are the edges between the two. hpack, which decodes
what comes, keeps its table over all answers: one field that only one side put into its table would make
nonsense of what follows.
"""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_support import Loop, front_end, infer, native_server, request
from http2_client import (
    ACK,
    CANCEL,
    PING,
    RST_STREAM,
    SETTINGS,
    Closed,
    Http2Client,
    frame,
    settings,
)
from http2_support import NOT_FOUND, OK, echo, output, wait_until

from triton_py.frontend._lone import counts
from triton_py.grpc import Transport
from triton_py.grpc._call import alive
from triton_py.inprocess import NativeServer


@pytest.fixture
def own(tmp_path: Path, repository: Path) -> Iterator[tuple[str, NativeServer]]:
    """A server and a loop that nobody else uses: what is in flight is what the test sent."""
    loop = Loop(Transport.NGHTTP2)
    with native_server(repository) as server, front_end(loop, server) as (_, address):
        yield address, server
    loop.close()
    wait_until(lambda: alive() == 0)


def ask(client: Http2Client, stream: int, data: bytes, **parameters: object) -> None:
    client.call(stream, echo(data, **parameters))


def answered(client: Http2Client, stream: int, data: bytes) -> None:
    got = client.answer(stream)
    assert got.status == OK, got
    assert output(got.messages[0]) == data
    assert got.headers == {":status": "200", "content-type": "application/grpc",
                           "grpc-accept-encoding": "identity, deflate, gzip"}
    assert got.trailers == {"grpc-status": "0"}


def one_by_one(client: Http2Client, first: int, count: int) -> None:
    """Calls with data of their own, each after the answer to the one before."""
    for number in range(count):
        ask(client, first + 2 * number, b"%d" % number)
        answered(client, first + 2 * number, b"%d" % number)


def test_one_after_the_other(own: tuple[str, NativeServer]) -> None:
    with Http2Client(own[0]) as client:
        whole = counts()[0]
        one_by_one(client, 1, 200)
        # Not the first, which settles how compression's tables are used.
        assert counts()[0] - whole > 100


def test_errors_in_between(own: tuple[str, NativeServer]) -> None:
    """The loop answers these, with fields that it does put into the table."""
    with Http2Client(own[0]) as client:
        for number in range(40):
            stream = 1 + 6 * number
            ask(client, stream, b"good")
            answered(client, stream, b"good")
            ask(client, stream + 2, b"bad", error="no luck")
            assert client.answer(stream + 2).status != OK
            client.call(stream + 4, request("none", b"x").SerializeToString())
            assert client.answer(stream + 4).status == NOT_FOUND


@pytest.mark.parametrize("size", [0, 1, 16_000, 16_384, 16_385, 100_000, 1 << 19])
def test_sizes(own: tuple[str, NativeServer], size: int) -> None:
    with Http2Client(own[0]) as client:
        one_by_one(client, 1, 3)
        for number in range(5):
            data = bytes([number]) * size
            ask(client, 101 + 2 * number, data)
            answered(client, 101 + 2 * number, data)
        one_by_one(client, 201, 3)


def test_windows_are_counted(own: tuple[str, NativeServer]) -> None:
    """The loop must know how much of the connection's window such answers took."""
    with Http2Client(own[0], give=False) as client:
        whole = counts()[0]
        stream = 1
        taken = 0
        # 65,535 bytes are the connection's window as it begins.
        while True:
            ask(client, stream, bytes(4000))
            try:
                client.socket.settimeout(0.5)
                answered(client, stream, bytes(4000))
            except (TimeoutError, AssertionError):
                break
            finally:
                client.socket.settimeout(20)
            taken += 4000
            stream += 2
            assert taken < 65_535
        assert counts()[0] > whole and taken >= 52_000
        client.send(frame(8, 0, 0, struct.pack(">I", 1 << 20)))
        answered(client, stream, bytes(4000))
        client.send(frame(8, 0, 0, struct.pack(">I", 1 << 20)))
        one_by_one(client, stream + 2, 5)


def test_a_client_that_gives_no_windows_at_first(own: tuple[str, NativeServer]) -> None:
    with Http2Client(own[0], greet=settings(window=10), give=False) as client:
        ask(client, 1, b"some data")
        # Ten bytes come, and no more until there is room.
        client.until(0)
        client.send(frame(8, 0, 1, struct.pack(">I", 1 << 16)))
        answered(client, 1, b"some data")


def test_pings_and_settings_between(own: tuple[str, NativeServer]) -> None:
    with Http2Client(own[0]) as client:
        whole = counts()[0]
        for number in range(60):
            stream = 1 + 2 * number
            ask(client, stream, b"x%d" % number)
            if number % 3 == 0:
                client.send(frame(PING, 0, 0, b"%08d" % number))
            if number % 7 == 0:
                client.send(settings(window=1 << 20))
            answered(client, stream, b"x%d" % number)
        wait_until(lambda: counts()[0] > whole)
        pings = [f.payload for f in client.frames if f.kind == PING and f.flags & ACK]
        client.send(frame(PING, 0, 0, b"the last"))
        client.until(PING)
        assert len(pings) >= 15
        assert sum(f.kind == SETTINGS and bool(f.flags & ACK) for f in client.frames) >= 9


@pytest.mark.parametrize("size", [0, 64, 4096])
def test_the_size_of_the_clients_table(own: tuple[str, NativeServer], size: int) -> None:
    """It has to be acknowledged in the next header that the client gets."""
    with Http2Client(own[0]) as client:
        one_by_one(client, 1, 10)
        client.send(frame(SETTINGS, 0, 0, struct.pack(">HI", 1, size)))
        client.until(SETTINGS)
        client._decoder.max_allowed_table_size = size
        one_by_one(client, 101, 10)
        ask(client, 201, b"bad", error="no luck")
        assert client.answer(201).status != OK
        one_by_one(client, 301, 10)


def test_many_at_a_time_and_one(own: tuple[str, NativeServer]) -> None:
    with Http2Client(own[0]) as client:
        draw = random.Random(1)
        stream = 1
        for _ in range(60):
            count = draw.choice([1, 1, 2, 5])
            for number in range(count):
                ask(client, stream + 2 * number, b"n%d" % number)
            for number in range(count):
                answered(client, stream + 2 * number, b"n%d" % number)
            stream += 2 * count


def test_two_connections_take_turns(own: tuple[str, NativeServer]) -> None:
    with Http2Client(own[0]) as one, Http2Client(own[0]) as other:
        for number in range(50):
            one_by_one(one, 1 + 2 * number, 1)
            one_by_one(other, 1 + 2 * number, 1)
        for number in range(50, 80):
            ask(one, 1 + 2 * number, b"one")
            ask(other, 1 + 2 * number, b"other")
            answered(one, 1 + 2 * number, b"one")
            answered(other, 1 + 2 * number, b"other")


def test_a_call_that_is_reset(own: tuple[str, NativeServer]) -> None:
    """Before its answer, after it, and at about the same time."""
    with Http2Client(own[0]) as client:
        draw = random.Random(2)
        one_by_one(client, 1, 3)
        for number in range(40):
            stream = 101 + 4 * number
            ask(client, stream, b"reset", delay_ms=draw.choice([0, 0, 1]))
            if draw.random() < 0.5:
                time.sleep(draw.random() * 0.002)
            client.send(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
            one_by_one(client, stream + 2, 1)


def test_clients_that_leave(own: tuple[str, NativeServer]) -> None:
    draw = random.Random(3)
    for _ in range(40):
        with Http2Client(own[0]) as client:
            one_by_one(client, 1, 2)
            ask(client, 11, b"gone", delay_ms=draw.choice([0, 0, 2]))
            time.sleep(draw.random() * 0.003)
    wait_until(lambda: alive() == 0)
    with Http2Client(own[0]) as client:
        one_by_one(client, 1, 3)


def test_deadlines(own: tuple[str, NativeServer]) -> None:
    """Answers about as late as the deadline are either; one that is far beyond it isn't sent."""
    with Http2Client(own[0]) as client:
        one_by_one(client, 1, 3)
        for number in range(20):
            stream = 101 + 4 * number
            client.call(stream, echo(b"late", delay_ms=8 + number % 8),
                        extra=[("grpc-timeout", "10m")])
            answer = client.answer(stream)
            assert (answer.status, len(answer.messages)) in ((0, 1), (4, 0))
            one_by_one(client, stream + 2, 1)
        client.call(501, echo(b"late", delay_ms=3000), extra=[("grpc-timeout", "10m")])
        assert client.answer(501).status == 4
        one_by_one(client, 503, 1)


def test_a_socket_that_takes_only_a_part(own: tuple[str, NativeServer]) -> None:
    """The client reads nothing until its receive buffer is full, and the server's send buffer."""
    partly = counts()[1]
    host, _, port = own[0].rpartition(":")
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect((host, int(port)))
        client = Http2Client.__new__(Http2Client)
        made = socket.create_connection
        try:
            socket.create_connection = lambda *args, **more: raw  # type: ignore[assignment]
            client.__init__(own[0], greet=settings(window=1 << 30))  # type: ignore[misc]
        finally:
            socket.create_connection = made
        client.send(frame(8, 0, 0, struct.pack(">I", 1 << 30)))
        one_by_one(client, 1, 3)
        # One call after the other, each sent when the one before was answered by the core.
        def successes() -> int:
            stats = own[1].model_statistics("echo")["model_stats"][0]
            count: int = stats["inference_stats"]["success"]["count"]
            return count

        stream = 101
        done = successes()
        while counts()[1] == partly and stream < 4000:
            ask(client, stream, bytes([stream % 251]) * 15_000)
            stream += 2
            done += 1
            wait_until(lambda expected=done: successes() == expected)  # type: ignore[misc]
            time.sleep(0.001)
        assert counts()[1] > partly, "the socket took everything"
        for answer in range(101, stream, 2):
            answered(client, answer, bytes([answer % 251]) * 15_000)
        one_by_one(client, stream + 2, 3)


def test_by_grpcs_own_client(own: tuple[str, NativeServer]) -> None:
    """Thousands of calls, of all sizes, with errors between them."""
    draw = random.Random(4)
    with grpc.insecure_channel(own[0]) as channel:
        whole = counts()[0]
        for number in range(1500):
            data = draw.randbytes(draw.choice([0, 3, 100, 5000, 17_000]))
            if draw.random() < 0.05:
                with pytest.raises(grpc.RpcError):
                    infer(channel, request("echo", data, error="no luck"))
            else:
                answer = infer(channel, request("echo", data))
                assert answer.raw_output_contents[0] == data, number
        assert counts()[0] - whole > 300


def test_stopping_after_such_an_answer(repository: Path) -> None:
    """The call is still open for the loop; it must not wait for it."""
    loop = Loop(Transport.NGHTTP2)
    try:
        with native_server(repository) as server:
            with front_end(loop, server) as (_, address):
                client = Http2Client(address)
                one_by_one(client, 1, 5)
                began = time.monotonic()
            assert time.monotonic() - began < 5
            with pytest.raises(Closed):
                while True:
                    client.read_frame()
            client.socket.close()
    finally:
        loop.close()
