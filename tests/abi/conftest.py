# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of the ABI tests: the facts, the generator, and two compilers."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from abi_support import LANGUAGES, ROOT, Compiler


def _load_generator() -> ModuleType:
    path = ROOT / "cbackend" / "tools" / "gen_abi.py"
    spec = importlib.util.spec_from_file_location("gen_abi", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gen_abi"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gen_abi() -> ModuleType:
    """The generator, as a module."""
    return _load_generator()


@pytest.fixture(scope="session")
def abi(gen_abi):
    """The facts of abi.json."""
    return gen_abi.load()


@pytest.fixture(params=sorted(LANGUAGES))
def compiler(request, tmp_path) -> Compiler:
    """A compiler for C11, then one for C++17."""
    return Compiler(tmp_path, request.param)


@pytest.fixture
def c_compiler(tmp_path) -> Compiler:
    """A compiler for C11."""
    return Compiler(tmp_path, "c11")


@pytest.fixture
def cxx_compiler(tmp_path) -> Compiler:
    """A compiler for C++17."""
    return Compiler(tmp_path, "c++17")
