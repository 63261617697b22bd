# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The code blocks of docs/python-api.md do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

from inprocess_support import identity_config, write_model

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python-api.md"


def blocks():
    if not PAGE.exists():
        return []
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_page_has_code():
    assert len(blocks()) >= 5


def test_blocks_run(tmp_path, monkeypatch):
    """In order, in one namespace, as a reader would paste them; their asserts are the checks."""
    inputs = '{ name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] }'
    outputs = '{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }'
    write_model(tmp_path / "models", "identity", identity_config(inputs, outputs))
    text_in, text_out = (
        f'{{ name: "{name}" data_type: TYPE_STRING dims: [ -1 ] }}' for name in ("TEXT", "SAME")
    )
    write_model(tmp_path / "models", "text", identity_config(text_in, text_out))
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "page"}
    for number, block in enumerate(blocks(), 1):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec"), namespace)  # noqa: S102
