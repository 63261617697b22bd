# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The corpus of faults, and the self-test that runs it.

All of it takes about half an hour on two cores: ``TRITON_PY_CONFORMANCE=full pytest
tests/conformance/test_corpus.py``, or ``triton-py certify --self-test``. Else a few are examined.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from triton_py.conformance.clauses import clauses
from triton_py.conformance.pool import HarnessError
from triton_py.conformance.specimens.build import build
from triton_py.conformance.specimens.corpus import CLASSES, Specimen, corpus, models, sound
from triton_py.conformance.specimens.self_test import Verdict, chosen, examine, exit_code, score

FULL = os.environ.get("TRITON_PY_CONFORMANCE") == "full"
#: One of each way in which the harness finds something, the quick ones of them.
SHORT = (
    "loading/undefined-symbol", "loading/no-spaces", "lifecycle/thread-left",
    "lifecycle/process-left",
    "requests/released-twice", "responses/written-after-send", "tensors/one-byte-beyond",
    "tensors/reads-beyond", "tensors/last-element-unwritten", "tensors/whole-elements-only",
    "tensors/wrong-in-one-type", "batching/third-place", "decoupled/factory-kept",
    "sequences/one-total-for-all", "faults/response-not-checked",
)  # fmt: skip
#: tests/gpu has the others.
WITHOUT_GPU = sorted(s.name for s in corpus().values() if not s.needs_gpu)


def test_there_is_a_fault_for_what_is_examined() -> None:
    assert len(corpus()) >= 60
    assert {s.kind for s in corpus().values()} == set(CLASSES)
    assert {s.model for s in corpus().values()} == set(models())
    meant = Counter(s.clause for s in corpus().values())
    # No specimen can tell of these: what they say shows in each of the others.
    spared = {"lifecycle.survives", "sequences.answers"}
    assert sorted(set(clauses()) - set(meant) - spared) == []


def test_each_says_that_it_took_effect() -> None:
    for specimen in corpus().values():
        assert specimen.patch is not None
        text = specimen.patch.read_text()
        marks = [line for line in text.splitlines() if line.startswith("+") and "took_effect()" in line]
        assert bool(marks) != bool(specimen.effect), specimen.name
        assert specimen.fault.endswith("."), specimen.name


@pytest.mark.slow
def test_each_patch_fits_and_compiles(tmp_path: Path) -> None:
    def made(specimen: Specimen) -> bool:
        folder = tmp_path / specimen.name.replace("/", "-")
        folder.mkdir()
        return build(specimen, folder).is_file()

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        assert all(threads.map(made, corpus().values()))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", WITHOUT_GPU if FULL else SHORT)
def test_the_fault_is_found(name: str, tmp_path: Path) -> None:
    verdict = examine(corpus()[name], 1, 25, tmp_path)
    assert verdict.error == ""
    assert verdict.took_effect
    assert verdict.right, f"{verdict.specimen.clause} should fail; {verdict.found} did"


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.skipif(not FULL, reason="TRITON_PY_CONFORMANCE=full runs it: 20 seeds take long")
@pytest.mark.parametrize("model", sorted(models()))
@pytest.mark.parametrize("seed", range(1, 21))
def test_no_false_alarm(model: str, seed: int, tmp_path: Path) -> None:
    verdict = examine(sound(model), seed, 25, tmp_path)
    assert (verdict.error, verdict.found, verdict.right) == ("", {}, True)


def _never(tmp_path: Path) -> Specimen:
    """A fault that is in no code that runs."""
    patch = tmp_path / "never.patch"
    patch.write_text(
        "Clause: tensors.reference\nClass: always\nModel: elements\nFault: None.\n"
        "--- a/element.c\n+++ b/element.c\n@@ -5,3 +5,8 @@\n"
        " \n #include \"specimen.h\"\n \n"
        "+__attribute__((unused)) static void nobody_calls_it(void)\n+{\n+  took_effect();\n+}\n+\n"
    )
    return Specimen("x/never", patch, "tensors.reference", "always", "elements", "None.")


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_fault_that_never_took_effect_is_no_proof(tmp_path: Path) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    verdict = examine(_never(tmp_path), 1, 3, folder)
    assert not verdict.took_effect
    assert not verdict.valid
    assert exit_code([verdict]) == 2


def test_the_score() -> None:
    found = Verdict(corpus()["tensors/always-wrong"], 1, right=True, took_effect=True)
    missed = Verdict(corpus()["tensors/wrong-in-one-rank"], 1, took_effect=True)
    alarm = Verdict(sound("mixed"), 1, took_effect=True, found={"requests.released": "x"})
    quiet = Verdict(sound("mixed"), 1, right=True, took_effect=True)
    assert list(score([found, missed, quiet])) == [("always", 1, 1), ("liar", 0, 1)]
    assert exit_code([found, quiet]) == 0
    assert exit_code([found, missed]) == 1
    assert exit_code([alarm, found]) == 1
    assert exit_code([found, Verdict(corpus()["tensors/unsigned"], 1, error="no cc")]) == 2
    assert exit_code([]) == 2


def test_a_patch_that_does_not_fit_is_said(tmp_path: Path) -> None:
    patch = tmp_path / "x.patch"
    patch.write_text("--- a/element.c\n+++ b/element.c\n@@ -1,1 +1,1 @@\n-no such line\n+x\n")
    with pytest.raises(HarnessError, match="FAILED"):
        build(Specimen("x/x", patch, "tensors.reference", "always", "elements", "x."), tmp_path)


def test_without_a_compiler_the_self_test_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(HarnessError, match="needs the program 'no-such-compiler'"):
        build(sound("elements"), tmp_path)


def test_specimens_by_name() -> None:
    assert [s.name for s in chosen(["sound/mixed", "determinism"])][:2] == [
        "sound/mixed", "determinism/by-the-clock",
    ]  # fmt: skip
    assert len(chosen([])) == len(corpus()) + len(models())
    with pytest.raises(HarnessError, match="there is no specimen 'tensor'"):
        chosen(["tensor"])


@pytest.mark.slow
def test_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "triton_py", "certify", "--self-test", "--specimen",
         "tensors/unsigned", "--specimen", "decoupled/final-twice", "--jobs=2"],
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| all | 2 | 2 | |" in done.stdout
    assert "valid, and every fault was found" in done.stdout
