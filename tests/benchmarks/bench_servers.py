# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Small servers for the tests of what makes load: each connection has a thread, which hands every
request to a function of the test."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"

#: From a request's number (from 0, over all connections) to its answer; None: close.
Answer = Callable[[int], bytes | None]


class TinyServer:
    """HTTP/1.1 on a port of its own, as far as a load generator needs it."""

    def __init__(self, answer: Answer = lambda number: OK) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._numbers = itertools.count()
        self.requests: list[bytes] = []
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        with connection:
            while True:
                head, found, rest = data.partition(b"\r\n\r\n")
                length = _length(head) if found else 0
                if not found or len(rest) < length:
                    try:
                        more = connection.recv(1 << 16)
                    except OSError:
                        return
                    if not more:
                        return
                    data += more
                    continue
                data = rest[length:]
                with self._lock:
                    self.requests.append(head + b"\r\n\r\n" + rest[:length])
                    number = next(self._numbers)
                answer = self._answer(number)
                if answer is None:
                    return
                connection.sendall(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for connection in self._connections:
            connection.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
