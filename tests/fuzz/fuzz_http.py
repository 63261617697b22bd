# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One HTTP connection: any bytes in any pieces, from a client that is as slow as it likes.

An input is a script and the bytes of the connection: a byte for the settings, one that says how long
the script is, the script (a byte for each piece, see ``_Client.act``), the bytes.

What must hold: as many answers as there are requests (the parser, given the same bytes one by one, says
how many), each well-formed, errors with a text and no status of ours, what identity models answer is
what they got, and nothing left behind.
"""

from __future__ import annotations

import gzip
import json
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fuzz_loop import Pipe, Stage, Violation
from fuzz_server import Served
from http_samples import mutate as make_nonsense
from http_samples import samples
from http_support import pack_strings, request_bytes

import triton_py.core  # noqa: F401
from triton_py.http._exchange import alive
from triton_py.http._json_infer import describe_json
from triton_py.http._parser import HttpError, RequestParser
from triton_py.http._protocol import Connection, Endpoint
from triton_py.http.app import ControlPlane
from triton_py.http.load_metrics import LoadMetrics
from triton_py.http.options import HttpOptions
from triton_py.tracing import TraceManager

#: Small, so that small inputs reach them.
LIMITS: dict[str, int] = {"max_header_size": 4096, "max_headers": 40, "max_chunks": 64,
                          "max_body_size": 1 << 16}
OPTIONS: dict[str, Any] = {
    **LIMITS, "max_input_size": 1 << 15, "max_inputs": 8, "max_outputs": 8, "max_pipelined": 4,
    "max_stream_backlog": 2048, "min_compress_size": 200, "header_forward_pattern": "^x-",
}

SIZES = (1, 2, 3, 7, 16, 40, 100, 250, 700, 2000, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20)

#: What a client may be told; 500 would be a fault of ours.
STATUSES = {200, 400, 404, 405, 408, 411, 413, 414, 415, 417, 431, 501, 503, 505}
TIGHT = 1


class _Target:
    def __init__(self) -> None:
        self.stage = Stage()
        self.served = Served()
        self.pool = ThreadPoolExecutor(2, "fuzz-read")
        options = HttpOptions(**OPTIONS)
        self.tracing = TraceManager()
        self.app = ControlPlane(self.served.native, options, self.tracing)
        self.endpoint = Endpoint(
            self.served.native, self.app, options, self.stage.clock, self.pool, self.tracing.tracer,
            None, LoadMetrics(self.served.native.metrics_text))
        self.endpoint.open()

    def close(self) -> None:
        self.stage.run(self.endpoint.close(1))
        self.app.close()
        self.tracing.close()
        self.pool.shutdown()
        self.served.close()
        self.stage.close()


_target: _Target | None = None


def open_target() -> None:
    global _target
    _target = _Target()


def close_target() -> None:
    global _target
    assert _target is not None
    _target.close()
    _target = None


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


def _plain(body: bytes, coding: str | None) -> bytes:
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
    text = _plain(reply.body, reply.headers.get("content-encoding"))
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


# --- a case ----------------------------------------------------------------------------------


class _Client:
    """The other end of the connection, as the script has it."""

    def __init__(self, pipe: Pipe, data: bytes) -> None:
        self.pipe, self.data = pipe, data
        self.sent = self.time = 0
        self.half = self.gone = False

    @property
    def waited(self) -> bool:
        """Whether it may have been told that it is too late."""
        return self.time >= HttpOptions.header_timeout

    async def act(self, step: int, stage: Stage) -> None:
        """A piece, whose size the low bits say; the high ones say what comes behind it."""
        size = SIZES[step & 15]
        piece = self.data[self.sent:self.sent + size]
        if piece and not self.half:
            self.sent += len(piece)
            self.pipe.feed(piece)
        match step >> 4:
            case 0 | 1 | 2 | 3:
                await self.pipe.turn()
            case 8:
                for _ in range(5):
                    await self.pipe.turn()
            case 9 | 10:
                self.pipe.reads = step >> 4 == 10
            case 11 | 12:
                seconds = 1 if step >> 4 == 11 else 70
                stage.clock.advance(seconds)
                self.time += seconds
            case 13 if not self.half and self.sent == len(self.data):
                self.half = True
                self.pipe.hang_up(half=True)
            case 14 if step & 15 == 14:
                self.gone = True
                self.pipe.hang_up(half=False)


async def _case(target: _Target, settings: int, script: bytes, data: bytes) -> None:
    pipe = Pipe(target.stage.loop, Connection(target.endpoint), tight=bool(settings & TIGHT))
    try:
        await _run(target, pipe, settings, script, data)
    except BaseException:
        pipe.abort()        # so that the next input does not find it
        raise


async def _run(target: _Target, pipe: Pipe, settings: int, script: bytes, data: bytes) -> None:
    stage = target.stage
    client = _Client(pipe, data)
    steps = 0
    while client.sent < len(data) and not client.gone and not pipe.closing and steps < 400:
        await client.act(script[steps % len(script)] if script else 10, stage)
        steps += 1
    pipe.reads = True
    if not client.half and not client.gone:
        pipe.feed(data[client.sent:])
        client.sent = len(data)
    wanted = asked(data[:client.sent])
    if client.gone or any(map(_is_slow, wanted.requests)):
        pipe.hang_up(half=False)
    else:
        await stage.until(
            lambda: _complete(client, wanted), lambda: f"no answer: {wanted}, {pipe.taken!r}",
            pipe.step)
        pipe.step()
        _check(client, wanted)
        if not pipe.lost and not client.half:
            pipe.hang_up(half=bool(settings & 2))
    await stage.until(lambda: pipe.lost, lambda: "a connection that is over is still there",
                      lambda: (stage.clock.advance(0.5), pipe.step()))
    await stage.until(lambda: not alive() and not target.served.grown(),
                      lambda: f"left behind: {alive()} exchanges, {target.served.grown()}")
    if pipe.faults:
        raise Violation("; ".join(pipe.faults))
    if target.endpoint.open_connections:
        raise Violation(f"{target.endpoint.open_connections} connections are open")
    stage.faults.check()


def _is_slow(request: dict[str, Any]) -> bool:
    """Whether the repeat model is asked to take its time."""
    if "/repeat/" not in request["target"]:
        return False
    headers = {name.lower(): value for name, value in request["headers"]}
    try:
        value = json.loads(_plain(request["body"], headers.get("content-encoding")))
    except (ValueError, zlib.error, OSError, EOFError, RecursionError):
        return False
    if isinstance(value, dict) and isinstance(value.get("parameters"), dict):
        value = {**value, **value["parameters"]}
    return isinstance(value, dict) and bool({"DELAY", "WAIT"} & value.keys())


def _complete(client: _Client, wanted: Asked) -> bool:
    """Whether everything is answered that will be."""
    if client.pipe.ended:
        return True
    got, _ = replies(bytes(client.pipe.taken), wanted.requests, False)
    if client.half or (wanted.ended and wanted.error is None):
        return False        # not before the server closes
    # Behind bytes that are no request it listens for a moment, so that its answer is not lost.
    return len(got) >= len(wanted.requests) + (wanted.error is not None)


def _check(client: _Client, wanted: Asked) -> None:
    """What the client has read, against what it asked."""
    got, cut = replies(bytes(client.pipe.taken), wanted.requests, client.pipe.lost)
    expected = len(wanted.requests) + (wanted.error is not None)
    # Of a client that takes nothing for so long the server lets go.
    if cut and not client.half and client.time < HttpOptions.send_timeout:
        raise Violation(f"an answer is cut off: {bytes(client.pipe.taken[-300:])!r}")
    for number, reply in enumerate(got):
        check_reply(wanted.requests[number] if number < len(wanted.requests) else None, reply)
    if client.waited or client.half:
        # A client that is too late is told so, if nothing else is to be told; one that says that it
        # is done does not get what was not answered yet.
        if len(got) > expected + client.waited:
            raise Violation(f"{len(got)} answers, at most {expected} were due")
        return
    closes = next((n + 1 for n, reply in enumerate(got)
                   if reply.headers.get("connection") == "close"), expected)
    if len(got) != min(expected, closes):
        raise Violation(f"{len(got)} answers to {expected} requests: {got}")
    if wanted.error is not None and len(got) == expected and got[-1].status != wanted.error.status:
        raise Violation(f"{got[-1]} where {wanted.error} was due")


def one_input(data: bytes) -> None:
    assert _target is not None
    if len(data) >= 2:
        size = data[1] % 32
        _target.stage.run(_case(_target, data[0], data[2:2 + size], data[2 + size:]))


# --- seeds and mutations ---------------------------------------------------------------------


def _post(model: str, kind: str, body: dict[str, Any], binary: bytes | None = None,
          **headers: str) -> bytes:
    text = json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if binary is not None:
        named["Inference-Header-Content-Length"] = str(len(text))
    return request_bytes("POST", f"/v2/models/{model}/{kind}", text + (binary or b""), named)


def requests() -> list[bytes]:
    """Requests that are answered with 200, nearly all of them."""
    numbers = {"name": "INPUT0", "shape": [1, 3], "datatype": "INT32", "data": [[1, -2, 3]]}
    chunked = request_bytes("POST", "/v2/models/echo/infer", None, {"Transfer-Encoding": "chunked"})
    text = json.dumps({"parameters": {"a": "b", "n": -5, "t": True, "r": 1.5e3}, "inputs": [
        {"name": "INPUT0", "shape": [2], "datatype": "UINT8", "data": [0, 255]}]}).encode()
    strings = {"name": "INPUT0", "shape": [2], "datatype": "BYTES", "data": ["a\u00e9\n", ""]}
    mixed = [
        {"name": "INPUT0", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}},
        {"name": "INPUT1", "shape": [1], "datatype": "BYTES", "data": ["\\"]},
        {"name": "INPUT2", "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}}]
    return [
        *samples(),
        _post("b", "infer", {"id": "x", "inputs": [
            {"name": "INPUT0", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3, 4.5]]}],
            "outputs": [{"name": "OUTPUT0", "parameters": {"classification": 1}}]}),
        _post("mixed", "infer", {"inputs": mixed, "outputs": [
            {"name": "OUTPUT2", "parameters": {"binary_data": True}},
            {"name": "OUTPUT1", "parameters": {"binary_data": False}}]}, bytes(12)),
        _post("sequence", "infer", {"inputs": [{**numbers, "shape": [1, 1], "data": [7]}],
              "parameters": {"sequence_id": 3, "sequence_start": True, "sequence_end": True}}),
        _post("identity_bytes", "infer", {"inputs": [strings]}, X_Name="value", Expect="100-continue"),
        _post("identity_fp32", "infer", {"inputs": [
            {"name": "INPUT0", "shape": [90], "datatype": "FP32", "data": [0.1] * 90}],
            "parameters": {"binary_data_output": False}}, Accept_Encoding="gzip;q=0.5, deflate"),
        _post("matrix", "infer", {"inputs": [
            {"name": "INPUT0", "datatype": "INT64", "data": [[1], [2]], "shape": [2, 1]}]}),
        _post("BOOL", "versions/1/infer", {"inputs": [
            {"name": "INPUT0", "shape": [2], "datatype": "BOOL", "data": [True, False]}]}),
        _post("repeat", "generate_stream", {"IN": [4, 5, 6]}),
        _post("one", "generate", {"INPUT0": "hello", "parameters": {"p": 1}, "id": "7"}),
        _post("one", "generate_stream", {"INPUT0": "a\u2028b"}),
        _post("repeat", "generate_stream", {"IN": [1]}).replace(b"HTTP/1.1", b"HTTP/1.0"),
        chunked + b"3;x=y\r\n%s\r\n%x\r\n%s\r\n0\r\nT: u\r\n\r\n" % (
            text[:3], len(text) - 3, text[3:]),
        request_bytes("HEAD", "/v2/models/one"), request_bytes("GET", "/v2/models/one/stats"),
        request_bytes("GET", "/v2/models/repeat/versions/1/ready"),
        request_bytes("POST", "/v2/repository/models/one/load",
                      b'{"parameters":{"config":"{}","file:1/x":"eA=="}}'),
        request_bytes("GET", "/v2", None, {"Connection": "close"}),
        request_bytes("OPTIONS", "http://x/%76%32/models"), request_bytes("GET", "/"),
        request_bytes("GET", "/v2/trace/setting"),
        request_bytes("POST", "/v2/models/one/trace/setting",
                      b'{"trace_level":["TIMESTAMPS"],"trace_rate":"1","trace_count":null}'),
    ]


def seeds() -> list[bytes]:
    all_requests = requests()
    out = [b"\0\0" + request for request in all_requests]
    out += [b"\x01\x04" + bytes([0x06, 0x95, 0xA3, 0x8A]) + request for request in all_requests]
    out.append(b"\x02\x01\x0a" + b"".join(all_requests))
    out.append(b"\x03\x02\x9a\xbf" + b"".join(all_requests[8:16] * 2))
    return out


def _split(stream: bytes) -> list[bytes]:
    """Requests, as far as heads tell."""
    parts, at = [], 0
    while (end := stream.find(b"\r\n\r\n", at)) >= 0:
        following = min((found for verb in (b"POST /", b"GET /", b"HEAD /")
                         if (found := stream.find(verb, end)) >= 0), default=len(stream))
        parts.append(stream[at:following])
        at = following
    return parts + ([stream[at:]] if at < len(stream) else [])


def _fitting(request: bytes) -> bytes:
    """With the lengths that its body has."""
    head, blank, body = request.partition(b"\r\n\r\n")
    if not blank or b"chunked" in head:
        return request
    lines = [line for line in head.split(b"\r\n")
             if not line.lower().startswith(b"content-length:")]
    for number, line in enumerate(lines):
        if line.lower().startswith(b"inference-header-content-length:") and b"}" in body:
            lines[number] = b"Inference-Header-Content-Length: %d" % (body.rindex(b"}") + 1)
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + blank + body


def mutate(data: bytes, random_seed: int, generic: Any) -> bytes:
    """Another input: the generic mutation of the fuzzer, or of one request's body, whose length
    then fits again; other requests beside it; another script."""
    rng = random.Random(random_seed)
    if len(data) < 2 or rng.random() < 0.3:
        return generic(data)
    size = data[1] % 32
    head, script, stream = data[:1], data[2:2 + size], data[2 + size:]
    parts = _split(stream) or [b""]
    at = rng.randrange(len(parts))
    match rng.randrange(7):
        case 0:
            script = rng.randbytes(rng.randrange(6))
        case 1:
            parts.insert(at, rng.choice(requests()))
        case 2:
            del parts[at]
        case 3:
            parts[at] = make_nonsense(rng, parts[at])
        case 4:
            parts[at] = rng.choice(requests())
        case _:
            front, blank, body = parts[at].partition(b"\r\n\r\n")
            body = generic(body) if rng.random() < 0.7 else make_nonsense(rng, body)
            parts[at] = _fitting(front + blank + body)
    return head + bytes([len(script)]) + script + b"".join(parts)


DICTIONARY = [
    b"\r\n", b"\r\n\r\n", b"Content-Length: ", b"Transfer-Encoding: chunked", b"0\r\n\r\n",
    b"Expect: 100-continue", b"Connection: close", b"Inference-Header-Content-Length: ",
    b"Content-Encoding: gzip", b"Accept-Encoding: gzip", b"/generate_stream", b"/generate", b"/infer",
    b'"shape":', b'"datatype":', b'"data":', b'"parameters":', b'"binary_data_size":',
    b'"classification":', b'"sequence_id":', b'"priority":', b'"outputs":', b"\\ud800\\udc00",
]
