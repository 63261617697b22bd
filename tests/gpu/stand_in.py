# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The GPU tests, run against a stand-in for CUDA, whose devices are the CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import backend_builder

HERE = Path(__file__).resolve().parent


def build(runtime: Path, driver: Path) -> None:
    """One file under two names: the driver knows what the runtime allocates."""
    backend_builder.build_library("cudart.c", runtime, f"-Wl,-soname,{runtime.name}")
    driver.symlink_to(runtime)


def run_gpu_tests(place: Path, environ: dict[str, str], what: Path = HERE) -> tuple[Counter[str], set[str]]:
    """``pytest -m gpu`` on this folder, or a file of it, with what lies in ``place`` found first.

    :returns: outcomes by module, and why tests were skipped.
    """
    environ = {"LD_LIBRARY_PATH": str(place), **environ}
    cleared = ("TRITON_PY_CUDART", "TRITON_SERVER_CPU_ONLY", "CUDA_VISIBLE_DEVICES")
    kept = {name: value for name, value in os.environ.items() if name not in cleared}
    report = place / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "-p", "no:cacheprovider",
         f"--rootdir={HERE.parent.parent}", f"--junitxml={report}", str(what)],
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
