# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a library asks of the loader that not every loader grants."""

from __future__ import annotations

import os
from collections.abc import Iterator
from shlex import quote

from .finding import ERROR, NOTE, WARNING, Finding
from .scene import Scene
from .search import Loaded

_EXECUTE = 1
_TEXTREL, _STATIC_TLS = 4, 16
_NODELETE = 8
#: From here on glibc refuses to make the stack executable for a library that is loaded later.
_GLIBC_REFUSES = (2, 41)
#: glibc reserves about 1.6 KB for all libraries that are loaded later.
_MUCH_TLS = 512


def find_flags(scene: Scene) -> Iterator[Finding]:
    """For the library and what it brings with it."""
    for library in scene.closure.libraries:
        yield from _stack(library)
        yield from _text(library)
        yield from _tls(library)
    if scene.subject.elf.flags_1 & _NODELETE:
        yield Finding("stays-loaded", NOTE, "it stays loaded until the process ends (-z nodelete)", (),
                      ("after a new build restart the server: loading the model again is not enough",))


def glibc_version() -> tuple[int, ...]:
    """This machine's; () where the C library is another."""
    try:
        name, _, number = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        return tuple(int(n) for n in number.split(".")[:2]) if name == "glibc" else ()
    except (ValueError, OSError):
        return ()


def _stack(library: Loaded) -> Iterator[Finding]:
    stack = library.elf.segment("PT_GNU_STACK")
    # Without the segment x86 assumes the worst; only the segment's own word is held against it.
    if stack is None or not stack.flags & _EXECUTE:
        return
    version = glibc_version()
    refused = version >= _GLIBC_REFUSES
    shown = ".".join(map(str, version)) or "unknown"
    yield Finding(
        "executable-stack", ERROR if refused else WARNING,
        f"'{library.short}' asks for an executable stack",
        (library.chain(), f"glibc refuses that from 2.41 on; this machine's is {shown}"),
        (("if it isn't needed (an assembler file without a .note.GNU-stack section is the usual "
          "cause): link with -Wl,-z,noexecstack"),
         f"or mark the file: patchelf --clear-execstack {quote(library.path)}"))


def _text(library: Loaded) -> Iterator[Finding]:
    if "DT_TEXTREL" in library.elf.dynamic or library.elf.flags & _TEXTREL:
        yield Finding(
            "text-relocations", WARNING, f"the code of '{library.short}' is changed when it is loaded",
            (library.chain(), "a hardened system refuses that, and memory is not shared"),
            (("compile every object of it with -fPIC; -Wl,-z,text makes the linker name those that "
              "are not"),))


def _tls(library: Loaded) -> Iterator[Finding]:
    if not library.elf.flags & _STATIC_TLS:
        return
    segment = library.elf.segment("PT_TLS")
    size = segment.memory_size if segment else 0
    if not size and library.needed_by is not None:
        return
    yield Finding(
        "static-tls", WARNING if size >= _MUCH_TLS else NOTE,
        f"'{library.short}' takes its thread-local variables ({size} bytes) from a small reserve",
        (library.chain(), ('when the reserve is used up, loading fails: "cannot allocate memory in '
          'static TLS block"')),
        ("compile with -fPIC and without -ftls-model=initial-exec",
         ("or start the server with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384, or with the "
          "library in LD_PRELOAD")))
