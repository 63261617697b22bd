# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from typing import TypedDict

class HttpError(ValueError):
    """What is answered with an HTTP status and ``{"error": text}``."""

    status: int
    def __init__(self, status: int, reason: str) -> None: ...

class ParsedRequest(TypedDict):
    method: str
    target: str
    headers: list[tuple[str, str]]
    keep_alive: bool
    body: bytes

class RequestParser:
    """The request parser over Python bytes."""

    def __init__(
        self,
        *,
        max_head_bytes: int = 65536,
        max_headers: int = 100,
        max_chunks: int = 65536,
        max_body_bytes: int = ...,
    ) -> None: ...
    def feed(self, data: bytes) -> list[ParsedRequest]:
        """The requests that became complete.

        :raises HttpError: what the server would answer before it closes the connection.
        """
