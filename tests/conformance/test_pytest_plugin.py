# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``pytest --triton-backend``: a test for each clause, and nothing at all without the option."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from triton_py.conformance.clauses import clauses

Library = Callable[[str], Path]
Folder = Callable[[str], Path]
PLUGIN = "triton_py.conformance.pytest_plugin"


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # An installed package's plugin is there already; by this name a source tree's is, too.
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider",
         "--triton-time-budget=600", *map(str, arguments)],
        capture_output=True, text=True, timeout=600, check=False, cwd=folder,
    )  # fmt: skip


def library(path: Path, model: Path) -> tuple[str, str]:
    # Not as two arguments each: pytest would take the folders for its own.
    return f"--triton-backend={path}", f"--triton-model={model}"


def outcomes(folder: Path) -> dict[str, str]:
    """What the JUnit file says of each test."""
    found = {}
    for case in ET.parse(folder / "x.xml").iter("testcase"):
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[case.get("name", "")] = kinds[0] if kinds else "passed"
    return found


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_a_faulty_library(specimen: Library, model_folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    done = run(tmp_path, *library(specimen("requests/released-twice"), model_folder("elements")),
               "--triton-profile=core",
               "--triton-profile=gpu", "--triton-examples=3", "--junitxml=x.xml")  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    found = outcomes(tmp_path)
    assert found["requests.released-once"] == "failure"
    assert found["requests.released"] == "passed"
    assert found["gpu.inputs"] == "skipped"
    assert found["test_own"] == "passed"
    assert "batching.full" not in found
    # The report's words, and no traceback of ours.
    assert "was released again" in done.stdout
    assert "def runtest" not in done.stdout and "Traceback" not in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_some_of_a_sound_library(specimen: Library, model_folder: Folder, tmp_path: Path) -> None:
    done = run(tmp_path, *library(specimen("sound"), model_folder("elements")),
               "--triton-profile=batching", "-k", "full or order",
               "--junitxml=x.xml", "-v")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "triton-backend::batching.full PASSED" in done.stdout
    assert outcomes(tmp_path) == {"batching.full": "passed", "batching.order-free": "passed"}
    assert "3 deselected" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_should_decides_when_strict(
    specimen: Library, model_folder: Folder, tmp_path: Path
) -> None:
    arguments = (*library(specimen("cancellation/ignored"), model_folder("repeat")),
                 "--triton-profile=cancellation", "-rx")  # fmt: skip
    lenient = run(tmp_path, *arguments)
    assert lenient.returncode == 0, lenient.stdout
    assert "1 xfailed" in lenient.stdout
    assert run(tmp_path, *arguments, "--triton-strict").returncode == 1


def test_what_the_time_budget_cut_off_is_no_pass(
    specimen: Library, model_folder: Folder, tmp_path: Path
) -> None:
    done = run(tmp_path, *library(specimen("sound"), model_folder("elements")),
               "--triton-time-budget=0.3", "--junitxml=x.xml")  # fmt: skip
    assert done.returncode == 1
    assert outcomes(tmp_path)["batching.as-alone"] == "failure"
    assert "the time budget was used up before" in done.stdout


def test_what_can_not_work_is_said(specimen: Library, tmp_path: Path) -> None:
    missing = run(tmp_path, "--triton-backend=nowhere.so")
    assert missing.returncode == 4 and "there is no file 'nowhere.so'" in missing.stderr
    other = run(tmp_path, *library(specimen("sound"), tmp_path), "-x")
    assert other.returncode == 1
    assert "the harness can't do its work: the model folder" in other.stdout


def test_only_the_names(specimen: Library, tmp_path: Path) -> None:
    done = run(tmp_path, *library(specimen("sound"), tmp_path), "--co")
    assert done.returncode == 0
    assert re.findall(r"<ClauseItem ([\w.-]+)>", done.stdout) == list(clauses())


def test_without_the_option_it_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\n\ndef test_own():\n"
        "    assert 'hypothesis' not in sys.modules or 'triton_py.conformance.examiner' not in sys.modules\n"
        "    assert 'triton_py.conformance.run' not in sys.modules\n"
    )
    done = run(tmp_path, "-q")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


def test_the_package_brings_it() -> None:
    found = [e for e in entry_points(group="pytest11") if e.value == PLUGIN]
    if not found:
        pytest.skip("the package was installed before it had a plugin")
    assert found[0].name == PLUGIN, "pytest refuses a plugin that it knows by two names"
