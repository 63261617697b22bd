# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py certify`` as it is used: a sound library, a faulty one, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from triton_py.conformance.results import CONFORMANT, FAIL, RunResult
from triton_py.conformance.run import certify
from triton_py.conformance.specimens.corpus import models
from triton_py.conformance.target import open_target

Library = Callable[[str], Path]
Folder = Callable[[str], Path]
FULL = os.environ.get("TRITON_PY_CONFORMANCE") == "full"


def examined(library: Path, model: str, **options) -> RunResult:
    # More than it takes, on a machine with much else to do.
    return certify(open_target(library, [models()[model]]), **{"budget_s": 600, **options})


def failed(result: RunResult) -> dict[str, str]:
    return {r.clause.id: r.violations[0].summary for r in result.results if r.status == FAIL}


def command(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "triton_py", "certify", *map(str, arguments)],
        capture_output=True, text=True, timeout=600, check=False, cwd=folder,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.parametrize("model", ["elements", "repeat", *(("mixed", "totals") if FULL else ())])
def test_sound(specimen: Library, model: str) -> None:
    result = examined(specimen("sound"), model, examples=10)
    assert failed(result) == {}
    assert result.problems == []
    assert (result.verdict, result.exit_code) == (CONFORMANT, 0)
    assert result.cases > 150
    # What was not there to be examined did not pass.
    status = {r.clause.id: (r.status, r.reason) for r in result.results}
    assert status["gpu.outputs"] == ("not-run", "not run: no GPU")
    assert status["tensors.reference"][0] == "pass"
    if model != "repeat":
        assert status["decoupled.final-once"] == ("not-run", "no model is decoupled")
    if model != "totals":
        assert status["sequences.answers"] == ("not-run", "no model takes sequences")


def test_a_faulty_library(specimen: Library, model_folder: Folder, tmp_path: Path) -> None:
    done = command(
        specimen("requests/released-twice"), "--model", model_folder("elements"), "--fail-fast",
        "--json=-", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["format"], found["verdict"]) == ("triton-py-conformance", "violations")
    clause = next(c for c in found["clauses"] if c["id"] == "requests.released-once")
    assert clause["status"] == "fail"
    assert "was released again" in clause["reason"]
    violation = clause["violations"][0]
    assert violation["events"][-1].strip().startswith("TRITONBACKEND_RequestRelease(")
    assert violation["again"] == "yes"
    assert clause["reproducer"] == violation["reproducers"]["python"]
    assert (tmp_path / clause["reproducer"]).is_file()


def test_a_run_that_is_not_whole(
    specimen: Library, model_folder: Folder, tmp_path: Path
) -> None:
    done = command(specimen("sound"), "--model", model_folder("elements"), "--time-budget=0.5",
                   folder=tmp_path)  # fmt: skip
    assert done.returncode == 2, done.stdout
    assert "the time budget was used up before" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("incomplete: ")


def test_what_is_declared_and_never_exercised_is_said(specimen: Library, monkeypatch) -> None:
    """A property that left out requests without the optional input once made a green run."""
    from triton_py.conformance import run

    monkeypatch.setattr(run, "features", lambda model: [(model.name, "something else")])
    result = examined(specimen("sound"), "totals", examples=3)
    assert failed(result) == {}
    assert result.problems == ["model 'totals' declares what no case exercised: something else"]
    assert (result.verdict, result.exit_code) == ("incomplete", 2)


def test_what_the_time_budget_cuts_off_in_the_midst_is_no_pass(
    specimen: Library, monkeypatch
) -> None:
    """A property whose time was over after its first cases once passed with these."""
    from triton_py.conformance import run
    from triton_py.conformance.properties import Property
    from triton_py.conformance.properties.loading import loads
    from triton_py.conformance.properties.tensors import empty

    def cut(ex, target, model):
        empty(ex, target, model)
        ex.deadline = 0.0
        return empty(ex, target, model)

    first = ("lifecycle.initialize-succeeds", "loading.entry-point", "loading.symbols")
    monkeypatch.setattr(
        run, "all_properties", lambda: [Property(first, loads), Property(("tensors.empty",), cut)]
    )
    result = examined(specimen("sound"), "elements", examples=3)
    clause = next(r for r in result.results if r.clause.id == "tensors.empty")
    assert (clause.status, clause.reason) == (
        "not-run", "the time budget was used up while it was examined",
    )  # fmt: skip
    assert clause.cases > 0
    assert result.problems == [f"tensors.empty: {clause.reason}"]
    assert (result.verdict, result.exit_code) == ("incomplete", 2)


def test_the_same_seed_makes_the_same_cases(specimen: Library) -> None:
    """Of a library that does always the same the whole run is the same."""
    found = [
        examined(specimen("tensors/unsigned"), "elements", until="tensors.output-datatype",
                 again=False)
        for _ in range(2)
    ]  # fmt: skip
    cases = [
        next(r for r in run.results if r.clause.id == "tensors.output-datatype").violations[0].case
        for run in found
    ]
    assert cases[0] is not None and cases[0]["steps"] == cases[1]["steps"]
