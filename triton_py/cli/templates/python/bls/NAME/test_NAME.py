# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Serves both models inside the test's process, without a network: pytest NAME"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import triton_py

FOLDER = Path(__file__).resolve().parent
SCORER = "NAME_scorer"


@pytest.fixture
def server() -> Iterator[triton_py.Server]:
    with triton_py.Server(model_repository=FOLDER.parent, model_control_mode="explicit",
                          startup_models=[FOLDER.name, SCORER]) as started:
        yield started


def test_the_best_is_found(server: triton_py.Server) -> None:
    response = server.model(FOLDER.name).infer(
        inputs={"INPUT": np.array([3, 11, 7], np.float32)}).result()
    assert response["BEST"].numpy().tolist() == [1]
    # Scaled to 0, 1 and 0.5; the scores are their softmax.
    expected = np.exp(1) / np.exp([0, 1, 0.5]).sum()
    np.testing.assert_allclose(response["SCORE"].numpy(), [expected], rtol=1e-6)


def test_the_scorer_alone(server: triton_py.Server) -> None:
    response = server.model(SCORER).infer(inputs={"VALUES": np.zeros(4, np.float32)}).result()
    assert response["SCORES"].numpy().tolist() == [0.25] * 4


def test_an_error_of_the_scorer_reaches_the_client(server: triton_py.Server) -> None:
    server.unload(SCORER, wait_until_unloaded=True)
    with pytest.raises(triton_py.TritonError, match=SCORER):
        server.model(FOLDER.name).infer(inputs={"INPUT": np.ones(2, np.float32)}).result()
