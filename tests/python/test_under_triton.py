# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""This project's libtriton_python.so under Triton's own server: it needs nothing but the backend API.

    python -m venv DIR && DIR/bin/pip install nvidia-pytriton 'numpy<2'
    TRITON_PY_PYTRITON=DIR pytest tests/python/test_under_triton.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors
from tritonclient import grpc, http
from tritonclient.utils import InferenceServerException

import triton_py
from triton_py.benchmarks.peers.peer import Served
from triton_py.benchmarks.peers.tritonserver import TritonServer

PLACE = os.environ.get("TRITON_PY_PYTRITON", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PLACE, reason="not run: TRITON_PY_PYTRITON names no nvidia-pytriton"),
]
ECHO = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
DECOUPLED = "model_transaction_policy { decoupled: true }"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("triton")
    models, backends = place / "models", place / "backends"
    add_model(models, "double", """
        def execute(self, requests):
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy() * 2)]) for r in requests]
        """, ECHO)
    add_model(models, "asks", """
        async def execute(self, requests):
            import asyncio
            answers = []
            for r in requests:
                inner = [pb_utils.InferenceRequest(model_name="double", requested_output_names=["OUT"],
                                                   inputs=[pb_utils.Tensor("IN", r.inputs()[0].as_numpy())])
                         for _ in range(3)]
                responses = await asyncio.gather(*(one.async_exec() for one in inner))
                parts = [response.output_tensors()[0].as_numpy() for response in responses]
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.concatenate(parts))]))
            return answers
        """, ECHO)
    add_model(models, "counts", """
        def execute(self, requests):
            for r in requests:
                sender = r.get_response_sender()
                for i in range(int(r.inputs()[0].as_numpy()[0])):
                    sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([i], np.float32))]))
                sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        """, ECHO + DECOUPLED)
    add_model(models, "dies", """
        def execute(self, requests):
            import ctypes
            if requests[0].inputs()[0].as_numpy()[0] == 7:
                ctypes.string_at(0)
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """, ECHO)
    backends.mkdir()
    (backends / "python").symlink_to(Path(triton_py.get_backend_dir()) / "python")
    with TritonServer(PLACE).serve(models, backends, place / "log.txt", []) as running:
        yield running


def ask(served: Served, model: str, data: list[float]) -> list[float]:
    with http.InferenceServerClient(f"127.0.0.1:{served.http}") as client:
        tensor = http.InferInput("IN", [len(data)], "FP32")
        tensor.set_data_from_numpy(np.array(data, np.float32))
        return client.infer(model, [tensor]).as_numpy("OUT").tolist()


def test_a_model_and_one_that_asks_it(served: Served) -> None:
    assert ask(served, "double", [1, 2]) == [2, 4]
    assert ask(served, "asks", [1, 2]) == [2, 4] * 3


def test_a_decoupled_model(served: Served) -> None:
    got: list[float] = []
    with grpc.InferenceServerClient(f"127.0.0.1:{served.grpc}") as client:
        tensor = grpc.InferInput("IN", [1], "FP32")
        tensor.set_data_from_numpy(np.array([100], np.float32))

        def take(result: grpc.InferResult, error: InferenceServerException | None) -> None:
            assert error is None, error
            got.append(float(result.as_numpy("OUT")[0]))

        client.start_stream(take)
        client.async_stream_infer("counts", [tensor])
        client.stop_stream()
    assert got == list(range(100))


def test_a_model_that_crashes_comes_back(served: Served) -> None:
    """With Triton's own backend it stays away until it is loaded again."""
    for _ in range(2):
        with pytest.raises(InferenceServerException, match="was killed by signal 11"):
            ask(served, "dies", [7])
        assert ask(served, "dies", [1]) == [1]
    assert ask(served, "double", [1]) == [2]
