# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ONNX models for sequences: with controls, with states, with both. ``write(folder)`` writes them all,
as ``onnx_models.write`` does those for single requests.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx_models import TYPES, Dims, model, save, tensor

FP32 = TensorProto.FLOAT


def accumulate() -> onnx.ModelProto:
    """``Y = SUM_OUT = (START ? 0 : SUM_IN) + X * READY``, FP32 [batch, 2]; START is INT32, READY FP32."""
    nodes = [
        helper.make_node("Sub", ["ONE", "START"], ["KEEP"]),
        helper.make_node("Cast", ["KEEP"], ["KEEP_FP32"], to=FP32),
        helper.make_node("Mul", ["SUM_IN", "KEEP_FP32"], ["KEPT"]),
        helper.make_node("Mul", ["X", "READY"], ["ADDED"]),
        helper.make_node("Add", ["KEPT", "ADDED"], ["SUM_OUT"]),
        helper.make_node("Identity", ["SUM_OUT"], ["Y"]),
    ]
    return model(
        nodes,
        [
            tensor("START", TensorProto.INT32, ["batch", 1]),
            tensor("X", FP32, ["batch", 2]),
            tensor("SUM_IN", FP32, ["batch", 2]),
            tensor("READY", FP32, ["batch", 1]),
        ],
        [tensor("SUM_OUT", FP32, ["batch", 2]), tensor("Y", FP32, ["batch", 2])],
        [numpy_helper.from_array(np.array(1, np.int32), "ONE")],
    )


def controls() -> onnx.ModelProto:
    """``SEEN_<control> = <control>`` for START (BOOL), END (INT32), READY (FP32), CORRID (STRING)."""
    kinds = {
        "START": TensorProto.BOOL,
        "END": TensorProto.INT32,
        "READY": FP32,
        "CORRID": TensorProto.STRING,
        "X": FP32,
    }
    return model(
        [helper.make_node("Identity", [name], [f"SEEN_{name}"]) for name in kinds],
        [tensor(name, kind, ["batch", 1]) for name, kind in kinds.items()],
        [tensor(f"SEEN_{name}", kind, ["batch", 1]) for name, kind in kinds.items()],
    )


def unbatched() -> onnx.ModelProto:
    """``S_OUT = S_IN + X``, FP32 [2, 1, 4] and [4]; ``LAST = END``, BOOL [1]: nothing has a batch."""
    return model(
        [
            helper.make_node("Add", ["S_IN", "X"], ["S_OUT"]),
            helper.make_node("Identity", ["END"], ["LAST"]),
        ],
        [
            tensor("X", FP32, [4]),
            tensor("S_IN", FP32, [2, 1, 4]),
            tensor("END", TensorProto.BOOL, [1]),
        ],
        [tensor("LAST", TensorProto.BOOL, [1]), tensor("S_OUT", FP32, [2, 1, 4])],
    )


def trace() -> onnx.ModelProto:
    """``TRACE_OUT`` is ``TRACE_IN`` and then ``X``, INT64 [batch, any]; ``TOTAL`` their sum."""
    int64 = TensorProto.INT64
    return model(
        [
            helper.make_node("Concat", ["TRACE_IN", "X"], ["TRACE_OUT"], axis=1),
            helper.make_node("ReduceSum", ["TRACE_OUT", "AXES"], ["TOTAL"], keepdims=1),
        ],
        [tensor("X", int64, ["batch", "m"]), tensor("TRACE_IN", int64, ["batch", "n"])],
        [tensor("TOTAL", int64, ["batch", 1]), tensor("TRACE_OUT", int64, ["batch", None])],
        [numpy_helper.from_array(np.array([1], np.int64), "AXES")],
    )


def line() -> onnx.ModelProto:
    """``S_OUT`` is ``S_IN`` and then ``X``, FP32 [any]: what varies is no batch."""
    return model(
        [
            helper.make_node("Concat", ["S_IN", "X"], ["S_OUT"], axis=0),
            helper.make_node("Identity", ["S_OUT"], ["Y"]),
        ],
        [tensor("X", FP32, ["m"]), tensor("S_IN", FP32, ["n"])],
        [tensor("Y", FP32, ["total"]), tensor("S_OUT", FP32, ["total"])],
    )


def delay(kind: int, dims: Dims) -> onnx.ModelProto:
    """``OLD = PAST_IN``, ``PAST_OUT = NOW``: the output is the input of the request before."""
    nodes = [
        helper.make_node("Identity", ["PAST_IN"], ["OLD"]),
        helper.make_node("Identity", ["NOW"], ["PAST_OUT"]),
    ]
    return model(
        nodes,
        [tensor("NOW", kind, dims), tensor("PAST_IN", kind, dims)],
        [tensor("OLD", kind, dims), tensor("PAST_OUT", kind, dims)],
    )


def write(folder: Path) -> Path:
    """Writes every model below ``folder`` and returns it."""
    for name, kind in TYPES.items():
        save(folder, f"delay_{name.lower()}", delay(kind, ["batch", "n"]))
    save(folder, "delay_scalar", delay(FP32, []))
    for made in (accumulate, controls, unbatched, trace, line):
        save(folder, made.__name__, made())
    return folder
