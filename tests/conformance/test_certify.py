# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The harness finds what was planted, names its clause, and says nothing of a sound backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from backend_builder import compiler, run

from triton_py.conformance.results import CONFORMANT, FAIL, VIOLATIONS, RunResult
from triton_py.conformance.run import certify
from triton_py.conformance.target import ModelUnderTest, open_target

SOURCE = Path(__file__).with_name("faulty.c")
CONFIG = """
backend: "faulty"
max_batch_size: 8
input { name: "INPUT" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT" data_type: TYPE_INT32 dims: [ -1 ] }
"""
#: The fault, and the clause that it was made for; others may come with it.
FAULTS = {
    "RELEASE_TWICE": "requests.released-once",
    "TOUCH_RELEASED": "requests.untouched-after-release",
    "NO_FINAL": "responses.final",
    "TWO_FINALS": "responses.none-after-final",
    "LEAK_RESPONSE": "responses.sent-or-deleted",
    "LEAK_ERROR": "faults.leaks-nothing",
    "BEYOND": "lifecycle.survives",
    "BEFORE": "tensors.output-bounds",
    "UNFILLED": "tensors.output-filled",
    "CHANGE_INPUT": "tensors.inputs-unmodified",
    "FIRST_BUFFER": "tensors.split-inputs",
    "WRONG_IN_BATCH": "batching.as-alone",
    "WRONG_TYPE": "tensors.output-datatype",
    "WRONG_SHAPE": "tensors.reference",
    "SECOND_REQUEST": "loading.reload",
    "CRASH_ON_EMPTY": "lifecycle.survives",
    "HANG_LATER": "responses.timely",
    "LEAK_BYTES": "hygiene.memory-steady",
    "LEAK_RELOAD": "hygiene.reload-steady",
    "TRUTHLESS": "statistics.truthful",
    "TIMES": "statistics.monotonic",
    "ANY_VERSION": "loading.version",
    "RANDOM_ANSWER": "determinism.repeats",
    "LOSE_REQUEST": "requests.released",
    "LEAK_MESSAGE": "hygiene.messages-deleted",
    "IGNORE_FAULT": "responses.errors-are-errors",
}


def build(folder: Path, fault: str) -> Path:
    library = folder / fault.lower() / "libtriton_faulty.so"
    library.parent.mkdir(parents=True, exist_ok=True)
    run([*compiler(False), "-shared", "-fPIC", "-D_POSIX_C_SOURCE=200809L", f"-DFAULT={fault}",
         SOURCE, "-o", library])  # fmt: skip
    return library


def plus_one(inputs):
    return {"OUTPUT": inputs["INPUT"] + 1}


def examined(library: Path, **options) -> RunResult:
    model = ModelUnderTest("faulty", CONFIG, reference=plus_one)
    return certify(open_target(library, [model]), **options)


def failed(result: RunResult) -> dict[str, str]:
    return {
        r.clause.id: r.violations[0].summary for r in result.results if r.status == FAIL
    }


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("seed", [1, 2])
def test_sound(tmp_path: Path, seed: int) -> None:
    result = examined(build(tmp_path, "SOUND"), seed=seed)
    assert failed(result) == {}
    assert result.problems == []
    assert (result.verdict, result.exit_code) == (CONFORMANT, 0)
    assert result.cases > 200
    # What was not there to be examined did not pass.
    status = {r.clause.id: (r.status, r.reason) for r in result.results}
    assert status["decoupled.final-once"] == ("not-run", "no model is decoupled")
    assert status["sequences.answers"] == ("not-run", "no model takes sequences")
    assert status["gpu.outputs"] == ("not-run", "not run: no GPU")
    assert status["tensors.reference"][0] == "pass"
    assert result.seconds < 90


#: What is examined unless TRITON_PY_CONFORMANCE=full asks for all: the others take minutes.
SHORT = ("RELEASE_TWICE", "BEYOND", "BEFORE", "UNFILLED", "CHANGE_INPUT", "FIRST_BUFFER",
         "WRONG_IN_BATCH", "LEAK_BYTES", "TRUTHLESS", "ANY_VERSION", "IGNORE_FAULT")
EXAMINED = FAULTS if os.environ.get("TRITON_PY_CONFORMANCE") == "full" else SHORT


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", EXAMINED)
def test_each_fault_fails_its_clause(tmp_path: Path, fault: str) -> None:
    result = examined(build(tmp_path, fault), examples=15, budget_s=40)
    found = failed(result)
    assert FAULTS[fault] in found, found
    assert (result.verdict, result.exit_code) == (VIOLATIONS, 1)
    violation = next(r for r in result.results if r.clause.id == FAULTS[fault]).violations[0]
    assert violation.case is not None and violation.case["models"][0]["name"] == "faulty"


def test_the_command(tmp_path: Path) -> None:
    library = build(tmp_path, "RELEASE_TWICE")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.pbtxt").write_text(CONFIG)
    command = [sys.executable, "-m", "triton_py", "certify", str(library), f"--model={folder}",
               "--fail-fast", "--json=-", f"--reproducers={tmp_path / 'found'}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["format"], found["verdict"]) == ("triton-py-conformance", "violations")
    clause = next(c for c in found["clauses"] if c["id"] == "requests.released-once")
    assert clause["status"] == "fail"
    assert clause["violations"][0]["events"][-1].strip().startswith("TRITONBACKEND_RequestRelease(")


def test_what_the_command_refuses(tmp_path: Path) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "triton_py", "certify", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    library = build(tmp_path, "SOUND")
    for arguments, sentence in (
        ((), "name the library to certify"),
        ((str(library),), "give the model to certify it with"),
        ((str(library), "--model=x", "--profile=y"), "there is no profile 'y'"),
        ((str(tmp_path / "x.so"), "--model=x"), "is not named as a backend"),
        ((str(tmp_path / "libtriton_x.so"), "--model=x"), "there is no file"),
        ((str(library), f"--model={tmp_path}"), "has no config.pbtxt"),
    ):
        code, text = said(*arguments)
        assert code != 0 and sentence in text, (arguments, text)
