# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The test backends compile without a warning and are what their names say."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import backend_builder
import pytest


def symbols(library: Path) -> tuple[set[str], set[str]]:
    """(defined, undefined) dynamic symbols of the two APIs."""
    text = subprocess.run(
        ["nm", "-D", str(library)], capture_output=True, text=True, check=True
    ).stdout
    defined, undefined = set(), set()
    for line in text.splitlines():
        *_, kind, name = line.split()
        if name.startswith(("TRITONBACKEND_", "TRITONSERVER_")):
            (undefined if kind == "U" else defined).add(name)
    return defined, undefined


@pytest.mark.parametrize("name", sorted(backend_builder.SPECIMENS))
def test_compiles(specimens: Callable[[str], Path], name: str) -> None:
    library = specimens(name)
    assert library.name == f"libtriton_{name}.so"
    defined, undefined = symbols(library)
    has_execute = name not in ("no_execute", "no_backend", "strategy")
    assert ("TRITONBACKEND_ModelInstanceExecute" in defined) == has_execute
    assert not defined & undefined


def test_linked_names_the_server(specimens: Callable[[str], Path]) -> None:
    def needed(name: str) -> str:
        command = ["readelf", "-d", str(specimens(name))]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "Shared library: [libtritonserver.so]" in needed("linked")
    assert "libtritonserver" not in needed("minimal")


@pytest.mark.parametrize(("name", "without"), [
    ("identity", set()), ("onnxruntime", set()), ("repeat", {"Finalize", "ModelFinalize"})])
def test_shipped_backends_export_entry_points_only(
    tmp_path: Path, name: str, without: set[str]
) -> None:
    library = backend_builder.build_shipped(name, tmp_path)
    text = subprocess.run(
        ["nm", "-D", "--defined-only", str(library)], capture_output=True, text=True, check=True
    ).stdout
    exported = {line.split()[-1] for line in text.splitlines()}
    assert exported == {
        f"TRITONBACKEND_{function}"
        for function in (
            "Initialize",
            "Finalize",
            "GetBackendAttribute",
            "ModelInitialize",
            "ModelFinalize",
            "ModelInstanceInitialize",
            "ModelInstanceFinalize",
            "ModelInstanceExecute",
        )
        if function not in without
    }
    needed = subprocess.run(
        ["readelf", "-d", str(library)], capture_output=True, text=True, check=True
    ).stdout
    assert "libonnxruntime" not in needed and "libtritonserver" not in needed
