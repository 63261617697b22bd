# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The generated declarations in use: what Cython exports is what the header vouches for."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from abi_support import INCLUDE, ROOT, exported

pytest.importorskip("Cython", reason="Cython, which builds the package, isn't installed here")

ERROR_PXD = """\
from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Error_Code

cdef TRITONSERVER_Error* error_new(TRITONSERVER_Error_Code code, const char* msg) noexcept nogil
"""

# A core that knows errors only; a plugin's function is called through its generated type.
ERROR_PYX = """\
from triton_py.abi.types cimport (
    TRITONBACKEND_Backend,
    TRITONBACKEND_Initialize_t,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
)


cdef TRITONSERVER_Error* error_new(TRITONSERVER_Error_Code code, const char* msg) noexcept nogil:
    return TRITONSERVER_ErrorNew(code, msg)


cdef public TRITONSERVER_Error* TRITONSERVER_ErrorNew(
    TRITONSERVER_Error_Code code, const char* msg
) noexcept nogil:
    cdef TRITONBACKEND_Initialize_t initialize = <TRITONBACKEND_Initialize_t><void*>msg
    return initialize(<TRITONBACKEND_Backend*><void*>code)
"""

CLIENT_PYX = """\
from triton_py.abi cimport tritonserver, tritonbackend, tritoncache, tritonrepoagent
from triton_py.abi.types cimport TRITONSERVER_API_VERSION_MAJOR, TRITONSERVER_ERROR_INTERNAL


def use():
    cdef tritonserver.TRITONSERVER_Error* error
    cdef unsigned int major = TRITONSERVER_API_VERSION_MAJOR
    with nogil:
        error = tritonserver.TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, b"x")
        error = tritonbackend.TRITONBACKEND_ResponseSend(NULL, 0, error)
        error = tritoncache.TRITONCACHE_Copy(NULL, NULL)
        error = tritonrepoagent.TRITONREPOAGENT_SetState(NULL, NULL)
    return major, error == NULL
"""


def build(tree: Path, name: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Translate and compile one module of ``tree`` the way setup.py does."""
    source = tree / f"{name}.cpp"
    cython = [sys.executable, "-m", "cython", "--cplus", "-3", "-I", str(tree), "-o", str(source)]
    cython.append(str(tree / "triton_py" / "core" / f"{name}.pyx"))
    translated = subprocess.run(
        cython, cwd=tree, check=False, capture_output=True, text=True, timeout=120
    )
    assert translated.returncode == 0, translated.stdout + translated.stderr
    compiler = ["g++", "-std=c++17", "-O0", "-fPIC", "-fvisibility=hidden", "-c"]
    compiler += ['-DCYTHON_EXTERN_C=extern "C"', f"-I{INCLUDE}", "-w"]
    compiler += [f"-I{sysconfig.get_path('include')}", *flags]
    compiler += ["-o", str(tree / f"{name}.o"), str(source)]
    return subprocess.run(compiler, check=False, capture_output=True, text=True, timeout=240)


@pytest.fixture
def tree(tmp_path) -> Path:
    """A source tree with our declarations as triton_py.abi and a core of one module."""
    core = tmp_path / "triton_py" / "core"
    core.mkdir(parents=True)
    (tmp_path / "triton_py" / "abi").symlink_to(ROOT / "cbackend" / "abi")
    (core / "__init__.pxd").touch()
    (core / "error.pxd").write_text(ERROR_PXD)
    (core / "error.pyx").write_text(ERROR_PYX)
    return tmp_path


def test_a_core_of_one_function_exports_the_whole_abi(tree, gen_abi, abi):
    core = tree / "triton_py" / "core"
    output = str(core / "unsupported.pyx")
    assert gen_abi.main(["--unsupported", output, "--implemented-in", str(core)]) == 0
    objects = []
    for name in ("error", "unsupported"):
        result = build(tree, name)
        assert result.returncode == 0, result.stderr
        objects.append(str(tree / f"{name}.o"))
    library = tree / "core.so"
    subprocess.run(["g++", "-shared", "-o", str(library), *objects], check=True, timeout=120)
    names = {n for n in exported(library) if n.startswith("TRITON")}
    assert names == {f.name for f in abi.functions if f.by_server}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("const char* msg\n)", "char* msg\n)"),
        ("    TRITONSERVER_Error_Code code, const", "    int code, const"),
        ("cdef public TRITONSERVER_Error*", "cdef public const void*"),
    ],
    ids=["parameter", "enumeration", "return"],
)
def test_a_definition_that_differs_from_the_header_is_refused(tree, old, new):
    assert old in ERROR_PYX
    changed = ERROR_PYX.replace(old, new).replace(
        "return TRITONSERVER_ErrorNew(code, msg)", "return NULL"
    )
    (tree / "triton_py" / "core" / "error.pyx").write_text(changed)
    result = build(tree, "error", "-fsyntax-only")
    assert result.returncode != 0
    assert "TRITONSERVER_ErrorNew" in result.stderr


def test_a_client_uses_the_functions_of_all_four_headers(tree):
    (tree / "triton_py" / "core" / "client.pyx").write_text(CLIENT_PYX)
    result = build(tree, "client")
    assert result.returncode == 0, result.stderr
    symbols = subprocess.run(
        ["nm", "-u", str(tree / "client.o")], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    used = {name for name in symbols if name.startswith("TRITON")}
    assert used == {
        "TRITONSERVER_ErrorNew",
        "TRITONBACKEND_ResponseSend",
        "TRITONCACHE_Copy",
        "TRITONREPOAGENT_SetState",
    }
