# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which library defines a symbol, as the loader binds it."""

from __future__ import annotations

from collections.abc import Iterable

from .elf import ElfError
from .elf_symbols import WEAK, Symbol, dynamic_symbols, version_definitions
from .search import Loaded


class Symbols:
    """One library's dynamic symbols: what it exports, by name, and what it needs."""

    def __init__(self, library: Loaded) -> None:
        """Raises ElfError where its tables are damaged."""
        self.library = library
        self.exported: dict[str, list[Symbol]] = {}
        self.needed: list[Symbol] = []
        for symbol in dynamic_symbols(library.elf):
            if symbol.exported:
                self.exported.setdefault(symbol.name, []).append(symbol)
            elif not symbol.defined and symbol.name:
                self.needed.append(symbol)
        self.versions = version_definitions(library.elf)

    def defines(self, wanted: Symbol) -> bool:
        """Whether a reference binds here. Of a reference with a version, one without will do."""
        for symbol in self.exported.get(wanted.name, ()):
            if not wanted.version or not self.versions or symbol.version == wanted.version:
                return True
            if not symbol.version:
                return True
        return False


class Scope:
    """Libraries in the order in which the loader asks them."""

    def __init__(self, libraries: Iterable[Loaded]) -> None:
        """A library whose symbols can't be read counts as one without any."""
        self.members: list[Symbols] = []
        self.damaged: list[tuple[Loaded, str]] = []
        for library in libraries:
            try:
                self.members.append(Symbols(library))
            except ElfError as error:
                self.damaged.append((library, str(error)))

    def definer(self, wanted: Symbol) -> Symbols | None:
        """Who defines what a reference needs."""
        return next((member for member in self.members if member.defines(wanted)), None)

    def of(self, library: Loaded) -> Symbols | None:
        return next((member for member in self.members if member.library is library), None)

    def exports(self, name: str) -> Symbols | None:
        """Who exports a name; what dlsym finds."""
        return next((m for m in self.members if name in m.exported), None)


def must_be_bound(symbol: Symbol) -> bool:
    """Whether the loader refuses the library when nothing defines this."""
    return not symbol.defined and symbol.bind != WEAK
