# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Finding ONNX Runtime's library in the installed package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from triton_py.backends import onnxruntime_library


def test_finds_the_library_without_importing_the_package(onnxruntime_path: str) -> None:
    assert Path(onnxruntime_path).is_file()
    script = (
        "import sys\n"
        "from triton_py.backends.onnxruntime_library import find\n"
        "assert find() == sys.argv[1]\n"
        "assert 'onnxruntime' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, onnxruntime_path], check=True, timeout=30)


def package(folder: Path, *files: str) -> None:
    capi = folder / "onnxruntime" / "capi"
    capi.mkdir(parents=True)
    (folder / "onnxruntime" / "__init__.py").touch()
    for file in files:
        (capi / file).touch()


def test_prefers_the_full_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "libonnxruntime.so.1", "libonnxruntime.so.1.20.1", "libonnxruntime.so")
    monkeypatch.syspath_prepend(tmp_path)
    # An earlier test may have imported the real one, which would be found first.
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    found = onnxruntime_library.find()
    assert found is not None and Path(found).name == "libonnxruntime.so.1.20.1"


def test_a_package_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, "libonnxruntime_providers_shared.so", "libonnxruntime.so.bak")
    monkeypatch.syspath_prepend(tmp_path)
    # An earlier test may have imported the real one, which would be found first.
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    assert onnxruntime_library.find() is None
