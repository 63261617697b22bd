# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Modules beside models, and what is shown of what they raise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors

from triton_py import Server, TritonError

CONFIG = tensors("input", "IN FP32 1") + tensors("output", "OUT INT64 1")
#: Imports a module of its folder when it is loaded, and another when it is asked.
MODEL = """
import early
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        import late
        out = pb_utils.Tensor("OUT", np.array([early.NUMBER + late.NUMBER], np.int64))
        return [pb_utils.InferenceResponse([out]) for _ in requests]
"""
ONE = np.ones(1, np.float32)


def ask(server: Server, model: str) -> list[int]:
    return server.model(model).infer(inputs={"IN": ONE}).result()["OUT"].tolist()


def test_modules_of_one_name_beside_several_models(tmp_path: Path, isolation: str) -> None:
    """Each model has its own when it is loaded, within one process, too."""
    for number, model in enumerate(("a", "b", "c")):
        folder = add_model(tmp_path, model, MODEL, CONFIG, head="")
        (folder / "1" / "early.py").write_text(f"NUMBER = {number}\n")
        (folder / "late.py").write_text("NUMBER = 10\n")
    with Server(model_repository=tmp_path, model_control_mode="explicit") as server:
        for model in "abc":
            server.load(model)
        assert [ask(server, model) for model in "abc"] == [[10], [11], [12]]
        server.unload("a", wait_until_unloaded=True)
        server.load("a")
        assert [ask(server, model) for model in "abc"] == [[10], [11], [12]]


def test_a_traceback_shows_the_models_own_lines(tmp_path: Path, isolation: str) -> None:
    folder = add_model(tmp_path, "m", MODEL, CONFIG, head="")
    (folder / "1" / "early.py").write_text("1 / 0\n")
    with pytest.raises(TritonError, match="ZeroDivisionError") as caught:
        Server(model_repository=tmp_path).__enter__()
    assert f'File "{folder}/1/model.py", line 2' in caught.value.message
    assert f'File "{folder}/1/early.py", line 1' in caught.value.message
    assert "importlib" not in caught.value.message and "worker.py" not in caught.value.message


def test_a_breakpoint_without_a_terminal_says_what_to_do(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is not the terminal's was stopped by the system, and its request waited for ever."""
    monkeypatch.delenv("PYTHONBREAKPOINT", raising=False)
    add_model(tmp_path, "m", "def execute(self, requests):\n    breakpoint()", CONFIG)
    with Server(model_repository=tmp_path) as server, pytest.raises(TritonError, match="model run --debug"):
        ask(server, "m")
