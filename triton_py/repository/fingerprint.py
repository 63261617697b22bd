# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether a model folder has changed since it was loaded, and in which part."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from triton_py.repository.paths import is_hidden

#: What is configuration of a model folder's entries: the file, and the folder of named ones.
CONFIG_ENTRIES = frozenset({"config.pbtxt", "configs"})


@dataclass(frozen=True)
class FolderMarks:
    """Digests of a model folder's content, by what it is there for.

    Unlike the newest modification time alone they also change when a file is deleted or replaced
    by an older one.
    """

    #: By the name of the version's folder.
    versions: Mapping[str, str]
    config: str
    #: Everything else: labels, libraries, warm-up data, initial states.
    rest: str

    @property
    def whole(self) -> str:
        """One digest of everything."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.config, self.rest, *sorted(f"{v}={m}" for v, m in self.versions.items())):
            digest.update(f"{part}\0".encode())
        return digest.hexdigest()

    def same_version(self, other: FolderMarks, version: int) -> bool:
        """Whether all that a version is built from is the same but for the configuration."""
        mark = self.versions.get(str(version))
        return (
            mark is not None
            and mark == other.versions.get(str(version))
            and self.rest == other.rest
        )


def marks_of(entries: Iterable[tuple[str, str]]) -> FolderMarks:
    """The marks of a folder from its content.

    Args:
        entries: path relative to the model's folder, and a text that differs when the file does; a
            folder's path ends with a slash. In any order.
    """
    digests: dict[str, hashlib.blake2b] = {}
    for path, stamp in sorted(entries):
        top = path.split("/", 1)[0]
        if top.isascii() and top.isdigit() and path != top:
            part = f"version {top}"
        else:
            part = "config" if top in CONFIG_ENTRIES else "rest"
        digest = digests.setdefault(part, hashlib.blake2b(digest_size=16))
        digest.update(f"{path}\0{stamp}\0".encode(errors="surrogateescape"))
    marks = {part: digest.hexdigest() for part, digest in digests.items()}
    return FolderMarks(
        {part.split(" ")[1]: mark for part, mark in marks.items() if part.startswith("version ")},
        marks.get("config", ""),
        marks.get("rest", ""),
    )


def local_marks(directory: str) -> FolderMarks:
    """The marks of a folder on this machine: paths, sizes and modification times of its files."""
    return marks_of(_entries(directory))


def fingerprint(directory: str) -> str:
    """One digest of every file's path, size and modification time below ``directory``."""
    return local_marks(directory).whole


def _entries(directory: str) -> Iterator[tuple[str, str]]:
    """What lies below a folder.

    A file that vanishes while we look counts as absent; links to folders are followed, each folder
    once. Hidden entries are left out.
    """
    seen: set[tuple[int, int]] = set()
    pending = [directory]
    while pending:
        folder = pending.pop()
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            # Unreadable or just removed: absent from the marks either way, and the load that
            # follows reports it properly.
            continue
        for entry in found:
            if is_hidden(entry.name):
                continue
            try:
                status = entry.stat()
                is_folder = entry.is_dir()
            except OSError:
                continue
            path = os.path.relpath(entry.path, directory)
            if is_folder:
                yield f"{path}/", ""
                pending.append(entry.path)
            else:
                yield path, f"{status.st_size} {status.st_mtime_ns}"
