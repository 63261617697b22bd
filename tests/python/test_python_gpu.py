# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python models and GPU memory where there is no GPU: tests/gpu/test_gpu_python.py against a stand-in for CUDA, in
which the CPU can't touch what is in a device's memory, and a process opens what another one has."""

from __future__ import annotations

from pathlib import Path

import pytest
from stand_in import HERE, build, run_gpu_tests


@pytest.mark.timeout(240)
def test_against_the_stand_in(tmp_path: Path) -> None:
    build(tmp_path / "libcudart.so.13", tmp_path / "libcuda.so.1")
    outcomes, reasons = run_gpu_tests(tmp_path, {}, HERE / "test_gpu_python.py")
    assert outcomes["test_gpu_python passed"] >= 40, outcomes
    # Of frameworks, which the stand-in is not enough for.
    assert outcomes["test_gpu_python skipped"] == 4, outcomes
    assert all(reason.startswith("not run: a GPU, but ") for reason in reasons), reasons
