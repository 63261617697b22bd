# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Symbols that nothing defines, entry points that a server doesn't see, and flags."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from backend_builder import ROOT, run
from doctor_support import (
    EXECUTE,
    INITIALIZE,
    backend,
    errors,
    finding,
    library,
    loader_says,
    static,
)

from triton_py.doctor import api_names, check_flags
from triton_py.doctor.finding import ERROR, NOTE, WARNING
from triton_py.doctor.hints import mangled_function, package

_HEADER = '#include "triton/core/tritonbackend.h"\n'


def test_undefined_symbol(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "int lost(void); int f(void) { return lost(); }")
    found = finding(static(path), "undefined-symbol")
    assert "lost" in found.evidence and found.fix
    assert "undefined symbol: lost" in loader_says(path)


def test_undefined_symbol_in_cxx(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "#include <string>\nint lost(const std::string &); int f() "
                   '{ return lost("x"); }', cpp=True)
    found = finding(static(path), "undefined-symbol")
    if shutil.which("c++filt"):
        assert any(line.startswith("lost(std::") for line in found.evidence)
    assert any("_GLIBCXX_USE_CXX11_ABI" in fix for fix in found.fix)


def test_weak_symbols_may_be_undefined(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "__attribute__((weak)) int lost(void); int f(void) "
                   "{ return lost ? lost() : 0; }")
    assert errors(static(path)) == [] and loader_says(path) == ""


def test_unknown_server_function(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "void TRITONBACKEND_RequestTelepathy(void); void f(void) "
                   "{ TRITONBACKEND_RequestTelepathy(); }")
    assert errors(static(path)) == ["server-function-unknown"]
    assert "TRITONBACKEND_RequestTelepathy" in loader_says(path)


def test_misspelt_server_function(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "void TRITONSERVER_ErrorDelet(void); void f(void) "
                   "{ TRITONSERVER_ErrorDelet(); }")
    assert "'TRITONSERVER_ErrorDelete'" in finding(static(path), "server-function-unknown").fix[0]


def test_server_function_by_a_cxx_name(tmp_path: Path) -> None:
    source = EXECUTE + "struct E; E *TRITONSERVER_ErrorNew(E *, char); E *f() { return " \
        "TRITONSERVER_ErrorNew(nullptr, 'x'); }"
    path = backend(tmp_path, source, cpp=True)
    assert errors(static(path)) == ["server-function-mangled"]
    assert "TRITONSERVER_ErrorNew" in loader_says(path)


def test_unsupported_function(tmp_path: Path) -> None:
    name = next(n for n, status in api_names.server_functions().items() if status != "works")
    path = backend(tmp_path, EXECUTE + f"void {name}_(void) __asm__(\"{name}\"); void f(void) "
                   f"{{ {name}_(); }}")
    found = finding(static(path), "server-function-unsupported")
    assert found.severity == WARNING and name in found.evidence[0] and errors(static(path)) == []


def test_copy_of_the_server(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "void TRITONSERVER_ErrorDelete(struct TRITONSERVER_Error *e) "
                   "{ (void)e; }")
    assert "TRITONSERVER_ErrorDelete" in finding(static(path), "server-function-defined").evidence[0]


def test_sanitizer(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "void __asan_report_load4(void *); void f(void) "
                   "{ __asan_report_load4(0); }")
    found = finding(static(path), "sanitizer")
    assert "-fsanitize=address" in found.what and "LD_PRELOAD" in found.fix[0]
    assert errors(static(path)) == ["sanitizer"]
    assert "__asan_report_load4" in loader_says(path)


def test_no_execute(tmp_path: Path) -> None:
    path = backend(tmp_path, _HEADER + INITIALIZE % "return NULL;")
    found = finding(static(path), "entry-point-missing")
    assert "TRITONBACKEND_Initialize" in found.evidence[0]


def test_mangled(tmp_path: Path) -> None:
    source = "struct I; struct R; int TRITONBACKEND_ModelInstanceExecute(I *, R **, unsigned) " \
        "{ return 0; }"
    found = finding(static(backend(tmp_path, source, cpp=True)), "entry-point-mangled")
    assert found.severity == ERROR and 'extern "C"' in found.fix[0]


def test_hidden(tmp_path: Path) -> None:
    source = EXECUTE.replace("TRITONBACKEND_ISPEC", '__attribute__((visibility("hidden")))', 1)
    source = source.replace('#include "triton/core/tritonbackend.h"',
                            "#include <stdint.h>\n#include <stddef.h>\n"
                            "typedef void TRITONSERVER_Error; typedef void TRITONBACKEND_Request;\n"
                            "typedef void TRITONBACKEND_ModelInstance;")
    found = finding(static(backend(tmp_path, source)), "entry-point-hidden")
    assert found.severity == ERROR and any("visibility" in fix for fix in found.fix)


def test_hidden_by_a_version_script(tmp_path: Path) -> None:
    script = tmp_path / "map"
    script.write_text("{ global: TRITONBACKEND_ModelInstanceExecute; local: *; };")
    path = backend(tmp_path, EXECUTE + INITIALIZE % "return NULL;", f"-Wl,--version-script={script}")
    found = finding(static(path), "entry-point-hidden")
    assert found.severity == WARNING and "TRITONBACKEND_Initialize" in found.what
    assert errors(static(path)) == []
    run(["strip", path])
    # Nothing tells any more that there was one.
    assert not [f for f in static(path).findings if f.id == "entry-point-hidden"]


@pytest.mark.parametrize(
    ("name", "severity"),
    [("TRITONBACKEND_ModelInstanceExecut", ERROR), ("TRITONBACKEND_Initialise", WARNING),
     ("TritonBackend_Initialize", WARNING)],
)
def test_misspelt(tmp_path: Path, name: str, severity: str) -> None:
    source = f"int {name}(void) {{ return 0; }}"
    path = backend(tmp_path, source if severity == ERROR else EXECUTE + source)
    found = finding(static(path), "entry-point-misspelled")
    assert found.severity == severity and "did you mean TRITONBACKEND_" in found.what
    assert (errors(static(path)) == []) == (severity == WARNING)


def test_entry_point_of_a_dependency_counts(tmp_path: Path) -> None:
    """dlsym looks in what the library brings along, too."""
    inner = library(tmp_path / "x" / "libinner.so", EXECUTE, "-Wl,-soname,libinner.so")
    path = backend(tmp_path, "int nothing;", "-Wl,--no-as-needed", inner, "-Wl,-rpath,$ORIGIN")
    assert errors(static(path)) == []


def test_executable_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = backend(tmp_path, EXECUTE, "-Wl,-z,execstack")
    monkeypatch.setattr(check_flags, "glibc_version", lambda: (2, 36))
    assert finding(static(path), "executable-stack").severity == WARNING
    monkeypatch.setattr(check_flags, "glibc_version", lambda: (2, 41))
    found = finding(static(path), "executable-stack")
    assert found.severity == ERROR and "noexecstack" in found.fix[0]


def test_static_tls(tmp_path: Path) -> None:
    source = EXECUTE + "static __thread char big[%d]; char f(int i) { return big[i]++; }"
    small = backend(tmp_path / "s", source % 8, "-ftls-model=initial-exec")
    big = backend(tmp_path / "b", source % 4000, "-ftls-model=initial-exec")
    assert finding(static(small), "static-tls").severity == NOTE
    found = finding(static(big), "static-tls")
    assert found.severity == WARNING and "GLIBC_TUNABLES" in found.fix[1]
    assert "static TLS block" in loader_says(big)


def test_text_relocations(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "libtriton_x.so"
    (tmp_path / "a.s").write_text(
        ".text\n.globl TRITONBACKEND_ModelInstanceExecute\nTRITONBACKEND_ModelInstanceExecute: ret\n"
        ".quad TRITONBACKEND_ModelInstanceExecute\n.section .note.GNU-stack,\"\",@progbits\n")
    run(["as", tmp_path / "a.s", "-o", tmp_path / "a.o"])
    run(["ld", "-shared", "-z", "notext", tmp_path / "a.o", "-o", path])
    assert finding(static(path), "text-relocations").severity == WARNING


def test_stays_loaded(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE, "-Wl,-z,nodelete")
    assert finding(static(path), "stays-loaded").severity == NOTE


@pytest.mark.parametrize("style", ["gnu", "sysv"])
def test_without_section_headers(tmp_path: Path, style: str) -> None:
    """Stripped of what only linkers read, a library is still read to its last symbol."""
    path = backend(tmp_path, EXECUTE + "int lost(void); int f(void) { return lost(); }",
                   f"-Wl,--hash-style={style}")
    data = bytearray(path.read_bytes())
    data[40:48] = bytes(8)
    data[60:64] = bytes(4)
    path.write_bytes(bytes(data))
    assert errors(static(path)) == ["undefined-symbol"]
    assert "undefined symbol: lost" in loader_says(path)


def test_entry_points_are_the_tables() -> None:
    abi = json.loads((ROOT / "cbackend" / "abi" / "abi.json").read_text())
    names = {f["name"] for f in abi["functions"]
             if f["implemented_by"] != "server" and f["name"].startswith("TRITONBACKEND_")}
    assert set(api_names.ENTRIES) == names


def test_names() -> None:
    known = api_names.ENTRIES
    assert mangled_function("_Z24TRITONBACKEND_InitializeP1B", known) == "TRITONBACKEND_Initialize"
    assert mangled_function("_Z25TRITONBACKEND_InitializexP1B", known) == ""
    assert mangled_function("TRITONBACKEND_Initialize", known) == ""
    for name in ("libcudart.so.12", "libcudnn.so.9", "libnvinfer.so.10", "libonnxruntime.so.1",
                 "libpython3.11.so.1.0", "libtorch.so", "libgomp.so.1", "libstdc++.so.6"):
        assert package(name), name
    assert package("libmine.so") == ""
