# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Files of backend libraries: whether one has changed, and copies that nobody else writes to."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass

from triton_py.errors import UnavailableError


@dataclass(frozen=True)
class Stamp:
    """Tells one content of a file from another."""

    inode: int
    size: int
    changed_ns: int


def library_stamp(path: str) -> Stamp | None:
    """A file's stamp, with links followed; None where there is no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


class PrivateCopy:
    """A copy of a library in a folder of its own, in which all that lies beside it is found, too.

    A linker that writes to a loaded file changes the code under the threads that run it, and the
    dynamic loader takes a file that it has loaded for the same library for ever. What a library
    looks for at ``$ORIGIN`` is linked into the copy's folder.
    """

    def __init__(self, library: str) -> None:
        """Copy; raises UnavailableError where that fails, or the file changes meanwhile."""
        before = library_stamp(library)
        folder, name = os.path.split(os.path.realpath(library))
        self._folder = tempfile.mkdtemp(prefix="triton-py-backend-")
        self.path = os.path.join(self._folder, os.path.basename(library))
        try:
            shutil.copyfile(library, self.path)
            shutil.copymode(library, self.path)
            taken = {name, os.path.basename(library)}
            for entry in sorted(set(os.listdir(folder)) - taken):
                os.symlink(os.path.join(folder, entry), os.path.join(self._folder, entry))
        except OSError as error:
            self.remove()
            raise UnavailableError(f"'{library}' can't be copied: {error.strerror}") from error
        if library_stamp(library) != before:
            self.remove()
            raise UnavailableError(f"'{library}' is being written to")

    def remove(self) -> None:
        """Delete it; what has it loaded goes on."""
        shutil.rmtree(self._folder, ignore_errors=True)
