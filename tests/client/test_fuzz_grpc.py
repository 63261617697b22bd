# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Noise on the gRPC port: no crash, no hang, no growth, and the next good request is answered.

``TRITON_PY_FUZZ_SECONDS`` sets how long each kind of noise lasts; ``TRITON_PY_FUZZ_SEED`` repeats
a run.
"""

from __future__ import annotations

import os
import random
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_samples import good_request, mutate, other_typed_requests, typed_request
from sanitized import SANITIZED
from serving import ServerProcess, add_model, identity_config

from triton_py.proto import grpc_service as pb

SECONDS = float(os.environ.get("TRITON_PY_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("TRITON_PY_FUZZ_SEED", "0")) or random.randrange(1, 2**31)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    repository = Path(tmp_path_factory.mktemp("fuzz"))
    add_model(repository, "m", identity_config(["INT32", "BYTES"], "-1"))
    add_model(repository, "b", identity_config(["FP32"], "-1", 4, "dynamic_batching { }\n"))
    for datatype in ("INT8", "UINT16", "BYTES", "FP64", "BOOL"):
        add_model(repository, datatype, identity_config([datatype], "-1"))
    with ServerProcess(repository, "--model-control-mode=explicit", "--load-model=*") as server:
        yield server
        server.assert_alive()
        assert server.stop() == 0, server.output()[-4000:]


def check_serves(server: ServerProcess) -> None:
    server.assert_alive()
    method = pb.METHODS["ModelInfer"]
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.unary_unary(method.path, method.request.SerializeToString,
                                   method.response.FromString)
        assert call(good_request(), timeout=20).raw_output_contents[0] == struct.pack("<2i", 1, 2)


def messages(server: ServerProcess, rng: random.Random) -> Callable[[], None]:
    """Mutated messages to every method."""
    channel = grpc.insecure_channel(server.grpc)
    seeds = {
        "ModelInfer": [good_request().SerializeToString(), typed_request().SerializeToString(),
                       *other_typed_requests()],
        "ModelStreamInfer": [good_request().SerializeToString()],
        "RepositoryIndex": [pb.RepositoryIndexRequest(ready=True).SerializeToString()],
        "ModelStatistics": [pb.ModelStatisticsRequest(name="m").SerializeToString()],
        "ModelConfig": [pb.ModelConfigRequest(name="m", version="1").SerializeToString()],
        "ModelMetadata": [pb.ModelMetadataRequest(name="m").SerializeToString()],
        "ModelReady": [pb.ModelReadyRequest(name="m", version="1").SerializeToString()],
    }
    paths = {name: pb.METHODS[name].path for name in seeds}

    def once() -> None:
        # Inference is where the decoder is ours.
        name = rng.choice(["ModelInfer"] * 10 + list(seeds))
        data = rng.choice(seeds[name])
        data = rng.randbytes(rng.randrange(80)) if rng.random() < 0.15 else mutate(rng, data)
        if name == "ModelStreamInfer":
            call = channel.stream_stream(paths[name])
            good = good_request().SerializeToString()
            answers = list(call(iter([data, good]), timeout=20))
            assert len(answers) >= 1
            return
        try:
            channel.unary_unary(paths[name])(data, timeout=20)
        except grpc.RpcError as error:
            # A client's nonsense is the client's fault: never UNKNOWN, never the server's.
            assert error.code() in (
                grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND,
                grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.UNAVAILABLE,
            ), (name, data, error.code(), error.details())

    return once


def tcp(server: ServerProcess, rng: random.Random) -> Callable[[], None]:
    """Bytes that are no HTTP/2, or begin as it and go wrong."""
    host, _, port = server.grpc.rpartition(":")

    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(
            ">I", stream) + payload

    def once() -> None:
        parts = [PREFACE] if rng.random() < 0.8 else []
        if rng.random() < 0.5:
            parts.append(frame(4, 0, 0, b""))
        for _ in range(rng.randrange(6)):
            payload = rng.randbytes(rng.randrange(60))
            parts.append(frame(rng.randrange(12), rng.randrange(256), rng.randrange(8), payload)
                         if rng.random() < 0.8 else payload)
        data = b"".join(parts)
        if rng.random() < 0.3:
            data = mutate(rng, data)
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            try:
                connection.sendall(data)
                if rng.random() < 0.5:
                    connection.settimeout(0.02)
                    connection.recv(4096)
            except (TimeoutError, ConnectionError):
                pass  # the server may hang up on such a client, and need not answer it

    return once


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [messages, tcp], ids=lambda kind: kind.__name__)
def test_noise(fuzzed: ServerProcess, kind: Callable[..., Callable[[], None]]) -> None:
    print(f"TRITON_PY_FUZZ_SEED={SEED}")
    rng = random.Random(SEED)
    once = kind(fuzzed, rng)
    # The first rounds fill pools and caches.
    for _ in range(300):
        once()
    check_serves(fuzzed)
    before, memory = fuzzed.counters(), fuzzed.resident_bytes()
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        once()
        rounds += 1
        if rounds % 500 == 0:
            check_serves(fuzzed)
    check_serves(fuzzed)
    deadline = time.monotonic() + 10
    kinds = ("request", "response", "error", "output_buffer", "response_factory")
    while time.monotonic() < deadline:
        after = fuzzed.counters()
        if all(after[k] <= before[k] for k in kinds):
            break
        time.sleep(0.1)
    # There may be fewer: the answer before `before` was perhaps one that the loop had yet to see.
    assert [k for k in kinds if after[k] > before[k]] == [], (before, after)
    grown = fuzzed.resident_bytes() - memory
    print(f"{rounds} rounds, {grown / 2**20:+.1f} MiB")
    assert SANITIZED or grown < 16 << 20
