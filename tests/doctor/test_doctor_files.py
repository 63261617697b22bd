# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are no library for this machine, or lie where no server looks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from backend_builder import compiler, run
from doctor_support import EXECUTE, backend, errors, finding, loader_says, static

from triton_py.doctor.finding import ERROR, NOTE, WARNING
from triton_py.doctor.placement import find_placement
from triton_py.doctor.subject import find_file


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return backend(tmp_path_factory.mktemp("sound")).read_bytes()


def write(folder: Path, content: bytes) -> Path:
    path = folder / "x" / "libtriton_x.so"
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_absent(tmp_path: Path) -> None:
    backend(tmp_path)
    found = finding(static(tmp_path / "x" / "libtriton_y.so"), "no-such-file")
    assert any("libtriton_x.so" in fix for fix in found.fix)


def test_dangling_link(tmp_path: Path) -> None:
    link = tmp_path / "libtriton_x.so"
    link.symlink_to("gone.so")
    assert "gone.so" in finding(static(link), "no-such-file").evidence[0]


def test_empty(tmp_path: Path) -> None:
    assert errors(static(write(tmp_path, b""))) == ["empty-file"]


def test_folder(tmp_path: Path) -> None:
    path = backend(tmp_path)
    assert str(path) in finding(static(path.parent), "not-a-file").fix[0]


def test_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "libtriton_x.so")
    assert "a pipe" in finding(static(tmp_path / "libtriton_x.so"), "not-a-file").what


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = backend(tmp_path)
    path.chmod(0o200)

    # Root reads it nevertheless, so the refusal is made.
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    found = find_file(str(path))
    assert found is not None and found.id == "not-readable"
    assert "mode 200" in found.evidence[0] and "chmod a+r" in found.fix[0]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS"),
        (b"/* GNU ld script */\nGROUP ( libx.so.1 )\n", "script for the linker"),
        (b"INPUT(libx.so.1)\n", "script for the linker"),
        (b"PK\x03\x04" + bytes(40), "zip archive"),
        (b"\x1f\x8b" + bytes(40), "gzip"),
        (b"MZ" + bytes(100), "Windows"),
        (b"#!/bin/sh\n", "script"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (bytes(4096), "zeros"),
        (b"hello\n", "text file"),
        (b"\x01\x02\x80\x90" * 9, "not an ELF file"),
    ],
)
def test_other_files(tmp_path: Path, content: bytes, word: str) -> None:
    path = write(tmp_path, content)
    found = finding(static(path), "not-elf")
    assert word in found.what and found.fix
    assert loader_says(path)


def test_archive_renamed(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(EXECUTE)
    run([*compiler(False), "-fPIC", "-c", tmp_path / "a.c", "-o", tmp_path / "a.o"])
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "libtriton_x.so"
    run(["ar", "rcs", path, tmp_path / "a.o"])
    found = finding(static(path), "not-elf")
    assert "static library" in found.what and "--whole-archive" in found.fix[0]
    (tmp_path / "a.o").replace(path)
    assert "object file" in finding(static(path), "not-a-shared-object").what


@pytest.mark.parametrize("flag", ["-pie", "-no-pie"])
def test_program(tmp_path: Path, flag: str) -> None:
    (tmp_path / "m.c").write_text("int main(void) { return 0; }")
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "libtriton_x.so"
    run(["gcc", flag, tmp_path / "m.c", "-o", path])
    assert "is a program" in finding(static(path), "not-a-shared-object").what
    assert loader_says(path)


def test_debug_file(tmp_path: Path) -> None:
    path = backend(tmp_path)
    run(["objcopy", "--only-keep-debug", path, tmp_path / "libtriton_x.so"])
    assert errors(static(tmp_path / "libtriton_x.so")) == ["debug-file"]


@pytest.mark.parametrize("eighths", [1, 2, 4, 6])
def test_truncated(tmp_path: Path, sound: bytes, eighths: int) -> None:
    mapped = len(sound) * 8 // 10  # debug information follows, which the loader does without
    path = write(tmp_path, sound[: mapped * eighths // 8])
    assert "copy or download it again" in finding(static(path), "truncated").fix[0]
    assert errors(static(path)) == ["truncated"]


def test_only_section_headers_cut(tmp_path: Path, sound: bytes) -> None:
    """The loader does without them; so it is a warning, and everything else is still read."""
    path = write(tmp_path, sound[:-64])
    assert finding(static(path), "truncated").severity == WARNING
    assert loader_says(path) == "" and errors(static(path)) == []


def test_header_cut(tmp_path: Path, sound: bytes) -> None:
    assert errors(static(write(tmp_path, sound[:40]))) == ["damaged"]


def test_wrong_machine(tmp_path: Path, sound: bytes) -> None:
    arm = bytearray(sound)
    arm[18:20] = (183).to_bytes(2, "little")
    path = write(tmp_path, bytes(arm))
    found = finding(static(path), "wrong-architecture")
    assert "AArch64" in found.what and found.fix
    assert loader_says(path)


def test_wrong_class(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    path = tmp_path / "x" / "libtriton_x.so"
    (tmp_path / "a.s").write_text(".globl f\nf: ret\n")
    run(["as", "--32", tmp_path / "a.s", "-o", tmp_path / "a.o"])
    run(["ld", "-m", "elf_i386", "-shared", tmp_path / "a.o", "-o", path])
    assert "x86 (32 bit), 32 bit" in finding(static(path), "wrong-architecture").what
    assert loader_says(path)


def test_wrong_byte_order(tmp_path: Path) -> None:
    header = b"\x7fELF\x02\x02\x01" + bytes(9)
    fields = [(3, 2), (22, 2), (1, 4), (0, 8), (0, 8), (0, 8), (0, 4), (64, 2), (56, 2), (0, 2),
              (64, 2), (0, 2), (0, 2)]
    content = header + b"".join(value.to_bytes(size, "big") for value, size in fields)
    found = finding(static(write(tmp_path, content)), "wrong-architecture")
    assert "S/390" in found.what and "big endian" in found.what


def test_wrong_name(tmp_path: Path) -> None:
    path = backend(tmp_path).rename(tmp_path / "x" / "mine.so")
    result = static(path)
    assert finding(result, "wrong-name").severity == WARNING
    assert any("libtriton_mine.so" in fix for fix in finding(result, "wrong-name").fix)
    assert any('runtime: "mine.so"' in fix for fix in finding(result, "wrong-name").fix)


@pytest.mark.parametrize("folder", ["plain", "it's; odd $HOME"])
def test_place(tmp_path: Path, folder: str) -> None:
    """Commands that are offered can be pasted, whatever the path."""
    tmp_path = tmp_path / folder
    path = backend(tmp_path)
    assert list(find_placement(str(path))) == []
    assert list(find_placement(str(path), str(tmp_path))) == []
    moved = path.rename(tmp_path / "libtriton_x.so")
    (loose,) = find_placement(str(moved))
    assert (loose.id, loose.severity) == ("wrong-place", NOTE)
    (lost,) = find_placement(str(moved), str(tmp_path))
    assert (lost.id, lost.severity) == ("wrong-place", ERROR)
    assert subprocess.run(lost.fix[0], shell=True, check=False).returncode == 0
    assert (tmp_path / "x" / "libtriton_x.so").read_bytes() == moved.read_bytes()
