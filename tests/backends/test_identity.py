# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The identity backend through the core, from Python."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_support import model, tensors

from triton_py import CancelledError, InternalError, InvalidArgumentError, Server

MANY = 200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("identity_models")
    vector = [("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_FP32", [-1])]
    model(folder, "plain", "identity", tensors(*vector))
    model(
        folder,
        "batched",
        "identity",
        tensors(*vector),
        "max_batch_size: 8 dynamic_batching { max_queue_delay_microseconds: 100000 }",
        parameters={"execute_delay_ms": "1"},
    )
    model(
        folder,
        "crossed",
        "identity",
        tensors(
            [("LEFT", "TYPE_INT8", [-1]), ("RIGHT", "TYPE_INT8", [-1])],
            [("A", "TYPE_INT8", [-1]), ("B", "TYPE_INT8", [-1]), ("C", "TYPE_INT8", [-1])],
        ),
        parameters={"A": "RIGHT", "B": "LEFT", "C": "LEFT"},
    )
    model(folder, "completed", "identity", "")
    kinds = ["TYPE_INT8", "TYPE_FP64", "TYPE_STRING", "TYPE_BOOL"]
    model(
        folder,
        "many",
        "identity",
        tensors(
            [(f"INPUT{k}", kinds[k % 4], [-1]) for k in range(MANY)],
            [(f"OUTPUT{k}", kinds[k % 4], [-1]) for k in range(MANY)],
        ),
    )
    with Server(model_repository=folder, log_error=True) as running:
        yield running


def test_copies_and_requested_outputs(server: Server) -> None:
    left, right = np.arange(3, dtype=np.int8), np.arange(5, dtype=np.int8)
    inputs = {"LEFT": left, "RIGHT": right}
    response = server.model("crossed").infer(inputs=inputs).result(timeout=10)
    assert {name: value.tolist() for name, value in response.outputs.items()} == {
        "A": right.tolist(),
        "B": left.tolist(),
        "C": left.tolist(),
    }
    response = server.model("crossed").infer(inputs=inputs, outputs=["C"]).result(timeout=10)
    assert list(response.outputs) == ["C"]


def test_many_tensors(server: Server) -> None:
    makers: list[Any] = [
        lambda k: np.full(k % 5, k % 100, np.int8),
        lambda k: np.full(k % 5, k / 3),
        lambda k: np.array([b"x" * k, b""], object),
        lambda k: np.array([k % 3 == 0] * (k % 5), np.bool_),
    ]
    inputs = {f"INPUT{k}": makers[k % 4](k) for k in range(MANY)}
    response = server.model("many").infer(inputs=inputs).result(timeout=10)
    assert len(response.outputs) == MANY
    for k in range(MANY):
        assert response[f"OUTPUT{k}"].tolist() == inputs[f"INPUT{k}"].tolist(), k


def test_auto_complete(server: Server) -> None:
    config = server.model("completed").config()
    assert [i["name"] for i in config["input"]] == ["INPUT0"]
    assert config["max_batch_size"] == 0
    response = server.model("completed").infer(inputs={"INPUT0": np.ones(2, np.float32)})
    assert response.result(timeout=10)["OUTPUT0"].tolist() == [1.0, 1.0]


def test_a_failing_request_has_no_effect_on_its_neighbours(server: Server) -> None:
    batched = server.model("batched")
    iterators = [
        batched.infer(
            inputs={"INPUT0": np.full((1, 4), k, np.float32)},
            parameters={"error": "not this one"} if k == 2 else {},
        )
        for k in range(6)
    ]
    for k, iterator in enumerate(iterators):
        if k == 2:
            with pytest.raises(InternalError, match="not this one"):
                iterator.result(timeout=10)
        else:
            assert iterator.result(timeout=10)["OUTPUT0"].tolist() == [[float(k)] * 4]


def test_an_error_from_execute_reaches_the_whole_batch(server: Server) -> None:
    batched = server.model("batched")
    iterators = [
        batched.infer(
            inputs={"INPUT0": np.zeros((1, 1), np.float32)},
            parameters={"execute_error": "all of you"} if k == 1 else {},
        )
        for k in range(3)
    ]
    failures = 0
    for iterator in iterators:
        try:
            iterator.result(timeout=10)
        except InternalError as error:
            assert "all of you" in str(error)
            failures += 1
    assert failures >= 1
    response = batched.infer(inputs={"INPUT0": np.ones((1, 1), np.float32)}).result(timeout=10)
    assert response["OUTPUT0"].tolist() == [[1.0]]


def test_cancelling_ends_a_delay(server: Server) -> None:
    started = time.monotonic()
    iterator = server.model("plain").infer(
        inputs={"INPUT0": np.zeros(1, np.float32)}, parameters={"delay_ms": 30000}
    )
    time.sleep(0.05)
    iterator.cancel()
    with pytest.raises(CancelledError):
        iterator.result(timeout=10)
    assert time.monotonic() - started < 10


def test_what_a_request_carries_arrives(server: Server) -> None:
    response = (
        server.model("plain")
        .infer(
            inputs={"INPUT0": np.zeros(1, np.float32)},
            request_id="seven",
            parameters={"echo_parameters": True, "s": "é", "i": -(2**62), "b": False, "d": 0.25},
            timeout=5_000_000,
            correlation_id=99,
            sequence_start=True,
            sequence_end=True,
        )
        .result(timeout=10)
    )
    echoed = response.parameters
    assert echoed["request_id"] == "seven"
    assert echoed["request_flags"] == 3
    assert echoed["request_timeout_us"] == 5_000_000
    assert echoed["request_correlation_id"] == 99
    assert (echoed["s"], echoed["i"], echoed["d"]) == ("é", -(2**62), 0.25)
    assert echoed["b"] is False and echoed["echo_parameters"] is True


def test_parameters_that_make_no_sense(server: Server) -> None:
    iterator = server.model("plain").infer(
        inputs={"INPUT0": np.zeros(1, np.float32)}, parameters={"delay_ms": "soon"}
    )
    with pytest.raises(InvalidArgumentError, match="delay_ms"):
        iterator.result(timeout=10)


def test_statistics_add_up(server: Server) -> None:
    batched = server.model("batched")

    def counts() -> tuple[int, int, dict[int, int], int, int]:
        [stats] = batched.statistics()["model_stats"]
        sizes = {b["batch_size"]: b["compute_infer"]["count"] for b in stats["batch_stats"]}
        times = stats["inference_stats"]
        return (
            int(stats["inference_count"]),
            int(stats["execution_count"]),
            {int(size): int(count) for size, count in sizes.items()},
            int(times["success"]["count"]),
            int(times["compute_infer"]["ns"]),
        )

    before = counts()
    iterators = [batched.infer(inputs={"INPUT0": np.zeros((2, 1), np.float32)}) for _ in range(12)]
    for iterator in iterators:
        iterator.result(timeout=10)
    after = counts()
    inferences, executions = after[0] - before[0], after[1] - before[1]
    sizes = {size: count - before[2].get(size, 0) for size, count in after[2].items()}
    assert inferences == 24 and after[3] - before[3] == 12
    assert sum(size * count for size, count in sizes.items()) == 24
    assert sum(sizes.values()) == executions < 12
    # Twelve requests of batches that took a millisecond at least, each counted with its batch.
    assert after[4] - before[4] >= 12 * 1_000_000


@pytest.mark.parametrize(
    ("config", "parameters", "reason"),
    [
        ("", {"initialize_error": "no model today"}, "no model today"),
        ("", {"instance_error": "no instance today"}, "no instance today"),
        ("", {"execute_delay_ms": "long"}, "execute_delay_ms must be an integer"),
        ("model_transaction_policy { decoupled: true }", {}, "decoupled"),
        ('output { name: "O" data_type: TYPE_FP32 dims: [ 1 ] }', {}, "O"),
    ],
)
def test_models_that_do_not_load(
    tmp_path: Path, config: str, parameters: dict[str, str], reason: str
) -> None:
    model(tmp_path, "bad", "identity", config, parameters=parameters)
    model(tmp_path, "good", "identity", "")
    with Server(model_repository=tmp_path, exit_on_error=False) as server:
        assert server.model("good").ready()
        [entry] = [m for m in server.native.model_index() if m["name"] == "bad"]
        assert entry["state"] == "UNAVAILABLE"
        assert reason in entry["reason"]
