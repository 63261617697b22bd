# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Eight clients at once: batches form, results stay with their requests, statistics add up."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from google.protobuf.json_format import MessageToDict
from serving import ServerProcess, add_model, identity_config, parameter

CLIENTS = 8
REQUESTS = 30          # of each client
MAX_BATCH = 8


@pytest.fixture(scope="module")
def batching(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model that takes 5 ms per execution, so that requests gather while it works."""
    repository = tmp_path_factory.mktemp("batching")
    delay = parameter("execute_delay_ms", 5)
    for protocol in ("grpc", "http"):
        add_model(repository, f"dynamic_{protocol}", identity_config(
            ["INT64", "BYTES"], "-1", MAX_BATCH,
            delay + "dynamic_batching { max_queue_delay_microseconds: 2000 }\n"))
        add_model(repository, f"plain_{protocol}", identity_config(
            ["INT64", "BYTES"], "-1", MAX_BATCH, delay))
    with ServerProcess(Path(repository)) as server:
        yield server
        assert server.stop() == 0, server.output()[-4000:]


def module_of(protocol: str) -> Any:
    return {"grpc": tritonclient.grpc, "http": tritonclient.http}[protocol]


def client_of(protocol: str, server: ServerProcess) -> Any:
    return module_of(protocol).InferenceServerClient(getattr(server, protocol))


def statistics(protocol: str, server: ServerProcess, model: str) -> dict[str, Any]:
    with client_of(protocol, server) as client:
        found = client.get_inference_statistics(model)
    if protocol == "grpc":
        found = MessageToDict(found, preserving_proto_field_name=True)
    return found["model_stats"][0]


def run_clients(protocol: str, server: ServerProcess, model: str, rows: list[int]) -> None:
    """Each client sends its own values, of ``rows[i % len]`` rows, and checks what comes back."""
    module = module_of(protocol)
    errors: list[BaseException] = []
    barrier = threading.Barrier(CLIENTS)

    def work(number: int) -> None:
        try:
            with client_of(protocol, server) as client:
                barrier.wait(30)
                for i in range(REQUESTS):
                    n = rows[(number + i) % len(rows)]
                    values = np.arange(n * 3, dtype=np.int64).reshape(n, 3)
                    values += number * 1_000_000 + i * 1000
                    texts = np.array([[f"{number}/{i}/{k}".encode()] for k in range(n)], object)
                    numbers = module.InferInput("INPUT0", values.shape, "INT64")
                    numbers.set_data_from_numpy(values)
                    strings = module.InferInput("INPUT1", texts.shape, "BYTES")
                    strings.set_data_from_numpy(texts)
                    result = client.infer(model, [numbers, strings], request_id=f"{number}-{i}")
                    response = result.get_response()
                    id_ = response.id if protocol == "grpc" else response["id"]
                    assert id_ == f"{number}-{i}"
                    assert np.array_equal(result.as_numpy("OUTPUT0"), values)
                    assert np.array_equal(result.as_numpy("OUTPUT1"), texts)
        except BaseException as error:  # noqa: BLE001  raised by the main thread
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    if errors:
        raise errors[0]


def number(value: Any) -> int:
    return int(value or 0)


def check_sums(entry: dict[str, Any], requests: int, inferences: int) -> Counter[int]:
    """What must hold of any statistics; returns executions by batch size."""
    assert number(entry["inference_count"]) == inferences
    stats = entry["inference_stats"]
    for part in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        assert number(stats[part]["count"]) == requests, part
    assert number(stats.get("fail", {}).get("count")) == 0
    parts = sum(number(stats[part].get("ns"))
                for part in ("queue", "compute_input", "compute_infer", "compute_output"))
    # A request's time is the time of its parts, and little more.
    assert 0 < parts <= number(stats["success"]["ns"])
    executions: Counter[int] = Counter()
    infer_ns = 0
    for batch in entry["batch_stats"]:
        count = number(batch["compute_infer"]["count"])
        executions[number(batch["batch_size"])] = count
        infer_ns += number(batch["compute_infer"].get("ns"))
        assert number(batch["compute_input"]["count"]) == count
        assert number(batch["compute_output"]["count"]) == count
    assert sum(executions.values()) == number(entry["execution_count"])
    assert sum(size * count for size, count in executions.items()) == inferences
    # Five milliseconds of each execution are the backend's.
    assert infer_ns >= sum(executions.values()) * 4_000_000
    return executions


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_batches_form_and_results_stay_apart(batching: ServerProcess, protocol: str) -> None:
    model = f"dynamic_{protocol}"
    run_clients(protocol, batching, model, [1, 2, 1, 3])
    inferences = sum([1, 2, 1, 3][(c + i) % 4] for c in range(CLIENTS) for i in range(REQUESTS))
    executions = check_sums(
        statistics(protocol, batching, model), CLIENTS * REQUESTS, inferences)
    assert max(executions) <= MAX_BATCH
    assert max(executions) > 3, f"no batch held more than one request: {executions}"
    assert sum(executions.values()) < CLIENTS * REQUESTS / 2, executions


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_without_dynamic_batching_each_request_is_its_own_batch(
    batching: ServerProcess, protocol: str
) -> None:
    model = f"plain_{protocol}"
    run_clients(protocol, batching, model, [2])
    executions = check_sums(
        statistics(protocol, batching, model), CLIENTS * REQUESTS, CLIENTS * REQUESTS * 2)
    assert executions == {2: CLIENTS * REQUESTS}
