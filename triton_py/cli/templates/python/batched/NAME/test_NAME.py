# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Serves the model inside the test's process, without a network: pytest NAME"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import triton_py

FOLDER = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def model() -> Iterator[triton_py.Model]:
    with triton_py.Server(model_repository=FOLDER.parent, model_control_mode="explicit",
                          startup_models=[FOLDER.name]) as server:
        yield server.model(FOLDER.name)


def test_one_request(model: triton_py.Model) -> None:
    rows = np.array([[1, 2, 10], [3, 4, 100]], np.float32)
    response = model.infer(inputs={"INPUT": rows}).result()
    assert response["OUTPUT"].numpy().tolist() == [[11, 12], [103, 104]]


def test_each_request_of_a_batch_gets_its_own_rows(model: triton_py.Model) -> None:
    sent = {count: np.full((count, 3), count, np.float32) for count in (1, 2, 3)}
    # All are on their way before the first is waited for.
    waiting = {count: model.infer(inputs={"INPUT": rows}) for count, rows in sent.items()}
    for count, answers in waiting.items():
        assert answers.result()["OUTPUT"].numpy().tolist() == [[count * 2] * 2] * count


def test_a_batch_that_is_too_large_is_refused(model: triton_py.Model) -> None:
    with pytest.raises(triton_py.InvalidArgumentError, match="batch"):
        model.infer(inputs={"INPUT": np.zeros((9, 3), np.float32)}).result()
