# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One connection of the nghttp2 transport: frames and calls, in any order and in any pieces.

An input is a byte for the settings and a list of steps, each a byte that says which, and what that takes
(see ``_Client``): well-formed calls and messages, frames of any kind with any payload, bytes that are no
frame, windows, resets, silence, time that passes.

What must hold: what comes back is HTTP/2, within the windows that were given; each call is answered
once, with a status that is not the server's fault unless its text is known; a call that was whole is
answered if its client lets it be; nothing is left behind.
"""

from __future__ import annotations

import gzip
import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import hpack
from fuzz_codec import messages as codec_messages
from fuzz_loop import Pipe, Stage, Violation
from fuzz_server import Served
from google.protobuf.message import DecodeError
from grpc_samples import mutate as make_nonsense
from http2_client import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    INFER,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    STREAM_INFER,
    WINDOW,
    Answer,
    frame,
    grpc_message,
)

import triton_py.core  # noqa: F401
from triton_py.grpc._call import alive
from triton_py.grpc._connection import Connection
from triton_py.grpc._endpoint import Endpoint
from triton_py.grpc._nghttp2 import load
from triton_py.grpc.handlers import Handlers
from triton_py.grpc.options import CompressionLevel, GrpcOptions
from triton_py.proto import grpc_service as pb
from triton_py.tracing import TraceManager

TIGHT, SMALL_WINDOWS, COMPRESSED = 1, 2, 4

CANCELLED, UNKNOWN, INTERNAL, UNAVAILABLE = 1, 2, 13, 14

#: What INTERNAL may say: gRPC has it for what is wrong with a call's frames.
OF_FRAMING = ("malformed grpc-timeout", "the stream ended inside a message",
              "a message's compressed flag", "a compressed message without",
              "the message can't be unpacked")

PATHS = (INFER, STREAM_INFER, *(
    f"/inference.GRPCInferenceService/{name}" for name in (
        "ServerLive", "ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics",
        "RepositoryIndex", "RepositoryModelLoad", "ServerMetadata")),
    "/inference.GRPCInferenceService/TraceSetting",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/nobody/Knows", "")

EXTRAS: tuple[tuple[tuple[str, str], ...], ...] = (
    (), (), (), (("grpc-timeout", "1S"),), (("grpc-timeout", "5m"),), (("grpc-timeout", "x"),),
    (("grpc-encoding", "gzip"),), (("grpc-encoding", "deflate"),), (("grpc-encoding", "br"),),
    (("grpc-accept-encoding", "gzip, deflate"),), (("triton_grpc_error", "true"),),
    (("x-forwarded", "value"), ("x-bin", "AAEC")), (("key", "x" * 300),), (("x-y", "\u00ff"),),
    (("triton_x", "1"),), (("x-" + "n" * 40, "v" * 2000),))


def messages() -> list[bytes]:
    """Of ModelInfer and of the stream; all are for models that are served."""
    repeat = pb.ModelInferRequest(model_name="repeat", id="r")
    repeat.inputs.add(name="IN", datatype="INT32", shape=[4])
    repeat.raw_input_contents.append(struct.pack("<4i", 1, 2, 3, 4))
    repeat.parameters["triton_enable_empty_final_response"].bool_param = True
    echo = pb.ModelInferRequest(model_name="echo")
    echo.inputs.add(name="INPUT0", datatype="UINT8", shape=[3])
    echo.raw_input_contents.append(b"abc")
    echo.parameters["p"].string_param = "q"
    large = pb.ModelInferRequest(model_name="echo", id="large")
    large.inputs.add(name="INPUT0", datatype="UINT8", shape=[20000])
    large.raw_input_contents.append(bytes(20000))
    classes = pb.ModelInferRequest(model_name="b")
    classes.inputs.add(name="INPUT0", datatype="FP32", shape=[1, 3])
    classes.raw_input_contents.append(struct.pack("<3f", 1, 3, 2))
    classes.outputs.add(name="OUTPUT0").parameters["classification"].int64_param = 2
    sequence = pb.ModelInferRequest(model_name="sequence")
    sequence.inputs.add(name="INPUT0", datatype="INT32", shape=[1, 1])
    sequence.raw_input_contents.append(struct.pack("<i", 7))
    sequence.parameters["sequence_id"].int64_param = 9
    sequence.parameters["sequence_start"].bool_param = True
    sequence.parameters["sequence_end"].bool_param = True
    own = [message.SerializeToString() for message in (repeat, echo, large, classes, sequence)]
    return [*own, *codec_messages(), pb.ModelReadyRequest(name="m").SerializeToString(), b""]


MESSAGES = messages()


# --- the server's side -----------------------------------------------------------------------


class _Target:
    def __init__(self) -> None:
        self.stage = Stage()
        self.served = Served()
        self.pool = ThreadPoolExecutor(2, "fuzz-pack")
        load()
        self.tracing = TraceManager()
        self.options = {level: self._options(level)
                        for level in (CompressionLevel.NONE, CompressionLevel.HIGH)}
        self.handlers, self.endpoints = self.stage.run(self._open())

    @staticmethod
    def _options(level: CompressionLevel) -> GrpcOptions:
        return GrpcOptions(
            max_message_bytes=1 << 20, max_tensors=16, max_parameters=16, max_stream_backlog=4,
            max_streams=16, max_header_size=4096, max_concurrent_calls=12, compression=level,
            header_forward_pattern="^x-")

    async def _open(self) -> tuple[list[Handlers], dict[CompressionLevel, Endpoint]]:
        all_handlers, endpoints = [], {}
        for level, options in self.options.items():
            handlers = Handlers(self.served.native, options, self.tracing)
            routes = {path.encode(): route for path, route in handlers.table().items()}
            endpoint = Endpoint(
                self.served.native, options, self.stage.clock, self.pool, routes,
                handlers.model_infer, handlers.inference.forwarded, handlers.inference.encode,
                self.tracing.tracer)
            endpoint.open()
            all_handlers.append(handlers)
            endpoints[level] = endpoint
        return all_handlers, endpoints

    async def _close(self) -> None:
        for handlers in self.handlers:
            handlers.stopping.set()
        for endpoint in self.endpoints.values():
            await endpoint.close(1)
        for handlers in self.handlers:
            await handlers.close()

    def close(self) -> None:
        self.stage.run(self._close())
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


# --- the client's side -----------------------------------------------------------------------


@dataclass
class _Stream:
    path: str = ""
    #: Opened as a call should be; whole: and closed so, with its messages.
    proper: bool = False
    whole: bool = False
    reset: bool = False
    answer: Answer = field(default_factory=Answer)
    ended: bool = False
    window: int = 65535


class _Input:
    """The bytes of an input, taken one after another; zeros when there are no more."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def __bool__(self) -> bool:
        return self.at < len(self.data)

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size:self.at]


class _Client:
    """What the steps do, and what comes back."""

    def __init__(self, pipe: Pipe, settings: int) -> None:
        self.pipe = pipe
        self.streams: dict[int, _Stream] = {}
        self.next = 1
        self.read = 0               # of pipe.taken
        self.decoder = hpack.Decoder()
        self.goaway = False
        self.strange = False        # it has sent what no client sends
        self.continued: tuple[int, int, bytearray] | None = None
        self.initial = 300 if settings & SMALL_WINDOWS else 65535
        self.window = 65535
        # By how much each of the settings that are not acknowledged yet makes windows smaller.
        self.unacknowledged: list[tuple[int, list[_Stream]]] = []
        self.send(PREFACE)
        self._settings(4, self.initial)

    def send(self, data: bytes) -> None:
        if not self.pipe.closing:
            self.pipe.feed(data)

    # --- steps ---

    async def step(self, given: _Input, stage: Stage) -> bool:
        """Does the next one. False: nothing can follow it."""
        kind = given.byte()
        which = kind >> 4
        match kind & 15:
            case 0:
                self.call(given, which & 1 == 0)
            case 1:
                self.open(given, end=bool(which & 1))
            case 2:
                self.message(given, MESSAGES[given.byte() % len(MESSAGES)], end=bool(which & 1))
            case 3:
                self.message(given, given.bytes(given.byte()), end=bool(which & 1))
            case 4:
                self.strange = True
                size = given.byte()
                self.send(frame(given.byte(), given.byte(), given.byte() % 16, given.bytes(size)))
            case 5:
                self.strange = True
                self.send(given.bytes(given.byte()))
            case 6:
                self.give(given.byte() % 8, 1 << which)
            case 7:
                stream = self._chosen(given)
                if stream is not None:
                    self.streams[stream].reset = True
                    self.send(frame(RST_STREAM, 0, stream, struct.pack(">I", which)))
            case 8:
                self.send(frame(PING, which & 1, 0, given.bytes(8).ljust(8, b"\0")))
            case 9:
                self.settings(which, given.byte())
            case 10:
                self.pipe.reads = which & 1 == 0
            case 11:
                stage.clock.advance((0.01, 1, 4, 30)[which & 3])
            case 12:
                self.pieces(given, 1 + which)
            case 13 if which == 13:
                self.pipe.hang_up(half=bool(given.byte() & 1))
                return False
            case 14 if which == 14:
                self.send(frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0)))
            case _:
                for _ in range(1 + which):
                    await self.pipe.turn()
        await self.pipe.turn()
        return True

    def _header(self, path: str, extra: Any) -> bytes:
        fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"),
                  ("te", "trailers"), ("content-type", "application/grpc"), *extra]
        return b"".join(b"\0" + _text(name.encode()) + _text(value.encode("latin-1"))
                        for name, value in fields)

    def open(self, given: _Input, end: bool) -> int:
        """A call begins; its header block is cut in two where the byte says so."""
        path = PATHS[given.byte() % len(PATHS)]
        extra = given.byte()
        block = self._header(path, EXTRAS[extra % len(EXTRAS)])
        stream, self.next = self.next, self.next + 2
        self.streams[stream] = _Stream(path, proper=bool(path), whole=end, window=self.initial)
        flags = END_STREAM if end else 0
        if extra < 128:
            self.send(frame(HEADERS, flags | END_HEADERS, stream, block))
        else:
            self.send(frame(HEADERS, flags, stream, block[:20])
                      + frame(CONTINUATION, END_HEADERS, stream, block[20:]))
        return stream

    def call(self, given: _Input, end: bool) -> None:
        """A whole call in two frames."""
        stream = self.open(given, end=False)
        self._data(stream, grpc_message(MESSAGES[given.byte() % len(MESSAGES)]), end)

    def message(self, given: _Input, data: bytes, end: bool) -> None:
        """A message on one of the streams, compressed where it may be."""
        which = given.byte()
        stream = self._chosen(given)
        if stream is None:
            return
        if which & 3 == 3:
            data = grpc_message(gzip.compress(data) if which & 4 else zlib.compress(data), 1)
        elif which & 3 == 2:
            # Announced otherwise than it is.
            data = bytes([which >> 6]) + struct.pack(">I", len(data) + which % 5 - 2 & 0xFFFFFFFF) + data
        else:
            data = grpc_message(data)
        self._data(stream, data, end)

    def _data(self, stream: int, data: bytes, end: bool) -> None:
        if self.streams[stream].whole or self.streams[stream].reset:
            self.strange = True
        self.streams[stream].whole |= end
        self.send(frame(DATA, END_STREAM if end else 0, stream, data))

    def _chosen(self, given: _Input) -> int | None:
        open_streams = list(self.streams)
        return open_streams[given.byte() % len(open_streams)] if open_streams else None

    def give(self, stream: int, size: int) -> None:
        """Windows; of stream 0 for all, of one that is not there for nobody."""
        if stream == 0:
            self.window += size
            self.send(frame(WINDOW, 0, 0, struct.pack(">I", size)))
        elif stream in self.streams and not self.streams[stream].ended:
            self.streams[stream].window += size
            self.send(frame(WINDOW, 0, stream, struct.pack(">I", size)))

    def settings(self, which: int, value: int) -> None:
        if which == 5:
            value = 16384 + value
        elif which in (1, 4):
            value *= 16
        elif which not in (3, 6):
            self.strange = True
        self._settings(which, value)

    def _settings(self, which: int, value: int) -> None:
        less = 0
        if which == 4:
            less = self.initial - value
            self.initial = value
        for stream in self.streams.values():
            stream.window -= min(less, 0)
        # Until it says that it knows, the server may send as much as it might before.
        self.unacknowledged.append((max(less, 0), [*self.streams.values()]))
        self.send(frame(SETTINGS, 0, 0, struct.pack(">HI", which, value)))

    def pieces(self, given: _Input, size: int) -> None:
        """A call whose bytes arrive a few at a time."""
        sent: list[bytes] = []
        send, self.send = self.send, sent.append      # type: ignore[method-assign]
        try:
            self.call(given, True)
        finally:
            self.send = send                          # type: ignore[method-assign]
        data = b"".join(sent)
        for at in range(0, len(data), size if len(data) < 1000 else 4096):
            self.send(data[at:at + (size if len(data) < 1000 else 4096)])

    # --- what comes back ---

    def receive(self) -> None:
        """Takes whole frames off what was read."""
        taken = self.pipe.taken
        while len(taken) >= self.read + 9:
            at = self.read
            end = at + 9 + int.from_bytes(taken[at:at + 3], "big")
            if len(taken) < end:
                return
            self.read = end
            stream = int.from_bytes(taken[at + 5:at + 9], "big")
            self._frame(taken[at + 3], taken[at + 4], stream, bytes(taken[at + 9:end]))

    def _frame(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if self.continued is not None and kind != CONTINUATION:
            raise Violation("a header block is cut into by another frame")
        if kind == GOAWAY:
            self.goaway = True
        elif kind == RST_STREAM:
            stream = self._open_stream(number, kind)
            if stream is not None:
                stream.answer.reset = struct.unpack(">I", payload)[0]
                stream.ended = True
        elif kind == HEADERS:
            if flags & END_HEADERS:
                self._headers(number, flags, payload)
            else:
                self.continued = number, flags, bytearray(payload)
        elif kind == CONTINUATION:
            if self.continued is None or self.continued[0] != number:
                raise Violation("a CONTINUATION of nothing")
            self.continued[2].extend(payload)
            if flags & END_HEADERS:
                number, first, block = self.continued
                self.continued = None
                self._headers(number, first, bytes(block))
        elif kind == DATA:
            stream = self._open_stream(number, kind)
            if stream is not None:
                if not stream.answer.headers:
                    raise Violation("data before the header")
                stream.answer.data += payload
                stream.window -= len(payload)
                self.window -= len(payload)
                if payload and not self.strange and (stream.window < 0 or self.window < 0):
                    raise Violation(f"more data than the windows allow: {stream.window} {self.window}")
                stream.ended = bool(flags & END_STREAM)
        elif kind == SETTINGS and flags & ACK and self.unacknowledged:
            less, streams = self.unacknowledged.pop(0)
            for stream in streams:
                stream.window -= less
        elif kind not in (SETTINGS, PING, WINDOW, PRIORITY):
            raise Violation(f"a frame of kind {kind}")

    def _headers(self, number: int, flags: int, block: bytes) -> None:
        fields = self.decoder.decode(block)
        stream = self._open_stream(number, HEADERS)
        if stream is None:
            return
        names = [name for name, _ in fields]
        if len(set(names)) != len(names):
            raise Violation(f"a field twice: {fields}")
        if stream.answer.headers:
            if not flags & END_STREAM:
                raise Violation(f"two headers: {fields}")
            stream.answer.trailers = dict(fields)
        else:
            stream.answer.headers = dict(fields)
        stream.ended = bool(flags & END_STREAM)

    def _open_stream(self, number: int, kind: int) -> _Stream | None:
        stream = self.streams.get(number)
        if stream is None:
            if not self.strange:
                raise Violation(f"a frame of kind {kind} on stream {number}, which nobody opened")
            stream = self.streams[number] = _Stream()
        if stream.ended:
            # What follows the end of an answer can only be the word that the rest need not be sent.
            if kind == RST_STREAM and stream.answer.reset is None:
                return None
            raise Violation(f"a frame of kind {kind} behind the end of stream {number}")
        return stream

    @property
    def answered(self) -> bool:
        """Whether every call is that was whole."""
        self.receive()
        return self.pipe.lost or self.goaway or self.strange or all(
            stream.ended or stream.reset or not (stream.proper and stream.whole)
            or stream.path.endswith("Watch") for stream in self.streams.values())


def _text(text: bytes) -> bytes:
    """A string of a header block, without Huffman coding."""
    size = len(text)
    if size < 127:
        return bytes([size]) + text
    out, size = b"\x7f", size - 127
    while size >= 128:
        out += bytes([size % 128 | 128])
        size //= 128
    return out + bytes([size]) + text


# --- what an answer must be ------------------------------------------------------------------


def _check_answer(stream: _Stream) -> None:
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
    level = CompressionLevel.HIGH if settings & COMPRESSED else CompressionLevel.NONE
    pipe = Pipe(target.stage.loop, Connection(target.endpoints[level]), tight=bool(settings & TIGHT))
    try:
        await _run(target, pipe, settings, _Input(data[1:]))
    except BaseException:
        pipe.abort()        # so that the next input does not find it
        raise


async def _run(target: _Target, pipe: Pipe, settings: int, given: _Input) -> None:
    stage = target.stage
    client = _Client(pipe, settings)
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
    if pipe.faults:
        raise Violation("; ".join(pipe.faults))
    for endpoint in target.endpoints.values():
        if endpoint.open_connections:
            raise Violation(f"{endpoint.open_connections} connections are open")
    stage.faults.check()


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
               [0, 1, 2, 3, 4, 0, 2, 4] * 9, [0, 3, 4, 5, 9, 11, 12, 13, 14, 128] * 8,
               range(len(MESSAGES)), strict=False)]
    out += [bytes([0]) + _call(path, 0, len(MESSAGES) - 2) for path in range(2, len(PATHS))]
    for settings in (0, TIGHT | SMALL_WINDOWS, COMPRESSED):
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
