# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The client of the gRPC target: what the steps of an input send, and what comes back."""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

import hpack
from fuzz_codec import messages as codec_messages
from fuzz_loop import Pipe, Stage, Violation
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
    literal,
)

from triton_py.proto import grpc_service as pb

#: Bits of the settings: a socket that takes little, windows that do, compressed answers.
TIGHT, SMALL_WINDOWS, COMPRESSED = 1, 2, 4

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
    (("triton_x", "1"),), (("x-" + "n" * 40, "v" * 2000),),
    (("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),))


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


@dataclass
class Stream:
    path: str = ""
    #: Opened as a call should be; whole: and closed so, with its messages.
    proper: bool = False
    whole: bool = False
    reset: bool = False
    answer: Answer = field(default_factory=Answer)
    ended: bool = False
    window: int = 65535


class Input:
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


class Client:
    """What the steps do, and what comes back."""

    def __init__(self, pipe: Pipe, settings: int) -> None:
        self.pipe = pipe
        self.streams: dict[int, Stream] = {}
        self.next = 1
        self.read = 0               # of pipe.taken
        self.decoder = hpack.Decoder()
        self.goaway = False
        self.strange = False        # it has sent what no client sends
        self.continued: tuple[int, int, bytearray] | None = None
        self.initial = 300 if settings & SMALL_WINDOWS else 65535
        self.window = 65535
        # By how much each of the settings that are not acknowledged yet makes windows smaller.
        self.unacknowledged: list[tuple[int, list[Stream]]] = []
        self.send(PREFACE)
        self._settings(4, self.initial)

    def send(self, data: bytes) -> None:
        if not self.pipe.closing:
            self.pipe.feed(data)

    # --- steps ---

    async def step(self, given: Input, stage: Stage) -> bool:
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
        return b"".join(b"\0" + literal(name.encode()) + literal(value.encode("latin-1"))
                        for name, value in fields)

    def open(self, given: Input, end: bool) -> int:
        """A call begins; its header block is cut in two where the byte says so."""
        path = PATHS[given.byte() % len(PATHS)]
        extra = given.byte()
        block = self._header(path, EXTRAS[extra % len(EXTRAS)])
        stream, self.next = self.next, self.next + 2
        self.streams[stream] = Stream(path, proper=bool(path), whole=end, window=self.initial)
        flags = END_STREAM if end else 0
        if extra < 128:
            self.send(frame(HEADERS, flags | END_HEADERS, stream, block))
        else:
            self.send(frame(HEADERS, flags, stream, block[:20])
                      + frame(CONTINUATION, END_HEADERS, stream, block[20:]))
        return stream

    def call(self, given: Input, end: bool) -> None:
        """A whole call in two frames."""
        stream = self.open(given, end=False)
        self._data(stream, grpc_message(MESSAGES[given.byte() % len(MESSAGES)]), end)

    def message(self, given: Input, data: bytes, end: bool) -> None:
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

    def _chosen(self, given: Input) -> int | None:
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

    def pieces(self, given: Input, size: int) -> None:
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

    def _open_stream(self, number: int, kind: int) -> Stream | None:
        stream = self.streams.get(number)
        if stream is None:
            if not self.strange:
                raise Violation(f"a frame of kind {kind} on stream {number}, which nobody opened")
            stream = self.streams[number] = Stream()
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
