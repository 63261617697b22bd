# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Libraries that are needed and not found, and folders of a search path that lead nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from shlex import quote

from .api_names import PREFIXES
from .finding import ERROR, NOTE, WARNING, Finding, listed
from .hints import package
from .scene import SERVER_NAME, Scene
from .scope import must_be_bound
from .search import Loaded, Missing


def find_needs(scene: Scene) -> Iterator[Finding]:
    """What is missing in the whole tree, then servers that come with the library."""
    for missing in scene.closure.missing:
        if _is_server(missing.name):
            yield _renamed_server(missing)
        else:
            yield _missing(scene, missing)
    for member in scene.own.members[1:]:
        functions = [name for name in member.exported if name.startswith(PREFIXES[:2])]
        if _is_server(member.library.name) or len(functions) > 20:
            yield Finding(
                "foreign-server-library", WARNING,
                f"it brings a server's library of its own, '{member.library.name}'",
                (member.library.chain(), f"file: {member.library.path}"),
                (_replace(member.library.name, member.library.needed_by),))
    for library in scene.closure.libraries:
        yield from _useless_folders(scene, library)


def _is_server(name: str) -> bool:
    return os.path.basename(name).startswith("libtritonserver")


def _replace(name: str, needed_by: Loaded | None) -> str:
    path = needed_by.path if needed_by else ""
    return (f"name this server's: patchelf --replace-needed {quote(name)} {SERVER_NAME} {quote(path)}, or link "
            "with -L$(triton-py config --libdir) -ltritonserver, or without a server library at all")


def _renamed_server(missing: Missing) -> Finding:
    return Finding(
        "foreign-server-library", ERROR,
        f"it needs the server's library by the name '{missing.name}'; this server's is {SERVER_NAME}",
        (missing.chain(), "its functions are in the process, but the loader goes by the name"),
        (_replace(missing.name, missing.needed_by),))


def _missing(scene: Scene, missing: Missing) -> Finding:
    by = missing.needed_by
    evidence = [missing.chain()]
    searched = [f for f in missing.folders if os.path.isdir(f)]
    absent = [f for f in missing.folders if not os.path.isdir(f)]
    if "/" in missing.name:
        evidence.append("a name with a slash is a path: no folder is searched for it")
    else:
        order = "RPATH, LD_LIBRARY_PATH, RUNPATH, ldconfig's cache, default folders"
        evidence.append(f"searched ({order}): {listed(searched, 12) or 'nothing'}")
    if absent:
        evidence.append(f"searched, but no such folder: {listed(absent)}")
    evidence += missing.rejected
    unresolved = _unresolved(scene, missing)
    if unresolved:
        evidence.append(f"functions that it should have: {listed(unresolved, 5)}")
    fix = []
    if known := package(os.path.basename(missing.name)):
        fix.append(f"install {known}")
    elsewhere = _elsewhere(scene, missing)
    if elsewhere:
        fix.append(f"'{elsewhere}' is there: put it where the loader looks, with "
                   f"LD_LIBRARY_PATH={quote(os.path.dirname(elsewhere))}")
    fix.append(f"put {os.path.basename(missing.name)} beside {by.short} and link that with "
               f"-Wl,-rpath,'$ORIGIN' (or patchelf --set-rpath '$ORIGIN' {quote(by.path)})")
    fix.append("or name its folder in LD_LIBRARY_PATH when the server starts, or in "
               "/etc/ld.so.conf.d and run ldconfig")
    return Finding("missing-dependency", ERROR, f"'{missing.name}' is needed and not found",
                   tuple(evidence), tuple(fix))


def _unresolved(scene: Scene, missing: Missing) -> list[str]:
    """What nothing else defines; only where one library alone can be to blame."""
    if len(scene.closure.missing) != 1:
        return []
    member = scene.own.of(missing.needed_by)
    if member is None:
        return []
    return [s.name for s in member.needed if must_be_bound(s) and not scene.scope.definer(s)
            and not s.name.startswith(PREFIXES)]


def _elsewhere(scene: Scene, missing: Missing) -> str:
    """The library beside one of those that were found: the loader does not look there by itself."""
    name = os.path.basename(missing.name)
    for library in scene.closure.libraries:
        place = os.path.join(os.path.dirname(os.path.abspath(library.path)), name)
        if os.path.isfile(place) and not any(r.startswith(place) for r in missing.rejected):
            return place
    return ""


def _useless_folders(scene: Scene, library: Loaded) -> Iterator[Finding]:
    """Of one library's RPATH or RUNPATH."""
    hurts = any(m.needed_by is library for m in scene.closure.missing)
    kind = "RUNPATH" if library.elf.runpath else "RPATH"
    folders = library.elf.runpath or library.elf.rpath
    for folder in folders:
        expanded = scene.search.expanded([folder], library.path)
        own = ("link with -Wl,-rpath,'$ORIGIN' in single quotes, so that the shell leaves it as it is",
               f"or patchelf --set-rpath '$ORIGIN' {quote(library.path)}")
        relative = not folder.startswith(("/", "$"))
        if not folder:
            what = f"its {kind} has an empty element, which means the server's current folder"
        elif relative:
            what = (f"its {kind} has '{folder}', which is relative: to the server's current folder, "
                    "not to the library")
        elif not any(os.path.isdir(path) for path in expanded):
            what = f"its {kind} has '{folder}', and there is no such folder"
        else:
            continue
        # Of a library that was found, with all that it needs, this is of no consequence.
        severity = WARNING if hurts or relative and library is scene.subject else NOTE
        fix = own if hurts or relative else (
            "leave it as it is, or take it out: a build's folders are of no use elsewhere",)
        yield Finding("search-path", severity, what,
                      (f"library: {library.chain()}", f"as written: {':'.join(folders)}"), fix)
