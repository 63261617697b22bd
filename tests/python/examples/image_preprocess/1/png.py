# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""PNG with nothing but the standard library: 8 bits, grey or colour, with or without transparency."""

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Values for each pixel by the type of colour.
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def decode(data):
    """Pixels of height, width and three colours. ValueError says what is wrong."""
    if not data.startswith(SIGNATURE):
        raise ValueError(f"no PNG: it begins with {data[:8]!r}")
    header, packed, at = None, b"", len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", content)
        elif kind == b"IDAT":
            packed += content
        elif kind == b"IEND":
            break
        at += 12 + length
    if header is None:
        raise ValueError("a PNG without a header")
    width, height, bits, colour, _, _, interlaced = header
    if bits != 8 or colour not in CHANNELS or interlaced:
        raise ValueError(f"a PNG of {bits} bits, colour type {colour}, interlaced {interlaced}, "
                         "where 8 bits, type 0, 2, 4 or 6, not interlaced, are read")
    try:
        rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    except zlib.error as error:
        raise ValueError(f"a PNG whose pixels don't unpack: {error}") from None
    channels = CHANNELS[colour]
    if rows.shape[1] != 1 + width * channels:
        raise ValueError(f"a PNG of {width} x {height} with {rows.size} bytes of pixels")
    pixels = unfiltered(rows, channels).reshape(height, width, channels)
    colours = pixels[..., :channels - 1] if channels in (2, 4) else pixels
    return np.broadcast_to(colours, (height, width, 3))


def unfiltered(rows, channels):
    """Each row begins with the number of what it was predicted from; the rest is the difference."""
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    out = np.empty((len(rows), above.size), np.uint8)
    for number, row in enumerate(rows):
        kind, line = row[0], row[1:].copy()
        if kind == 2:
            line += above
        elif kind == 1:
            # Each channel's sums, modulo 256 as the bytes count.
            line = np.cumsum(line.reshape(-1, channels), axis=0, dtype=np.uint8).reshape(-1)
        elif kind in (3, 4):
            for i in range(line.size):
                left = int(line[i - channels]) if i >= channels else 0
                corner = int(above[i - channels]) if i >= channels else 0
                guess = (left + int(above[i])) // 2 if kind == 3 else paeth(left, int(above[i]), corner)
                line[i] = (int(line[i]) + guess) & 255
        elif kind:
            raise ValueError(f"row {number} of a PNG has filter {kind}")
        out[number] = above = line
    return out


def paeth(left, above, corner):
    """The neighbour that is nearest to left + above - corner."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda neighbour: abs(guess - neighbour))
