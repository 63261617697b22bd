# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The GPU tests themselves: they hold against a stand-in for CUDA, whose devices are the CPU, and
without a device each says that it was not run."""

from __future__ import annotations

from pathlib import Path

import pytest
from stand_in import build, run_gpu_tests


# The second way is that of a runtime from a package: not on the loader's path, so that a backend
# finds it by its SONAME among what the server has loaded.
@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.parametrize("told", [False, True], ids=["on the loader's path", "by TRITON_PY_CUDART"])
def test_against_the_stand_in(tmp_path: Path, told: bool) -> None:
    folder = tmp_path / "elsewhere" if told else tmp_path
    folder.mkdir(exist_ok=True)
    runtime = folder / "libcudart.so.13"
    build(runtime, tmp_path / "libcuda.so.1")
    outcomes, reasons = run_gpu_tests(tmp_path, {"TRITON_PY_CUDART": str(runtime)} if told else {})
    for module in ("memory", "instances", "tensors", "conformance", "python"):
        assert outcomes[f"test_gpu_{module} passed"] >= 5, outcomes
    assert all(reason.startswith("not run: a GPU, but ") for reason in reasons), reasons


def test_without_a_device(tmp_path: Path) -> None:
    """Found first and unusable: whatever driver the machine has is out of reach."""
    (tmp_path / "libcuda.so.1").write_text("this is no library")
    outcomes, reasons = run_gpu_tests(tmp_path, {})
    assert reasons == {"not run: no GPU"}
    assert not any(outcome.endswith("passed") for outcome in outcomes), outcomes
    assert len(outcomes) == 7, "a module without GPU tests"
