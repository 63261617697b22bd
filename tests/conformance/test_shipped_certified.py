# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The backends of this package, and its example of one, hold what they are held against."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import triton_py
from triton_py.conformance.results import CONFORMANT, FAIL
from triton_py.conformance.run import certify
from triton_py.conformance.target import ModelUnderTest, open_target

BACKENDS = Path(triton_py.__file__).parent / "backends"
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
