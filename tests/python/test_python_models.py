# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python models in processes of their own: what they get, what becomes of what they return."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors

from triton_py import Server, TritonError

ADD = """
def initialize(self, args):
    self.args = args

def execute(self, requests):
    answers = []
    for request in requests:
        a = pb_utils.get_input_tensor_by_name(request, "A").as_numpy()
        b = pb_utils.get_input_tensor_by_name(request, "B").as_numpy()
        answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("SUM", a + b), pb_utils.Tensor("DIFF", a - b)]))
    return answers
"""
ADD_CONFIG = (tensors("input", "A FP32 -1", "B FP32 -1") + tensors("output", "SUM FP32 -1", "DIFF FP32 -1"))


def ask(server: Server, model: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    (response,) = server.model(model).infer(inputs=inputs)
    return {name: tensor.numpy() for name, tensor in response.outputs.items()}


def test_add_and_subtract(tmp_path: Path) -> None:
    add_model(tmp_path, "add", ADD, ADD_CONFIG)
    with Server(model_repository=tmp_path) as server:
        for size in (0, 1, 16, 100_000):
            a, b = np.arange(size, dtype=np.float32), np.ones(size, np.float32)
            answer = ask(server, "add", A=a, B=b)
            assert np.array_equal(answer["SUM"], a + b) and np.array_equal(answer["DIFF"], a - b)


def test_strings(tmp_path: Path) -> None:
    add_model(tmp_path, "upper", """
        def execute(self, requests):
            answers = []
            for request in requests:
                words = request.inputs()[0].as_numpy()
                made = np.array([w.decode().upper() for w in words.reshape(-1)], dtype=object).reshape(words.shape)
                answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", made)]))
            return answers
        """, tensors("input", "IN STRING -1") + tensors("output", "OUT STRING -1"))
    with Server(model_repository=tmp_path) as server:
        words = np.array(["a", "", "grün", "x" * 70000], dtype=object)
        assert [w.decode() for w in ask(server, "upper", IN=words)["OUT"]] == [w.upper() for w in words]


def test_an_error_of_the_model_reaches_the_client(tmp_path: Path) -> None:
    add_model(tmp_path, "raises", """
        def execute(self, requests):
            raise ValueError("seven is too much")
        """, ADD_CONFIG)
    with Server(model_repository=tmp_path) as server, pytest.raises(TritonError, match="seven is too much"):
        ask(server, "raises", A=np.zeros(1, np.float32), B=np.zeros(1, np.float32))


def test_a_model_that_dies_is_started_again(tmp_path: Path) -> None:
    add_model(tmp_path, "dies", """
        def execute(self, requests):
            import ctypes
            if requests[0].inputs()[0].as_numpy()[0] == 7:
                ctypes.string_at(0)
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy())]) for r in requests]
        """, tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1"))
    with Server(model_repository=tmp_path) as server:
        for _ in range(2):
            assert ask(server, "dies", IN=np.ones(1, np.float32))["OUT"].tolist() == [1]
            with pytest.raises(TritonError, match=r"killed by signal 11 \(Segmentation fault\) while it executed"):
                ask(server, "dies", IN=np.full(1, 7, np.float32))
        assert ask(server, "dies", IN=np.ones(1, np.float32))["OUT"].tolist() == [1]


def test_a_model_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    add_model(tmp_path, "broken", "import nowhere\n", ADD_CONFIG, head="")
    with pytest.raises(TritonError, match="No module named 'nowhere'"):
        Server(model_repository=tmp_path).__enter__()
