# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Batching strategies: TRITONBACKEND_ModelBatcher* and ModelBatch* of a library of the model's."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sequence_support import IO, counts_reach, model, serving

from triton_py import InvalidArgumentError, Server

ONE = "instance_group { count: 1 kind: KIND_CPU }"
DYNAMIC = "dynamic_batching { max_queue_delay_microseconds: 300000 }"


def volume_model(folder: Path, specimens: Callable[[str], Path], most: str, name: str = "m",
                 library: str = "strategy") -> Path:
    where = model(folder, name, "sequence", IO, ONE, "max_batch_size: 8", DYNAMIC,
                  parameters={"most": most})
    shutil.copy(specimens(library), where / "batchstrategy.so")
    return where


def send(server: Server, volume: int, sleep_ms: int = 0):
    return server.model("m").infer(
        inputs={"INPUT": np.array([[1]], np.int32)},
        parameters={"volume": volume, "sleep_ms": sleep_ms})


def companions(server: Server, volumes: list[int]) -> list[int]:
    """How long each request's batch was; all wait while another one executes."""
    busy = send(server, 10**9, 400)
    time.sleep(0.35)  # alone it is too large for any batch, and goes when its delay is over
    waiting = [send(server, volume) for volume in volumes]
    busy.result(timeout=10)
    return [w.result(timeout=10).parameters["count"] for w in waiting]


def test_requests_join_as_the_strategy_says(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    volume_model(tmp_path, specimens, "10")
    with serving(tmp_path, specimens, "sequence") as server:
        assert companions(server, [4, 6, 5, 5, 20, 1]) == [2, 2, 2, 2, 1, 1]
        counts_reach(server, "m", 5, 7)
        # 4+6, 5+5 and 20 were closed by it; the first of all, alone, and the last by their delay.
        closed = 'triton_py_batch_closed{model="m",version="1",reason="%s"} %d\n'
        for reason, count in (("strategy", 3), ("delay", 2)):
            assert closed % (reason, count) in server.metrics()


def test_maximum_batch_size_holds_beside_it(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    volume_model(tmp_path, specimens, "1000")
    with serving(tmp_path, specimens, "sequence") as server:
        assert companions(server, [1] * 9) == [8] * 8 + [1]


def test_path_from_the_configuration(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    where = volume_model(tmp_path, specimens, "10")
    library = where / "mine.so"
    (where / "batchstrategy.so").rename(library)
    model(tmp_path, "m", "sequence", IO, ONE, "max_batch_size: 8", DYNAMIC,
          parameters={"most": "10", "TRITON_BATCH_STRATEGY_PATH": str(library)})
    with serving(tmp_path, specimens, "sequence") as server:
        assert companions(server, [6, 6]) == [1, 1]


PARTIAL = (
    "must define all five functions of a batching strategy; it lacks "
    "TRITONBACKEND_ModelBatcherInitialize, TRITONBACKEND_ModelBatcherFinalize, "
    "TRITONBACKEND_ModelBatchIncludeRequest, TRITONBACKEND_ModelBatchFinalize"
)


@pytest.mark.parametrize(
    ("library", "most", "sentence"),
    [
        ("partial_batcher", "1", PARTIAL),
        ("unresolved", "1", "unable to load batching library .*TRITONBACKEND_NoSuchFunction"),
        ("strategy", "refuse", "no such volume"),
    ],
)
def test_library_that_does_not_do(
    tmp_path: Path, specimens: Callable[[str], Path], library: str, most: str, sentence: str
) -> None:
    volume_model(tmp_path, specimens, most, library=library)
    with serving(
        tmp_path, specimens, "sequence", model_control_mode="explicit"
    ) as server, pytest.raises(InvalidArgumentError, match=sentence):
        server.load("m")


def test_not_beside_a_sequence_batcher(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    model(tmp_path, "m", "sequence", IO, ONE, "max_batch_size: 2", "sequence_batching { }",
          parameters={"TRITON_BATCH_STRATEGY_PATH": "x.so"})
    with serving(
        tmp_path, specimens, "sequence", model_control_mode="explicit"
    ) as server, pytest.raises(InvalidArgumentError, match="TRITON_BATCH_STRATEGY_PATH cannot be "
                               "specified with sequence batcher"):
        server.load("m")
