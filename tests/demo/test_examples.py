# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The examples and the README's Python run as they are printed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from serve_process import IDENTITY, write_model

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path) -> str:
    result = subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True,
                            timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_in_process_example_batches(tmp_path):
    output = run(str(ROOT / "examples" / "in_process.py"), cwd=tmp_path)
    assert "OUTPUT0: [[ 1.   2.5 -3. ]]" in output
    assert "sum of 100 responses: 19800.0" in output
    requests, executions = map(int, re.search(
        r"requests: (\d+) executions: (\d+)", output).groups())
    assert requests == 101
    assert executions < 60


def test_the_python_in_the_readme(tmp_path):
    (block,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(),
                          re.DOTALL | re.MULTILINE)
    assert block.count("\n") <= 10
    write_model(tmp_path / "models", "identity", IDENTITY)
    assert run("-c", block, cwd=tmp_path).splitlines()[-1] == "[[1. 1. 1.]]"


def test_the_commands_at_the_head_of_the_minimal_backend(tmp_path):
    head = (ROOT / "examples" / "backend_minimal.c").read_text().split("*/")[2]
    lines = [line.removeprefix(" *").removeprefix("   ") for line in head.splitlines()]
    script = "\n".join(lines[lines.index("mkdir -p backends/add_one models/plus/1"):])
    script = script[:script.index("triton-py serve")]
    script = script.replace("triton-py config", f"{sys.executable} -m triton_py config")
    script = script.replace("examples/", f"{ROOT}/examples/")
    subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "backends" / "add_one" / "libtriton_add_one.so").stat().st_size > 1000
    assert 'backend: "add_one"' in (tmp_path / "models" / "plus" / "config.pbtxt").read_text()
