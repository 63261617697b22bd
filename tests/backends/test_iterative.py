# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Iterative sequences: a backend gives a request back for its next step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sequence_support import IO, STATE, counts, counts_reach, model, sequences, serving

from triton_py import CancelledError, Server

START = 1  # TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
ITERATIVE = "iterative_sequence: true"
ONE = "instance_group { count: 1 kind: KIND_CPU }"
DECOUPLED = "model_transaction_policy { decoupled: true }"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, specimens: Callable[[str], Path]
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("iterative")
    state = STATE % ("1", "")
    oldest = sequences(
        "oldest { max_candidate_sequences: 8 max_queue_delay_microseconds: 30000 }", ITERATIVE, state)
    direct = sequences("direct { }", ITERATIVE, state)
    common = (IO, ONE, "max_batch_size: 4")
    model(folder, "oldest", "iterate", *common, oldest)
    model(folder, "direct", "iterate", *common, direct)
    model(folder, "stream", "iterate", *common, oldest, DECOUPLED)
    model(folder, "late", "iterate", *common, oldest, parameters={"wrong": "late"})
    model(folder, "plain", "iterate", *common, sequences("oldest { }", state))
    with serving(folder, specimens, "iterate") as running:
        yield running


def send(server: Server, name: str, steps: int, **options):
    return server.model(name).infer(
        inputs={"INPUT": np.array([[steps]], np.int32)}, **options)


@pytest.mark.parametrize("name", ["oldest", "direct"])
def test_as_many_steps_as_the_backend_wants(server: Server, name: str) -> None:
    executions, inferences = counts(server, name)
    response = send(server, name, 5).result(timeout=10)
    assert response["OUTPUT"].tolist() == [[5]]
    assert response.parameters["flags"] == 0  # START was the first step's
    counts_reach(server, name, executions + 5, inferences + 1)
    first = send(server, name, 1).result(timeout=10)
    assert (first["OUTPUT"].tolist(), first.parameters["flags"]) == ([[1]], START)


@pytest.mark.parametrize("name", ["oldest", "direct"])
def test_steps_of_several_requests_share_batches(server: Server, name: str) -> None:
    wanted = [3, 9, 6, 1, 12, 2]
    iterators = [send(server, name, steps) for steps in wanted]
    assert [i.result(timeout=20)["OUTPUT"].tolist() for i in iterators] == [[[n]] for n in wanted]


def test_batches_of_steps_change_their_members(server: Server) -> None:
    """The oldest strategy batches whatever steps are there: a long request meets short ones."""
    long = send(server, "stream", 12)
    for _ in range(4):
        assert len(list(send(server, "stream", 2))) == 2
    counts = [response.parameters["count"] for response in long]
    assert len(counts) == 12 and max(counts) > 1


def test_each_step_may_answer(server: Server) -> None:
    responses = list(send(server, "stream", 4))
    assert [r["OUTPUT"].tolist() for r in responses] == [[[1]], [[2]], [[3]], [[4]]]


def test_flags_of_the_client_do_not_end_it(server: Server) -> None:
    response = send(server, "oldest", 3, correlation_id=7, sequence_start=True,
                    sequence_end=True).result(timeout=10)
    assert response["OUTPUT"].tolist() == [[3]]


def test_request_that_is_sent_again_begins_anew(server: Server) -> None:
    request = server.model("oldest").create_request(inputs={"INPUT": np.array([[2]], np.int32)})
    for _ in range(3):
        response = server.model("oldest").infer(request).result(timeout=10)
        assert response["OUTPUT"].tolist() == [[2]]


def test_cancel_between_steps(server: Server) -> None:
    iterator = send(server, "oldest", 1_000_000)
    iterator.cancel()
    with pytest.raises(CancelledError):
        iterator.result(timeout=10)
    assert send(server, "oldest", 1).result(timeout=10)["OUTPUT"].tolist() == [[1]]


def test_no_next_step_after_the_final_response(server: Server, capfd) -> None:
    assert send(server, "late", 3).result(timeout=10)["OUTPUT"].tolist() == [[1]]
    assert "the final response was sent, there is no next step" in capfd.readouterr().err


def test_only_iterative_models_reschedule(server: Server, capfd) -> None:
    with pytest.raises(Exception, match="without sending its final response"):
        send(server, "plain", 3, correlation_id=5, sequence_start=True).result(timeout=10)
    assert "only a model with iterative sequence batching" in capfd.readouterr().err
