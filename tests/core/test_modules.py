# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The one object holds every module, and all of them are initialised by the import."""

from __future__ import annotations

import sys
from pathlib import Path

import triton_py.core

SOURCES = Path(__file__).resolve().parents[2] / "cbackend" / "core"


def test_modules_are_the_sources():
    written = {path.stem for path in SOURCES.glob("*.pyx")}
    # unsupported.pyx is generated at build time.
    assert set(triton_py.core.MODULES) == written | {"unsupported"}


def test_modules_are_imported():
    for name in triton_py.core.MODULES:
        module = sys.modules[f"triton_py.core.{name}"]
        assert module.__file__ == triton_py.core.LIBRARY


def test_each_module_with_structs_has_a_contract():
    """What other modules cimport is declared in a .pxd; a .pyx without one exports only the ABI."""
    for path in SOURCES.glob("*.pyx"):
        cimported = any(
            f"triton_py.core.{path.stem} cimport" in other.read_text()
            for other in SOURCES.glob("*.p[yx][xd]")
        )
        assert path.with_suffix(".pxd").exists() or not cimported
