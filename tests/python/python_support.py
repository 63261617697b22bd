# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repositories of Python models for the tests."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from pathlib import Path

#: "process" or "inprocess", by the fixture of that name.
ISOLATION = ""

#: What most models begin with.
HEAD = "import json\nimport numpy as np\nimport triton_python_backend_utils as pb_utils\n"


def tensors(kind: str, *entries: str) -> str:
    """``tensors("input", "IN FP32 -1")``: name, type, dims."""
    made = []
    for entry in entries:
        name, datatype, *dims = entry.split()
        optional = " optional: true" if dims and dims[-1] == "optional" else ""
        dims = [d for d in dims if d != "optional"]
        made.append(f'{kind} {{ name: "{name}" data_type: TYPE_{datatype} dims: [ {", ".join(dims)} ]{optional} }}')
    return "\n".join(made)


def add_model(repository: Path, name: str, code: str, config: str = "", head: str = HEAD) -> Path:
    """A model's folder: ``code`` is the class's body, or all of the file where ``head`` is empty."""
    folder = repository / name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    body = textwrap.dedent(code)
    if head:
        body = f"{head}\n\nclass TritonPythonModel:\n{textwrap.indent(body, '    ')}"
    (folder / "1" / "model.py").write_text(body)
    chosen = f'parameters {{ key: "ISOLATION" value {{ string_value: "{ISOLATION}" }} }}' if ISOLATION else ""
    (folder / "config.pbtxt").write_text(f'backend: "python"\n{config}\n{chosen}\n')
    return folder


def parameter(key: str, value: object) -> str:
    """A model's parameter."""
    return f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'


def eventually(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Waits for a condition that comes about by itself."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)
