# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: compiled test backends and ONNX models, made once per session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import backend_builder
import pytest


@pytest.fixture(scope="session")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``specimens(name)`` compiles the test backend on first use and returns its library."""
    folder = tmp_path_factory.mktemp("specimens")
    built: dict[str, Path] = {}

    def specimen(name: str) -> Path:
        if name not in built:
            built[name] = backend_builder.build(name, folder)
        return built[name]

    return specimen


@pytest.fixture(scope="session")
def onnx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every model of ``onnx_models`` and ``sequence_models``, one folder each."""
    onnx_models = pytest.importorskip("onnx_models", reason="needs the package onnx")
    import sequence_models

    return sequence_models.write(onnx_models.write(tmp_path_factory.mktemp("onnx")))


@pytest.fixture(scope="session")
def onnxruntime_path() -> str:
    """The library of the installed onnxruntime package."""
    from triton_py.backends.onnxruntime_library import find

    path = find()
    if path is None:
        pytest.skip("needs the package onnxruntime, 1.19 or later")
    return path
