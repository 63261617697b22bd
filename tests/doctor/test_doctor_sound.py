# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sound backends, which must pass; and the specimens that are made not to load, which must not."""

from __future__ import annotations

from pathlib import Path

import backend_builder
import pytest
from doctor_support import errors, finding

import triton_py
from triton_py.doctor.examine import examine

#: Test backend -> the error that it is made for.
UNSOUND = {
    "no_execute": "entry-point-missing",
    "no_backend": "entry-point-missing",
    "unresolved": "server-function-unknown",
    "newer": "initialize-failed",
    "fail_initialize": "initialize-failed",
}


@pytest.mark.parametrize("name", ["identity", "onnxruntime", "repeat"])
def test_shipped(name: str) -> None:
    library = Path(triton_py.get_backend_dir()) / name / f"libtriton_{name}.so"
    result = examine(str(library), backend_directory=triton_py.get_backend_dir())
    assert result.tried and [f.id for f in result.findings] == ["loaded"]


@pytest.mark.parametrize("name", sorted(backend_builder.SPECIMENS))
def test_specimens(tmp_path: Path, name: str) -> None:
    result = examine(str(backend_builder.build(name, tmp_path)), backend_directory=str(tmp_path))
    expected = [UNSOUND[name]] if name in UNSOUND else []
    assert errors(result) == expected, result.findings
    assert result.tried == (expected in ([], ["initialize-failed"]))
    others = {"strategy": "batch-strategy", "partial_batcher": "batcher-incomplete",
              "fail_finalize": "finalize-failed"}
    if name in others:
        assert finding(result, others[name])


def test_newer_api(tmp_path: Path) -> None:
    found = finding(examine(str(backend_builder.build("newer", tmp_path))), "initialize-failed")
    assert "API version" in found.what and "offers version 1." in found.evidence[0]
    assert "build it against a backend API of version 1." in found.fix[0]
