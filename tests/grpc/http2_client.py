# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""HTTP/2 by hand: a client that sends exactly the frames it is told to, wrong ones included."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import Any, Self

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4

NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 3, 8, 11

INFER = "/inference.GRPCInferenceService/ModelInfer"
STREAM_INFER = "/inference.GRPCInferenceService/ModelStreamInfer"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
            + struct.pack(">I", stream) + payload)


def grpc_message(data: bytes, compressed: int = 0) -> bytes:
    return bytes([compressed]) + struct.pack(">I", len(data)) + data


def settings(**values: int) -> bytes:
    ids = {"max_streams": 3, "window": 4, "frame_size": 5}
    return frame(SETTINGS, 0, 0, b"".join(
        struct.pack(">HI", ids[name], value) for name, value in values.items()))


@dataclass
class Frame:
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def number(self) -> int:
        """The error code of RST_STREAM, the increment of WINDOW_UPDATE."""
        return struct.unpack(">I", self.payload[:4])[0]

    @property
    def error(self) -> int:
        """The error code of GOAWAY."""
        return struct.unpack(">I", self.payload[4:8])[0]


@dataclass
class Answer:
    """What came back on one stream, up to its end."""

    headers: dict[str, str] = field(default_factory=dict)
    trailers: dict[str, str] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)
    reset: int | None = None

    @property
    def status(self) -> int:
        return int({**self.headers, **self.trailers}["grpc-status"])

    @property
    def details(self) -> str:
        return {**self.headers, **self.trailers}.get("grpc-message", "")

    @property
    def messages(self) -> list[bytes]:
        out, data = [], bytes(self.data)
        while data:
            (size,) = struct.unpack(">I", data[1:5])
            out.append(data[5 : 5 + size])
            data = data[5 + size :]
        return out


class Closed(Exception):
    """The server closed the connection."""


class Http2Client:
    """One connection, whose settings and windows are exchanged unless ``wait`` is false.

    Windows are given back as data is read, unless ``give`` is false.
    """

    def __init__(self, address: str, *, greet: bytes | None = None, give: bool = True,
                 wait: bool = True, timeout: float = 20) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.give = give
        self.goaway: Frame | None = None
        self.frames: list[Frame] = []
        self._buffer = bytearray()
        self._at = 0
        self._decoder = hpack.Decoder()
        self._streams: dict[int, Answer] = {}
        self._ended: set[int] = set()
        self.send(PREFACE + (settings(window=1 << 24) if greet is None else greet))
        if wait:
            # Only then may frames be as large as the server's settings say, and as many.
            self.until(WINDOW)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    # --- sending ---

    def header_block(self, path: str = INFER, extra: Any = (), *, method: str = "POST",
                     content_type: str = "application/grpc") -> bytes:
        fields = [(":method", method), (":scheme", "http"), (":path", path),
                  (":authority", "x"), ("te", "trailers"), ("content-type", content_type), *extra]
        return _block(fields)

    def headers(self, stream: int, path: str = INFER, extra: Any = (), *, end: bool = False,
                **more: Any) -> None:
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream,
                        self.header_block(path, extra, **more)))

    def trailers(self, stream: int, fields: Any) -> None:
        """Ends the request."""
        self.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, _block(fields)))

    def data(self, stream: int, data: bytes, *, end: bool = False) -> None:
        self.send(frame(DATA, END_STREAM if end else 0, stream, data))

    def call(self, stream: int, message: bytes, path: str = INFER, extra: Any = ()) -> None:
        """A whole request in two frames."""
        self.headers(stream, path, extra)
        self.data(stream, grpc_message(message), end=True)

    # --- receiving ---

    def read_frame(self) -> Frame:
        """The next frame; raises ``Closed`` at the connection's end. Settings are acknowledged."""
        while True:
            at = self._at
            if len(self._buffer) >= at + 9:
                end = at + 9 + int.from_bytes(self._buffer[at : at + 3], "big")
                if len(self._buffer) >= end:
                    stream = int.from_bytes(self._buffer[at + 5 : at + 9], "big") & 0x7FFFFFFF
                    got = Frame(self._buffer[at + 3], self._buffer[at + 4], stream,
                                bytes(self._buffer[at + 9 : end]))
                    self._at = end
                    self._take(got)
                    return got
            del self._buffer[: self._at]
            self._at = 0
            try:
                piece = self.socket.recv(1 << 20)
            except ConnectionError as error:
                raise Closed(str(error)) from None
            if not piece:
                raise Closed("end of file")
            self._buffer += piece

    def _reply(self, data: bytes) -> None:
        try:
            self.send(data)
        except ConnectionError:
            pass        # the server has hung up already, which a further read shows

    def _take(self, got: Frame) -> None:
        self.frames.append(got)
        if got.kind == SETTINGS and not got.flags & ACK:
            self._reply(frame(SETTINGS, ACK, 0))
        elif got.kind == GOAWAY:
            self.goaway = got
        elif got.kind == DATA:
            answer = self._streams.setdefault(got.stream, Answer())
            answer.data += got.payload
            if self.give and got.payload:
                size = struct.pack(">I", len(got.payload))
                self._reply(frame(WINDOW, 0, 0, size) + frame(WINDOW, 0, got.stream, size))
        elif got.kind == HEADERS:
            answer = self._streams.setdefault(got.stream, Answer())
            block = dict(self._decoder.decode(got.payload))
            if answer.headers:
                answer.trailers = block
            else:
                answer.headers = block
        elif got.kind == RST_STREAM:
            self._streams.setdefault(got.stream, Answer()).reset = got.number
            self._ended.add(got.stream)
        if got.kind in (DATA, HEADERS) and got.flags & END_STREAM:
            self._ended.add(got.stream)

    def answer(self, stream: int) -> Answer:
        """Reads until the stream has ended."""
        while stream not in self._ended:
            self.read_frame()
        return self._streams[stream]

    def until(self, kind: int) -> Frame:
        """Reads up to the next frame of a kind."""
        while True:
            got = self.read_frame()
            if got.kind == kind:
                return got

    def end(self) -> Frame | None:
        """Reads to the end of the connection; the GOAWAY, if there was one."""
        try:
            while True:
                self.read_frame()
        except Closed:
            return self.goaway

    def ping(self, payload: bytes = b"12345678") -> None:
        """A ping and its answer: what was sent before has been handled then."""
        self.send(frame(PING, 0, 0, payload))
        while True:
            got = self.read_frame()
            if got.kind == PING and got.flags & ACK and got.payload == payload:
                return


def _block(fields: Any) -> bytes:
    """Without the dynamic table: blocks may be repeated, mutated and reordered."""
    return b"".join(
        b"\x00" + literal(name.encode()) + literal(value.encode()) for name, value in fields)


def literal(text: bytes) -> bytes:
    """A string of a header block, without Huffman coding."""
    size = len(text)
    if size < 127:
        return bytes([size]) + text
    out, size = b"\x7f", size - 127
    while size >= 128:
        out += bytes([size % 128 | 128])
        size //= 128
    return out + bytes([size]) + text
