# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Serves the model inside the test's process, without a network: pytest NAME"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import triton_py

FOLDER = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def model() -> Iterator[triton_py.Model]:
    with triton_py.Server(model_repository=FOLDER.parent, model_control_mode="explicit",
                          startup_models=[FOLDER.name]) as server:
        yield server.model(FOLDER.name)


def words(model: triton_py.Model, text: str | bytes) -> list[str]:
    """All responses in their order; the last may be nothing but the news that it is the last."""
    responses = model.infer(inputs={"TEXT": [text]})
    return [r["WORD"].numpy()[0].decode() for r in responses if r.outputs]


def test_each_word_is_a_response(model: triton_py.Model) -> None:
    assert words(model, "three little words") == ["three", "little", "words"]


def test_there_may_be_no_response(model: triton_py.Model) -> None:
    assert words(model, "") == []


def test_what_is_no_text_is_refused(model: triton_py.Model) -> None:
    with pytest.raises(triton_py.InvalidArgumentError, match="not UTF-8"):
        words(model, b"\xff")
