# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where a repository lies: on this machine, or in object storage."""

from __future__ import annotations

import os
from typing import Protocol

from triton_py.errors import InvalidArgumentError
from triton_py.repository.fingerprint import FolderMarks, local_marks
from triton_py.repository.override import LocalFolder
from triton_py.repository.paths import subdirectories

#: Of the paths that are not on this machine: Amazon S3, Google Cloud Storage, Azure Storage.
REMOTE_SCHEMES = ("s3://", "gs://", "as://")


class Storage(Protocol):
    """What the repositories ask a place where models are kept.

    Every method takes a whole path, as the user wrote it and with names joined to it by slashes.
    Besides what is said below, a place in object storage raises TritonError where it can't be
    reached, and OSError is raised by the one on this machine.
    """

    def key(self, path: str) -> str:
        """The same for two spellings of one place."""

    def check(self, path: str) -> None:
        """Raise InvalidArgumentError unless it is a folder that can be read."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder; False where there is nothing."""

    def subfolders(self, path: str) -> list[str]:
        """The names of the folders in a folder, sorted, without hidden ones."""

    def marks(self, path: str) -> FolderMarks:
        """Of a model's folder."""

    def fetch(self, path: str) -> LocalFolder | None:
        """A copy of a model's folder on this machine, None where it is here already.

        The copy has its configuration and an empty file in place of each other one; what a version
        needs comes with ``LocalFolder.complete``.
        """


class LocalStorage:
    """Folders on this machine."""

    def key(self, path: str) -> str:
        return os.path.realpath(path)

    def check(self, path: str) -> None:
        if not os.path.isdir(path):
            what = "is not a directory" if os.path.exists(path) else "does not exist"
        elif not os.access(path, os.R_OK | os.X_OK):
            what = "can't be read"
        else:
            return
        raise InvalidArgumentError(f"repository path is not a valid directory: '{path}' {what}")

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path)

    def subfolders(self, path: str) -> list[str]:
        return subdirectories(path)

    def marks(self, path: str) -> FolderMarks:
        return local_marks(path)

    def fetch(self, path: str) -> LocalFolder | None:
        return None


_LOCAL = LocalStorage()


def is_remote(path: str) -> bool:
    """Whether a path names a place in object storage."""
    return path.startswith(REMOTE_SCHEMES)


def storage_of(path: str) -> Storage:
    """The storage that a path is in.

    Raises:
        UnsupportedError: object storage whose package is not installed.
        InvalidArgumentError: a path or credentials that make no sense.
    """
    if not is_remote(path):
        return _LOCAL
    # Here, because it needs packages that a server of local models goes without.
    from triton_py.repository import remote

    return remote.storage_of(path)
