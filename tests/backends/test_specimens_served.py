# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backends of other people's making load and serve; those that break the rules get an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_support import model, tensors

from triton_py import InternalError, Server, TritonError

VECTOR = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_FP32", [-1])])
GOOD = ("minimal", "linked", "sum", "later", "stream", "misuse", "fail_finalize")
BAD = {
    "no_execute": "ModelInstanceExecute",
    "no_backend": "ModelInstanceExecute",
    "unresolved": "TRITONBACKEND_NoSuchFunction",
    "newer": "does not support this backend",
    "fail_initialize": "Initialize fails on purpose",
    "fail_model": "ModelInitialize fails on purpose",
    "fail_instance": "ModelInstanceInitialize fails on purpose",
    "fail_second_instance": "ModelInstanceInitialize fails on purpose",
}


def libraries(specimens: Callable[[str], Path], names: Any) -> Path:
    """Compiles the specimens; they all lie in one backend directory."""
    built = [specimens(name) for name in names]
    return built[0].parent.parent


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, specimens: Callable[[str], Path]
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    for name in ("minimal", "linked", "sum", "later", "misuse", "fail_finalize"):
        model(folder, name, name, VECTOR, "max_batch_size: 4")
    numbers = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_INT32", [1])])
    model(folder, "stream", "stream", numbers, "model_transaction_policy { decoupled: true }")
    directory = libraries(specimens, GOOD)
    with Server(model_repository=folder, backend_directory=directory, log_error=True) as running:
        yield running


def row(*values: float) -> np.ndarray[Any, Any]:
    return np.array([values], np.float32)


@pytest.mark.parametrize("name", ["minimal", "linked", "later"])
def test_copies(server: Server, name: str) -> None:
    response = server.model(name).infer(inputs={"INPUT0": row(1, 2, 3)}).result(timeout=10)
    assert response["OUTPUT0"].tolist() == [[1.0, 2.0, 3.0]]


def test_cpp(server: Server) -> None:
    response = server.model("sum").infer(inputs={"INPUT0": row(1, 2, 4)}).result(timeout=10)
    assert response["OUTPUT0"].tolist() == [[7.0]]
    assert response.parameters["model"] == "sum"


def test_answers_from_another_thread(server: Server) -> None:
    iterators = [
        server.model("later").infer(inputs={"INPUT0": row(k)}, parameters={"later_ms": 30 - 10 * k})
        for k in range(4)
    ]
    assert [i.result(timeout=10)["OUTPUT0"].tolist() for i in iterators] == [
        [[float(k)]] for k in range(4)
    ]


def test_stream_after_release(server: Server) -> None:
    def numbers(**parameters: int) -> list[Any]:
        responses = server.model("stream").infer(
            inputs={"INPUT0": np.zeros(1, np.float32)},
            parameters=parameters,
            raise_on_error=False,
        )
        return [
            str(r.error) if r.error is not None else r["OUTPUT0"].tolist()[0]
            for r in responses
            if r.error is not None or r.outputs
        ]

    assert numbers(responses=3) == [0, 1, 2]
    assert numbers(responses=0) == []
    errors = numbers(responses=3, error_at=1)
    assert errors[0] == 0 and "an error in the stream" in errors[1] and errors[2] == 2


def test_unreported_requests_are_counted(server: Server) -> None:
    minimal = server.model("minimal")

    def counts() -> tuple[int, int]:
        [stats] = minimal.statistics()["model_stats"]
        return int(stats["inference_count"]), int(stats["inference_stats"]["success"]["count"])

    before = counts()
    for _ in range(5):
        minimal.infer(inputs={"INPUT0": np.zeros((2, 1), np.float32)}).result(timeout=10)
    after = counts()
    assert (after[0] - before[0], after[1] - before[1]) == (10, 5)


def misuse(server: Server, kind: str) -> dict[str, Any]:
    """Has the specimen misuse the API; what came of it."""
    wrong = server.model("misuse")
    try:
        wrong.infer(inputs={"INPUT0": row(0)}, parameters={"misuse": kind}).result(timeout=10)
    except TritonError:
        pass  # whether the request itself is answered with an error is not the question here
    report = wrong.infer(inputs={"INPUT0": row(0)}, parameters={"misuse": "report"})
    return report.result(timeout=10).parameters


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        ("double_release", 1),
        ("send_twice", 1),
        ("response_after_final", 1),
        ("use_after_release", 4),
        ("delete_after_send", 1),
        ("indices", 6),
        ("out_of_place", 2),
        ("outputs", 7),
        ("null_handles", 80),
    ],
)
def test_misuse_is_answered_by_an_error(server: Server, kind: str, calls: int) -> None:
    report = misuse(server, kind)
    assert report["calls"] >= calls
    # Deleting nothing is fine.
    assert report["accepted"] in ("", "ModelInstanceResponseStatisticsDelete")
    assert len(report["message"]) > 10  # a sentence


@pytest.mark.parametrize("kind", ["release_without_response", "reschedule"])
def test_misuse_does_no_harm(server: Server, kind: str) -> None:
    assert misuse(server, kind)["calls"] == 1
    test_copies(server, "minimal")


@pytest.mark.parametrize("kind", ["error_after_sending", "error_after_release"])
def test_an_error_after_the_fact(server: Server, kind: str) -> None:
    wrong = server.model("misuse")
    response = wrong.infer(inputs={"INPUT0": row(0)}, parameters={"misuse": kind})
    try:
        assert response.result(timeout=10).outputs == {}
    except InternalError as error:
        assert "an error after the fact" in str(error)
    assert misuse(server, "indices")["calls"] >= 1


def test_backends_that_do_not_load(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    directory = libraries(specimens, [*BAD, "minimal"])
    for name in BAD:
        model(tmp_path, name, name, VECTOR, "instance_group { count: 2 kind: KIND_CPU }")
    model(tmp_path, "minimal", "minimal", VECTOR)
    nothing = model(tmp_path, "text_file", "text_file", VECTOR)
    (nothing / "libtriton_text_file.so").write_text("this is no library")
    with Server(
        model_repository=tmp_path, backend_directory=directory, exit_on_error=False
    ) as server:
        index = {m["name"]: m for m in server.native.model_index()}
        assert index["minimal"]["state"] == "READY"
        for name, reason in BAD.items():
            assert index[name]["state"] == "UNAVAILABLE", name
            assert reason in index[name]["reason"], (name, index[name]["reason"])
        assert "libtriton_text_file.so" in index["text_file"]["reason"]


def test_a_backend_that_fails_to_initialize_can_be_loaded_again(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    directory = libraries(specimens, ["fail_model", "minimal"])
    model(tmp_path, "again", "fail_model", VECTOR)
    with Server(
        model_repository=tmp_path,
        backend_directory=directory,
        model_control_mode="explicit",
        exit_on_error=False,
    ) as server:
        for _ in range(3):
            with pytest.raises(TritonError, match="ModelInitialize fails on purpose"):
                server.load("again")


def test_entry_points_are_called_in_order(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    directory = libraries(specimens, ["trace"])
    trace = tmp_path / "trace.txt"
    repository = tmp_path / "models"
    model(repository, "one", "trace", VECTOR, "instance_group { count: 2 kind: KIND_CPU }")
    settings = {"trace": {"trace": str(trace)}}
    with Server(
        model_repository=repository,
        backend_directory=directory,
        backend_configuration=settings,
    ) as server:
        server.model("one").infer(inputs={"INPUT0": np.zeros(1, np.float32)}).result(timeout=10)
    calls = [line.split()[0] for line in trace.read_text().splitlines()]
    assert calls[:3] == ["Initialize", "GetBackendAttribute", "ModelInitialize"]
    assert sorted(calls[3:5]) == ["ModelInstanceInitialize"] * 2
    assert calls[5:7] == ["ModelInstanceExecute", "requests"]
    assert calls[7:] == ["ModelInstanceFinalize"] * 2 + ["ModelFinalize", "Finalize"]
