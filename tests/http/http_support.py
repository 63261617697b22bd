# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A plain-socket HTTP client that shows exactly what came back."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        assert set(self.json) == {"error"}, self
        return self.json["error"]

    @property
    def split(self) -> tuple[Any, bytes]:
        """The JSON and the binary part."""
        size = int(self.headers.get("inference-header-content-length", len(self.body)))
        return json.loads(self.body[:size]), self.body[size:]


class Reader:
    """Takes replies off a socket, one after another."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pending = b""

    def _more(self) -> bool:
        data = self.sock.recv(1 << 16)
        self.pending += data
        return bool(data)

    def at_end(self) -> bool:
        """Whether the server closed without another byte."""
        return not self.pending and not self._more()

    def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next reply; the body is still to come."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, _reason = first.split(" ", 2)
        assert version == "HTTP/1.1"
        headers = {}
        for line in lines:
            name, value = line.split(": ", 1)
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value
        return int(status), headers

    def reply(self, head_only: bool = False) -> Reply:
        status, headers = self.head()
        if status == 100:
            assert not headers
            return Reply(100, {}, b"")
        size = 0 if head_only else int(headers["content-length"])
        return Reply(status, headers, self._exactly(size))

    def _until(self, end: bytes) -> bytes:
        while end not in self.pending:
            if not self._more():
                raise ConnectionError(f"closed after {self.pending[-500:]!r}")
        found, _, self.pending = self.pending.partition(end)
        return found

    def _exactly(self, size: int) -> bytes:
        # In pieces: over TLS each is small, and adding them one by one takes their number squared.
        pieces, have = [self.pending], len(self.pending)
        while have < size:
            piece = self.sock.recv(1 << 16)
            if not piece:
                raise ConnectionError("closed inside a body")
            pieces.append(piece)
            have += len(piece)
        data = b"".join(pieces)
        self.pending = data[size:]
        return data[:size]

    def chunks(self) -> Iterator[bytes]:
        """The chunks of a body, up to its end."""
        while size := int(self._until(b"\r\n"), 16):
            chunk = self._exactly(size + 2)
            assert chunk.endswith(b"\r\n")
            yield chunk[:-2]
        assert self._exactly(2) == b"\r\n"

    def events(self) -> Iterator[Any]:
        """What the events of a chunked body say; each is a chunk of its own."""
        for chunk in self.chunks():
            yield event(chunk)


def event(text: bytes) -> Any:
    """The JSON of one server-sent event."""
    assert text.startswith(b"data: ") and text.endswith(b"\n\n"), text
    assert b"\n" not in text[:-2] and b"\r" not in text
    return json.loads(text[6:-2])


def request_bytes(method: str, path: str, body: bytes | None = None,
                  headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: test"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def call(server: Any, method: str, path: str, body: bytes | None = None,
         headers: dict[str, str] | None = None) -> Reply:
    """One request on a connection of its own."""
    with server.connect() as sock:
        sock.sendall(request_bytes(method, path, body, headers))
        return Reader(sock).reply(head_only=method == "HEAD")


def infer(server: Any, model: str, request: dict[str, Any] | bytes, binary: bytes | None = None,
          headers: dict[str, str] | None = None) -> Reply:
    """An inference; with ``binary``, in the binary data format."""
    text = request if isinstance(request, bytes) else json.dumps(request).encode()
    headers = dict(headers or {})
    if binary is not None:
        headers.setdefault("Inference-Header-Content-Length", str(len(text)))
    return call(server, "POST", f"/v2/models/{model}/infer", text + (binary or b""), headers)


def pack_strings(*values: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(v)) + v for v in values)
