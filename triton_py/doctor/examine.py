# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The whole examination, in order: what is read first, and what is loaded last if at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .api_names import ENTRIES, EXECUTE
from .check_entries import find_entries
from .check_flags import find_flags
from .check_machine import find_machine
from .check_needs import find_needs
from .check_symbols import find_symbols
from .check_trial import find_trial
from .check_versions import find_versions
from .elf import Elf, ElfError
from .finding import ERROR, NOTE, SEVERITIES, Finding
from .machine import this_machine
from .placement import backend_name, find_placement
from .scene import Scene, make_scene
from .subject import find_cut, find_file, find_kind, find_mount, find_no_dynamic, find_no_elf
from .trial import DEFAULT_LIMIT_S, try_load


@dataclass(frozen=True)
class Result:
    """What was found, the worst first."""

    path: str
    findings: tuple[Finding, ...]
    #: Whether the library was really loaded, or only read.
    tried: bool = False

    @property
    def loads(self) -> bool:
        """Whether nothing found keeps a server from loading it."""
        return not any(f.severity == ERROR for f in self.findings)


def examine(path: str, *, backend_directory: str = "", load: bool = True,
            limit_s: float = DEFAULT_LIMIT_S) -> Result:
    """Says why a backend's library would not load.

    Args:
        path: the library.
        backend_directory: that of the server which is to find it; "" where it doesn't matter.
        load: whether to load it, in a process of its own, if nothing speaks against it.
        limit_s: how long loading may take, in seconds.

    Raises:
        DoctorError: the examination can't be made.
    """
    findings: list[Finding] = []
    scene = None
    for part in _static(path, backend_directory):
        if isinstance(part, Scene):
            scene = part
        else:
            findings.append(part)
    tried = False
    if scene is not None:
        sound = not any(f.severity == ERROR and f.id not in _PLACES for f in findings)
        tried = load and sound
        findings.append(_trial(scene, limit_s) if tried else _not_tried(sound))
        for library in (*scene.closure.libraries, *scene.base.libraries):
            library.elf.close()
    findings.sort(key=lambda f: SEVERITIES.index(f.severity))
    return Result(path, tuple(findings), tried)


#: Errors that don't keep the loader from taking the file by its path.
_PLACES = ("wrong-name", "wrong-place")


def _static(path: str, backend_directory: str) -> Iterator[Finding | Scene]:
    """All that reading alone tells; a scene among it if it gets so far."""
    from triton_py import core

    if problem := find_file(path):
        yield problem
        return
    yield from find_placement(path, backend_directory)
    if problem := find_mount(path):
        yield problem
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            yield find_no_elf(path)
            return
    machine = this_machine()
    try:
        elf = Elf(path)
    except ElfError as error:
        yield _damaged(path, error)
        return
    try:
        # In this order: a file that breaks off has no say about its kind.
        for check in (lambda e: find_machine(e, machine), find_cut, find_kind, find_no_dynamic):
            if problem := check(elf):
                yield problem
                if problem.severity == ERROR:
                    elf.close()
                    return
        _ = elf.needed, elf.soname, elf.rpath, elf.runpath
        scene = make_scene(elf, machine, core.LIBRARY)
        yield scene
        for find in (find_needs, find_versions, find_symbols, find_entries, find_flags):
            yield from find(scene)
    except ElfError as error:
        yield _damaged(path, error)


def _damaged(path: str, error: ElfError) -> Finding:
    return Finding("damaged", ERROR, f"'{path}' is a damaged ELF file: {error}", (),
                   ("copy or build it again, and compare the size or checksum with the original",))


def _trial(scene: Scene, limit_s: float) -> Finding:
    path = scene.subject.path
    backend = scene.own.exports(EXECUTE) is not None or not any(map(scene.own.exports, ENTRIES))
    trial = try_load(backend_name(path) or "unnamed", path, backend=backend, limit_s=limit_s)
    return find_trial(trial, limit_s)


def _not_tried(sound: bool) -> Finding:
    if sound:
        return Finding("not-tried", NOTE, "it was only read, not loaded (--static)", (),
                       ("leave out --static to load it in a process of its own",))
    return Finding("not-tried", NOTE, "it was only read, not loaded: the errors come first", (),
                   ("put them right and run this again",))
