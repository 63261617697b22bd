# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a build takes from the source tree beside what it links itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_libraries_built_in_place_are_not_copied(tmp_path: Path) -> None:
    """A build with other flags was handed the libraries of the tree, and took them for up to date: it
    linked none of its own."""
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("triton_py", "cbackend/include"):
        shutil.copytree(ROOT / name, tmp_path / name,
                        ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (tmp_path / "triton_py" / "lib").mkdir(exist_ok=True)
    for name in ("lib/libtritonserver.so", "http/_parser.so"):
        (tmp_path / "triton_py" / name).write_bytes(b"built in place")
    subprocess.run([sys.executable, "-W", "ignore", "setup.py", "-q", "build_py", "--build-lib", "out"],
                   cwd=tmp_path, check=True, capture_output=True)
    built = {path.name for path in (tmp_path / "out" / "triton_py").rglob("*") if path.is_file()}
    assert {"server.py", "tritonserver.h", "test_NAME.py"} <= built
    assert not [name for name in built if name.endswith(".so")]
