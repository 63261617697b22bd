# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What an examination finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)

#: Every finding there can be: its id, which stays, and what it is about. docs/doctor.md has them.
FINDINGS = {
    "no-such-file": "there is no file of that name",
    "not-readable": "the file can't be read by this user",
    "not-a-file": "a folder, pipe or device",
    "empty-file": "the file has no content",
    "not-elf": "something else than an ELF file: an archive, a script, text, a pointer to the file",
    "truncated": "the file breaks off",
    "damaged": "an ELF file whose tables contradict themselves",
    "not-a-shared-object": "an object file, a program or a core dump",
    "debug-file": "the debug information that was split off a library",
    "noexec-mount": "its file system is mounted without the right to execute",
    "wrong-architecture": "for another processor, word size or byte order",
    "wrong-name": "not libtriton_<name>.so",
    "wrong-place": "not where a server looks for it",
    "entry-point-missing": "no TRITONBACKEND_ModelInstanceExecute",
    "entry-point-hidden": "an entry point is compiled in but not exported",
    "entry-point-mangled": "an entry point has a C++ name",
    "entry-point-misspelled": "an exported function has almost the name of an entry point",
    "batch-strategy": "a batching strategy, not a backend",
    "batcher-incomplete": "some of a batching strategy's five functions",
    "server-function-unknown": "needs a function that this server does not have",
    "server-function-mangled": "needs a server function by a C++ name",
    "server-function-unsupported": "uses a function that only answers UNSUPPORTED",
    "server-function-defined": "defines a function that is the server's",
    "foreign-server-library": "needs the server's library by another name",
    "missing-dependency": "a library that it needs is not found",
    "search-path": "a folder of its RPATH or RUNPATH leads nowhere",
    "c-library-too-old": "needs a newer glibc than this machine's",
    "cxx-library-too-old": "needs a newer libstdc++ than this machine's",
    "version-missing": "needs a version that a library here does not define",
    "undefined-symbol": "needs a symbol that nothing defines",
    "sanitizer": "built with a sanitizer, whose runtime has to be loaded first",
    "executable-stack": "asks for an executable stack",
    "text-relocations": "its code is changed when it is loaded",
    "static-tls": "takes thread-local storage from a small reserve",
    "stays-loaded": "can't be unloaded",
    "load-refused": "the loader refuses it",
    "load-crashed": "the process that loads it dies of a signal",
    "load-hung": "loading it does not come to an end",
    "load-ended": "the process that loads it ends",
    "initialize-failed": "TRITONBACKEND_Initialize returns an error",
    "initialize-crashed": "TRITONBACKEND_Initialize dies of a signal",
    "initialize-hung": "TRITONBACKEND_Initialize does not return",
    "initialize-ended": "TRITONBACKEND_Initialize ends the process",
    "finalize-failed": "TRITONBACKEND_Finalize fails, dies or does not return",
    "loaded": "it was loaded as a server does",
    "not-tried": "it was not loaded",
}


class DoctorError(Exception):
    """The examination itself can't be made; nothing is said about the library."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    ``what`` is a sentence without its full stop, ``evidence`` what shows it, line by line, and
    ``fix`` the ways out, of which one is enough.
    """

    id: str
    severity: str
    what: str
    evidence: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.id in FINDINGS and self.severity in SEVERITIES, self


def listed(names: Sequence[str], most: int = 8) -> str:
    """``a, b, c and 5 more``."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
