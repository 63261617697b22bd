# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Clients that are killed in the middle: their requests end, and the log stays quiet.

A stream whose client was gone once ended in a traceback in the server's output: the next write
failed before the call counted as cancelled.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from serving import ServerProcess, add_model, identity_config

CLIENT = """
import sys
import time
import grpc
from triton_py.proto import grpc_service as pb

address, kind = sys.argv[1:]
request = pb.ModelInferRequest(model_name="m")
request.inputs.add(name="INPUT0", datatype="UINT8", shape=[2_000_000])
request.raw_input_contents.append(bytes(2_000_000))
channel = grpc.insecure_channel(address)
if kind == "stream":
    def requests():
        while True:
            yield request
    method = pb.METHODS["ModelStreamInfer"]
    call = channel.stream_stream(
        method.path, method.request.SerializeToString, method.response.FromString)(requests())
    next(call)
else:
    request.parameters["delay_ms"].int64_param = 30_000
    method = pb.METHODS["ModelInfer"]
    calls = [channel.unary_unary(method.path, method.request.SerializeToString).future(request)
             for _ in range(4)]
    time.sleep(0.3)
print("go", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["stream", "unary"])
def test_killed_clients(tmp_path: Path, kind: str) -> None:
    add_model(tmp_path, "m", identity_config(["UINT8"], "-1"))
    with ServerProcess(tmp_path) as server:
        quiet = len(server.output())
        before = server.counters()
        for _ in range(3):
            client = subprocess.Popen([sys.executable, "-c", CLIENT, server.grpc, kind],
                                      stdout=subprocess.PIPE)
            assert client.stdout is not None
            with client, client.stdout:
                assert client.stdout.readline() == b"go\n"
                time.sleep(0.2)
                client.kill()
        deadline = time.monotonic() + 15
        kinds = ("request", "response", "error", "output_buffer")
        while True:
            after = server.counters()
            if all(after[kind] == before[kind] for kind in kinds):
                break
            assert time.monotonic() < deadline, after
            time.sleep(0.1)
        assert server.output()[quiet:] == ""
        assert server.stop() == 0
