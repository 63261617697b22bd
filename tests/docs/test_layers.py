# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The import direction of docs/architecture.md, held against every source file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "triton_py"
CORE = ROOT / "cbackend" / "core"

FRONT = ("http", "grpc")
ABOVE = ("frontend", *FRONT, "tracing", "inprocess", "cli", "conformance", "benchmarks")
BELOW = ("control", "config", "repository")

#: Layer -> layers that it never imports.
NEVER = {
    "errors": (*ABOVE, *BELOW, "core", "proto", "progress"),
    "report_files": (*ABOVE, *BELOW, "core", "proto", "progress"),
    "progress": (*ABOVE, *BELOW, "core", "proto", "errors"),
    "development": (*ABOVE, *BELOW, "core", "proto", "errors", "progress"),
    "proto": (*ABOVE, *BELOW, "core", "progress"),
    "config": (*ABOVE, "control", "core"),
    "repository": (*ABOVE, "control", "core"),
    "control": ABOVE,
    "inprocess": ("cli", "conformance", "benchmarks", "tracing", *FRONT, *BELOW),
    "tracing": ("cli", "conformance", "benchmarks", "frontend", *FRONT, *BELOW, "proto"),
    "api": ("cli", "conformance", "benchmarks", *FRONT, *BELOW),
    "frontend": (*(name for name in ABOVE if name != "frontend"), *BELOW, "core"),
    "http": ("cli", "conformance", "benchmarks", "grpc", *BELOW),
    "grpc": ("cli", "conformance", "benchmarks", "http", *BELOW),
    "metrics": (*ABOVE, *BELOW, "core"),
    "conformance": ("cli", "benchmarks", *FRONT, *BELOW),
    "benchmarks": ("cli", *BELOW),
    "doctor": ("cli", "conformance", "benchmarks", "api", "inprocess", *FRONT, "config", "repository"),
    "cli": BELOW,
}


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def python_imports(path: Path) -> Iterator[str]:
    package = ["triton_py", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, node.module] if node.module else base)
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def cython_imports(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        found = re.match(r"\s*(?:from\s+([\w.]+)\s+)?c?import\s+([\w.]+)", line)
        if found:
            module, name = found.groups()
            yield f"{module}.{name}" if module else name


def imports(path: Path) -> Iterator[str]:
    return cython_imports(path) if path.suffix in (".pyx", ".pxd") else python_imports(path)


SOURCES = sorted(path for suffix in ("*.py", "*.pyx", "*.pxd") for path in PACKAGE.rglob(suffix)
                 if layer(path) in NEVER)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_against_the_direction(path):
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "triton_py" and len(parts) > 1:
            assert parts[1] not in NEVER[layer(path)], f"{path} imports {name}"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix != ".py" and layer(p) in ABOVE],
                         ids=lambda path: str(path.relative_to(PACKAGE)))
def test_above_the_waist_only_the_abi_is_cimported(path):
    for name in cython_imports(path):
        assert not name.startswith("triton_py.core."), f"{path} reaches into the core: {name}"


@pytest.mark.parametrize("path", sorted(CORE.glob("*.p[yx][xd]")), ids=lambda path: path.name)
def test_the_core_does_not_import_what_it_implements(path):
    for name in cython_imports(path):
        assert not name.startswith(("triton_py.abi.tritonserver", "triton_py.abi.tritonbackend"))


def test_shipped_backends_include_only_public_headers():
    backends = ROOT / "cbackend" / "backends"
    for source in [*backends.rglob("*.c"), *backends.rglob("*.h")]:
        for name in re.findall(r'#include "([^"]+)"', source.read_text()):
            public = name.startswith("triton/core/")
            own = (source.parent / name).exists() or (backends / name).exists()
            assert public or own, f"{source.relative_to(ROOT)} includes {name}"


def test_shipped_agents_include_only_public_headers():
    agents = ROOT / "cbackend" / "agents"
    for source in [*agents.rglob("*.c"), *agents.rglob("*.h")]:
        for name in re.findall(r'#include "([^"]+)"', source.read_text()):
            assert name.startswith("triton/core/") or (source.parent / name).exists(), (
                f"{source.relative_to(ROOT)} includes {name}")


def test_every_layer_is_checked():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert folders - {"core", "backends", "abi", "include", "lib"} <= set(NEVER)
