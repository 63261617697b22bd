# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Compiles specimens: the sound backend's sources, patched."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from triton_py import get_include

from ..pool import HarnessError
from .corpus import BACKEND, SOUND, Specimen


def build(specimen: Specimen, folder: Path) -> Path:
    """``folder``/libtriton_specimen.so; raises HarnessError where it can't be made."""
    sources = folder / "source"
    shutil.copytree(SOUND, sources)
    if specimen.patch is not None:
        _run(["patch", "--batch", "--fuzz=0", "--no-backup-if-mismatch", "-p1", "-i",
              str(specimen.patch.resolve())], sources)  # fmt: skip
    library = folder / f"libtriton_{BACKEND}.so"
    compiler = shlex.split(os.environ.get("CC", "cc"))
    files = sorted(str(path) for path in sources.glob("*.c"))
    _run([*compiler, "-std=c11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-pthread",
          f"-I{get_include()}", *files, "-ldl", "-o", str(library.resolve())], sources)  # fmt: skip
    return library


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
    except FileNotFoundError:
        raise HarnessError(
            f"the self-test needs the program '{command[0]}' (in Debian: apt install build-essential)"
        ) from None
    if done.returncode != 0:
        raise HarnessError(f"{shlex.join(command)}\n{done.stdout}{done.stderr}")
