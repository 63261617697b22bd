# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests of every kind, and what makes nonsense of them."""

from __future__ import annotations

import gzip
import json
import random
import struct

from http_support import request_bytes


def samples() -> list[bytes]:
    text = json.dumps({"id": "1", "inputs": [
        {"name": "INPUT0", "shape": [3], "datatype": "FP32", "data": [1, 2.5, -3e1]}],
        "parameters": {"p": True, "priority": 3}, "outputs": [{"name": "OUTPUT0"}]}).encode()
    binary = json.dumps({"inputs": [
        {"name": "INPUT0", "shape": [2], "datatype": "BYTES",
         "parameters": {"binary_data_size": 11}}]}).encode()
    raw = struct.pack("<I", 1) + b"a" + struct.pack("<I", 2) + b"bc"
    infer = "/v2/models/identity_fp32/infer"
    return [
        request_bytes("POST", infer, text),
        request_bytes("POST", "/v2/models/identity_bytes/infer", binary + raw,
                      {"Inference-Header-Content-Length": str(len(binary))}),
        request_bytes("POST", infer, struct.pack("<4f", 1, 2, 3, 4),
                      {"Inference-Header-Content-Length": "0"}),
        request_bytes("POST", infer, gzip.compress(text),
                      {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}),
        request_bytes("POST", infer, None, {"Transfer-Encoding": "chunked"})
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text),
        request_bytes("GET", "/v2/models/identity_fp32/config"),
        request_bytes("GET", "/v2/health/ready"),
        request_bytes("POST", "/v2/repository/index", b'{"ready": true}'),
    ]


def mutate(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0 if at < len(out):
                out[at] = rng.randrange(256)
            case 1:
                del out[at:at + rng.randrange(1, 20)]
            case 2:
                out[at:at] = rng.randbytes(rng.randrange(1, 10))
            case 3:
                out[at:at] = rng.choice([b"\r\n", b"[", b'"', b"{", b"99999999999999999999",
                                         b"-1", b"\\u0000", b"e400", b",", b"\0"])
            case 4:
                end = at + rng.randrange(1, 30)
                out[at:at] = out[at:end]
            case _ if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
    return bytes(out)
