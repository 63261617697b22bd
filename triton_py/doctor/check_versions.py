# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Versions of symbols that are needed and that the library of that name does not define here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .elf import ElfError
from .elf_symbols import version_definitions, version_needs
from .finding import ERROR, Finding, listed
from .scene import Scene
from .search import Loaded

_NUMBER = re.compile(r"\d+")
#: Of GLIBC versions, in which Debian and Ubuntu release they came.
_GLIBC_IN = {
    (2, 28): "Debian 10", (2, 31): "Debian 11, Ubuntu 20.04", (2, 35): "Ubuntu 22.04",
    (2, 36): "Debian 12", (2, 39): "Ubuntu 24.04", (2, 41): "Debian 13",
}  # fmt: skip


def missing_versions(scene: Scene, library: Loaded) -> dict[tuple[str, str], list[str]]:
    """(file, path of who should have them) -> versions that one library needs and no one has."""
    found: dict[tuple[str, str], list[str]] = {}
    for need in version_needs(library.elf):
        provider = scene.base.named(need.file) or scene.closure.named(need.file)
        if provider is None or need.weak:
            continue
        try:
            defined = version_definitions(provider.elf)
        except ElfError:
            continue
        # A library without any versions is taken with a warning.
        if defined and need.version not in defined:
            found.setdefault((need.file, provider.path), []).append(need.version)
    return found


def find_versions(scene: Scene) -> Iterator[Finding]:
    """One finding for each pair of a library that needs and one that lacks."""
    for library in scene.closure.libraries:
        try:
            missing = missing_versions(scene, library)
        except ElfError:
            continue  # said by whoever reads the symbols
        for (file, path), versions in missing.items():
            yield _finding(scene, library, file, path, sorted(versions, key=_key))


def _key(version: str) -> tuple[str, list[int]]:
    return version.rstrip("0123456789."), [int(n) for n in _NUMBER.findall(version)]


def _finding(scene: Scene, library: Loaded, file: str, path: str, versions: list[str]) -> Finding:
    newest = versions[-1]
    family = newest.split("_")[0]
    provider = scene.base.named(file) or scene.closure.named(file)
    assert provider is not None  # missing_versions found it
    present = sorted((v for v in version_definitions(provider.elf)
                      if v.startswith(family + "_") and v[len(family) + 1 :][:1].isdigit()), key=_key)
    member = scene.own.of(library)
    symbols = [s.name for s in member.needed if s.version in versions] if member else []
    evidence = [f"who needs it: {library.chain()} ({library.path})",
                f"who should have it: {path}, whose newest is {present[-1] if present else 'none'}"]
    if symbols:
        evidence.append(f"for: {listed(symbols, 5)}")
    needs = f"'{library.short}' needs {listed(versions, 4)} of {file}, which this machine's lacks"
    if family == "GLIBC":
        return Finding("c-library-too-old", ERROR, needs, tuple(evidence), _glibc_fix(newest))
    if "stdc++" in file or family in ("GLIBCXX", "CXXABI"):
        return Finding("cxx-library-too-old", ERROR, needs, tuple(evidence), (
            ("build it with the GCC of the distribution that serves it, or link it with "
             "-static-libstdc++ -static-libgcc"),
            "or serve in a newer image, or bring a newer libstdc++.so.6 in LD_LIBRARY_PATH",
            ("in a conda environment, make sure that the interpreter's libstdc++.so.6 is the newer "
             "one: it is loaded first")))
    return Finding("version-missing", ERROR, needs, tuple(evidence), (
        f"install the version of {file} that it was built with, or build it against the one here",))


def _glibc_fix(version: str) -> tuple[str, ...]:
    numbers = tuple(int(n) for n in _NUMBER.findall(version))
    since = [name for at, name in sorted(_GLIBC_IN.items()) if at >= numbers[:2]]
    newer = f" (such as {since[0]})" if since else ""
    return (("build it on the distribution that serves it, or an older one: a C library runs what was "
             "built against an older one, never the reverse"),
            (f"or serve in an image with glibc {'.'.join(map(str, numbers)) or 'that is newer'} or "
             f"later{newer}"))
