# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The shipped backends under the C host: no interpreter, no core, and valgrind where there is one.

The checks are in ``host/*_main.c``; a program that ends with "done" and status 0 passed them all.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import backend_builder
import pytest

VALGRIND = shutil.which("valgrind")


def run(command: list[str | Path], timeout: float) -> str:
    done = subprocess.run(
        [str(c) for c in command], check=False, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.endswith("done\n"), done.stdout
    return done.stdout


def checked(command: list[str | Path]) -> list[str | Path]:
    """The command under valgrind, which makes faults and definite leaks a failure."""
    assert VALGRIND is not None
    return [
        VALGRIND,
        "-q",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--errors-for-leak-kinds=definite",
        "--error-exitcode=9",
        f"--suppressions={backend_builder.HERE / 'host' / 'onnxruntime.supp'}",
        *command,
    ]


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    folder = tmp_path_factory.mktemp("identity")
    library = backend_builder.build_shipped("identity", folder)
    return [backend_builder.build_host("identity", folder), library]


@pytest.fixture(scope="module")
def onnxruntime(
    tmp_path_factory: pytest.TempPathFactory, onnx_folder: Path, onnxruntime_path: str
) -> list[str | Path]:
    folder = tmp_path_factory.mktemp("onnxruntime")
    library = backend_builder.build_shipped("onnxruntime", folder)
    config = json.dumps({"cmdline": {"library": onnxruntime_path}})
    return [backend_builder.build_host("onnxruntime", folder), library, onnx_folder, config]


def test_identity(identity: list[str | Path]) -> None:
    run(identity, timeout=30)


def test_onnxruntime(onnxruntime: list[str | Path]) -> None:
    run(onnxruntime, timeout=60)


@pytest.mark.skipif(VALGRIND is None, reason="needs valgrind")
def test_identity_touches_only_its_memory(identity: list[str | Path]) -> None:
    run(checked(identity), timeout=100)


@pytest.mark.skipif(VALGRIND is None, reason="needs valgrind")
def test_onnxruntime_touches_only_its_memory(onnxruntime: list[str | Path]) -> None:
    run(checked(onnxruntime), timeout=110)
