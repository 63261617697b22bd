# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether a model folder has changed since it was loaded."""

from __future__ import annotations

import hashlib
import os


def fingerprint(directory: str) -> str:
    """A digest of every file's path, size and modification time below ``directory``.

    Unlike the newest modification time alone it also changes when a file is deleted or replaced
    by an older one. A file that vanishes while we look counts as absent; links to folders are
    followed, each folder once.
    """
    digest = hashlib.blake2b(digest_size=16)
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
            # Unreadable or just removed: absent from the digest either way, and the load that
            # follows reports it properly.
            continue
        for entry in found:
            if entry.name.startswith("."):
                continue
            try:
                status = entry.stat()
                is_folder = entry.is_dir()
            except OSError:
                continue
            path = os.path.relpath(entry.path, directory)
            if is_folder:
                digest.update(f"{path}/\0".encode(errors="surrogateescape"))
                pending.append(entry.path)
            else:
                line = f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0"
                digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()
