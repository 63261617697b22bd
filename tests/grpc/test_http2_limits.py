# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Clients that break HTTP/2, flood the server or take nothing: each loses its own connection.

``TRITON_PY_FUZZ_SECONDS`` sets how long the mutated frames last, ``TRITON_PY_FUZZ_SEED`` repeats a
run.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from grpc_support import Loop, front_end
from http2_client import (
    ACK,
    CANCEL,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    GOAWAY,
    HEADERS,
    INFER,
    PING,
    PREFACE,
    PRIORITY,
    PROTOCOL_ERROR,
    RST_STREAM,
    SETTINGS,
    STREAM_INFER,
    WINDOW,
    Closed,
    Http2Client,
    frame,
    grpc_message,
    settings,
)
from http2_support import echo

from triton_py.grpc import KeepAlive
from triton_py.grpc._call import alive
from triton_py.inprocess import NativeServer

SECONDS = float(os.environ.get("TRITON_PY_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("TRITON_PY_FUZZ_SEED", "0")) or random.randrange(1, 2**31)


@pytest.fixture(autouse=True)
def everything_goes_on(address: str, nothing_leaks: None) -> Iterator[None]:
    yield
    serves(address)


def serves(address: str) -> None:
    with Http2Client(address) as client:
        client.call(1, echo())
        assert client.answer(1).status == 0


def error_of(client: Http2Client) -> int:
    """The error with which the server ended the connection."""
    goaway = client.end()
    assert goaway is not None, "the connection ended without GOAWAY"
    return goaway.error


# --- frames that are none ------------------------------------------------------------------


@pytest.mark.parametrize("frames", [
    frame(DATA, 0, 0, b"x"),                                    # data on the connection itself
    frame(DATA, 0, 1, b"x"),                                    # on a stream that isn't open
    frame(HEADERS, END_HEADERS, 0, b""),
    frame(HEADERS, END_HEADERS, 2, b"\x82"),                    # a server's stream
    frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    frame(HEADERS, END_HEADERS, 1, b"\xbf"),                    # no such entry in the table
    frame(SETTINGS, 0, 0, b"12345"),
    frame(SETTINGS, ACK, 0, b"123456"),
    frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2**31)),        # a window above the limit
    frame(PING, 0, 0, b"short"),
    frame(PING, 0, 3, b"12345678"),
    frame(WINDOW, 0, 0, b"\0\0\0\0"),
    frame(RST_STREAM, 0, 0, b"\0\0\0\0"),
    frame(RST_STREAM, 0, 1, b"\0\0\0\0"),                       # of a stream that isn't open
    frame(CONTINUATION, 0, 1, b""),
    frame(5, 0, 1, b"\0\0\0\0"),                                # PUSH_PROMISE of a client
    struct.pack(">I", 2_000_000)[1:] + b"\0\0\0\0\0\1",         # larger than our settings allow
    frame(HEADERS, 0, 1, b"") + frame(DATA, 0, 1, b""),         # between HEADERS and CONTINUATION
])
def test_malformed_frames(address: str, frames: bytes) -> None:
    with Http2Client(address) as client:
        client.send(frames)
        assert error_of(client) != 0


@pytest.mark.parametrize("noise", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(50),
    PREFACE[:-1] + b"x" + frame(SETTINGS, 0, 0), bytes(1000)])
def test_what_is_no_http2(address: str, noise: bytes) -> None:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(noise)
        while True:
            try:
                if not connection.recv(65536):
                    break
            except ConnectionError:
                break


def test_a_preface_without_settings(address: str) -> None:
    with Http2Client(address, wait=False, greet=frame(PING, 0, 0, bytes(8))) as client:
        assert error_of(client) == PROTOCOL_ERROR


def flow_control_error(client: Http2Client) -> bool:
    """Versions of nghttp2 differ in whether the stream or the connection ends."""
    while True:
        got = client.read_frame()
        if got.kind in (RST_STREAM, GOAWAY):
            return (got.number if got.kind == RST_STREAM else got.error) == FLOW_CONTROL_ERROR


def test_more_data_than_the_window(h2_loop: Loop, native: NativeServer) -> None:
    """A stream whose requests wait is given no more than its 4 MiB."""
    with front_end(h2_loop, native, max_stream_backlog=1) as (_, where), \
            Http2Client(where) as client:
        client.headers(1, STREAM_INFER)
        message = grpc_message(echo(bytes(500_000)))
        client.data(1, grpc_message(echo(delay_ms=60_000)) + message)
        client.ping()
        try:
            for _ in range(9):
                client.data(1, message)
        except ConnectionError:
            pass        # it has been noticed already
        assert flow_control_error(client)


def test_a_window_that_overflows(address: str) -> None:
    with Http2Client(address) as client:
        client.headers(1)
        client.send(frame(WINDOW, 0, 1, struct.pack(">I", 2**31 - 1)))
        assert flow_control_error(client)


# --- floods --------------------------------------------------------------------------------


def test_bad_pings(h2_loop: Loop, native: NativeServer) -> None:
    keep_alive = KeepAlive(http2_max_ping_strikes=2)
    with front_end(h2_loop, native, keep_alive=keep_alive) as (_, where), \
            Http2Client(where) as client:
        for _ in range(4):
            client.send(frame(PING, 0, 0, bytes(8)))
        goaway = client.end()
        assert goaway is not None and goaway.error == ENHANCE_YOUR_CALM
        assert goaway.payload[8:] == b"too_many_pings"


def test_pings_between_answers_are_fine(h2_loop: Loop, native: NativeServer) -> None:
    keep_alive = KeepAlive(http2_max_ping_strikes=1)
    with front_end(h2_loop, native, keep_alive=keep_alive) as (_, where), \
            Http2Client(where) as client:
        for stream in range(1, 41, 2):
            client.ping()
            client.call(stream, echo())
            assert client.answer(stream).status == 0


def test_any_number_of_pings_where_the_option_says_so(h2_loop: Loop, native: NativeServer) -> None:
    with front_end(h2_loop, native, keep_alive=KeepAlive(http2_max_ping_strikes=0)) as (_, where), \
            Http2Client(where) as client:
        for _ in range(50):
            client.ping()


@pytest.mark.parametrize("flood", [
    frame(PING, 0, 0, bytes(8)), settings(window=70000), frame(SETTINGS, 0, 0)])
def test_acknowledgements_do_not_pile_up(h2_loop: Loop, native: NativeServer, flood: bytes) -> None:
    """A client that asks for answers without reading them."""
    with front_end(h2_loop, native, keep_alive=KeepAlive(http2_max_ping_strikes=0)) as (_, where), \
            Http2Client(where) as client, pytest.raises(ConnectionError):
        client.socket.settimeout(60)
        for _ in range(4000):
            client.send(flood * 1000)


def test_rapid_resets(address: str) -> None:
    with Http2Client(address, timeout=60) as client:
        error = struct.pack(">I", CANCEL)
        block = client.header_block()
        try:
            for at in range(0, 3000, 100):
                client.send(b"".join(
                    frame(HEADERS, END_HEADERS, stream, block) + frame(RST_STREAM, 0, stream, error)
                    for stream in range(2 * at + 1, 2 * (at + 100), 2)))
        except ConnectionError:
            pass
        goaway = client.end()
        assert goaway is None or goaway.error == ENHANCE_YOUR_CALM


def test_an_endless_header(address: str) -> None:
    with Http2Client(address) as client, pytest.raises((ConnectionError, Closed)):
        client.send(frame(HEADERS, 0, 1, client.header_block()))
        for i in range(10_000):
            client.send(frame(CONTINUATION, 0, 1, b"\x00\x08x-%06d\x7f\x00" % i + b"y" * 127))
        client.ping()


def test_more_streams_than_the_settings_allow(h2_loop: Loop, native: NativeServer) -> None:
    with front_end(h2_loop, native, max_streams=10) as (_, where), Http2Client(where) as client:
        for stream in range(1, 21, 2):
            client.headers(stream)
        client.data(1, grpc_message(echo()), end=True)
        assert client.answer(1).status == 0
        client.headers(21)
        client.ping()
        client.headers(23)
        assert error_of(client) == PROTOCOL_ERROR


def test_connections_beyond_the_limit(h2_loop: Loop, native: NativeServer) -> None:
    with front_end(h2_loop, native, max_connections=2) as (_, where), \
            Http2Client(where) as one, Http2Client(where):
        with pytest.raises((Closed, ConnectionError)):
            Http2Client(where)
        one.call(1, echo())
        assert one.answer(1).status == 0


# --- clients that take nothing -------------------------------------------------------------


def test_a_client_that_reads_nothing(h2_loop: Loop, native: NativeServer) -> None:
    """Its windows are wide open, its socket's buffer is full."""
    with front_end(h2_loop, native, send_timeout=0.4) as (_, where), Http2Client(
            where, greet=settings(window=2**31 - 1)) as client:
        client.send(frame(WINDOW, 0, 0, struct.pack(">I", 2**30)))
        client.call(1, echo(bytes(1000)))
        client.answer(1)
        before = alive()
        client.give = False
        client.headers(3)
        message = grpc_message(echo(bytes(30_000_000)))
        sent, window, streamed = 0, (1 << 24) - 2000, 1 << 22
        while sent < len(message):
            while min(window, streamed) < 1 << 16:
                got = client.until(WINDOW)
                if got.stream:
                    streamed += got.number
                else:
                    window += got.number
            part = message[sent : sent + min(window, streamed, 1 << 20)]
            sent, window, streamed = sent + len(part), window - len(part), streamed - len(part)
            client.data(3, part, end=sent == len(message))
        deadline = time.monotonic() + 20
        while alive() > before:
            assert time.monotonic() < deadline, "the call of the client that reads nothing lives"
            time.sleep(0.02)


def test_a_client_that_opens_no_window(h2_loop: Loop, native: NativeServer) -> None:
    """It reads its socket, but gives no window for the answer."""
    with front_end(h2_loop, native, send_timeout=0.4) as (_, where), \
            Http2Client(where, greet=settings(window=0)) as client:
        client.call(1, echo())
        assert client.until(GOAWAY).error == ENHANCE_YOUR_CALM
        client.end()


def test_a_slow_reader_of_a_stream_is_left_alone(h2_loop: Loop, native: NativeServer) -> None:
    with front_end(h2_loop, native, send_timeout=0.2) as (_, where), \
            Http2Client(where, greet=settings(window=0)) as client:
        client.headers(1, STREAM_INFER)
        client.data(1, grpc_message(echo()), end=True)
        client.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            client.until(GOAWAY)
        client.socket.settimeout(20)
        client.send(frame(WINDOW, 0, 1, struct.pack(">I", 1 << 20)))
        assert client.answer(1).status == 0


# --- noise ---------------------------------------------------------------------------------


def conversation(client: Http2Client, rng: random.Random) -> list[bytes]:
    """The frames of a few calls, in an order that makes sense."""
    out = []
    for stream in range(1, 2 * rng.randrange(1, 6), 2):
        path = rng.choice([INFER, INFER, STREAM_INFER, "/grpc.health.v1.Health/Check", "/x"])
        extra = rng.choice([[], [("grpc-timeout", "5m")], [("grpc-encoding", "gzip")],
                            [("x-bin", "AA==")]])
        block = client.header_block(path, extra)
        cut = rng.randrange(len(block))
        if rng.random() < 0.2:
            out += [frame(HEADERS, 0, stream, block[:cut]),
                    frame(CONTINUATION, END_HEADERS, stream, block[cut:])]
        else:
            out.append(frame(HEADERS, END_HEADERS, stream, block))
        message = grpc_message(echo(bytes(rng.randrange(300)), delay_ms=rng.randrange(3)),
                               rng.random() < 0.1)
        cut = rng.randrange(len(message))
        out += [frame(DATA, 0, stream, message[:cut]),
                frame(DATA, END_STREAM, stream, message[cut:])]
        if rng.random() < 0.3:
            out.append(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))
        if rng.random() < 0.2:
            out.append(frame(PRIORITY, 0, stream, b"\0\0\0\0\x10"))
        if rng.random() < 0.2:
            out.append(frame(WINDOW, 0, stream, struct.pack(">I", rng.randrange(1, 2**31))))
        if rng.random() < 0.1:
            out.append(settings(window=rng.choice([0, 1, 1000, 2**31 - 1])))
    return out


def mutated(frames: list[bytes], rng: random.Random) -> bytes:
    frames = list(frames)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(frames))
        kind = rng.randrange(6) if frames[at] else 0
        piece = bytearray(frames[at])
        if kind == 0:
            del frames[at]
        elif kind == 1:
            frames.insert(rng.randrange(len(frames) + 1), frames[at])
        elif kind == 2:
            piece[rng.randrange(min(9, len(piece)))] = rng.randrange(256)
            frames[at] = bytes(piece)
        elif kind == 3:
            piece[rng.randrange(len(piece))] ^= 1 << rng.randrange(8)
            frames[at] = bytes(piece)
        elif kind == 4:
            frames[at] = frame(rng.randrange(12), rng.randrange(256), rng.randrange(12),
                               rng.randbytes(rng.randrange(60)))
        else:
            frames[at] = frames[at][: rng.randrange(len(frames[at]))]
        if not frames:
            return b""
    return b"".join(frames)


@pytest.mark.timeout(max(120, SECONDS * 3))
def test_mutated_frames(address: str) -> None:
    print(f"TRITON_PY_FUZZ_SEED={SEED}")
    rng = random.Random(SEED)
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        rounds += 1
        with Http2Client(address, wait=False) as client:
            data = mutated(conversation(client, rng), rng)
            try:
                at = 0
                while at < len(data):
                    step = rng.choice([1, 10, 1000, 100_000])
                    client.send(data[at : at + step])
                    at += step
                client.socket.settimeout(0.02)
                for _ in range(rng.randrange(8)):
                    client.read_frame()
            except (ConnectionError, TimeoutError, Closed):
                pass        # the server may hang up on such a client, and need not answer it
        if rounds % 200 == 0:
            serves(address)
    print(f"{rounds} rounds")
    assert rounds > 20
