# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reproducers: alone in a folder they show what the run found, and nothing with a sound library."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import triton_py
from triton_py.conformance.cases import CaseRequest, TensorData
from triton_py.conformance.literal import source, value_from
from triton_py.conformance.replay import property_of
from triton_py.conformance.reproducers import write
from triton_py.conformance.results import RunResult, Violation
from triton_py.conformance.run import certify
from triton_py.conformance.specimens.corpus import MODELS, corpus, models
from triton_py.conformance.target import Target, open_target, read_model

Library = Callable[[str], Path]
FULL = os.environ.get("TRITON_PY_CONFORMANCE") == "full"
LONG = (
    "batching/swapped",
    "faults/response-not-checked",  # a call that fails
    "hygiene/leak-with-the-first-request",  # many repetitions
)

tensors = st.builds(
    TensorData, st.sampled_from(["FP32", "BYTES"]), st.lists(st.integers(0, 9), max_size=3).map(tuple),
    st.binary(max_size=300), st.lists(st.integers(1, 9), max_size=2).map(tuple), st.integers(0, 15),
)  # fmt: skip
requests = st.builds(
    CaseRequest,
    st.dictionaries(st.text(), tensors, max_size=2),
    st.none() | st.tuples(st.text()),
    st.dictionaries(st.text(), st.integers() | st.booleans() | st.text(), max_size=2),
    st.integers(0, 2**64 - 1), st.booleans(), st.booleans(), st.none() | st.floats(0, 9),
)  # fmt: skip
values = st.recursive(
    requests | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
)


@given(values)
def test_values_survive_as_source(value: object) -> None:
    assert value_from(source(value)) == value


def test_source_names_nothing_that_it_should_not() -> None:
    with pytest.raises(NameError):
        value_from("__import__('os')")


def certified(library: Path, name: str, again: bool = True) -> tuple[Target, RunResult]:
    specimen = corpus()[name]
    model = read_model(MODELS / specimen.model, "specimen")
    target = open_target(library, [model])
    return target, certify(
        target, until=specimen.clause, shrink_s=1.0, budget_s=600, again=again)


def found(result: RunResult, clause: str) -> Violation:
    return next(r for r in result.results if r.clause.id == clause).violations[0]


def script(path: str, library: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, path, "--library", str(library)], capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(700)
@pytest.mark.parametrize(
    "name",
    [
        "requests/released-twice",  # a rule
        "tensors/vector-store-beyond",  # a crash
        "tensors/whole-elements-only",  # two cases are compared
        "loading/initialized-once",  # a check without a value
        "sequences/one-total-for-all",
        *(LONG if FULL else ()),
    ],
)
def test_the_script_shows_it(name: str, specimen: Library, tmp_path: Path) -> None:
    clause = corpus()[name].clause
    target, result = certified(specimen(name), name)
    write(result, target, tmp_path / "out")
    violation = found(result, clause)
    assert violation.again == "yes"
    path = violation.reproducers["python"]
    shown = script(path, specimen(name))
    assert shown.returncode == 1, shown.stdout + shown.stderr
    assert f"{clause} is violated: " in shown.stdout
    quiet = script(path, specimen("sound"))
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    readme = (Path(path).parent / "README.txt").read_text()
    assert violation.summary in readme
    assert ("There is no program in C" in readme) != ("c" in violation.reproducers)


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_what_shows_only_after_others(specimen: Library, tmp_path: Path) -> None:
    """It is wrong from the thousandth request on: the check alone, in a fresh process, is too short."""
    name = "determinism/wrong-after-a-thousand"
    target, result = certified(specimen(name), name)
    violation = found(result, "determinism.repeats")
    assert violation.again == "yes"
    write(result, target, tmp_path)
    assert script(violation.reproducers["python"], specimen(name)).returncode == 1


def test_a_script_that_can_not_run(specimen: Library, tmp_path: Path) -> None:
    target, result = certified(specimen("requests/released-twice"), "requests/released-twice")
    write(result, target, tmp_path)
    path = found(result, "requests.released-once").reproducers["python"]
    done = script(path, tmp_path / "libtriton_none.so")
    assert (done.returncode, "it could not be tried: there is no file" in done.stderr) == (2, True)


def test_properties_are_found_by_name() -> None:
    assert property_of("batching.together").clauses[0] == "batching.as-alone"
    with pytest.raises(LookupError, match="no property 'x.y'"):
        property_of("x.y")


# --- the program in C ---------------------------------------------------------------------------

_CHILD = """
import ctypes, os, sys
os.chdir(os.path.dirname(sys.argv[1]))
from triton_py import core
ctypes.CDLL(core.LIBRARY, mode=os.RTLD_NOW | os.RTLD_GLOBAL)
program = ctypes.CDLL(sys.argv[1])
arguments = (ctypes.c_char_p * 3)(b"reproduce", os.fsencode(sys.argv[2]), None)
sys.stdout.flush()
os._exit(program.main(2, arguments))
"""


def c_program(path: str, library: Path) -> subprocess.CompletedProcess[str]:
    """Compiled as strictly as can be, and run over the core, in a process of its own. As a library: a
    program would have to be linked to Python's, which not every Python has."""
    folder = Path(path).parent
    backends = folder / f"backends-{library.parent.name}"
    (backends / "specimen").mkdir(parents=True, exist_ok=True)
    if not (backends / "specimen" / library.name).exists():
        (backends / "specimen" / library.name).symlink_to(library)
    made = folder / "reproduce.so"
    subprocess.run(
        ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread", path,
         f"-I{triton_py.get_include()}", "-o", str(made)], check=True, timeout=60,
    )  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", _CHILD, str(made), str(backends)], capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_program_shows_it(specimen: Library, tmp_path: Path) -> None:
    name = "tensors/vector-store-beyond"
    target, result = certified(specimen(name), name)
    write(result, target, tmp_path)
    path = found(result, "tensors.output-bounds").reproducers["c"]
    crashed = c_program(path, specimen(name))
    assert crashed.returncode == -11, crashed
    sound = c_program(path, specimen("sound"))
    assert sound.returncode == 0, sound
    assert "case-0: OUT_DATA INT32 [" in sound.stdout


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_program_tells_of_an_answer_that_does_not_come(
    specimen: Library, tmp_path: Path
) -> None:
    name = "tensors/empty-unanswered"
    # Each look at it takes as long as an answer is waited for.
    target, result = certified(specimen(name), name, again=False)
    write(result, target, tmp_path)
    path = found(result, "tensors.empty").reproducers["c"]
    hung = c_program(path, specimen(name))
    assert hung.returncode == 1, hung
    assert "case-0: no final response came" in hung.stdout


def test_the_program_reads_large_inputs_from_files(specimen: Library, tmp_path: Path) -> None:
    from triton_py.conformance.cases import Case, Infer, Load, Unload
    from triton_py.conformance.clauses import clauses
    from triton_py.conformance.reproducers import c_program as c
    from triton_py.conformance.results import ClauseResult

    data = bytes(range(256)) * 64
    tensor = TensorData("INT32", (1, 4096), data, (3, 5000), 5)
    model = models()["elements"].case_model()
    steps = (Load("elements"), Infer("elements", (CaseRequest({"IN_DATA": tensor}),)), Unload("elements"))
    case = Case((model,), steps)
    result = ClauseResult(clauses()["tensors.reference"])
    place = tmp_path / "x"
    (place / "model_repository" / "elements" / "1").mkdir(parents=True)
    (place / "model_repository" / "elements" / "config.pbtxt").write_text(model.config)
    (place / "reproduce.c").write_text(c.text(case, result, Violation("x*/"), place))
    assert {p.name for p in place.glob("*.bin")} == {"bytes_1.bin", "bytes_2.bin"}
    done = c_program(str(place / "reproduce.c"), specimen("sound"))
    assert done.returncode == 0, done
    first = ctypes.c_uint32.from_buffer_copy(data).value + 1
    assert f"16384 bytes: {first.to_bytes(4, 'little').hex(' ')}" in done.stdout
