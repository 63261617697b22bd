# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where the loader looks for a library, and all that comes with one.

The order is glibc's: what is loaded already under that name; the RPATH of the library that needs it
and of those that needed that one, unless it has a RUNPATH; LD_LIBRARY_PATH; its RUNPATH; ldconfig's
cache; the default folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .elf import Elf, ElfError
from .machine import Machine, kind

_NODEFLIB = 0x800


@dataclass(eq=False)
class Loaded:
    """A library as the loader would have it: under the name it was asked for, and by whom."""

    name: str
    elf: Elf
    needed_by: Loaded | None = None

    @property
    def path(self) -> str:
        return self.elf.path

    @property
    def short(self) -> str:
        """Its file's name."""
        return os.path.basename(self.path)

    def ancestors(self) -> Iterator[Loaded]:
        """Those that led to it, the nearest first."""
        library = self.needed_by
        while library is not None:
            yield library
            library = library.needed_by

    def chain(self) -> str:
        """``libtriton_x.so needs liba.so, which needs libb.so``."""
        names = [library.short for library in (self, *self.ancestors())][::-1]
        if len(names) == 1:
            return names[0]
        return f"{names[0]} needs " + ", which needs ".join(names[1:])


@dataclass
class Missing:
    """A library that is needed and not found."""

    name: str
    needed_by: Loaded
    folders: list[str] = field(default_factory=list)
    #: Files of that name that the loader would not take, and why.
    rejected: list[str] = field(default_factory=list)

    def chain(self) -> str:
        who = self.needed_by.chain()
        return f"{who}, which needs {self.name}" if " needs " in who else f"{who} needs {self.name}"


@dataclass
class Closure:
    """Libraries in the order in which the loader comes to them: breadth first."""

    libraries: list[Loaded] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def named(self, name: str) -> Loaded | None:
        """The one that answers to a name: the one it was asked for, or its SONAME."""
        for library in self.libraries:
            if name in (library.name, library.elf.soname):
                return library
        return None

    def holds(self, path: str) -> Loaded | None:
        """The one that is this file."""
        for library in self.libraries:
            try:
                if os.path.samefile(library.path, path):
                    return library
            except OSError:
                continue
        return None


class Search:
    """Follows needed libraries on one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def closure(self, roots: Iterable[Loaded], before: Closure | None = None) -> Closure:
        """All that the roots bring with them, the roots included.

        Args:
            roots: in the order in which they are loaded.
            before: what is in the process already and answers to its names.
        """
        found = Closure(list(roots))
        known = before or Closure()
        at = 0
        while at < len(found.libraries):
            library = found.libraries[at]
            at += 1
            for name in library.elf.needed:
                if known.named(name) or found.named(name):
                    continue
                if any(m.name == name for m in found.missing):
                    continue
                missing = Missing(name, library)
                elf = self._find(name, library, missing)
                if elf is None:
                    found.missing.append(missing)
                elif known.holds(elf.path) or found.holds(elf.path):
                    elf.close()
                else:
                    found.libraries.append(Loaded(name, elf, library))
        return found

    def folders(self, needed_by: Loaded) -> list[str]:
        """The folders that are searched for what a library needs, but for the loader's cache."""
        places: list[str] = []
        if not needed_by.elf.runpath:
            for library in (needed_by, *needed_by.ancestors()):
                places += self.expanded(library.elf.rpath, library.path)
        places += self.machine.library_path
        places += self.expanded(needed_by.elf.runpath, needed_by.path)
        return list(dict.fromkeys(places))

    def _find(self, name: str, needed_by: Loaded, missing: Missing) -> Elf | None:
        if "/" in name:
            return self._take(self.expanded([name], needed_by.path), missing)
        missing.folders = self.folders(needed_by)
        candidates = [os.path.join(folder, name) for folder in missing.folders]
        if not needed_by.elf.flags_1 & _NODEFLIB:
            candidates += self.machine.cache.get(name, [])
            candidates += [os.path.join(f, name) for f in self.machine.default_folders]
            missing.folders += self.machine.default_folders
        return self._take(candidates, missing)

    def _take(self, candidates: Sequence[str], missing: Missing) -> Elf | None:
        """The first that the loader would take; it passes over those for other machines."""
        for path in dict.fromkeys(candidates):
            if not os.path.isfile(path):
                continue
            try:
                elf = Elf(path)
                if self.machine.takes(elf):
                    # What is read later is read now, so that a damaged file is told here.
                    _ = elf.segments, elf.needed, elf.soname, elf.rpath, elf.runpath
                    return elf
                reason = f"is for {kind(elf.machine, elf.bits, elf.little)}"
                elf.close()
            except OSError as error:
                reason = f"can't be read: {error.strerror}"
            except ElfError as error:
                reason = f"is no library: {error}"
            missing.rejected.append(f"{path} {reason}")
        return None

    def expanded(self, paths: Iterable[str], origin: str) -> list[str]:
        """``$ORIGIN``, ``$LIB`` and ``$PLATFORM`` replaced."""
        folder = os.path.dirname(os.path.abspath(origin))
        found = []
        for path in paths:
            path = path or "."  # an empty one is the current folder
            for word in ("ORIGIN", "{ORIGIN}"):
                path = path.replace(f"${word}", folder)
            if "$LIB" in path or "${LIB}" in path:
                names = [f"lib/{self.machine.multiarch}", "lib64", "lib"]
                found += [path.replace("${LIB}", n).replace("$LIB", n) for n in names]
            else:
                found.append(path)
        return found
