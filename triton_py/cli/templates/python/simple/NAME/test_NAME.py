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


def test_it_multiplies(model: triton_py.Model) -> None:
    response = model.infer(inputs={"INPUT": np.array([1, 2.5, -3], np.float32)}).result()
    assert response["OUTPUT"].numpy().tolist() == [2, 5, -6]


def test_it_takes_any_size(model: triton_py.Model) -> None:
    for size in (0, 1, 1000):
        values = np.arange(size, dtype=np.float32)
        response = model.infer(inputs={"INPUT": values}).result()
        np.testing.assert_array_equal(response["OUTPUT"].numpy(), values * 2)


def test_what_is_not_a_number_is_refused(model: triton_py.Model) -> None:
    with pytest.raises(triton_py.InvalidArgumentError, match="not a number"):
        model.infer(inputs={"INPUT": np.array([np.nan], np.float32)}).result()
