# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One connection of the nghttp2 transport: frames and calls, in any order and in any pieces.

An input is a byte for the settings and a list of steps, each a byte that says which, and what that takes
(see ``Client``): well-formed calls and messages, frames of any kind with any payload, bytes that are no
frame, windows, resets, silence, time that passes.

What must hold: what comes back is HTTP/2, within the windows that were given; each call is answered
once, with a status that is not the server's fault unless its text is known; a call that was whole is
answered if its client lets it be; nothing is left behind.
"""

from __future__ import annotations

import random
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from fuzz_grpc_client import (
    COMPRESSED,
    MESSAGES,
    PATHS,
    SMALL_WINDOWS,
    TIGHT,
    Client,
    Input,
    Stream,
)
from fuzz_loop import Pipe, Stage, Violation
from fuzz_observed import LOGGED, TRACED, Log, observed
from fuzz_server import Served
from google.protobuf.message import DecodeError
from grpc_samples import mutate as make_nonsense
from http2_client import INFER, STREAM_INFER

import triton_py.core  # noqa: F401
from triton_py.grpc._call import alive
from triton_py.grpc._connection import Connection
from triton_py.grpc._endpoint import Endpoint
from triton_py.grpc._nghttp2 import load
from triton_py.grpc.handlers import Handlers
from triton_py.grpc.options import CompressionLevel, GrpcOptions
from triton_py.proto import grpc_service as pb

UNKNOWN, INTERNAL = 2, 13

#: What INTERNAL may say: gRPC has it for what is wrong with a call's frames.
OF_FRAMING = ("malformed grpc-timeout", "the stream ended inside a message",
              "a message's compressed flag", "a compressed message without",
              "the message can't be unpacked")

# --- the server's side -----------------------------------------------------------------------


class _Target:
    def __init__(self) -> None:
        self.stage = Stage()
        self.served = Served()
        self.pool = ThreadPoolExecutor(2, "fuzz-pack")
        load()
        self.observed = observed(self.served.place)
        self.handlers: list[Handlers] = []
        self.endpoints: dict[int, Endpoint] = {}
        self.stage.run(self._open())

    @staticmethod
    def _options(level: CompressionLevel) -> GrpcOptions:
        return GrpcOptions(
            max_message_bytes=1 << 20, max_tensors=16, max_parameters=16, max_stream_backlog=4,
            max_streams=16, max_header_size=4096, max_concurrent_calls=12, compression=level,
            max_stream_backlog_bytes=1 << 16, header_forward_pattern="^x-")

    async def _open(self) -> None:
        for bits, (tracing, log) in self.observed.items():
            for more, level in ((0, CompressionLevel.NONE), (COMPRESSED, CompressionLevel.HIGH)):
                options = self._options(level)
                handlers = Handlers(self.served.native, options, tracing)
                routes = {path.encode(): route for path, route in handlers.table().items()}
                inference = handlers.inference
                endpoint = Endpoint(
                    self.served.native, options, self.stage.clock, self.pool, routes,
                    handlers.model_infer, inference.forwarded, inference.encode, tracing.tracer, log)
                endpoint.open()
                self.handlers.append(handlers)
                self.endpoints[bits | more] = endpoint

    async def _close(self) -> None:
        for handlers in self.handlers:
            handlers.stopping.set()
        for endpoint in self.endpoints.values():
            await endpoint.close(1)
        for handlers in self.handlers:
            await handlers.close()

    def close(self) -> None:
        self.stage.run(self._close())
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


# --- what an answer must be ------------------------------------------------------------------


def _check_answer(stream: Stream) -> None:
    answer = stream.answer
    if answer.reset is not None or not answer.headers:
        return
    fields = {**answer.headers, **answer.trailers}
    if answer.headers[":status"] != "200":
        if answer.headers[":status"] not in ("400", "405", "415"):
            raise Violation(f"HTTP status {fields}")
        return
    if answer.headers.get("content-type") != "application/grpc":
        raise Violation(f"no gRPC: {fields}")
    data = bytes(answer.data)
    while data:
        if len(data) < 5 or data[0] > 1 or len(data) < 5 + struct.unpack(">I", data[1:5])[0]:
            if stream.ended:
                raise Violation(f"a message is cut off: {data[:40]!r}")
            break
        size = struct.unpack(">I", data[1:5])[0]
        if data[0] == 0:
            _check_message(stream.path, data[5:5 + size])
        elif "grpc-encoding" not in answer.headers:
            raise Violation("compressed, but not said how")
        data = data[5 + size:]
    if not stream.ended:
        return
    if "grpc-status" not in fields:
        raise Violation(f"no status: {fields}")
    status, text = int(fields["grpc-status"]), unquote(fields.get("grpc-message", ""))
    if status and not text:
        raise Violation(f"status {status} without a text")
    if status == UNKNOWN or (status == INTERNAL and not text.startswith(OF_FRAMING)):
        raise Violation(f"status {status}: {text}")
    if not status and stream.path == INFER and len(answer.messages) != 1:
        raise Violation(f"{len(answer.messages)} messages answer one")


def _check_message(path: str, data: bytes) -> None:
    kind = {INFER: pb.ModelInferResponse, STREAM_INFER: pb.ModelStreamInferResponse}.get(path)
    if kind is not None:
        try:
            kind.FromString(data)
        except DecodeError:
            raise Violation(f"no {kind.__name__}: {data!r}") from None


# --- a case ----------------------------------------------------------------------------------


async def _case(target: _Target, data: bytes) -> None:
    settings = data[0]
    endpoint = target.endpoints[settings & (COMPRESSED | LOGGED | TRACED)]
    pipe = Pipe(target.stage.loop, Connection(endpoint), tight=bool(settings & TIGHT))
    try:
        await _run(target, pipe, settings, Input(data[1:]))
    except BaseException:
        pipe.abort()        # so that the next input does not find it
        raise


async def _run(target: _Target, pipe: Pipe, settings: int, given: Input) -> None:
    stage = target.stage
    log = target.observed[settings & (LOGGED | TRACED)].log
    if log is not None:
        log.take()
    client = Client(pipe, settings)
    steps = 0
    while given and not pipe.closing and steps < 60 and await client.step(given, stage):
        client.receive()
        steps += 1
    pipe.reads = True
    for stream in (0, *client.streams):
        client.give(stream, 1 << 24)
    await stage.until(lambda: client.answered, lambda: f"not answered: {client.streams}", pipe.step)
    for stream in client.streams.values():
        _check_answer(stream)
    if not pipe.closing:
        pipe.hang_up(half=True)
    await stage.until(lambda: pipe.lost, lambda: "a connection that is over is still there", pipe.step)
    await stage.until(lambda: not alive() and not target.served.grown(),
                      lambda: f"left behind: {alive()} calls, {target.served.grown()}")
    if log is not None:
        _check_log(client, log)
    if pipe.faults:
        raise Violation("; ".join(pipe.faults))
    for endpoint in target.endpoints.values():
        if endpoint.open_connections:
            raise Violation(f"{endpoint.open_connections} connections are open")
    stage.faults.check()


def _check_log(client: Client, log: Log) -> None:
    """Each call that was answered stands in the log once."""
    records = log.take()
    answered = sum(stream.ended and stream.answer.reset is None
                   for stream in client.streams.values())
    if not client.strange and not answered <= len(records) <= len(client.streams):
        raise Violation(f"{answered} of {len(client.streams)} calls were answered, the log says {records}")


def one_input(data: bytes) -> None:
    assert _target is not None
    if data:
        _target.stage.run(_case(_target, data))


# --- seeds and mutations ---------------------------------------------------------------------


def _call(path: int, extra: int, message: int) -> bytes:
    return bytes([0x00, path, extra, message])


def seeds() -> list[bytes]:
    out = [bytes([settings]) + _call(0, extra, message)
           for settings, extra, message in zip(
               [0, 1, 2, 3, 4, 8, 16, 28] * 9, [0, 3, 4, 5, 9, 11, 12, 13, 14, 128] * 8,
               range(len(MESSAGES)), strict=False)]
    out += [bytes([0]) + _call(path, 0, len(MESSAGES) - 2) for path in range(2, len(PATHS))]
    for settings in (0, TIGHT | SMALL_WINDOWS, COMPRESSED, LOGGED, TRACED | LOGGED):
        # A stream: three messages, of which one is compressed, and its end.
        out.append(bytes([settings, 0x01, 1, 6, 0x02, 0, 0, 0, 0x02, 1, 7, 0, 0x12, 2, 0, 0, 0xFF]))
        out.append(bytes([settings, 0x01, 1, 10, 0x02, 5, 0, 0, 0x03, 3, 65, 66, 67, 0, 0, 0xFF]))
        # Two calls side by side, a reset, a ping, time.
        out.append(bytes([settings]) + _call(0, 0, 1) + bytes([0x10, 1, 0, 0, 0x07, 0, 0x08]) + bytes(8)
                   + bytes([0x3B]) + _call(0, 0, 2) + bytes([0xA6, 0, 0xC6, 1, 0x0B]))
    out.append(bytes([0, 0x3C, 0, 0, 1, 0x04, 5, 0, 1, 1]) + b"hello" + bytes([0x05, 9]) + b"\0" * 9)
    out.append(bytes([1, 0x49, 0, 0x0C, 0, 0, 2, 0x49, 255, 0x1A, 0x0A, 0xDD, 1]))
    return out


def mutate(data: bytes, random_seed: int, generic: Any) -> bytes:
    """The generic one, or steps put together anew."""
    rng = random.Random(random_seed)
    choice = rng.random()
    if choice < 0.5 or not data:
        return generic(data)
    if choice < 0.6:
        return make_nonsense(rng, data)
    at = rng.randrange(1, len(data) + 1)
    new = rng.choice((
        _call(rng.choice((0, 0, 0, 1, rng.randrange(len(PATHS)))), rng.randrange(256),
              rng.randrange(len(MESSAGES))),
        bytes([0x01, rng.randrange(2), rng.randrange(256)]),
        bytes([rng.choice((0x02, 0x12)), rng.randrange(len(MESSAGES)), rng.randrange(256),
               rng.randrange(4)]),
        bytes([rng.randrange(256), rng.randrange(16)]),
        bytes([0x03]) + _short(rng.choice(MESSAGES), rng) + bytes([0, rng.randrange(3)])))
    return data[:at] + new + data[at:]


def _short(message: bytes, rng: random.Random) -> bytes:
    message = make_nonsense(rng, message)[:255]
    return bytes([len(message)]) + message


DICTIONARY = [b"\x00\x00\x00\x01", b"\x01\x01\x00", b"\x02\x00\x00\x00", b"\x12\x00\x00\x00", b"\xdd\x01",
              b"\x3b", b"\x1a", b"\x0a", b"\xa6\x00", b"\x49\x00", b"\x07\x00", b"\xff"]
