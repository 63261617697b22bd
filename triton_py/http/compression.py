# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""gzip and deflate for bodies, through Python's zlib (no zlib headers are needed to build)."""

from __future__ import annotations

import zlib

from triton_py.http._parser import HttpError

GZIP, DEFLATE = 31, 15              # zlib's wbits
EITHER = 47                         # tells gzip and zlib apart by their headers
# What zlib is given at a time. What it does not take it copies, so that of many small members each
# would cost as much as all that follow.
STEP = 4096


def compress(body: bytes, coding: str) -> bytes:
    """``coding`` is "gzip" or "deflate" (which is zlib's format, as RFC 9110 says)."""
    packer = zlib.compressobj(wbits=GZIP if coding == "gzip" else DEFLATE)
    return packer.compress(body) + packer.flush()


def check_coding(coding: str) -> bool:
    """Whether a Content-Encoding needs decompression.

    :raises HttpError: 415, it is none that we know.
    """
    name = coding.strip().lower()
    if name in ("", "identity"):
        return False
    if name in ("gzip", "x-gzip", "deflate"):
        return True
    raise HttpError(415, f"Unsupported compression type '{coding[:40]}', use gzip or deflate")


def decompress(body: bytes | memoryview, limit: int) -> bytes:
    """A body out of its compressed form; gzip and zlib are told apart by what they begin with.

    :raises HttpError: 400, it is not the whole of a compressed body; 413, it is more than ``limit``
        bytes (nothing beyond that is allocated).
    """
    if not body:
        raise HttpError(400, "nothing to be decompressed")
    data = memoryview(body)
    parts, size, at = [], 0, 0
    try:
        while True:                 # a gzip body may have several members
            unpacker = zlib.decompressobj(wbits=EITHER)
            piece: bytes | memoryview = b""
            while not unpacker.eof:
                if not piece:
                    piece = data[at:at + STEP]
                    at += len(piece)
                part = unpacker.decompress(piece, min(limit - size, 1 << 20) + 1)
                size += len(part)
                if size > limit:
                    raise HttpError(
                        413, "Decompressed data size exceeds the maximum allowed value of "
                        f"{limit} bytes. Use --http-max-input-size to increase the limit.")
                parts.append(part)
                piece = unpacker.unconsumed_tail
                if not part and not piece and at == len(data) and not unpacker.eof:
                    raise HttpError(400, "the compressed request body is cut off")
            at -= len(unpacker.unused_data)
            if at == len(data):
                return b"".join(parts)
            if bytes(data[at:at + 2]) != b"\x1f\x8b":
                raise HttpError(400, "unexpected bytes after the compressed request body")
    except zlib.error as error:
        raise HttpError(400, f"the request body is not valid compressed data: {error}") from None
