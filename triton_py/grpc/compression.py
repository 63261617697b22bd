# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Message compression, as gRPC names it: gzip and deflate, the latter with zlib's header."""

from __future__ import annotations

import zlib

from triton_py.errors import InternalError

_WINDOW = {"gzip": 31, "deflate": 15}


class MessageTooLarge(InternalError):
    """A message that unpacks to more than the limit; its status is RESOURCE_EXHAUSTED."""


def unpack(data: bytes, coding: str, limit: int) -> bytes:
    """The message that ``data`` was before it was compressed.

    Never holds more than ``limit`` bytes of it. Raises ``MessageTooLarge`` above that, and
    ``InternalError`` for what is no such stream.
    """
    unpacker = zlib.decompressobj(_WINDOW[coding])
    try:
        plain = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise InternalError(f"the message can't be unpacked as {coding}: {error}") from None
    if len(plain) > limit:
        raise MessageTooLarge(f"the message unpacks to more than {limit} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise InternalError(f"the message is no complete {coding} stream")
    return plain


def pack(data: bytes, coding: str) -> bytes | None:
    """The compressed message; None if that would be no smaller."""
    packed = zlib.compress(data, wbits=_WINDOW[coding])
    return packed if len(packed) < len(data) else None
