# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Error codes are one closed table on both sides of the ABI."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import pytest

import triton_py.core
from triton_py.core import counters
from triton_py.errors import BY_CODE, TritonError, UnknownError, error_from_code

ABI = Path(__file__).resolve().parents[2] / "cbackend" / "abi" / "abi.json"


@pytest.fixture
def lib():
    lib = ctypes.CDLL(triton_py.core.LIBRARY)
    lib.TRITONSERVER_ErrorNew.restype = ctypes.c_void_p
    lib.TRITONSERVER_ErrorNew.argtypes = [ctypes.c_int, ctypes.c_char_p]
    for name in ("TRITONSERVER_ErrorMessage", "TRITONSERVER_ErrorCodeString"):
        getattr(lib, name).restype = ctypes.c_char_p
        getattr(lib, name).argtypes = [ctypes.c_void_p]
    lib.TRITONSERVER_ErrorCode.argtypes = [ctypes.c_void_p]
    lib.TRITONSERVER_ErrorDelete.argtypes = [ctypes.c_void_p]
    return lib


def codes() -> dict[str, int]:
    enums = json.loads(ABI.read_text())["enums"]
    return dict(next(e["values"] for e in enums if e["name"] == "TRITONSERVER_Error_Code"))


def test_every_code_has_a_class():
    assert set(BY_CODE) == set(codes().values())


def test_class_names_follow_the_codes():
    for name, code in codes().items():
        expected = name.removeprefix("TRITONSERVER_ERROR_").replace("_", "").lower()
        expected = expected.replace("invalidarg", "invalidargument")
        assert BY_CODE[code].__name__.removesuffix("Error").lower() == expected


def test_strings_agree_with_the_core(lib):
    for code, cls in BY_CODE.items():
        error = lib.TRITONSERVER_ErrorNew(code, b"message with \xc3\xa4")
        assert lib.TRITONSERVER_ErrorCode(error) == code
        assert lib.TRITONSERVER_ErrorCodeString(error).decode() == cls.code_name
        assert lib.TRITONSERVER_ErrorMessage(error) == b"message with \xc3\xa4"
        lib.TRITONSERVER_ErrorDelete(error)


def test_counted(lib):
    before = counters.snapshot()["error"]
    errors = [lib.TRITONSERVER_ErrorNew(3, b"x") for _ in range(10)]
    assert counters.snapshot()["error"] == before + 10
    for error in errors:
        lib.TRITONSERVER_ErrorDelete(error)
    assert counters.snapshot()["error"] == before


def test_unknown_code_is_still_an_error():
    assert type(error_from_code(99, "odd")) is UnknownError
    assert isinstance(error_from_code(4, "busy"), TritonError)
    assert error_from_code(4, "busy").message == "busy"
