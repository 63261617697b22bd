# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sequences as Triton's clients send them: HTTP, gRPC and a gRPC stream; ids as numbers and text."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import backend_builder
import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from serving import ServerProcess, add_model
from tritonclient.utils import InferenceServerException

CONTROL = 'control_input { name: "%s" control { kind: CONTROL_SEQUENCE_%s %s } }'
CONFIG = f"""
backend: "stateful"
max_batch_size: 4
input {{ name: "INPUT" data_type: TYPE_INT32 dims: [ 1 ] }}
output {{ name: "OUTPUT" data_type: TYPE_INT32 dims: [ 1 ] }}
sequence_batching {{
  %s
  max_sequence_idle_microseconds: 30000000
  {CONTROL % ("START", "START", "int32_false_true: [ 0, 1 ]")}
  {CONTROL % ("CORRID", "CORRID", "data_type: TYPE_STRING")}
  state {{ input_name: "PAST" output_name: "NEXT" data_type: TYPE_INT32 dims: [ 1 ] }}
}}
"""
STEPS = [(1, True, False), (20, False, False), (300, False, True)]
MODELS = ["direct", "oldest"]


@pytest.fixture(scope="module")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    repository = tmp_path_factory.mktemp("repository")
    backends = tmp_path_factory.mktemp("backends")
    backend_builder.build("stateful", backends)
    add_model(repository, "direct", CONFIG % "direct { }")
    add_model(repository, "oldest", CONFIG % "oldest { max_candidate_sequences: 8 }")
    with ServerProcess(Path(repository), f"--backend-directory={backends}") as server:
        yield server
        assert server.stop() == 0, server.output()[-4000:]


def inputs(module: Any, value: int) -> list[Any]:
    tensor = module.InferInput("INPUT", [1, 1], "INT32")
    tensor.set_data_from_numpy(np.array([[value]], np.int32))
    return [tensor]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("identity", [7, 2**63 - 1, "some text"], ids=str)
@pytest.mark.parametrize("module", [tritonclient.http, tritonclient.grpc], ids=["http", "grpc"])
def test_a_sequence(sequences: ServerProcess, module: Any, identity: int | str, model: str) -> None:
    address = sequences.http if module is tritonclient.http else sequences.grpc
    with module.InferenceServerClient(address) as client:
        got = [
            client.infer(
                model, inputs(module, value), sequence_id=identity, sequence_start=start,
                sequence_end=end,
            ).as_numpy("OUTPUT").tolist()
            for value, start, end in STEPS
        ]
        assert got == [[[1]], [[21]], [[321]]]
        with pytest.raises(InferenceServerException, match="must specify the START flag"):
            client.infer(model, inputs(module, 1), sequence_id=identity)
        with pytest.raises(InferenceServerException, match="non-zero or non-empty correlation ID"):
            client.infer(model, inputs(module, 1), sequence_start=True)


@pytest.mark.parametrize("model", MODELS)
def test_interleaved_on_one_stream(sequences: ServerProcess, model: str) -> None:
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with tritonclient.grpc.InferenceServerClient(sequences.grpc) as client:
        client.start_stream(lambda result, error: answers.put((result, error)))
        for value, start, end in STEPS:
            for identity in (11, 12, 13):
                client.async_stream_infer(
                    model, inputs(tritonclient.grpc, value * identity), sequence_id=identity,
                    sequence_start=start, sequence_end=end, request_id=f"{identity}/{value}",
                )
        got: dict[str, Any] = {}
        for _ in range(9):
            result, error = answers.get(timeout=20)
            assert error is None, error
            got[result.get_response().id] = result.as_numpy("OUTPUT").item()
        client.stop_stream()
    assert got == {
        f"{identity}/{value}": total * identity
        for identity in (11, 12, 13)
        for value, total in ((1, 1), (20, 21), (300, 321))
    }
