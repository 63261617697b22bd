# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The request parser: what it accepts, what it refuses, and that fragmentation changes nothing."""

from __future__ import annotations

import random
import time

import pytest

from triton_py.http._parser import HttpError, RequestParser

GET = b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"
POST = (
    b"POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n"
    b"Inference-Header-Content-Length:  7 \r\n\r\nhello world"
)
CHUNKED = (
    b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"5\r\nhello\r\n1;name=value\r\n \r\n0005 \r\nworld\r\n0\r\nTrailer: yes\r\n\r\n"
)


def parse(data: bytes, **limits: int) -> list[dict]:
    return RequestParser(**limits).feed(data)


def test_a_get() -> None:
    [request] = parse(GET)
    assert request["method"] == "GET"
    assert request["target"] == "/v2/health/live"
    assert request["headers"] == [("Host", "x")]
    assert request["keep_alive"] is True
    assert request["body"] == b""


def test_a_post() -> None:
    [request] = parse(POST)
    assert request["body"] == b"hello world"
    assert request["headers"][-1] == ("Inference-Header-Content-Length", "7")


def test_a_chunked_body_is_joined() -> None:
    [request] = parse(CHUNKED)
    assert request["body"] == b"hello world"
    assert request["headers"] == [("Host", "x"), ("Transfer-Encoding", "Chunked")]


def test_pipelined_requests_come_out_in_order() -> None:
    requests = parse(GET + POST + CHUNKED + GET)
    assert [r["method"] for r in requests] == ["GET", "POST", "POST", "GET"]
    assert [r["body"] for r in requests] == [b"", b"hello world", b"hello world", b""]


@pytest.mark.parametrize("sample", [GET, POST, CHUNKED, b"\r\n" + GET, POST + CHUNKED + GET])
def test_every_split_gives_the_same_requests(sample: bytes) -> None:
    whole = parse(sample)
    for cut in range(1, len(sample)):
        parser = RequestParser()
        assert parser.feed(sample[:cut]) + parser.feed(sample[cut:]) == whole, cut
    parser = RequestParser()
    assert [r for i in range(len(sample)) for r in parser.feed(sample[i:i + 1])] == whole


@pytest.mark.parametrize(
    ("version", "connection", "expected"),
    [
        ("1.1", None, True), ("1.1", "close", False), ("1.1", "Keep-Alive", True),
        ("1.1", "foo, Close", False), ("1.0", None, False), ("1.0", "keep-alive", True),
    ],
)
def test_keep_alive(version: str, connection: str | None, expected: bool) -> None:
    lines = [f"GET / HTTP/{version}", "Host: x"]
    if connection:
        lines.append(f"Connection: {connection}")
    [request] = parse(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert request["keep_alive"] is expected


@pytest.mark.parametrize(
    ("target", "path"),
    [("http://host:80/v2?x", "/v2?x"), ("HTTPS://h/a/b", "/a/b"), ("http://h", "http://h"),
     ("https:/h/x", "https:/h/x"), ("http:", "http:"), ("*", "*"), ("/http://x/y", "/http://x/y")],
)
def test_the_absolute_form_of_a_target(target: str, path: str) -> None:
    assert parse(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())[0]["target"] == path


def head(*lines: str, start: str = "POST / HTTP/1.1", host: bool = True) -> bytes:
    return "\r\n".join([start, *(["Host: x"] if host else []), *lines, "", ""]).encode("latin-1")


REFUSED = {
    "no HTTP at all": (b"\x16\x03\x01\x02\x00", 400),
    "no HTTP, with a line": (b"hello\r\n\r\n", 400),
    "two empty lines first": (b"\r\n\r\n" + GET, 400),
    "bare LF after the request line": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "bare LF after a header": (b"GET / HTTP/1.1\r\nHost: x\n\r\n", 400),
    "bare CR inside a header": (b"GET / HTTP/1.1\r\nHost: x\rEvil: y\r\n\r\n", 400),
    "NUL in a header": (b"GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", 400),
    "no target": (head(start="GET HTTP/1.1"), 400),
    "two spaces": (head(start="GET  / HTTP/1.1"), 400),
    "space in the target": (head(start="GET /a b HTTP/1.1"), 400),
    "bytes above ASCII in the target": (head(start="GET /\xe9 HTTP/1.1"), 400),
    "no version": (head(start="GET /"), 400),
    "lower-case protocol": (head(start="GET / http/1.1"), 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/1.2": (head(start="GET / HTTP/1.2"), 505),
    "no Host": (head(host=False), 400),
    "two Hosts": (head("Host: y"), 400),
    "space before the colon": (head("Content-Length : 3"), 400),
    "a folded line": (head("X: a", " b"), 400),
    "no colon": (head("nonsense"), 400),
    "an empty name": (head(": x"), 400),
    "both framings": (head("Content-Length: 3", "Transfer-Encoding: chunked"), 400),
    "both framings, other order": (head("Transfer-Encoding: chunked", "Content-Length: 3"), 400),
    "two lengths": (head("Content-Length: 3", "Content-Length: 3"), 400),
    "a list of lengths": (head("Content-Length: 3, 3"), 400),
    "a signed length": (head("Content-Length: +3"), 400),
    "a negative length": (head("Content-Length: -3"), 400),
    "a hexadecimal length": (head("Content-Length: 0x3"), 400),
    "an empty length": (head("Content-Length:"), 400),
    "a length of 2**64": (head("Content-Length: 18446744073709551616"), 413),
    "a length of 100 digits": (head("Content-Length: " + "9" * 100), 413),
    "two transfer encodings": (head("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
                               400),
    "an unknown transfer encoding": (head("Transfer-Encoding: gzip, chunked"), 501),
    "chunked in HTTP/1.0": (head("Transfer-Encoding: chunked", start="POST / HTTP/1.0"), 400),
    "an unknown expectation": (head("Expect: the-unexpected"), 417),
    "a chunk without size": (head("Transfer-Encoding: chunked") + b"\r\n", 400),
    "a chunk size that is no number": (head("Transfer-Encoding: chunked") + b"zz\r\n", 400),
    "a signed chunk size": (head("Transfer-Encoding: chunked") + b"-1\r\n", 400),
    "a chunk size with 0x": (head("Transfer-Encoding: chunked") + b"0x5\r\nhello\r\n", 400),
    "a chunk size past 64 bits": (head("Transfer-Encoding: chunked") + b"f" * 17 + b"\r\n", 413),
    "a bare LF after a chunk size": (head("Transfer-Encoding: chunked") + b"5\nhello", 400),
    "data past the chunk's size": (head("Transfer-Encoding: chunked") + b"5\r\nhello!\r\n", 400),
    "a bare LF after chunk data": (head("Transfer-Encoding: chunked") + b"5\r\nhello\n", 400),
    "an endless chunk extension": (head("Transfer-Encoding: chunked") + b"5;" + b"x" * 300, 400),
    "two inference lengths": (head("Inference-Header-Content-Length: 1",
                                   "Inference-Header-Content-Length: 2"), 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    data, status = REFUSED[name]
    with pytest.raises(HttpError) as error:
        parse(data)
    assert error.value.status == status, error.value


def test_limits() -> None:
    with pytest.raises(HttpError, match="request line is too long") as error:
        parse(b"GET /" + b"a" * 1000, max_head_bytes=500)
    assert error.value.status == 414
    with pytest.raises(HttpError, match="header is too large") as error:
        parse(b"GET / HTTP/1.1\r\nX: " + b"a" * 1000, max_head_bytes=500)
    assert error.value.status == 431
    many = [f"X{i}: y" for i in range(10)]
    assert len(parse(head(*many), max_headers=11)[0]["headers"]) == 11
    with pytest.raises(HttpError, match="too many header fields") as error:
        parse(head(*many), max_headers=10)
    assert error.value.status == 431
    assert parse(head("Content-Length: 5") + b"hello", max_body_bytes=5)
    with pytest.raises(HttpError, match="larger") as error:
        parse(head("Content-Length: 6"), max_body_bytes=5)
    assert error.value.status == 413
    three = head("Transfer-Encoding: chunked") + b"1\r\na\r\n" * 3 + b"0\r\n\r\n"
    assert parse(three, max_chunks=3)[0]["body"] == b"aaa"
    with pytest.raises(HttpError, match="non-empty chunks"):
        parse(three, max_chunks=2)
    with pytest.raises(HttpError, match="larger") as error:
        parse(three, max_body_bytes=2)
    assert error.value.status == 413
    with pytest.raises(HttpError, match="too many"):
        parse(head("Transfer-Encoding: chunked") + b"0\r\n" + b"A: b\r\n" * 200 + b"\r\n")


def test_random_bytes_are_refused_or_wait() -> None:
    rng = random.Random(1)
    for _ in range(3000):
        data = rng.randbytes(rng.randrange(1, 200))
        try:
            assert parse(data) == []
        except HttpError as error:
            assert 400 <= error.status <= 505


def test_mutations_never_do_more_than_refuse() -> None:
    rng = random.Random(2)
    accepted = 0
    for _ in range(5000):
        data = bytearray(rng.choice([POST, CHUNKED]) + GET)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(data))
            match rng.randrange(3):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    del data[at]
                case 2:
                    data[at:at] = rng.choice([b"\r", b"\n", b"\r\n", b" ", b":", b"0"])
        try:
            accepted += len(parse(bytes(data))) > 0
        except HttpError as error:
            assert error.status in (400, 413, 414, 417, 431, 501, 505)
    assert accepted > 100


def test_fragments_cost_linear_time() -> None:
    """A header or a body byte by byte must not be scanned again and again."""
    def cost(size: int) -> float:
        data = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * size
        parser = RequestParser(max_head_bytes=1 << 24)
        started = time.process_time()
        for at in range(0, len(data), 16):
            parser.feed(data[at:at + 16])
        return time.process_time() - started

    small = min(cost(50_000) for _ in range(3))
    large = min(cost(400_000) for _ in range(3))
    assert large < 8 * small * 3 + 0.05     # quadratic would be 64 times
