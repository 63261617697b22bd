# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Random bytes and mutated requests: no crash, no hang, nothing left behind.

Two seconds by default; ``TRITON_PY_FUZZ_SECONDS=60`` for the long run. The seed is printed on
failure and may be given as ``TRITON_PY_FUZZ_SEED``.
"""

from __future__ import annotations

import errno
import gzip
import json
import os
import random
import socket
import struct
import time

import pytest
from http_support import Reader, call, request_bytes

SECONDS = float(os.environ.get("TRITON_PY_FUZZ_SECONDS", "2"))


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


def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def objects(server) -> dict[str, int]:
    """What is alive, once everything of clients that are gone has settled."""
    end = time.monotonic() + 10
    while True:
        live = call(server, "GET", "/v2/debug/objects").json
        if live["http_exchanges"] == 1 and live["request"] == 0:
            return live
        assert time.monotonic() < end, live
        time.sleep(0.02)


@pytest.mark.timeout(int(SECONDS) * 2 + 120)
def test_fuzz(server) -> None:
    seed = int(os.environ.get("TRITON_PY_FUZZ_SEED", random.randrange(1 << 32)))
    rng = random.Random(seed)
    valid = samples()
    for request in valid:
        with server.connect() as sock:
            sock.sendall(request)
            assert Reader(sock).reply().status == 200, request
    before = objects(server)
    warm = None
    rounds = 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if rng.random() < 0.2:
            data = rng.randbytes(rng.randrange(1, 3000))
        else:
            data = b"".join(
                mutate(rng, request) if rng.random() < 0.7 else request
                for request in rng.choices(valid, k=rng.randrange(1, 4)))
        try:
            with server.connect(10) as sock:
                at = 0
                while at < len(data):
                    step = rng.choice([1, 7, 100, len(data)])
                    sock.sendall(data[at:at + step])
                    at += step
                if rng.random() < 0.5:
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(1 << 16):
                        pass
        except TimeoutError:
            pytest.fail(f"the server hangs, seed {seed}, data {data!r}")
        except OSError as error:
            # A connection that the server reset has no end left to be shut.
            assert isinstance(error, ConnectionError) or error.errno == errno.ENOTCONN, seed
        rounds += 1
        if rounds == 300:
            warm = resident()
    live = objects(server)
    assert live == before, f"seed {seed}"
    assert rounds > 20
    if warm is not None:
        assert resident() - warm < 30 << 20, f"memory grew, seed {seed}"
    for request in valid:
        with server.connect() as sock:
            sock.sendall(request)
            assert Reader(sock).reply().status == 200, f"seed {seed}"
