# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Symbols that nothing defines: the server is asked for all of them when the library is loaded."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from triton_py import abi_table

from .api_names import ENTRIES, PREFIXES, server_functions
from .check_versions import missing_versions
from .elf import ElfError
from .elf_symbols import Symbol
from .finding import ERROR, WARNING, Finding, listed
from .hints import demangle, mangled_function
from .scene import Scene
from .scope import Symbols, must_be_bound
from .search import Loaded

_SANITIZERS = {"__asan_": "address", "__tsan_": "thread", "__msan_": "memory",
               "__ubsan_": "undefined", "__lsan_": "leak"}


def find_symbols(scene: Scene) -> Iterator[Finding]:
    """Library by library."""
    for library, reason in scene.own.damaged:
        yield Finding("damaged", ERROR, f"'{library.short}' is damaged: {reason}",
                      (f"file: {library.path}", library.chain()),
                      ("copy or build it again, and compare the size or checksum with the original",))
    for member in scene.own.members:
        undefined = [s for s in member.needed if must_be_bound(s) and not scene.scope.definer(s)]
        yield from _of_server(member.library, undefined)
        yield from _others(scene, member, undefined)
    if scene.own.members:
        yield from _unsupported(scene.own.members[0])


def _of_server(library: Loaded, undefined: list[Symbol]) -> Iterator[Finding]:
    known = [*server_functions(), *ENTRIES]
    for symbol in undefined:
        if not symbol.name.startswith(PREFIXES):
            continue
        near = difflib.get_close_matches(symbol.name, server_functions(), 1, 0.85)
        fix = [f"if '{near[0]}' is meant, correct the name"] if near else []
        fix.append("build against this server's headers (triton-py config --include) and leave out "
                   "what they don't declare; 'triton-py abi' lists what there is")
        yield Finding(
            "server-function-unknown", ERROR,
            f"'{library.short}' needs {symbol.name}, which this server does not have: it is newer "
            "than this server's API, or misspelt", (library.chain(),), tuple(fix))
    for symbol in undefined:
        function = mangled_function(symbol.name, known)
        if function:
            yield Finding(
                "server-function-mangled", ERROR,
                f"'{library.short}' needs {function} by a C++ name: it was declared without "
                'extern "C"', (f"needed: {symbol.name}, {demangle([symbol.name])[0]}",),
                (("include triton/core/tritonbackend.h instead of declaring the function yourself, or "
                  'put extern "C" before the declaration'),))


def _others(scene: Scene, member: Symbols, undefined: list[Symbol]) -> Iterator[Finding]:
    known = [*server_functions(), *ENTRIES]
    try:
        lacking = {v for versions in missing_versions(scene, member.library).values()
                   for v in versions}
    except ElfError:
        lacking = set()
    names = [s.name + (f"@{s.version}" if s.version else "") for s in undefined
             if not s.name.startswith(PREFIXES) and not mangled_function(s.name, known)
             and s.version not in lacking]
    sanitizers = [word for begin, word in _SANITIZERS.items()
                  if any(name.startswith(begin) for name in names)]
    if sanitizers:
        yield _sanitizer(member.library, sanitizers[0], names)
    names = [n for n in names if not n.startswith(tuple(_SANITIZERS))]
    # Where a library is missing, whatever is undefined may be its; it is told there.
    if not names or scene.closure.missing:
        return
    shown = demangle(names[:12])
    evidence = [member.library.chain(), *shown]
    if len(names) > 12:
        evidence.append(f"and {len(names) - 12} more")
    yield Finding(
        "undefined-symbol", ERROR,
        f"'{member.library.short}' needs {len(names)} symbol{'s'[: len(names) > 1]} that nothing "
        "defines", tuple(evidence), tuple(_symbol_fix(member.library, names)))


def _symbol_fix(library: Loaded, names: list[str]) -> list[str]:
    fix = []
    if any("cxx11" in name for name in names):
        fix.append("names with __cxx11 come of the newer C++ strings: build it and its libraries with "
                   "the same -D_GLIBCXX_USE_CXX11_ABI")
    if any(name.startswith(("Py", "_Py")) for name in names):
        fix.append("Python's functions: link with $(python3-config --embed --ldflags), for the Python "
                   "that serves")
    if any(name.startswith(("_ZTI", "_ZTV")) for name in names):
        fix.append("a missing typeinfo or vtable: the class's first virtual function is declared and "
                   "never defined, or its source file isn't linked")
    fix.append(f"link {library.short} with the library or source file that defines them; "
               "-Wl,--no-undefined (with -ltritonserver) makes the linker tell")
    fix.append("or, if that library is linked, its version here is not the one that the headers were of")
    return fix


def _sanitizer(library: Loaded, word: str, names: list[str]) -> Finding:
    runtime = {"address": "libasan.so", "thread": "libtsan.so", "undefined": "libubsan.so",
               "leak": "liblsan.so"}.get(word, "")
    preload = (f"start the server with LD_PRELOAD=$(gcc -print-file-name={runtime})" if runtime else
               "its runtime can't be loaded into a program that was built without it")
    return Finding("sanitizer", ERROR, f"'{library.short}' was built with -fsanitize={word}",
                   (f"undefined: {listed(names, 4)}",), (preload, f"or build without -fsanitize={word}"))


def _unsupported(member: Symbols) -> Iterator[Finding]:
    functions = server_functions()
    names = [s.name for s in member.needed if functions.get(s.name) == abi_table.UNSUPPORTED]
    if names:
        yield Finding(
            "server-function-unsupported", WARNING,
            f"it uses {len(names)} function{'s'[: len(names) > 1]} of the server that only "
            f"answer{'s'[: len(names) == 1]} UNSUPPORTED so far",
            (listed(names, 12),),
            (("take TRITONSERVER_ERROR_UNSUPPORTED for an answer: go on without the feature, and "
              "delete the error; 'triton-py abi --unsupported' lists them all"),))
