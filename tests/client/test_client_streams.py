# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Decoupled models through Triton's clients: streams over gRPC, and what HTTP's client can do."""

from __future__ import annotations

import asyncio
import json
import queue
import time
import urllib.request
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
from serving import ServerProcess
from tritonclient.utils import InferenceServerException


def inputs(client: Any, values: list[int], delays: list[int] | None = None) -> list[Any]:
    made = []
    for name, numbers, dtype, datatype in (("IN", values, np.int32, "INT32"),
                                           ("DELAY", delays, np.uint32, "UINT32")):
        if numbers is not None:
            tensor = client.InferInput(name, [len(numbers)], datatype)
            tensor.set_data_from_numpy(np.array(numbers, dtype))
            made.append(tensor)
    return made


def test_a_stream_of_the_grpc_client(server: ServerProcess) -> None:
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        client.start_stream(callback=lambda result, error: results.put((result, error)))
        for n in range(4):
            client.async_stream_infer(
                "repeat", inputs(tritonclient.grpc, [n, n + 1], [n * 10, 5]), request_id=str(n),
                enable_empty_final_response=True)
        client.async_stream_infer("repeat", inputs(tritonclient.grpc, [1], []), request_id="bad")
        got: dict[str, list[Any]] = {}
        for _ in range(13):
            result, error = results.get(timeout=20)
            if error is not None:
                assert "expected IN and DELAY shape to match" in error.message()
                continue
            response = result.get_response()
            final = response.parameters["triton_final_response"].bool_param
            out = result.as_numpy("OUT")
            got.setdefault(response.id, []).append((None if out is None else int(out[0]), final))
        client.stop_stream()
    assert got == {str(n): [(n, False), (n + 1, False), (None, True)] for n in range(4)}


def test_cancelling_a_stream_of_the_grpc_client(server: ServerProcess) -> None:
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        client.start_stream(callback=lambda result, error: results.put((result, error)))
        client.async_stream_infer("repeat", inputs(tritonclient.grpc, [1, 2], [0, 60_000]))
        assert results.get(timeout=20)[1] is None
        started = time.monotonic()
        client.stop_stream(cancel_requests=True)
        assert time.monotonic() - started < 10
    deadline = time.monotonic() + 10
    while server.counters()["request"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_stream_of_the_asyncio_client(server: ServerProcess) -> None:
    async def run() -> list[int]:
        async def requests() -> Any:
            for n in range(3):
                yield {"model_name": "repeat", "inputs": inputs(tritonclient.grpc.aio, [n, n],
                                                                [1, 1]), "request_id": str(n)}

        async with tritonclient.grpc.aio.InferenceServerClient(server.grpc) as client:
            values = []
            async for result, error in client.stream_infer(requests()):
                assert error is None
                values.append(int(result.as_numpy("OUT")[0]))
            return values

    assert sorted(asyncio.run(run())) == [0, 0, 1, 1, 2, 2]


def test_unary_calls_are_refused(server: ServerProcess) -> None:
    with tritonclient.http.InferenceServerClient(server.http) as client, \
            pytest.raises(InferenceServerException, match="decoupled transaction policy"):
        client.infer("repeat", inputs(tritonclient.http, [1]))
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client, \
            pytest.raises(InferenceServerException, match="decoupled transaction policy"):
        client.infer("repeat", inputs(tritonclient.grpc, [1]))


def test_generate_with_pythons_own_client(server: ServerProcess) -> None:
    """tritonclient has no call for generate; any HTTP client will do."""
    def post(kind: str, body: dict[str, Any]) -> Any:
        return urllib.request.urlopen(urllib.request.Request(
            f"http://{server.http}/v2/models/repeat/{kind}", json.dumps(body).encode(),
            {"Content-Type": "application/json"}), timeout=20)

    with post("generate", {"IN": 7}) as answer:
        assert json.load(answer)["OUT"] == 7
    with post("generate_stream", {"IN": [7, 8, 9], "DELAY": [0, 20, 20]}) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        lines = [line for line in answer if line != b"\n"]
    assert [json.loads(line.removeprefix(b"data: "))["OUT"] for line in lines] == [7, 8, 9]
