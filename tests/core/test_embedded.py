# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The core as a library of a C program, which starts no Python itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

import triton_py

SOURCE = Path(__file__).with_name("embedded.c")
CONFIG = """
name: "echo" backend: "identity" max_batch_size: 4
input { name: "INPUT0" data_type: TYPE_FP32 dims: [-1] }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [-1] }
"""


def libpython() -> str | None:
    """The directory of the shared libpython of this interpreter, if it has one."""
    library = sysconfig.get_config_var("LDLIBRARY") or ""
    folder = sysconfig.get_config_var("LIBDIR") or ""
    return folder if library.endswith(".so") and os.path.exists(f"{folder}/{library}") else None


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.skipif(libpython() is None, reason="this Python has no shared libpython to link with")
def test_c_program_serves_a_request(tmp_path):
    program = tmp_path / "app"
    folder = libpython()
    library = triton_py.get_library_dir()
    subprocess.run(
        ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", str(SOURCE), "-o", str(program),
         f"-I{triton_py.get_include()}", f"-L{library}", "-ltritonserver", f"-L{folder}",
         f"-lpython{sysconfig.get_config_var('LDVERSION')}", f"-Wl,-rpath,{library}:{folder}",
         "-pthread"],
        check=True,
    )
    (tmp_path / "models" / "echo" / "1").mkdir(parents=True)
    (tmp_path / "models" / "echo" / "config.pbtxt").write_text(CONFIG)
    # The test's own environment must not be what makes the import work, save where the packages
    # of a source tree's environment lie.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = sysconfig.get_path("purelib")
    done = subprocess.run([str(program), str(tmp_path / "models")], capture_output=True, text=True,
                          timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "ok"
