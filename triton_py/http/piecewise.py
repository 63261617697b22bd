# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Large answers over TLS, handed to the transport as the client takes them.

uvloop's TLS encrypts at once whatever it is given, into memory of its own, and shows nothing of
what waits behind it. In pieces, an output of gigabytes costs no further gigabytes, and a client
that takes nothing is noticed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

#: Bytes that are encrypted at a time.
PIECE = 64 * 1024


class PiecewiseTransport:
    """What a connection uses of a transport, over a TLS transport that is written to in pieces.

    The connection passes on what the transport says about flow: ``pause`` and ``resume``.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: deque[memoryview] = deque()
        self._size = 0
        self._paused = False
        self._closing = False

    def write(self, data: Any) -> None:
        self.writelines((data,))

    def writelines(self, parts: Iterable[Any]) -> None:
        parts = list(parts)
        if not self._waiting and not self._paused and sum(map(len, parts)) <= PIECE:
            self._transport.writelines(parts)
            return
        for part in parts:
            if len(part):
                self._waiting.append(memoryview(part))
                self._size += len(part)
        self._feed()

    def _feed(self) -> None:
        while self._waiting and not self._paused:
            piece = self._waiting.popleft()
            if len(piece) > PIECE:
                self._waiting.appendleft(piece[PIECE:])
                piece = piece[:PIECE]
            self._size -= len(piece)
            self._transport.write(piece)
        if self._closing and not self._waiting:
            self._transport.close()

    def pause(self) -> None:
        """The transport has enough."""
        self._paused = True

    def resume(self) -> None:
        """The transport takes more."""
        self._paused = False
        self._feed()

    def get_write_buffer_size(self) -> int:
        return self._size + self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Closes as soon as what waits is written."""
        self._closing = True
        if not self._waiting:
            self._transport.close()

    def abort(self) -> None:
        self._waiting.clear()
        self._size = 0
        self._transport.abort()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)
