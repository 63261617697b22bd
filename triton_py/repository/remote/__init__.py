# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model repositories in object storage: ``s3://``, ``gs://`` and ``as://`` (Azure).

Imported for such paths alone. What talks to the storage is ``fsspec`` with ``s3fs``, ``gcsfs`` or
``adlfs``, which are imported at the first use. ``urls`` reads a path, ``credentials`` finds what it
is opened with, ``filesystems`` opens it, ``storage`` lists and downloads.
"""

from __future__ import annotations

from triton_py.repository.remote.storage import RemoteStorage

_STORAGE = RemoteStorage()


def storage_of(path: str) -> RemoteStorage:
    """The storage for a path; it is the same object for all, and opens what it needs by itself."""
    return _STORAGE
