# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The GPU tests themselves: they hold against a stand-in for CUDA, whose devices are the CPU, and
without a device each says that it was not run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import backend_builder
import pytest

HERE = Path(__file__).resolve().parent


def run_gpu_tests(place: Path, environ: dict[str, str]) -> tuple[Counter[str], set[str]]:
    """``pytest -m gpu`` on this folder; outcomes by module, and why tests were skipped."""
    environ = {"LD_LIBRARY_PATH": str(place), **environ}
    cleared = ("TRITON_PY_CUDART", "TRITON_SERVER_CPU_ONLY", "CUDA_VISIBLE_DEVICES")
    kept = {name: value for name, value in os.environ.items() if name not in cleared}
    report = place / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "-p", "no:cacheprovider",
         f"--rootdir={HERE.parent.parent}", f"--junitxml={report}", str(HERE)],
        check=False, capture_output=True, text=True, timeout=600, env={**kept, **environ})
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    outcomes: Counter[str] = Counter()
    reasons = set()
    for case in ElementTree.parse(report).iter("testcase"):
        skipped = case.find("skipped")
        if skipped is not None:
            reasons.add(skipped.get("message", ""))
        module = case.get("classname", "").rpartition(".")[2]
        outcomes[f"{module} {'passed' if skipped is None else 'skipped'}"] += 1
    return outcomes, reasons


# The second way is that of a runtime from a package: not on the loader's path, so that a backend
# finds it by its SONAME among what the server has loaded.
@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.parametrize("told", [False, True], ids=["on the loader's path", "by TRITON_PY_CUDART"])
def test_against_the_stand_in(tmp_path: Path, told: bool) -> None:
    folder = tmp_path / "elsewhere" if told else tmp_path
    runtime = backend_builder.build_library(
        "cudart.c", folder / "libcudart.so.13", "-Wl,-soname,libcudart.so.13")
    backend_builder.build_library("cudart.c", tmp_path / "libcuda.so.1")
    outcomes, reasons = run_gpu_tests(tmp_path, {"TRITON_PY_CUDART": str(runtime)} if told else {})
    for module in ("memory", "instances", "tensors", "conformance"):
        assert outcomes[f"test_gpu_{module} passed"] >= 5, outcomes
    assert all(reason.startswith("not run: a GPU, but ") for reason in reasons), reasons


def test_without_a_device(tmp_path: Path) -> None:
    """Found first and unusable: whatever driver the machine has is out of reach."""
    (tmp_path / "libcuda.so.1").write_text("this is no library")
    outcomes, reasons = run_gpu_tests(tmp_path, {})
    assert reasons == {"not run: no GPU"}
    assert not any(outcome.endswith("passed") for outcome in outcomes), outcomes
    assert len(outcomes) == 6, "a module without GPU tests"
