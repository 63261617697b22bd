# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The library in the company it would have in a server's process: what the checks look at."""

from __future__ import annotations

from dataclasses import dataclass

from .elf import Elf, ElfError
from .finding import DoctorError
from .machine import Machine, interpreter
from .scope import Scope
from .search import Closure, Loaded, Search

SERVER_NAME = "libtritonserver.so"


@dataclass
class Scene:
    """One library and all that its symbols may bind to."""

    machine: Machine
    search: Search
    subject: Loaded
    #: The subject and what it brings with it, in the loader's order.
    closure: Closure
    #: What is in the server's process before.
    base: Closure
    #: Where the closure's symbols are looked up: the base first.
    scope: Scope
    #: The closure alone: what dlsym searches for entry points.
    own: Scope


def make_scene(elf: Elf, machine: Machine, server: str) -> Scene:
    """Follows the library's dependencies, after those of the interpreter and of the server.

    Args:
        elf: the library; the scene keeps it.
        machine: whose loader it is for.
        server: the path of this package's libtritonserver.so.
    """
    search = Search(machine)
    roots = []
    for name in (interpreter(), *machine.preload, server):
        try:
            roots.append(Loaded(name if name != server else SERVER_NAME, Elf(name)))
        except (OSError, ElfError) as error:
            if name == server:
                raise DoctorError(f"the server's own library '{name}' can't be read: {error}") from None
    base = search.closure(roots)
    subject = Loaded(elf.path, elf)
    closure = search.closure([subject], base)
    own = Scope(closure.libraries)
    scope = Scope(base.libraries)
    scope.members += own.members
    return Scene(machine, search, subject, closure, base, scope, own)
