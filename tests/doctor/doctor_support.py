# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Small libraries with one fault each, and what the real loader says of them."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

from backend_builder import compiler, run

from triton_py.doctor.examine import Result, examine
from triton_py.doctor.finding import ERROR, Finding

#: A backend that answers nothing: enough to be loaded.
EXECUTE = """
#include "triton/core/tritonbackend.h"
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests, const uint32_t count)
{ (void)instance; (void)requests; (void)count; return NULL; }
"""
INITIALIZE = """
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_Initialize(TRITONBACKEND_Backend *backend)
{ (void)backend; %s }
"""
CONSTRUCTOR = "__attribute__((constructor)) static void first(void) { %s }"


def library(path: Path, source: str, *flags: str | Path, cpp: bool = False) -> Path:
    """Compiles a shared object to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.with_suffix(".cc" if cpp else ".c")
    text.write_text(source)
    run([*compiler(cpp), "-D_GNU_SOURCE", "-shared", "-fPIC", text, *flags, "-o", path])
    return path


def backend(folder: Path, source: str = EXECUTE, *flags: str | Path, cpp: bool = False) -> Path:
    """A library in the place that a server expects."""
    return library(folder / "x" / "libtriton_x.so", source, *flags, cpp=cpp)


def static(path: Path, **options: str) -> Result:
    """Read, not loaded."""
    return examine(str(path), load=False, **options)  # type: ignore[arg-type]


def finding(result: Result, name: str) -> Finding:
    """The one finding of an id."""
    found = [f for f in result.findings if f.id == name]
    assert len(found) == 1, [(f.id, f.what) for f in result.findings]
    return found[0]


def errors(result: Result) -> list[str]:
    """The ids of the errors, each once."""
    return sorted({f.id for f in result.findings if f.severity == ERROR})


def loader_says(path: Path, **environ: str) -> str:
    """The loader's own sentence, with the server in the process; "" where it takes the library."""
    code = ("import ctypes, os, sys; from triton_py import core\n"
            "try: ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW)\n"
            "except OSError as error: print(error)")
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True,
                          timeout=60, check=True, env=os.environ | environ)
    return done.stdout.strip()


def sysv_hash(name: bytes) -> int:
    """ELF's hash of a version's name."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        value = (value ^ (value >> 24 & 0xF0)) & 0x0FFFFFFF
    return value


def rename_version(path: Path, old: bytes, new: bytes) -> None:
    """Has a library need version ``new`` where it needed ``old``; both have one length."""
    assert len(old) == len(new)
    data = path.read_bytes()
    name, number = old + b"\0", struct.pack("<I", sysv_hash(old))
    assert data.count(b"\0" + name) >= 1 and data.count(number) >= 1
    data = data.replace(b"\0" + name, b"\0" + new + b"\0")
    path.write_bytes(data.replace(number, struct.pack("<I", sysv_hash(new))))
