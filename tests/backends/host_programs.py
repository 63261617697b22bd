# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Running the programs of ``host/``, under valgrind where that is wanted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import backend_builder
import pytest
from sanitized import SANITIZED

Command = list[str | Path]

VALGRIND = shutil.which("valgrind")
needs_valgrind = pytest.mark.skipif(VALGRIND is None or SANITIZED,
                                    reason="needs valgrind, and no other sanitizer")


def run(command: Command, timeout: float) -> str:
    """Runs a program of the host, which must say that it came to its end."""
    done = subprocess.run(
        [str(c) for c in command], check=False, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.endswith("done\n"), done.stdout
    return done.stdout


def checked(command: Command) -> Command:
    """The command under valgrind, which makes faults and definite leaks a failure."""
    assert VALGRIND is not None
    return [
        VALGRIND,
        "-q",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--errors-for-leak-kinds=definite",
        "--error-exitcode=9",
        f"--suppressions={backend_builder.HERE / 'host' / 'onnxruntime.supp'}",
        *command,
    ]
