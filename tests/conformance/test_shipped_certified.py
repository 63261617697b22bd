# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The backends of this package, and its example of one, hold what they are held against."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import triton_py
from triton_py.conformance.cases import CaseRequest, FaultAt, TensorData
from triton_py.conformance.pool import Pool
from triton_py.conformance.properties.common import one_model, plain
from triton_py.conformance.report import certificate
from triton_py.conformance.report.verification import verify
from triton_py.conformance.results import CONFORMANT, FAIL
from triton_py.conformance.run import certify
from triton_py.conformance.subject import read_subject
from triton_py.conformance.target import ModelUnderTest, Target, open_target

FULL = os.environ.get("TRITON_PY_CONFORMANCE") == "full"
BACKENDS = Path(triton_py.__file__).parent / "backends"
PYTHON_MODELS = Path(__file__).with_name("python_models")
IDENTITY = """
backend: "identity"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT32 dims: [ -1 ] },
  { name: "INPUT1" data_type: TYPE_STRING dims: [ -1 ] optional: true }
]
output [
  { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ -1 ] },
  { name: "OUTPUT1" data_type: TYPE_STRING dims: [ -1 ] }
]
"""
ONNX = """
backend: "onnxruntime"
max_batch_size: 8
input { name: "X" data_type: TYPE_FP32 dims: [ -1 ] }
output { name: "Y" data_type: TYPE_FP32 dims: [ -1 ] }
"""


def certified(name: str, model: ModelUnderTest, least: int = 58) -> None:
    hold(BACKENDS / name / f"libtriton_{name}.so", model, least)


def hold(library: Path, model: ModelUnderTest, least: int, advice: tuple[str, ...] = ()) -> None:
    """:param advice: clauses that are only advice, and not followed."""
    target = open_target(library, [model])
    result = certify(target, examples=10, budget_s=600)
    found = {r.clause.id: r.violations[0].summary for r in result.results if r.status == FAIL}
    assert (tuple(found), result.problems) == (advice, []), found
    assert result.verdict == CONFORMANT
    assert sum(r.status == "pass" for r in result.results) >= least


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_identity() -> None:
    def same(inputs):
        return {f"OUTPUT{name[5:]}": array for name, array in inputs.items()}

    certified("identity", ModelUnderTest("identity", IDENTITY, reference=same))


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_onnxruntime(tmp_path: Path) -> None:
    """A model that adds 1 to a matrix with two variable dimensions."""
    x = helper.make_tensor_value_info("X", TensorProto.FLOAT, ["batch", "size"])
    y = helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["batch", "size"])
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    graph = helper.make_graph([helper.make_node("Add", ["X", "one"], ["Y"])], "add", [x], [y], [one])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "1").mkdir()
    onnx.save(model, tmp_path / "1" / "model.onnx")

    def right(inputs):
        return {"Y": inputs["X"] + 1}

    certified("onnxruntime", ModelUnderTest("add", ONNX, str(tmp_path), reference=right))


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_repeat() -> None:
    """Its lists are as long as each other by the configuration, its delays short by the ranges."""
    config = """
    backend: "repeat"
    model_transaction_policy { decoupled: true }
    input [
      { name: "IN" data_type: TYPE_INT32 dims: [ 4 ] },
      { name: "DELAY" data_type: TYPE_UINT32 dims: [ 4 ] optional: true },
      { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true }
    ]
    output [
      { name: "OUT" data_type: TYPE_INT32 dims: [ 1 ] },
      { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] }
    ]
    """

    def each(inputs):
        return [{"OUT": value.reshape(1), "IDX": np.array([index], np.uint32)}
                for index, value in enumerate(inputs["IN"])]

    certified("repeat", ModelUnderTest("repeat", config, reference=each,
                                       ranges={"DELAY": (0, 8), "WAIT": (0, 20)}), 54)


def python_target(isolation: str, name: str = "") -> Target:
    """The python backend with a model of python_models/, or all, in this isolation."""
    library = BACKENDS / "python" / "libtriton_python.so"
    target = read_subject(library, [], str(PYTHON_MODELS / "conformance.toml")).target
    chosen = f'parameters {{ key: "ISOLATION" value {{ string_value: "{isolation}" }} }}'
    models = [replace(model, config=f"{model.config}\n{chosen}\n") for model in target.models
              if name in ("", model.name)]
    return replace(target, models=tuple(models))


#: Of each isolation, models and the profiles that they are held against. To load a model takes ten times as long
#: where it gets a process, so what needs many loads is examined where it has none: most of the code is the same.
PYTHON_RUNS = {
    "process": {"same": ["core", "batching"], "times": ["decoupled"], "totals": ["sequence-control"]},
    "inprocess": {"same": ["core", "batching", "multi-instance"], "times": ["decoupled"],
                  "totals": ["sequence-control", "fault-tolerance"]},
}


@pytest.mark.slow
@pytest.mark.timeout(3000 if FULL else 300)
@pytest.mark.parametrize("isolation", PYTHON_RUNS)
def test_python(isolation: str, tmp_path: Path) -> None:
    """With TRITON_PY_CONFORMANCE=full all models are held against all profiles, with the usual settings."""
    settings = {"budget_s": 2900} if FULL else {"budget_s": 280, "examples": 3, "loading_s": 0.3}
    for name, profiles in ({"": []} if FULL else PYTHON_RUNS[isolation]).items():
        target = python_target(isolation, name)
        result = certify(target, profiles=profiles, **settings)
        found = {r.clause.id: r.violations[0].summary for r in result.results if r.status == FAIL}
        assert (found, result.problems, result.verdict) == ({}, [], CONFORMANT)
        issued = tmp_path / "certificate.json"
        issued.write_text(certificate.dumps(result))
        assert verify(issued, target.library, datetime.now(UTC).date()).exit_code == 0
        passed = {r.clause.id: r.clause.profile for r in result.results if r.status == "pass"}
        assert set(passed.values()) >= set(profiles)
        # Python models get no states of the server's: none is said to be updated.
        states = next((r for r in result.results if r.clause.id == "sequences.state-updated"), None)
        assert states is None or states.status == "not-run"
        if name in ("", "totals"):
            assert states is not None and states.reason == "no model of sequences declares a state"
        # That, and what needs a GPU.
        assert not FULL or len(passed) >= len(result.results) - 4


@pytest.mark.parametrize("isolation", PYTHON_RUNS)
def test_a_response_that_cannot_be_made_is_not_left_out(isolation: str) -> None:
    """A client of a decoupled Python model once got one response less than there are, and no error."""
    target = python_target(isolation, "times")
    (model,) = target.models
    request = CaseRequest({"IN": TensorData("INT32", (4,), bytes(16)),
                           "TIMES": TensorData("INT32", (1,), (3).to_bytes(4, "little"))})

    def got(*, onward: bool) -> list[list[str]]:
        fault = FaultAt("TRITONBACKEND_ResponseNewFromFactory", 2, onward)
        case = one_model(model, plain(model), (request,), (request,), faults=(fault,), timeout_s=60.0)
        outcome, _ = pool.run(case)
        assert outcome.ended == ""
        return [[answer.error or ("" if answer.empty else "OUT") for answer in step.answers[0]]
                for step in outcome.steps if step.answers]

    with Pool(target.library, target.backend) as pool:
        (first, error), later = got(onward=False)
        assert first == "OUT" and "on purpose" in error
        assert later == ["OUT"] * 3
        # Where not even an error can be told it ends.
        assert got(onward=True) == [["OUT", ""], [""]]


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_minimal_backend_of_the_examples(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    library = tmp_path / "libtriton_add_one.so"
    subprocess.run(["gcc", "-shared", "-fPIC", f"-I{root / 'cbackend' / 'include'}",
                    str(root / "examples" / "backend_minimal.c"), "-o", str(library)], check=True)
    config = ('backend: "add_one" input [ { name: "X" data_type: TYPE_FP32 dims: [ -1 ] } ] '
              'output [ { name: "Y" data_type: TYPE_FP32 dims: [ -1 ] } ]')
    hold(library, ModelUnderTest("plus", config, reference=lambda inputs: {"Y": inputs["X"] + 1}), 54,
         ("statistics.reported",))
