# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The functions that a server looks for in a backend, and those that a backend should not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from .api_names import BATCHER_ENTRIES, ENTRIES, EXECUTE, PREFIXES, server_functions
from .elf import ElfError
from .elf_symbols import full_symbols
from .finding import ERROR, NOTE, WARNING, Finding, listed
from .hints import demangle, mangled_function
from .scene import Scene

_EXTERN = (('include triton/core/tritonbackend.h where the function is defined, or put extern "C" '
            "before it"),)
_EXPORT = (
    "put TRITONBACKEND_ISPEC before its definition, or __attribute__((visibility(\"default\")))",
    "or take it into the global part of the version script: { global: TRITONBACKEND_*; local: *; };",
    "or leave out -fvisibility=hidden and 'static'",
)


def find_entries(scene: Scene) -> Iterator[Finding]:
    """Entry points by name, form and number."""
    if not scene.own.members or scene.own.members[0].library is not scene.subject:
        return  # its symbols can't be read, which is said already
    exported = scene.own.members[0].exported
    found = {name for name in ENTRIES if scene.own.exports(name)}
    strategy = found.issuperset(BATCHER_ENTRIES) and EXECUTE not in found
    hints = [*_mangled(exported, found), *_hidden(scene, found), *_misspelt(exported, found)]
    yield from hints
    if strategy:
        yield Finding("batch-strategy", NOTE,
                      "it is a batching strategy, not a backend: it has the five functions of one",
                      (), ("name it in a model's parameter TRITON_BATCH_STRATEGY_PATH",))
    elif EXECUTE not in found and not any(EXECUTE in f.what for f in hints):
        ours = sorted(n for n in exported if n.startswith(PREFIXES[1]))
        yield Finding(
            "entry-point-missing", ERROR, f"it does not export {EXECUTE}",
            (f"exported of the backend API: {listed(ours) or 'nothing'}",
             f"exported in all: {len(exported)} symbols"),
            (f"define {EXECUTE}: the one function that a backend must have",
             ("or link the file that defines it: an archive's object is left out where nothing refers "
              "to it (-Wl,--whole-archive)")))
    some = [name for name in BATCHER_ENTRIES if name in found]
    if some and len(some) < len(BATCHER_ENTRIES):
        yield Finding(
            "batcher-incomplete", WARNING,
            f"it has {len(some)} of the five functions of a batching strategy; the server takes all "
            "or none",
            (f"missing: {', '.join(n for n in BATCHER_ENTRIES if n not in found)}",),
            ("export the others, too, or none",))
    own = sorted(name for name in exported if name in server_functions())
    if own:
        yield Finding(
            "server-function-defined", WARNING,
            f"it defines {len(own)} function{'s'[: len(own) > 1]} that the server has: a copy or a "
            "stub of the server was linked in", (listed(own),),
            (("link without the server's stub or static library (-shared leaves the functions "
              "undefined, and the server defines them), or with -Wl,--exclude-libs,ALL"),))


def _severity(name: str) -> str:
    """Only one entry point is required; without the others a server does without a word."""
    return ERROR if name == EXECUTE else WARNING


def _mangled(exported: dict[str, list], found: set[str]) -> Iterator[Finding]:  # type: ignore[type-arg]
    for symbol in exported:
        name = mangled_function(symbol, ENTRIES)
        if name and name not in found:
            yield Finding("entry-point-mangled", _severity(name),
                          f'{name} has a C++ name: it was compiled without extern "C"',
                          (f"exported: {symbol}, {demangle([symbol])[0]}",), _EXTERN)


def _hidden(scene: Scene, found: set[str]) -> Iterator[Finding]:
    try:
        names = {s.name for s in full_symbols(scene.subject.elf) if s.defined}
    except ElfError:
        return
    hidden = [name for name in ENTRIES if name in names and name not in found]
    for name in hidden:
        yield Finding("entry-point-hidden", _severity(name),
                      f"{name} is compiled in but not exported",
                      ("it is a local symbol: hidden visibility, a version script, or 'static'",),
                      _EXPORT)
    for symbol in sorted(names):
        name = mangled_function(symbol, ENTRIES)
        if name and name not in found and symbol not in scene.own.members[0].exported:
            yield Finding("entry-point-hidden", _severity(name),
                          f"{name} is compiled in with a C++ name, and not exported",
                          (f"local symbol: {demangle([symbol])[0]}",), (_EXTERN[0], *_EXPORT[:2]))


def _misspelt(exported: dict[str, list], found: set[str]) -> Iterator[Finding]:  # type: ignore[type-arg]
    known = {*ENTRIES, *server_functions()}
    lower = {name.lower(): name for name in ENTRIES}
    for symbol in sorted(exported):
        if symbol in known or not symbol.upper().startswith(("TRITONBACKEND", "TRITON_BACKEND")):
            continue
        exact = lower.get(symbol.lower())
        near = [exact] if exact else difflib.get_close_matches(symbol, ENTRIES, 1, 0.8)
        if near and near[0] not in found:
            yield Finding("entry-point-misspelled", _severity(near[0]),
                          f"it exports {symbol}; did you mean {near[0]}?",
                          ("the server looks for the exact name and passes over this one",),
                          (f"rename it to {near[0]}",))
