# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The account of a request, by Triton's clients: where its time and its bytes went."""

from __future__ import annotations

import json
import queue
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from serving import ServerProcess
from tritonclient.utils import InferenceServerException

WANTED = {"triton_account": True}
OF_THE_CORE = {"queue_ns", "compute_input_ns", "compute_infer_ns", "compute_output_ns", "total_ns",
               "executions", "batch_size", "batch_requests", "input_bytes", "output_bytes"}
OF_THE_WIRE = {"wire_ns", "wire_bytes", "input_copied_bytes", "output_copied_bytes"}


def account_of(result: Any) -> dict[str, int]:
    response = result.get_response()
    if isinstance(response, dict):
        return json.loads(response["parameters"]["triton_account"])
    return json.loads(response.parameters["triton_account"].string_param)


class Case:
    """One client, and how its tensors travel."""

    def __init__(self, module: Any, client: Any, binary: bool) -> None:
        self.module, self.client, self.binary = module, client, binary

    def infer(self, model: str, array: np.ndarray, datatype: str = "INT32", **kwargs: Any) -> Any:
        tensor = self.module.InferInput("INPUT0", list(array.shape), datatype)
        if self.module is tritonclient.grpc:
            tensor.set_data_from_numpy(array)
            outputs = None
        else:
            tensor.set_data_from_numpy(array, binary_data=self.binary)
            outputs = [self.module.InferRequestedOutput("OUTPUT0", binary_data=self.binary)]
        return self.client.infer(model, [tensor], outputs=outputs, **kwargs)


@pytest.fixture(params=["http", "http-json", "grpc"])
def case(request: pytest.FixtureRequest, server: ServerProcess) -> Any:
    if request.param == "grpc":
        with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
            yield Case(tritonclient.grpc, client, True)
    else:
        with tritonclient.http.InferenceServerClient(server.http) as client:
            yield Case(tritonclient.http, client, request.param == "http")


def test_all_of_it(case: Case) -> None:
    started = time.monotonic_ns()
    result = case.infer("slow", np.arange(6, dtype=np.int32), parameters=WANTED)
    lasted = time.monotonic_ns() - started
    assert result.as_numpy("OUTPUT0").tolist() == list(range(6))
    got = account_of(result)
    assert set(got) == OF_THE_CORE | OF_THE_WIRE
    assert got["compute_infer_ns"] >= 290e6, "the model waits for 300 ms"
    parts = sum(got[f"{name}_ns"] for name in (
        "wire", "queue", "compute_input", "compute_infer", "compute_output"))
    assert parts <= got["total_ns"] <= lasted
    assert (got["executions"], got["batch_size"], got["batch_requests"]) == (1, 1, 1)
    assert (got["input_bytes"], got["output_bytes"]) == (24, 24)
    assert got["wire_bytes"] > 24
    if case.module is tritonclient.http:
        assert got["input_copied_bytes"] == (0 if case.binary else 24)
    else:
        assert got["input_copied_bytes"] == 0
    assert got["output_copied_bytes"] == 24, "small ones are joined with what stands before them"


def test_large_tensors_are_not_copied(case: Case) -> None:
    got = account_of(case.infer("echo", np.arange(100_000, dtype=np.int32), parameters=WANTED))
    assert (got["input_bytes"], got["output_bytes"]) == (400_000, 400_000)
    copied = 0 if case.binary else 400_000
    assert (got["input_copied_bytes"], got["output_copied_bytes"]) == (copied, copied)


def test_who_does_not_ask_gets_none(case: Case) -> None:
    for parameters in ({}, {"triton_account": False}, {"mine": 1}):
        result = case.infer("echo", np.arange(2, dtype=np.int32), parameters=parameters)
        response = result.get_response()
        given = response.get("parameters", {}) if isinstance(response, dict) else response.parameters
        assert "triton_account" not in given


@pytest.mark.parametrize("value", ["yes", 1])
def test_a_wish_of_the_wrong_type(case: Case, value: Any) -> None:
    with pytest.raises(InferenceServerException, match="triton_account"):
        case.infer("echo", np.arange(2, dtype=np.int32), parameters={"triton_account": value})
    assert case.infer("echo", np.arange(2, dtype=np.int32)) is not None


def test_the_backend_does_not_see_it(case: Case) -> None:
    """echo gives back the parameters that reach it."""
    result = case.infer("echo", np.arange(2, dtype=np.int32), parameters={**WANTED, "mine": "x"})
    response = result.get_response()
    given = response["parameters"] if isinstance(response, dict) else response.parameters
    assert "mine" in given
    assert not any(name.startswith("triton_account_") for name in given)


def test_an_error_is_as_ever(case: Case) -> None:
    with pytest.raises(InferenceServerException, match="this one fails"):
        case.infer("echo", np.arange(2, dtype=np.int32),
                   parameters={**WANTED, "error": "this one fails"})


def test_requests_of_one_batch(server: ServerProcess) -> None:
    """Some are in larger batches, and each account tells of its own."""
    def one(number: int) -> dict[str, int]:
        with tritonclient.http.InferenceServerClient(server.http) as client:
            tensors = []
            for name, datatype, array in (
                    ("INPUT0", "FP32", np.full((1, 4), number, np.float32)),
                    ("INPUT1", "BYTES", np.full((1, 2), b"ab", np.object_))):
                tensor = tritonclient.http.InferInput(name, list(array.shape), datatype)
                tensor.set_data_from_numpy(array)
                tensors.append(tensor)
            result = client.infer("batched", tensors, parameters=WANTED)
            assert result.as_numpy("OUTPUT0").tolist() == [[number] * 4]
            return account_of(result)

    sizes: set[int] = set()
    with ThreadPoolExecutor(16) as pool:
        deadline = time.monotonic() + 30
        while max(sizes, default=1) < 2 and time.monotonic() < deadline:
            for got in pool.map(one, range(32)):
                assert got["batch_size"] == got["batch_requests"] <= 8
                assert (got["input_bytes"], got["output_bytes"]) == (28, 28)
                sizes.add(got["batch_size"])
    assert max(sizes) > 1


def test_a_decoupled_models_responses(server: ServerProcess) -> None:
    """Each tells what is known when it is sent; they come as soon as ever."""
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        client.start_stream(callback=lambda result, error: results.put((result, error)))
        tensors = []
        for name, numbers, dtype, datatype in (("IN", [5, 6, 7], np.int32, "INT32"),
                                               ("DELAY", [0, 200, 200], np.uint32, "UINT32")):
            tensor = tritonclient.grpc.InferInput(name, [3], datatype)
            tensor.set_data_from_numpy(np.array(numbers, dtype))
            tensors.append(tensor)
        client.async_stream_infer("repeat", tensors, parameters=WANTED)
        seen = []
        for _ in range(3):
            result, error = results.get(timeout=20)
            assert error is None
            seen.append((time.monotonic(), account_of(result)))
        client.stop_stream()
    assert seen[1][0] - seen[0][0] > 0.1, "the first did not wait for the second"
    accounts = [account for _, account in seen]
    assert [a["output_bytes"] for a in accounts] == [8, 16, 24]
    assert all(a["executions"] == 1 and "queue_ns" in a for a in accounts)
    totals = [a["total_ns"] for a in accounts]
    assert totals == sorted(totals) and totals[2] - totals[0] >= 390e6


def test_generate(server: ServerProcess) -> None:
    request = urllib.request.Request(
        f"http://{server.http}/v2/models/repeat/generate",
        json.dumps({"IN": [4], "parameters": {"triton_account": True}}).encode())
    with urllib.request.urlopen(request, timeout=20) as answer:
        got = json.loads(answer.read())
    assert got["OUT"] == 4
    assert {"queue_ns", "total_ns", "wire_bytes"} <= set(json.loads(got["triton_account"]))
