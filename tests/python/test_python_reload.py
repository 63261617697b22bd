# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Editing a model while it serves, with --model-control-mode=poll."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors

from triton_py import Server

#: Answers a factor, and when it was loaded.
MODEL = """
import time
import numpy as np
import triton_python_backend_utils as pb_utils
{imports}
LOADED = time.monotonic_ns()

class TritonPythonModel:
    def execute(self, requests):
        answer = np.array([{factor}, LOADED], np.int64)
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", answer)]) for _ in requests]
"""
CONFIG = tensors("input", "IN INT64 1") + tensors("output", "OUT INT64 2")


class Edited:
    """A server that polls when it is told to, and its model, whose files are edited."""

    def __init__(self, repository: Path, log: Path) -> None:
        self.log = log
        self.folder = add_model(repository, "m", MODEL.format(imports="", factor=1), CONFIG, head="")
        self.server = Server(model_repository=repository, model_control_mode="poll", log_file=log,
                             log_error=True)

    def write(self, name: str, text: str, changed: float | None = None) -> None:
        path = self.folder / "1" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        if changed is not None:
            os.utime(path, (changed, changed))

    def model(self, factor: str, imports: str = "", changed: float | None = None) -> None:
        self.write("model.py", MODEL.format(imports=imports, factor=factor), changed)

    def poll(self) -> tuple[int, int]:
        """Has the server look for changes, and returns what the model then answers."""
        self.server.poll_model_repository()
        return self.ask()

    def ask(self) -> tuple[int, int]:
        (response,) = self.server.model("m").infer(inputs={"IN": np.zeros(1, np.int64)})
        factor, loaded = response["OUT"].tolist()
        return factor, loaded


@pytest.fixture
def edited(tmp_path: Path, isolation: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edited]:
    # As it is where nobody has set it: Python keeps bytecode beside the model's files.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    made = Edited(tmp_path / "models", tmp_path / "log")
    made.model("1", changed=time.time() - 10)  # old enough for that
    with made.server:
        yield made


def test_an_edited_model_answers_anew(edited: Edited) -> None:
    factor, first = edited.poll()
    assert factor == 1
    edited.model("22")
    assert edited.poll()[0] == 22
    edited.model("33")  # of the same size
    factor, last = edited.poll()
    assert factor == 33 and last > first


def test_what_python_keeps_of_a_model_is_no_change(edited: Edited) -> None:
    """Bytecode appears beside the model when it is loaded; the next poll loaded it again."""
    before = edited.ask()
    assert list((edited.folder / "1").glob("__pycache__/model.*.pyc"))
    assert [edited.poll() for _ in range(2)] == [before] * 2


@pytest.mark.parametrize("name", ["helper.py", "parts/__init__.py", "parts/helper.py"])
def test_the_modules_beside_a_model_belong_to_it(edited: Edited, name: str) -> None:
    """What was edited twice within a second, to the same size, was loaded from the first one's bytecode."""
    module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    second = int(time.time()) + 60  # ahead, so that it is not over before a slow machine has edited twice
    edited.write(name, "FACTOR = 2\n", second)
    edited.model("FACTOR", f"from {module} import FACTOR")
    assert edited.poll()[0] == 2
    for factor in (3, 4):
        edited.write(name, f"FACTOR = {factor}\n", second + factor / 10)
        assert edited.poll()[0] == factor


@pytest.mark.parametrize(("imports", "factor", "text"), [
    ("", "1 +", "SyntaxError: invalid syntax"),
    ("import nowhere", "1", "ModuleNotFoundError: No module named 'nowhere'"),
])  # fmt: skip
def test_a_broken_edit_leaves_what_serves(edited: Edited, imports: str, factor: str, text: str) -> None:
    before = edited.poll()
    edited.model(factor, imports)
    assert edited.poll() == before
    log = edited.log.read_text()
    assert text in log and f'File \\"{edited.folder}/1/model.py\\", line' in log
    edited.model("5")
    assert edited.poll()[0] == 5
