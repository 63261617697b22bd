# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Specimens, compiled once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from triton_py.conformance.specimens.build import build
from triton_py.conformance.specimens.corpus import MODELS, corpus, sound


@pytest.fixture(scope="session")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The library of a specimen by its name; "sound" is the one without a fault."""
    made: dict[str, Path] = {}

    def library(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("specimen")
            made[name] = build(sound("elements") if name == "sound" else corpus()[name], folder)
        return made[name]

    return library


@pytest.fixture
def model_folder() -> Callable[[str], Path]:
    """The folder of one of the specimens' models."""
    return lambda name: MODELS / name
