# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the bytes of an HTTP connection ask for, what was answered, and what an answer must be."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from fuzz_loop import Violation
from http_support import pack_strings

import triton_py.core  # noqa: F401
from triton_py.http._json_infer import describe_json
from triton_py.http._parser import HttpError, RequestParser

#: Of the server. Small, so that small inputs reach them.
LIMITS: dict[str, int] = {"max_header_size": 4096, "max_headers": 40, "max_chunks": 64,
                          "max_body_size": 1 << 16}

#: What a client may be told; 500 would be a fault of ours.
STATUSES = {200, 400, 404, 405, 408, 411, 413, 414, 415, 417, 431, 501, 503, 505}


# --- what is to be answered ------------------------------------------------------------------


@dataclass
class Asked:
    """What the bytes of a connection ask for."""

    requests: list[dict[str, Any]]
    #: Why the bytes behind them are no request.
    error: HttpError | None
    #: Whether no further request is read.
    ended: bool


def asked(data: bytes) -> Asked:
    parser = RequestParser(
        max_head_bytes=LIMITS["max_header_size"], max_headers=LIMITS["max_headers"],
        max_chunks=LIMITS["max_chunks"], max_body_bytes=LIMITS["max_body_size"])
    requests: list[dict[str, Any]] = []
    for at in range(len(data)):
        try:
            requests += parser.feed(data[at:at + 1])
        except HttpError as error:
            return Asked(requests, error, True)
        if requests and not requests[-1]["keep_alive"]:
            return Asked(requests, None, True)
    return Asked(requests, None, False)


# --- what was answered -----------------------------------------------------------------------


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    chunks: list[bytes]


class Cut(Exception):
    """The bytes end inside an answer."""


def _head(data: bytes, at: int) -> tuple[int, dict[str, str], int]:
    end = data.find(b"\r\n\r\n", at)
    if end < 0:
        raise Cut
    first, *lines = data[at:end].decode("latin-1").split("\r\n")
    version, status, reason = first.split(" ", 2)
    if version != "HTTP/1.1" or not reason or len(status) != 3:
        raise Violation(f"no status line: {first!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(": ")
        if not colon or not name or name.lower() in headers:
            raise Violation(f"no header line, or one twice: {line!r}")
        headers[name.lower()] = value
    return int(status), headers, end + 4


def _chunks(data: bytes, at: int) -> tuple[list[bytes], int]:
    chunks = []
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            raise Cut
        size = int(data[at:end], 16)
        at = end + 2 + size + 2
        if at > len(data):
            raise Cut
        if data[at - 2:at] != b"\r\n":
            raise Violation("a chunk does not end with CRLF")
        if size == 0:
            return chunks, at
        chunks.append(data[end + 2:at - 2])


def replies(data: bytes, requests: list[dict[str, Any]], closed: bool) -> tuple[list[Reply], bool]:
    """The answers in the bytes; whether another one is cut off behind them."""
    out: list[Reply] = []
    at = 0
    try:
        while at < len(data):
            status, headers, body = _head(data, at)
            if status == 100:
                if headers:
                    raise Violation("headers in a 100")
                at = body
                continue
            asked_for = requests[len(out)] if len(out) < len(requests) else {"method": ""}
            chunks: list[bytes] = []
            if "content-length" in headers:
                size = int(headers["content-length"])
                # 408: what it is about was not read to its end, so nobody knows that it is a HEAD.
                size = 0 if asked_for["method"] == "HEAD" and status != 408 else size
                at = body + size
                if at > len(data):
                    raise Cut
            elif headers.get("transfer-encoding") == "chunked":
                chunks, at = _chunks(data, body)
            elif headers.get("content-type", "").startswith("text/event-stream"):
                if not closed:
                    raise Cut           # to the connection's end: HTTP/1.0
                at = len(data)
                chunks = [part + b"\n\n" for part in data[body:].split(b"\n\n")[:-1]]
            else:
                raise Violation(f"an answer without an end: {headers}")
            out.append(Reply(status, headers, data[body:at], chunks))
    except Cut:
        return out, True
    return out, False


# --- what an answer must be ------------------------------------------------------------------


def plain(body: bytes, coding: str | None) -> bytes:
    """A body without its compression."""
    if coding == "gzip":
        return gzip.decompress(body)
    return zlib.decompress(body) if coding == "deflate" else body


def _check_events(reply: Reply) -> None:
    for chunk in reply.chunks:
        if not chunk.startswith(b"data: ") or not chunk.endswith(b"\n\n") or b"\n" in chunk[:-2]:
            raise Violation(f"no event: {chunk!r}")
        value = json.loads(chunk[6:])
        if not isinstance(value, dict):
            raise Violation(f"an event that says nothing: {chunk!r}")


_NUMPY = {"BOOL": "?", "UINT8": "B", "UINT16": "H", "INT8": "b", "INT32": "i", "INT64": "q",
          "FP32": "f", "FP64": "d"}


def _bytes_of(output: dict[str, Any]) -> bytes:
    """The tensor whose elements an answer's JSON has."""
    if output["datatype"] == "BYTES":
        return pack_strings(*(text.encode() for text in output["data"]))
    return struct.pack(f"<{len(output['data'])}{_NUMPY[output['datatype']]}", *output["data"])


def _check_identity(request: dict[str, Any], headers: dict[str, str], answer: dict[str, Any],
                    binary: bytes) -> None:
    """What an identity model answers is what it got."""
    body, length = request["body"], headers.get("inference-header-content-length")
    size = len(body) if length is None else int(length)
    if size == 0:
        return
    at, sent = size, {}
    for tensor in describe_json(body[:size])["inputs"]:
        data = tensor["data"]
        if data is None:
            data = body[at:at + tensor["binary_data_size"]]
            at += len(data)
        sent[tensor["name"].replace("INPUT", "OUTPUT")] = tensor, data
    wanted = {output["name"]: output for output in describe_json(body[:size])["outputs"]}
    at = 0
    for output in answer["outputs"]:
        if "data" in output:
            got = _bytes_of(output)
        else:
            got = binary[at:at + output["parameters"]["binary_data_size"]]
            at += len(got)
        if output["name"] in sent and not wanted.get(output["name"], {}).get("classification"):
            tensor, data = sent[output["name"]]
            if got != data or output["shape"] != tensor["shape"]:
                raise Violation(f"{output['name']} is {got!r}, {data!r} was sent")
    if at != len(binary):
        raise Violation("binary data that belongs to no output")


def check_reply(request: dict[str, Any] | None, reply: Reply) -> None:
    if reply.status not in STATUSES:
        raise Violation(f"status {reply.status}: {reply.body!r}")
    method = request["method"] if request else ""
    if method == "HEAD":
        return
    if "text/event-stream" in reply.headers.get("content-type", ""):
        return _check_events(reply)
    text = plain(reply.body, reply.headers.get("content-encoding"))
    if reply.status != 200:
        # Health answers with a status alone.
        if text and not (set(json.loads(text)) == {"error"} and json.loads(text)["error"]):
            raise Violation(f"an error without a text: {text!r}")
        if not text and request and "/ready" not in request["target"]:
            raise Violation(f"an error without a text: {reply}")
        return None
    if not text or reply.headers["content-type"].startswith("text/html"):
        return None
    size = int(reply.headers.get("inference-header-content-length", len(text)))
    answer = json.loads(text[:size])
    path = request["target"].partition("?")[0] if request else ""
    if request and path.endswith("/infer"):
        headers = {name.lower(): value for name, value in request["headers"]}
        if headers.get("content-encoding", "identity").strip().lower() in ("", "identity"):
            _check_identity(request, headers, answer, text[size:])
    return None
