# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The built core, read as a binary: it exports the server's functions and nothing else."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import subprocess
from pathlib import Path

import pytest
from abi_support import ROOT, exported

from triton_py import abi_table

LIBRARY = ROOT / "triton_py" / "lib" / "libtritonserver.so"


@pytest.fixture(scope="module")
def library() -> Path:
    """The built core in the source tree, or else in the installed package."""
    if LIBRARY.exists():
        return LIBRARY
    package = importlib.util.find_spec("triton_py")
    folders = package.submodule_search_locations if package else []
    for folder in folders or []:
        if (path := Path(folder) / "lib" / "libtritonserver.so").exists():
            return path
    pytest.fail(
        f"the core isn't built: there is no {LIBRARY}"
        " (run python setup.py build_ext --inplace, or pip install .)"
    )


def test_the_core_exports_the_functions_of_the_server(abi, library):
    expected = {f.name for f in abi.functions if f.by_server}
    assert expected - exported(library) == set(), "missing from the library"


def test_the_core_exports_nothing_else(abi, library):
    expected = {f.name for f in abi.functions if f.by_server}
    others = {n for n in exported(library) - expected if not n.startswith("PyInit_")}
    assert others == set(), "exported, but no part of the ABI"


def test_soname(library):
    """Backends that name libtritonserver.so among their libraries bind to the loaded core."""
    command = ["readelf", "-d", str(library)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    sonames = [line for line in text.splitlines() if "(SONAME)" in line]
    assert len(sonames) == 1 and sonames[0].endswith("[libtritonserver.so]")


def test_the_table_lists_what_the_server_exports(abi):
    rows = abi_table.table()
    assert [row.name for row in rows] == [f.name for f in abi.functions if f.by_server]
    assert {row.status for row in rows} <= {abi_table.WORKS, abi_table.UNSUPPORTED}


def test_the_backend_api_works_in_full():
    rows = [row for row in abi_table.table() if row.header == "tritonbackend.h"]
    assert [row.name for row in rows if row.status != abi_table.WORKS] == []


def test_what_the_table_calls_unsupported_says_so(abi):
    """Each such function names itself; it looks at no argument, so it may be called with none."""
    importlib.import_module("triton_py.core")
    core = ctypes.CDLL(None)
    core.TRITONSERVER_ErrorMessage.restype = ctypes.c_char_p
    core.TRITONSERVER_ErrorMessage.argtypes = [ctypes.c_void_p]
    core.TRITONSERVER_ErrorCode.argtypes = [ctypes.c_void_p]
    core.TRITONSERVER_ErrorDelete.argtypes = [ctypes.c_void_p]
    core.TRITONSERVER_ErrorDelete.restype = None
    returns_error = {f.name for f in abi.functions if f.returns == "TRITONSERVER_Error*"}
    for row in abi_table.table():
        if row.status == abi_table.UNSUPPORTED and row.name in returns_error:
            function = core[row.name]
            function.restype = ctypes.c_void_p
            error = function()
            assert error, row.name
            message = core.TRITONSERVER_ErrorMessage(error).decode()
            code = core.TRITONSERVER_ErrorCode(error)
            core.TRITONSERVER_ErrorDelete(error)
            assert message == f"{row.name} is not implemented by this version of triton-py"
            assert code == 5, row.name  # TRITONSERVER_ERROR_UNSUPPORTED
