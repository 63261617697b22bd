# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The clauses about GPUs run where there is one, and find what is wrong there."""

from __future__ import annotations

from pathlib import Path

import pytest
from cuda_calls import Runtime

import triton_py
from triton_py.conformance.results import RunResult
from triton_py.conformance.run import certify
from triton_py.conformance.specimens.build import build
from triton_py.conformance.specimens.corpus import Specimen, corpus, models, sound
from triton_py.conformance.specimens.self_test import examine
from triton_py.conformance.target import ModelUnderTest, open_target

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(200)]
IDENTITY = Path(triton_py.__file__).parent / "backends" / "identity" / "libtriton_identity.so"
CONFIG = """
backend: "identity"
max_batch_size: 8
input { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
output { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] }
"""


def statuses(result: RunResult) -> dict[str, str]:
    return {r.clause.id: r.status for r in result.results}


GOOD = {"gpu.inputs": "pass", "gpu.outputs": "pass", "gpu.every-device": "pass"}


def test_identity(runtime: Runtime) -> None:
    target = open_target(IDENTITY, [ModelUnderTest("identity", CONFIG)])
    result = certify(target, profiles=["gpu"])
    assert statuses(result) == GOOD, [r.reason for r in result.results]
    assert result.verdict == "conformant"


def test_the_sound_specimen(runtime: Runtime, tmp_path: Path) -> None:
    library = build(sound("elements"), tmp_path)
    result = certify(open_target(library, [models()["elements"]]), profiles=["gpu"])
    assert statuses(result) == GOOD, [r.reason for r in result.results]


@pytest.mark.parametrize("specimen", [s for s in corpus().values() if s.needs_gpu], ids=lambda s: s.name)
def test_each_fault(runtime: Runtime, specimen: Specimen, tmp_path: Path) -> None:
    verdict = examine(specimen, 1, 10, tmp_path)
    assert (verdict.error, verdict.took_effect, verdict.right) == ("", True, True), verdict.found
