# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Shapes of every kind through the onnxruntime backend, in batches, against numpy.

The backend writes outputs in place where a model's signature foretells their shapes. What a signature
says differs with the way a model was exported: fixed sizes, shared names, names of their own, no names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triton_py import Server

onnx_models = pytest.importorskip("onnx_models", reason="needs the package onnx")

from onnx import TensorProto, helper

FLOAT = TensorProto.FLOAT

#: Output -> (operator, what it makes of x, dims given those of the input)
OUTPUTS: dict[str, tuple[Any, Any, Any]] = {
    "SAME": (
        lambda: helper.make_node("Neg", ["X"], ["SAME"]),
        lambda x: -x,
        lambda b, n, m: [b, n, m],
    ),
    "SWAPPED": (
        lambda: helper.make_node("Transpose", ["X"], ["SWAPPED"], perm=[0, 2, 1]),
        lambda x: np.transpose(x, (0, 2, 1)),
        lambda b, n, m: [b, m, n],
    ),
    "TWICE": (
        lambda: helper.make_node("Concat", ["X", "X"], ["TWICE"], axis=1),
        lambda x: np.concatenate([x, x], axis=1),
        lambda b, n, m: [b, 2 * n if isinstance(n, int) else n and f"{n}_twice", m],
    ),
    "MOST": (
        lambda: helper.make_node("ReduceMax", ["X"], ["MOST"], axes=[2], keepdims=0),
        lambda x: x.max(axis=2),
        lambda b, n, m: [b, n],
    ),
}

# How a dimension is declared: its size, a name, or nothing.
DECLARED = st.sampled_from(["size", "name", "none"])


@st.composite
def models(draw: st.DrawFn) -> tuple[Any, int, int, list[str]]:
    """(model, n, m, outputs): X is [batch, n, m]."""
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    batch = draw(st.sampled_from(["batch", None]))

    def declared(size: int, name: str) -> int | str | None:
        return {"size": size, "name": name, "none": None}[draw(DECLARED)]

    dims = [batch, declared(n, "n"), declared(m, "m")]
    outputs = draw(st.lists(st.sampled_from(sorted(OUTPUTS)), min_size=1, unique=True))
    made = onnx_models.model(
        [OUTPUTS[name][0]() for name in outputs],
        [onnx_models.tensor("X", FLOAT, dims)],
        [onnx_models.tensor(name, FLOAT, OUTPUTS[name][2](*dims)) for name in outputs],
    )
    return made, n, m, outputs


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, onnxruntime_path: str
) -> Iterator[tuple[Server, Path]]:
    folder = tmp_path_factory.mktemp("shapes")
    with Server(
        model_repository=folder, model_control_mode="explicit", exit_on_error=False
    ) as server:
        yield server, folder


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=models(), data=st.data())
def test_every_declaration(
    place: tuple[Server, Path], drawn: tuple[Any, int, int, list[str]], data: st.DataObject
) -> None:
    server, folder = place
    made, n, m, outputs = drawn
    onnx_models.save(folder, "shapes", made)
    model = server.load("shapes")
    config = model.config()
    assert config["max_batch_size"] == 4
    assert [output["name"] for output in config["output"]] == outputs
    requests = data.draw(
        st.lists(
            st.tuples(
                st.integers(1, 3),
                st.lists(st.sampled_from(outputs), min_size=1, unique=True),
            ),
            min_size=1,
            max_size=6,
        )
    )
    sent = []
    for number, (rows, wanted) in enumerate(requests):
        x = np.arange(rows * n * m, dtype=np.float32).reshape(rows, n, m) + 100 * number
        sent.append((x, wanted, model.infer(inputs={"X": x}, outputs=wanted)))
    for x, wanted, iterator in sent:
        response = iterator.result(timeout=30)
        assert sorted(response.outputs) == sorted(wanted)
        for name in wanted:
            expected = OUTPUTS[name][1](x)
            output = response[name].numpy()
            assert output.shape == expected.shape
            assert np.array_equal(output, expected), name
