# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The backend of ``tally.c``, which writes down what becomes of its instances and itself."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from control_fakes import TIMEOUT_S

import triton_py

SOURCE = Path(__file__).with_name("tally.c")
CONFIG = """
backend: "tally"
max_batch_size: 0
input {{ name: "IN" data_type: TYPE_INT32 dims: [1] }}
output {{ name: "ANSWER" data_type: TYPE_INT32 dims: [1] }}
{extra}
"""


def compile_tally(library: Path, answer: int = 1, *flags: str) -> Path:
    """Build the library in the place of the one that is there, as a linker does."""
    library.parent.mkdir(parents=True, exist_ok=True)
    fresh = library.with_suffix(".new")
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror",
         "-pthread", f"-I{triton_py.get_include()}", f"-DANSWER={answer}", *flags, str(SOURCE),
         "-o", str(fresh)],
        check=True,
    )
    os.replace(fresh, library)
    return library


def write_model(repository: Path, name: str, extra: str = "") -> Path:
    folder = repository / name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    (folder / "config.pbtxt").write_text(CONFIG.format(extra=extra))
    return folder


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


class Notes:
    """What the backend has written down."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    def alive(self) -> list[str]:
        """Instances that are initialized and not finalized, sorted."""
        alive: list[str] = []
        for line in self.lines():
            what, name = line.rsplit(" ", 1)
            if what == "+":
                alive.append(name)
            elif what == "-":
                alive.remove(name)
            else:
                assert what in ("library +", "library -", "library !", "library held"), line
        return sorted(alive)
