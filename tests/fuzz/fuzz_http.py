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

import json
import random
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fuzz_http_answers import LIMITS, Asked, asked, check_reply, plain, replies
from fuzz_loop import Pipe, Stage, Violation
from fuzz_observed import LOGGED, TRACED, Log, observed
from fuzz_server import Served
from http_samples import mutate as make_nonsense
from http_samples import samples
from http_support import request_bytes

import triton_py.core  # noqa: F401
from triton_py.http._exchange import alive
from triton_py.http._protocol import Connection, Endpoint
from triton_py.http.app import ControlPlane
from triton_py.http.load_metrics import LoadMetrics
from triton_py.http.options import HttpOptions

OPTIONS: dict[str, Any] = {
    **LIMITS, "max_input_size": 1 << 15, "max_inputs": 8, "max_outputs": 8, "max_pipelined": 4,
    "max_stream_backlog": 2048, "min_compress_size": 200, "header_forward_pattern": "^x-",
}

SIZES = (1, 2, 3, 7, 16, 40, 100, 250, 700, 2000, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20)

#: Bits of the settings: a socket that takes little, a client that says good-bye before it goes.
TIGHT, POLITE = 1, 2


class _Target:
    def __init__(self) -> None:
        self.stage = Stage()
        self.served = Served()
        self.pool = ThreadPoolExecutor(2, "fuzz-read")
        options = HttpOptions(**OPTIONS)
        self.observed = observed(self.served.place)
        self.apps = []
        self.endpoints = {}
        for bits, (tracing, log) in self.observed.items():
            app = ControlPlane(self.served.native, options, tracing)
            endpoint = Endpoint(self.served.native, app, options, self.stage.clock, self.pool,
                                tracing.tracer, log, LoadMetrics(self.served.native.metrics_text))
            endpoint.open()
            self.apps.append(app)
            self.endpoints[bits] = endpoint

    def close(self) -> None:
        for endpoint in self.endpoints.values():
            self.stage.run(endpoint.close(1))
        for app in self.apps:
            app.close()
        for tracing, _ in self.observed.values():
            tracing.close()
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
    endpoint = target.endpoints[settings & (LOGGED | TRACED)]
    pipe = Pipe(target.stage.loop, Connection(endpoint), tight=bool(settings & TIGHT))
    try:
        await _run(target, pipe, settings, script, data)
    except BaseException:
        pipe.abort()        # so that the next input does not find it
        raise


async def _run(target: _Target, pipe: Pipe, settings: int, script: bytes, data: bytes) -> None:
    stage = target.stage
    log = target.observed[settings & (LOGGED | TRACED)].log
    if log is not None:
        log.take()
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
        _check(client, wanted, log)
        if not pipe.lost and not client.half:
            pipe.hang_up(half=bool(settings & POLITE))
    await stage.until(lambda: pipe.lost, lambda: "a connection that is over is still there",
                      lambda: (stage.clock.advance(0.5), pipe.step()))
    await stage.until(lambda: not alive() and not target.served.grown(),
                      lambda: f"left behind: {alive()} exchanges, {target.served.grown()}")
    if pipe.faults:
        raise Violation("; ".join(pipe.faults))
    for endpoint in target.endpoints.values():
        if endpoint.open_connections:
            raise Violation(f"{endpoint.open_connections} connections are open")
    stage.faults.check()


def _is_slow(request: dict[str, Any]) -> bool:
    """Whether the repeat model is asked to take its time."""
    if "/repeat/" not in request["target"]:
        return False
    headers = {name.lower(): value for name, value in request["headers"]}
    try:
        value = json.loads(plain(request["body"], headers.get("content-encoding")))
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


def _check(client: _Client, wanted: Asked, log: Log | None) -> None:
    """What the client has read, against what it asked; and what the log says of it."""
    records = log.take() if log is not None else None
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
    if records is not None:
        said = [record.status for record in records]
        if said != [reply.status for reply in got]:
            raise Violation(f"the log says {said} of {got}")
        interim = bytes(client.pipe.taken).count(b"HTTP/1.1 100 Continue\r\n\r\n") * 25
        if sum(record.sent for record in records) not in (
                len(client.pipe.taken), len(client.pipe.taken) - interim):
            raise Violation(f"{len(client.pipe.taken)} bytes came, the log says {records}")
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
        _post("one", "generate", {"INPUT0": "x"}, endpoint_load_metrics_format="json",
              traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
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
    for bits in (LOGGED, TRACED, LOGGED | TRACED):
        out += [bytes([bits, 0]) + request for request in all_requests]
        out.append(bytes([bits | TIGHT, 1, 0x0A]) + b"".join(all_requests))
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
