# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ONNX models for the tests, made on the spot: ``write(folder)`` writes all of them.

Each lies in ``<folder>/<name>/1/model.onnx``, as in a model repository. The IR version and the opset
are old ones on purpose: every ONNX Runtime that the backend works with can read them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8

#: Configuration type -> ONNX element type, for every type that both sides have.
TYPES: dict[str, int] = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BF16": TensorProto.BFLOAT16,
    "STRING": TensorProto.STRING,
}

Dims = list[int | str | None] | None


def tensor(name: str, kind: int, dims: Dims) -> onnx.ValueInfoProto:
    """A graph input or output; ``None`` as a dimension has no name, ``None`` as dims no rank."""
    return helper.make_tensor_value_info(name, kind, dims)


def model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    initializers: list[onnx.TensorProto] | None = None,
) -> onnx.ModelProto:
    """A model of one graph."""
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializers or [])
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)


def save(folder: Path, name: str, made: onnx.ModelProto, file: str = "model.onnx") -> Path:
    """Writes the model as version 1 of model ``name`` and returns the file's path."""
    path = folder / name / "1" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.SerializeToString())
    return path


def copy(kind: int, dims: Dims) -> onnx.ModelProto:
    """``OUTPUT0 = INPUT0``."""
    node = helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])
    return model([node], [tensor("INPUT0", kind, dims)], [tensor("OUTPUT0", kind, dims)])


def add(batch: str | None = "batch") -> onnx.ModelProto:
    """``SUM = A + B``, ``DIFF = A - B``, FP32 [batch, 3]."""
    nodes = [
        helper.make_node("Add", ["A", "B"], ["SUM"]),
        helper.make_node("Sub", ["A", "B"], ["DIFF"]),
    ]
    dims: Dims = [batch, 3]
    fp32 = TensorProto.FLOAT
    return model(
        nodes,
        [tensor("A", fp32, dims), tensor("B", fp32, dims)],
        [tensor("SUM", fp32, dims), tensor("DIFF", fp32, dims)],
    )


def matmul(inner: int = 16, outer: int = 4) -> onnx.ModelProto:
    """``Y = X @ W``, FP32 [batch, inner] to [batch, outer]; ``W[i, j] = i + j``."""
    weights = np.add.outer(np.arange(inner), np.arange(outer)).astype(np.float32)
    return model(
        [helper.make_node("MatMul", ["X", "W"], ["Y"])],
        [tensor("X", TensorProto.FLOAT, ["batch", inner])],
        [tensor("Y", TensorProto.FLOAT, ["batch", outer])],
        [numpy_helper.from_array(weights, "W")],
    )


def gather() -> onnx.ModelProto:
    """``Y = table[X]`` with ten rows: an index beyond them fails in the run, not before it."""
    table = np.arange(20, dtype=np.float32).reshape(10, 2)
    return model(
        [helper.make_node("Gather", ["T", "X"], ["Y"])],
        [tensor("X", TensorProto.INT64, ["batch", 1])],
        [tensor("Y", TensorProto.FLOAT, ["batch", 1, 2])],
        [numpy_helper.from_array(table, "T")],
    )


def optional() -> onnx.ModelProto:
    """``Y = X * SCALE`` where SCALE is an input with a default of 2."""
    return model(
        [helper.make_node("Mul", ["X", "SCALE"], ["Y"])],
        [tensor("X", TensorProto.FLOAT, ["n"]), tensor("SCALE", TensorProto.FLOAT, [1])],
        [tensor("Y", TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(np.array([2], np.float32), "SCALE")],
    )


def scalar() -> onnx.ModelProto:
    """``Y = X + 1``, both without dimensions."""
    return model(
        [helper.make_node("Add", ["X", "ONE"], ["Y"])],
        [tensor("X", TensorProto.FLOAT, [])],
        [tensor("Y", TensorProto.FLOAT, [])],
        [numpy_helper.from_array(np.array(1, np.float32), "ONE")],
    )


def nonzero(declared: str = "count") -> onnx.ModelProto:
    """``Y = X[X != 0]``: the number of results is known after the run.

    With ``declared`` the input's own dimension, the model promises a shape that it doesn't keep.
    """
    nodes = [
        helper.make_node("Cast", ["X"], ["MASK"], to=TensorProto.BOOL),
        helper.make_node("Compress", ["X", "MASK"], ["Y"], axis=0),
    ]
    return model(
        nodes,
        [tensor("X", TensorProto.INT64, ["n"])],
        [tensor("Y", TensorProto.INT64, [declared])],
    )


def sequence() -> onnx.ModelProto:
    """``PARTS`` is a sequence of tensors, which the protocol doesn't have; ``Y = X``."""
    parts = helper.make_tensor_sequence_value_info("PARTS", TensorProto.FLOAT, None)
    nodes = [
        helper.make_node("SequenceConstruct", ["X"], ["PARTS"]),
        helper.make_node("Identity", ["X"], ["Y"]),
    ]
    x = tensor("X", TensorProto.FLOAT, ["n"])
    return model(nodes, [x], [tensor("Y", TensorProto.FLOAT, ["n"]), parts])


def fixed_batch() -> onnx.ModelProto:
    """A copy of FP32 [2, 3]: no dimension varies."""
    return copy(TensorProto.FLOAT, [2, 3])


def external(folder: Path) -> None:
    """``Y = X @ W`` with the weights in a file of their own, in a directory as the model's file."""
    path = folder / "external" / "1" / "model.onnx" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(
        matmul(64, 64),
        str(path),
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )


def write(folder: Path) -> Path:
    """Writes every model below ``folder`` and returns it."""
    for name, kind in TYPES.items():
        save(folder, f"copy_{name.lower()}", copy(kind, ["batch", "n"]))
    save(folder, "add", add())
    save(folder, "add_unnamed", add(None))
    save(folder, "matmul", matmul())
    save(folder, "gather", gather())
    save(folder, "optional", optional())
    save(folder, "scalar", scalar())
    save(folder, "nonzero", nonzero())
    save(folder, "wrong_shape", nonzero("n"))
    save(folder, "sequence", sequence())
    save(folder, "fixed_batch", fixed_batch())
    save(folder, "renamed", add(), "other.onnx")
    external(folder)
    broken = folder / "broken" / "1" / "model.onnx"
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"this is no model")
    return folder
