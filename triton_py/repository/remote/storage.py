# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Listing and downloading model folders in object storage."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from triton_py.errors import InternalError, InvalidArgumentError, NotFoundError, TritonError
from triton_py.repository.fingerprint import CONFIG_ENTRIES, FolderMarks, marks_of
from triton_py.repository.override import LocalFolder
from triton_py.repository.paths import is_hidden
from triton_py.repository.remote.credentials import credential_for
from triton_py.repository.remote.filesystems import filesystem
from triton_py.repository.remote.urls import Place, parse

#: Where downloaded folders lie, by scheme; otherwise among the machine's temporary files.
MOUNT_VARIABLES = {
    "s3": "TRITON_AWS_MOUNT_DIRECTORY",
    "gs": "TRITON_GCS_MOUNT_DIRECTORY",
    "as": "TRITON_AZURE_MOUNT_DIRECTORY",
}

#: Files that are downloaded at a time, before it is looked whether the load is still wanted.
_CHUNK = 16

#: What services call the time of the last change, or the content's own mark.
_STAMPS = ("ETag", "etag", "generation", "LastModified", "last_modified", "updated", "mtime",
           "created")  # fmt: skip

_NOT_LET_IN = ("credential", "authenticat", "permission", "forbidden", "accessdenied",
               "refresherror")  # fmt: skip
_NOT_REACHED = ("connect", "timeout", "servicerequest", "endpoint")


@dataclass(frozen=True)
class RemoteObject:
    """A file of a model folder; ``name`` is the file system's name for it."""

    name: str
    size: int | None
    stamp: str


@dataclass(frozen=True)
class _Content:
    """All below a folder: relative path to file, and the folders, which may be empty."""

    files: dict[str, RemoteObject]
    folders: set[str]


class RemoteStorage:
    """The storage that ``repository.storage`` describes, in buckets. Has no state of its own."""

    def key(self, path: str) -> str:
        return parse(path).canonical

    def check(self, path: str) -> None:
        place = parse(path)
        with _reported("list", path):
            fs = _open(place, path)
            if _list(fs, place.path) is not None:
                return
            bucket = _list(fs, place.bucket) if place.key else None
        what = "is empty or does not exist" if bucket is not None else "is in no bucket that exists"
        raise InvalidArgumentError(f"repository path is not a valid directory: '{path}' {what}")

    def is_folder(self, path: str) -> bool:
        place = parse(path)
        with _reported("list", path):
            found = _list(_open(place, path), place.path)
        # A file's listing is the file itself.
        return found is not None and (not place.key or any(n != place.path for n, _ in found))

    def subfolders(self, path: str) -> list[str]:
        place = parse(path)
        with _reported("list", path):
            found = _list(_open(place, path), place.path)
        if found is None:
            # Not the same as a folder without models: those that serve are not to be unloaded.
            raise NotFoundError(f"there is nothing at '{path}'")
        names = {name.rsplit("/", 1)[-1] for name, info in found if info["type"] == "directory"}
        return sorted(name for name in names if name and not is_hidden(name))

    def marks(self, path: str) -> FolderMarks:
        place = parse(path)
        with _reported("list", path):
            content = _content(_open(place, path), place, path)
        entries = [(name, file.stamp) for name, file in content.files.items()]
        entries += [(f"{folder}/", "") for folder in content.folders]
        return marks_of(entry for entry in entries if not _hidden(entry[0]))

    def fetch(self, path: str) -> LocalFolder:
        place = parse(path)
        with _reported("list", path):
            fs = _open(place, path)
            content = _content(fs, place, path)
        if not content.files and not content.folders:
            raise NotFoundError(f"there is nothing at '{path}'")
        folder = RemoteFolder(_new_folder(place.scheme), fs, path, content)
        try:
            folder.outline()
            folder.download(
                [name for name in content.files if name.split("/", 1)[0] in CONFIG_ENTRIES],
                lambda: None,
            )
        except BaseException:
            folder.remove()
            raise
        return folder


class RemoteFolder(LocalFolder):
    """A copy of a model's folder that is filled as it is needed.

    Thread safety: ``_lock`` is held while files are downloaded, so that two versions of a model
    don't download what they share twice; nothing else waits for it.
    """

    def __init__(self, path: str, fs: Any, origin: str, content: _Content) -> None:
        super().__init__(path)
        self._fs = fs
        self._origin = origin
        self._content = content
        self._lock = threading.Lock()
        self._here: set[str] = set()

    def outline(self) -> None:
        """Make all folders, and an empty file in place of each file: what there is decides how a
        configuration is completed."""
        try:
            for folder in sorted(self._content.folders):
                os.makedirs(os.path.join(self.path, folder), exist_ok=True)
            for name in sorted(self._content.files):
                place = os.path.join(self.path, name)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "xb"):
                    pass
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidArgumentError(
                f"'{self._origin}' has a file and a folder of the same name: {error.filename}"
            ) from error

    def complete(self, version: int | None, check: Callable[[], None]) -> None:
        """Download the version's folder, and what all versions share; without a version all."""

        def is_needed(name: str) -> bool:
            top = name.split("/", 1)[0]
            is_version = top.isascii() and top.isdigit()
            return version is None or not is_version or top == str(version)

        with self._lock:
            missing = [name for name in self._content.files if name not in self._here]
            self.download([name for name in missing if is_needed(name)], check)

    def download(self, names: list[str], check: Callable[[], None]) -> None:
        """Fetch files, given by their paths in the folder.

        Raises:
            InternalError: one can't be fetched, or is not as long as the listing said.
        """
        for start in range(0, len(names), _CHUNK):
            check()
            chunk = names[start : start + _CHUNK]
            places = [os.path.join(self.path, name) for name in chunk]
            with _reported("download from", self._origin):
                self._fs.get([self._content.files[name].name for name in chunk], places)
            for name, place in zip(chunk, places, strict=True):
                size = self._content.files[name].size
                got = os.path.getsize(place)
                if size is not None and got != size:
                    raise InternalError(
                        f"failed to download from '{self._origin}': '{name}' has {got} bytes "
                        f"instead of {size}: it was cut off, or has changed meanwhile"
                    )
            self._here.update(chunk)


def _open(place: Place, path: str) -> Any:
    return filesystem(place, credential_for(place.scheme, path))


def _list(fs: Any, path: str) -> list[tuple[str, dict[str, Any]]] | None:
    """(name, description) of what is directly in a folder; None where there is nothing."""
    fs.invalidate_cache()
    try:
        return [(info["name"].strip("/"), info) for info in fs.ls(path, detail=True)]
    except FileNotFoundError:
        return None


def _content(fs: Any, place: Place, path: str) -> _Content:
    fs.invalidate_cache()
    prefix = f"{place.path}/"
    content = _Content({}, set())
    for full, info in fs.find(place.path, withdirs=True, detail=True).items():
        name = full.lstrip("/")
        if not name.startswith(prefix):
            continue  # the folder itself
        relative = name[len(prefix) :].rstrip("/")
        if not relative:
            continue
        if any(part in ("", ".", "..") or "\0" in part for part in relative.split("/")):
            raise InvalidArgumentError(
                f"'{path}' has an object whose name leads out of its folder: '{relative}'"
            )
        if info.get("type") == "directory" or name.endswith("/"):
            content.folders.add(relative)
        else:
            stamps = (str(info[key]) for key in _STAMPS if info.get(key) is not None)
            size = info.get("size")
            stamp = " ".join((str(size), *stamps))
            content.files[relative] = RemoteObject(full, size, stamp)
    return content


def _hidden(path: str) -> bool:
    return any(is_hidden(part) for part in path.split("/"))


def _new_folder(scheme: str) -> str:
    variable = MOUNT_VARIABLES[scheme]
    parent = os.environ.get(variable) or None
    try:
        return tempfile.mkdtemp(prefix="triton-py-model-", dir=parent)
    except OSError as error:
        where = f"{variable}='{parent}'" if parent else "the folder of temporary files"
        raise InternalError(
            f"no folder for a model can be made in {where}: {error.strerror}"
        ) from error


@contextmanager
def _reported(doing: str, path: str) -> Iterator[None]:
    """Turns what a file system raises into a sentence.

    The packages share no classes of errors, so what an error is called has to tell what it is.
    """
    try:
        yield
    except TritonError:
        raise
    except FileNotFoundError as error:
        raise NotFoundError(f"failed to {doing} '{path}': it does not exist ({error})") from error
    except Exception as error:
        kind = type(error).__name__
        words = f"{kind} {error}".lower().replace(" ", "")
        if isinstance(error, PermissionError) or any(word in words for word in _NOT_LET_IN):
            what = "the credentials are missing or were not accepted"
        elif isinstance(error, ConnectionError) or any(word in words for word in _NOT_REACHED):
            what = "the storage can't be reached"
        else:
            what = "the storage answered with an error"
        raise InternalError(f"failed to {doing} '{path}': {what}: {kind}: {error}") from error
