# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Libraries that are needed: missing ones, their search paths, versions, servers that come along."""

from __future__ import annotations

from pathlib import Path

import pytest
from doctor_support import (
    EXECUTE,
    backend,
    errors,
    finding,
    library,
    loader_says,
    rename_version,
    static,
)

from triton_py.doctor.finding import ERROR, WARNING

_AS_NEEDED = "-Wl,--no-as-needed"


def test_missing_through_a_chain(tmp_path: Path) -> None:
    deep = library(tmp_path / "lib" / "libdeep.so", "int deep(void) { return 1; }")
    middle = library(tmp_path / "lib" / "libmiddle.so", "int deep(void); int middle(void) "
                     "{ return deep(); }", "-Wl,-rpath,$ORIGIN", deep, "-Wl,-soname,libmiddle.so")
    path = backend(tmp_path, EXECUTE + "int middle(void); int f(void) { return middle(); }",
                   f"-L{middle.parent}", "-lmiddle", f"-Wl,-rpath,{middle.parent}")
    # Linked by its path, it is needed by its path.
    assert errors(static(path)) == []
    deep.unlink()
    found = finding(static(path), "missing-dependency")
    assert f"'{deep}'" in found.what
    assert "libtriton_x.so needs libmiddle.so, which needs" in found.evidence[0]
    assert any("deep" in line and "functions" in line for line in found.evidence)
    assert "libdeep.so" in loader_says(path)


def test_search_order_and_fixes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "x"
    library(folder / "libcudart.so.12", "int cuda(void) { return 1; }", "-Wl,-soname,libcudart.so.12")
    path = backend(tmp_path, EXECUTE + "int cuda(void); int f(void) { return cuda(); }",
                   folder / "libcudart.so.12")
    found = finding(static(path), "missing-dependency")
    assert "nvidia-cuda-runtime" in found.fix[0]
    assert any(f"LD_LIBRARY_PATH={folder}" in fix for fix in found.fix)
    assert "libcudart.so.12" in loader_says(path)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))
    assert errors(static(path)) == [] and loader_says(path) == ""


@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"])
def test_origin(tmp_path: Path, tags: str) -> None:
    inner = library(tmp_path / "x" / "lib" / "libinner.so", "int inner(void) { return 1; }",
                    "-Wl,-soname,libinner.so")
    path = backend(tmp_path, EXECUTE + "int inner(void); int f(void) { return inner(); }", inner,
                   f"-Wl,{tags}", "-Wl,-rpath,$ORIGIN/lib")
    assert errors(static(path)) == [] and loader_says(path) == ""
    inner.unlink()
    result = static(path)
    assert errors(result) == ["missing-dependency"]
    if tags == "--enable-new-dtags":
        assert str(tmp_path / "x" / "lib") in str(finding(result, "missing-dependency").evidence)


def test_rpath_of_the_one_above_counts_and_runpath_does_not(tmp_path: Path) -> None:
    """A RUNPATH is for the library's own needs only, which few people know."""
    lib = tmp_path / "lib"
    deep = library(lib / "libdeep.so", "int deep(void) { return 1; }", "-Wl,-soname,libdeep.so")
    middle = library(lib / "libmiddle.so", "int deep(void); int middle(void) { return deep(); }",
                     deep, "-Wl,-soname,libmiddle.so")
    source = EXECUTE + "int middle(void); int f(void) { return middle(); }"
    flags = (middle, f"-Wl,-rpath,{lib}", f"-Wl,-rpath-link,{lib}")
    old = backend(tmp_path / "old", source, *flags, "-Wl,--disable-new-dtags")
    new = backend(tmp_path / "new", source, *flags, "-Wl,--enable-new-dtags")
    assert errors(static(old)) == [] and loader_says(old) == ""
    assert errors(static(new)) == ["missing-dependency"] and "libdeep.so" in loader_says(new)


@pytest.mark.parametrize(
    ("folder", "word"),
    [("relative/lib", "relative"), ("/nowhere/at/all", "no such folder"), ("/usr/lib::/lib", "empty")],
)
def test_useless_search_paths(tmp_path: Path, folder: str, word: str) -> None:
    path = backend(tmp_path, EXECUTE, f"-Wl,-rpath,{folder}")
    assert word in finding(static(path), "search-path").what


def test_wrong_machine_on_the_way(tmp_path: Path) -> None:
    """The loader passes over a file for another machine and says only that it found none."""
    inner = library(tmp_path / "x" / "libinner.so", "int inner(void) { return 1; }",
                    "-Wl,-soname,libinner.so")
    path = backend(tmp_path, EXECUTE + "int inner(void); int f(void) { return inner(); }", inner,
                   "-Wl,-rpath,$ORIGIN")
    data = bytearray(inner.read_bytes())
    data[18:20] = (183).to_bytes(2, "little")
    inner.write_bytes(bytes(data))
    assert any("AArch64" in line for line in finding(static(path), "missing-dependency").evidence)
    assert loader_says(path)


def _server(folder: Path, name: str) -> Path:
    functions = "".join(f"void TRITONBACKEND_F{i}(void) {{}}\n" for i in range(30))
    return library(folder / name, functions, f"-Wl,-soname,{name}")


def test_server_by_its_own_name_is_there(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE, _AS_NEEDED, _server(tmp_path, "libtritonserver.so"))
    assert errors(static(path)) == [] and loader_says(path) == ""


def test_server_by_another_name(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE, _AS_NEEDED, _server(tmp_path, "libtritonserver-0abc.so"))
    found = finding(static(path), "foreign-server-library")
    assert found.severity == ERROR and "patchelf --replace-needed" in found.fix[0]
    assert "libtritonserver-0abc.so" in loader_says(path)


def test_server_that_comes_along(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE, _AS_NEEDED, _server(tmp_path / "x", "libother.so"),
                   "-Wl,-rpath,$ORIGIN")
    assert finding(static(path), "foreign-server-library").severity == WARNING
    assert errors(static(path)) == [] and loader_says(path) == ""


def test_newer_glibc(tmp_path: Path) -> None:
    path = backend(tmp_path, EXECUTE + "#include <pthread.h>\nint f(pthread_t t) "
                   "{ return pthread_join(t, NULL); }")
    rename_version(path, b"GLIBC_2.34", b"GLIBC_9.34")
    found = finding(static(path), "c-library-too-old")
    assert "GLIBC_9.34" in found.what and any("pthread_join" in line for line in found.evidence)
    assert errors(static(path)) == ["c-library-too-old"]
    assert "GLIBC_9.34" in loader_says(path)


def test_newer_glibc_of_a_dependency(tmp_path: Path) -> None:
    inner = library(tmp_path / "x" / "libinner.so", "#include <pthread.h>\nint inner(pthread_t t) "
                    "{ return pthread_join(t, NULL); }", "-Wl,-soname,libinner.so")
    path = backend(tmp_path, EXECUTE, _AS_NEEDED, inner, "-Wl,-rpath,$ORIGIN")
    rename_version(inner, b"GLIBC_2.34", b"GLIBC_2.99")
    found = finding(static(path), "c-library-too-old")
    assert "libtriton_x.so needs libinner.so" in found.evidence[0]
    assert "GLIBC_2.99" in loader_says(path)


@pytest.mark.parametrize("family", ["GLIBCXX", "CXXABI"])
def test_newer_cxx_library(tmp_path: Path, family: str) -> None:
    source = '#include <stdexcept>\nint f() { try { throw std::runtime_error("x"); } catch '
    path = backend(tmp_path, EXECUTE + source + "(...) { return 1; } }", cpp=True)
    versions = {"GLIBCXX": (b"GLIBCXX_3.4.21", b"GLIBCXX_3.9.21"), "CXXABI": (b"CXXABI_1.3", b"CXXABI_9.3")}
    old, new = versions[family]
    rename_version(path, old, new)
    found = finding(static(path), "cxx-library-too-old")
    assert new.decode() in found.what and any("static-libstdc++" in fix for fix in found.fix)
    assert new.decode() in loader_says(path)


def test_other_version(tmp_path: Path) -> None:
    script = tmp_path / "map"
    script.write_text("INNER_1 { global: inner; };")
    inner = library(tmp_path / "x" / "libinner.so", "int inner(void) { return 1; }",
                    "-Wl,-soname,libinner.so", f"-Wl,--version-script={script}")
    path = backend(tmp_path, EXECUTE + "int inner(void); int f(void) { return inner(); }", inner,
                   "-Wl,-rpath,$ORIGIN")
    assert errors(static(path)) == []
    script.write_text("INNER_2 { global: inner; };")
    library(inner, "int inner(void) { return 1; }", "-Wl,-soname,libinner.so",
            f"-Wl,--version-script={script}")
    assert "INNER_1" in finding(static(path), "version-missing").what
    assert "INNER_1" in loader_says(path)
