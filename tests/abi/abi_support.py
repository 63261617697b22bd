# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Helpers of the ABI tests: two compilers, and what a shared object exports."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "cbackend" / "include"
HEADERS = ["tritonserver", "tritonbackend", "tritoncache", "tritonrepoagent"]
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
# Standard -> the compiler's name, and the suffix of a source file.
LANGUAGES = {"c11": ("gcc", ".c"), "c++17": ("g++", ".cc")}


def include(*names: str) -> str:
    """Include directives for these headers."""
    return "".join(f'#include "triton/core/{name}.h"\n' for name in names)


class Compiler:
    """Compiles snippets against our headers in a folder of its own."""

    def __init__(self, folder: Path, standard: str) -> None:
        self.folder = folder
        self.standard = standard
        self.program, self.suffix = LANGUAGES[standard]

    def run(self, source: str, *flags: str) -> subprocess.CompletedProcess[str]:
        """Run the compiler over ``source``; the caller looks at its exit status and output."""
        path = self.folder / f"unit{self.suffix}"
        path.write_text(source)
        command = [self.program, f"-std={self.standard}", *WARNINGS, f"-I{INCLUDE}", *flags]
        command.append(str(path))
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)

    def check(self, source: str) -> None:
        """Fail the test with the compiler's words unless ``source`` compiles without a warning."""
        result = self.run(source, "-fsyntax-only")
        assert result.returncode == 0, result.stderr

    def shared_object(self, source: str, *flags: str) -> Path:
        """Build a shared object and return its path."""
        path = self.folder / "unit.so"
        result = self.run(source, "-shared", "-fPIC", *flags, "-o", str(path))
        assert result.returncode == 0, result.stderr
        return path

    def preprocess(self, source: str, *flags: str) -> str:
        """The preprocessed text of ``source``."""
        result = self.run(source, "-E", *flags)
        assert result.returncode == 0, result.stderr
        return result.stdout


def exported(library: Path) -> set[str]:
    """The names that a shared object defines in its dynamic symbol table."""
    result = subprocess.run(
        ["nm", "-D", "--defined-only", str(library)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return {line.split()[-1].partition("@")[0] for line in result.stdout.splitlines() if line}
