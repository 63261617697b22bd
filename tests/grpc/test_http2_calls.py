# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What gRPC over HTTP/2 asks of a server, frame by frame: single calls."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import Any

import pytest
from grpc_support import Loop, front_end, request
from http2_client import (
    END_HEADERS,
    END_STREAM,
    HEADERS,
    INFER,
    NO_ERROR,
    RST_STREAM,
    STREAM_INFER,
    WINDOW,
    Http2Client,
    frame,
    grpc_message,
    settings,
)
from http2_support import (
    INTERNAL,
    INVALID_ARGUMENT,
    NOT_FOUND,
    OK,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    echo,
    output,
)

from triton_py.grpc import CompressionLevel
from triton_py.inprocess import NativeServer

pytestmark = pytest.mark.usefixtures("nothing_leaks")


# --- one call ------------------------------------------------------------------------------


def test_a_call(client: Http2Client) -> None:
    client.call(1, echo())
    answer = client.answer(1)
    assert answer.headers[":status"] == "200"
    assert answer.headers["content-type"] == "application/grpc"
    assert answer.status == OK and "grpc-status" in answer.trailers
    assert [output(m) for m in answer.messages] == [b"abc"]
    assert answer.reset is None


def test_an_error_comes_in_one_frame(client: Http2Client) -> None:
    client.call(1, request("no_such_model").SerializeToString())
    answer = client.answer(1)
    assert (answer.status, bytes(answer.data), answer.trailers) == (NOT_FOUND, b"", {})
    assert "no_such_model" in answer.details


def test_an_error_text_is_percent_encoded(client: Http2Client) -> None:
    client.call(1, request("100% ü\n").SerializeToString())
    details = client.answer(1).details
    assert "100%25 %C3%BC%0A" in details
    assert details.isascii() and details.isprintable()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
def test_a_message_in_many_frames(client: Http2Client, size: int) -> None:
    """The 5-byte prefix is split, too."""
    whole = grpc_message(echo(bytes(range(200))))
    client.headers(1)
    client.send(b"".join(
        frame(0, END_STREAM if at + size >= len(whole) else 0, 1, whole[at : at + size])
        for at in range(0, len(whole), size)))
    assert output(client.answer(1).messages[0]) == bytes(range(200))


def test_every_byte_in_a_segment_of_its_own(client: Http2Client) -> None:
    data = (frame(HEADERS, END_HEADERS, 1, client.header_block())
            + frame(0, END_STREAM, 1, grpc_message(echo())))
    for at in range(len(data)):
        client.send(data[at : at + 1])
    assert output(client.answer(1).messages[0]) == b"abc"


def test_the_stream_may_end_after_the_message(client: Http2Client) -> None:
    client.headers(1)
    client.data(1, grpc_message(echo()))
    client.ping()
    assert not client._ended
    client.data(1, b"", end=True)
    assert client.answer(1).status == OK


def test_trailers_of_a_client_end_its_stream(client: Http2Client) -> None:
    client.headers(1)
    client.data(1, grpc_message(echo()))
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x00\x01x\x01y"))
    assert client.answer(1).status == OK


@pytest.mark.parametrize("size", [1_000_000, 40_000_000])
def test_large_messages(client: Http2Client, size: int) -> None:
    data = bytes(range(256)) * (size // 256)
    whole = grpc_message(echo(data))
    client.headers(1)
    # Our settings allow frames of up to a MiB; without a flow-control error these get through
    # only if windows are given back while the message is incomplete.
    sent, window, streamed = 0, 1 << 24, 1 << 22
    while sent < len(whole):
        while window == 0 or streamed == 0:
            got = client.until(WINDOW)
            if got.stream:
                streamed += got.number
            else:
                window += got.number
        part = whole[sent : sent + min(window, streamed, 1 << 20)]
        sent += len(part)
        window -= len(part)
        streamed -= len(part)
        client.data(1, part, end=sent == len(whole))
    assert output(client.answer(1).messages[0]) == data


def test_a_hundred_streams_at_a_time(client: Http2Client) -> None:
    ids = range(1, 201, 2)
    for stream in ids:
        client.headers(stream)
    for stream in reversed(ids):
        client.data(stream, grpc_message(echo(b"%d" % stream, delay_ms=stream % 5)), end=True)
    for stream in ids:
        assert output(client.answer(stream).messages[0]) == b"%d" % stream


# --- flow control --------------------------------------------------------------------------


def test_tiny_windows(address: str) -> None:
    """With one byte of window at a time, one byte of data comes at a time."""
    with Http2Client(address, greet=settings(window=1)) as client:
        client.call(1, echo(b"xyz"))
        answer = client.answer(1)
        assert output(answer.messages[0]) == b"xyz"
        sizes = [len(f.payload) for f in client.frames if f.kind == 0 and f.payload]
        assert set(sizes) == {1} and len(sizes) == len(answer.data)


def test_no_window_no_data(address: str) -> None:
    with Http2Client(address, greet=settings(window=0)) as client:
        client.call(1, echo(b"x" * 100_000))
        client.until(HEADERS)
        client.ping()
        assert not [f for f in client.frames if f.kind == 0]
        # Another stream's answer without data is not held up by it.
        client.call(3, request("none").SerializeToString())
        assert client.answer(3).status == NOT_FOUND
        client.send(frame(WINDOW, 0, 1, struct.pack(">I", 40_000)))
        client.give = False
        while sum(len(f.payload) for f in client.frames if f.kind == 0) < 40_000:
            client.read_frame()
        client.ping()
        assert sum(len(f.payload) for f in client.frames if f.kind == 0) == 40_000
        client.send(frame(WINDOW, 0, 1, struct.pack(">I", 100_000))
                    + frame(WINDOW, 0, 0, struct.pack(">I", 100_000)))
        assert output(client.answer(1).messages[0]) == b"x" * 100_000


def test_large_answers_in_frames_of_the_clients_size(address: str) -> None:
    greet = settings(window=1 << 24, frame_size=1 << 16)
    with Http2Client(address, greet=greet) as client:
        client.send(frame(WINDOW, 0, 0, struct.pack(">I", 1 << 24)))
        client.call(1, echo(bytes(60_000)))
        client.answer(1)
        assert max(len(f.payload) for f in client.frames if f.kind == 0) > 16384


# --- what a client may get wrong -----------------------------------------------------------


@pytest.mark.parametrize(("more", "status"), [
    ({"method": "GET"}, "405"), ({"content_type": "application/json"}, "415"),
    ({"content_type": "application/grpcx"}, "415")], ids=str)
def test_what_is_no_grpc(client: Http2Client, more: dict[str, str], status: str) -> None:
    client.headers(1, end=True, **more)
    answer = client.answer(1)
    assert answer.headers == {":status": status}
    client.call(3, echo())
    assert client.answer(3).status == OK


@pytest.mark.parametrize("kind", ["application/grpc+proto", "application/grpc;charset=utf-8"])
def test_kinds_of_grpc(client: Http2Client, kind: str) -> None:
    client.headers(1, content_type=kind)
    client.data(1, grpc_message(echo()), end=True)
    assert client.answer(1).status == OK


@pytest.mark.parametrize(("path", "data", "status"), [
    ("/inference.GRPCInferenceService/Nothing", grpc_message(b""), UNIMPLEMENTED),
    ("/", grpc_message(b""), UNIMPLEMENTED),
    (INFER, b"", UNIMPLEMENTED),
    (INFER, grpc_message(b"") * 2, UNIMPLEMENTED),
    (INFER, grpc_message(b""), NOT_FOUND),
    (INFER, grpc_message(b"\xff" * 20), INVALID_ARGUMENT),
    (INFER, b"\0\0", INTERNAL),
    (INFER, b"\0\0\0\0\x09half", INTERNAL),
    (INFER, b"\x02\0\0\0\0", INTERNAL),
    (INFER, b"\x01\0\0\0\0", INTERNAL),
    (STREAM_INFER, b"\0\0\0\0\x09half", INTERNAL),
    ("/inference.GRPCInferenceService/ServerLive", grpc_message(b"\xff\xff"), INVALID_ARGUMENT),
    ("/inference.GRPCInferenceService/ServerLive", b"", UNIMPLEMENTED),
])
def test_wrong_requests(client: Http2Client, path: str, data: bytes, status: int) -> None:
    client.headers(1, path)
    client.data(1, data, end=True)
    assert client.answer(1).status == status
    client.call(3, echo())
    assert client.answer(3).status == OK


def test_a_refused_call_need_not_be_sent_to_its_end(client: Http2Client) -> None:
    client.headers(1, "/nothing")
    assert client.answer(1).status == UNIMPLEMENTED
    got = client.until(RST_STREAM)
    assert (got.stream, got.number) == (1, NO_ERROR)


def test_a_header_that_is_too_large(client: Http2Client) -> None:
    client.headers(1, extra=[(f"x-{i}", "y" * 2000) for i in range(7)])
    client.data(1, grpc_message(echo()), end=True)
    assert client.answer(1).status == OK
    client.headers(3, extra=[(f"x-{i}", "y" * 1000) for i in range(16)])
    answer = client.answer(3)
    assert answer.status == RESOURCE_EXHAUSTED and "header" in answer.details


def test_a_message_above_the_limit_is_refused_by_its_prefix(
    h2_loop: Loop, native: NativeServer
) -> None:
    with front_end(h2_loop, native, max_message_bytes=1000) as (_, where), \
            Http2Client(where) as client:
        client.headers(1)
        client.data(1, b"\0" + struct.pack(">I", 1001))
        assert client.answer(1).status == RESOURCE_EXHAUSTED
        # An answer above it is as well.
        client.call(3, echo(b"x" * 900, id="i" * 60))
        assert client.answer(3).status in (RESOURCE_EXHAUSTED, OK)


def test_an_announced_size_costs_nothing(client: Http2Client) -> None:
    """64 announcements of 2 GiB, and the memory of the few bytes that came."""
    def resident() -> int:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    before = resident()
    for stream in range(1, 129, 2):
        client.headers(stream)
        client.data(stream, b"\0" + struct.pack(">I", 2**31 - 1) + bytes(1000))
    client.ping()
    assert resident() - before < 100 << 20


# --- compression ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 300_000])
@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_requests(client: Http2Client, coding: str, pack: Any, size: int) -> None:
    # Random bytes stay large, and are unpacked by another thread.
    data = bytes(3) if size == 3 else bytes(i * 7919 >> 3 & 255 for i in range(size))
    client.headers(1, extra=[("grpc-encoding", coding)])
    client.data(1, grpc_message(pack(echo(data)), 1), end=True)
    assert output(client.answer(1).messages[0]) == data
    # Each message says for itself whether it is compressed.
    client.headers(3, extra=[("grpc-encoding", coding)])
    client.data(3, grpc_message(echo(b"plain")), end=True)
    assert output(client.answer(3).messages[0]) == b"plain"


@pytest.mark.parametrize("path", [INFER, STREAM_INFER,
                                  "/inference.GRPCInferenceService/ServerLive"])
def test_compressed_nonsense(client: Http2Client, path: str) -> None:
    for stream, packed in ((1, b"nonsense"), (3, gzip.compress(echo())[:-3])):
        client.headers(stream, path, [("grpc-encoding", "gzip")])
        client.data(stream, grpc_message(packed, 1), end=True)
        answer = client.answer(stream)
        assert answer.status == INTERNAL and "gzip" in answer.details


def test_an_unknown_compression_is_told_the_known_ones(client: Http2Client) -> None:
    client.headers(1, extra=[("grpc-encoding", "snappy")])
    answer = client.answer(1)
    assert answer.status == UNIMPLEMENTED
    assert answer.headers["grpc-accept-encoding"] == "identity, deflate, gzip"


@pytest.mark.parametrize("path", [INFER, STREAM_INFER])
def test_a_bomb_is_bounded_by_the_limit(
    h2_loop: Loop, native: NativeServer, path: str
) -> None:
    with front_end(h2_loop, native, max_message_bytes=100_000) as (_, where), \
            Http2Client(where) as client:
        client.headers(1, path, [("grpc-encoding", "gzip")])
        client.data(1, grpc_message(gzip.compress(bytes(50_000_000)), 1), end=True)
        assert client.answer(1).status == RESOURCE_EXHAUSTED


@pytest.mark.parametrize(("accept", "coding"), [
    ("identity, gzip", "gzip"), ("gzip,deflate", "gzip"), ("identity,deflate", None),
    ("", None)])
@pytest.mark.parametrize("size", [1000, 200_000])
def test_compressed_answers_only_to_those_who_take_them(
    h2_loop: Loop, native: NativeServer, accept: str, coding: str | None, size: int
) -> None:
    with front_end(h2_loop, native, compression=CompressionLevel.HIGH) as (_, where), \
            Http2Client(where) as client:
        client.call(1, echo(bytes(size)), extra=[("grpc-accept-encoding", accept)])
        answer = client.answer(1)
        assert answer.headers.get("grpc-encoding") == coding
        assert answer.data[0] == (coding is not None)
        message = answer.messages[0]
        assert output(gzip.decompress(message) if coding else message) == bytes(size)
