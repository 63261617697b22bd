# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where models lie: one or several repositories, and folders mapped to other names."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from triton_py.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    UnsupportedError,
)
from triton_py.repository.paths import check_model_name, is_plain_name, subdirectories

#: Triton's reason in the repository index for a name that two repositories hold.
DUPLICATE_REASON = "model appears in two or more repositories"

_REMOTE_SCHEMES = ("s3://", "gs://", "as://")


@dataclass(frozen=True)
class ModelFolder:
    """A model's folder: ``name`` is what clients call it, ``path`` holds its versions."""

    name: str
    path: str
    repository: str

    @property
    def mapped(self) -> bool:
        """Whether the model goes by another name than its folder's."""
        return os.path.basename(self.path) != self.name


@dataclass(frozen=True)
class Scan:
    """One look at all repositories.

    ``duplicates`` names each model that lies in several repositories (none of them is in
    ``folders``); ``errors`` has a sentence for each repository that couldn't be read.
    """

    folders: dict[str, ModelFolder] = field(default_factory=dict)
    duplicates: dict[str, list[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


class Repositories:
    """The model repositories of a server.

    Thread safety: ``_lock`` guards ``_paths`` and ``_mappings``; it is never held while the file
    system is read.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._paths: list[str] = []
        # (repository, folder name) -> model name
        self._mappings: dict[tuple[str, str], str] = {}
        real: set[str] = set()
        for path in paths:
            # Two spellings of one folder would make every model in it a duplicate.
            resolved = path if path.startswith(_REMOTE_SCHEMES) else os.path.realpath(path)
            if resolved not in real:
                real.add(resolved)
                self._paths.append(path)

    @property
    def paths(self) -> list[str]:
        with self._lock:
            return list(self._paths)

    def check(self) -> None:
        """Refuse to start without repositories, or with one that isn't a readable folder.

        Raises:
            InvalidArgumentError: no repository, or one that isn't there.
            UnsupportedError: a repository in cloud storage.
        """
        paths = self.paths
        if not paths:
            raise InvalidArgumentError("--model-repository must be specified")
        for path in paths:
            _check_repository(path)

    def register(self, path: str, mapping: Mapping[str, str]) -> None:
        """Add a repository; ``mapping`` gives folders in it another model name.

        Args:
            path: the repository.
            mapping: folder name to model name, as the C API's name mapping.

        Raises:
            InvalidArgumentError: not a folder, or a name that leaves the repository.
            AlreadyExistsError: registered already, or two folders would share a name.
        """
        if not os.path.isdir(path):
            raise InvalidArgumentError(f"failed to register '{path}', repository not found")
        names: set[str] = set()
        for folder, name in mapping.items():
            check_model_name(name)
            if not is_plain_name(folder):
                raise InvalidArgumentError(
                    f"failed to register '{path}', '{folder}' is not the name of a folder in it"
                )
            if name in names:
                raise InvalidArgumentError(
                    f"failed to register '{path}', there is a conflicting mapping for '{name}'"
                )
            names.add(name)
        with self._lock:
            known = {os.path.realpath(repository) for repository in self._paths}
            if os.path.realpath(path) in known:
                raise AlreadyExistsError(f"model repository '{path}' has already been registered")
            taken = names & set(self._mappings.values())
            if taken:
                name = min(taken)
                raise AlreadyExistsError(
                    f"failed to register '{name}', there is a conflicting mapping for '{name}'"
                )
            self._paths.append(path)
            for folder, name in mapping.items():
                self._mappings[(path, folder)] = name

    def unregister(self, path: str) -> None:
        """Forget a repository and its mappings; loaded models stay loaded.

        Raises:
            InvalidArgumentError: no such repository.
        """
        with self._lock:
            if path not in self._paths:
                raise InvalidArgumentError(f"failed to unregister '{path}', repository not found")
            self._paths.remove(path)
            for key in [key for key in self._mappings if key[0] == path]:
                del self._mappings[key]

    def scan(self) -> Scan:
        """Look through every repository."""
        paths, mappings = self._snapshot()
        found: dict[str, list[ModelFolder]] = {}
        result = Scan()
        for repository in paths:
            try:
                names = subdirectories(repository)
            except OSError as error:
                result.errors.append(
                    f"failed to poll model repository '{repository}': {error.strerror}"
                )
                continue
            for folder in names:
                name = mappings.get((repository, folder), folder)
                found.setdefault(name, []).append(
                    ModelFolder(name, os.path.join(repository, folder), repository)
                )
        for name, folders in found.items():
            if len(folders) == 1:
                result.folders[name] = folders[0]
            else:
                result.duplicates[name] = [folder.path for folder in folders]
        return result

    def find(self, name: str) -> ModelFolder:
        """The folder of one model.

        Raises:
            NotFoundError: no repository has it.
            InvalidArgumentError: several repositories have it.
        """
        check_model_name(name)
        paths, mappings = self._snapshot()
        for (repository, folder), mapped_name in mappings.items():
            if mapped_name == name:
                path = os.path.join(repository, folder)
                if os.path.isdir(path):
                    return ModelFolder(name, path, repository)
                raise NotFoundError(f"mapped path '{path}' does not exist for model '{name}'")
        found = [
            ModelFolder(name, os.path.join(repository, name), repository)
            for repository in paths
            if (repository, name) not in mappings and os.path.isdir(os.path.join(repository, name))
        ]
        if not found:
            raise NotFoundError("model not found in any model repository")
        if len(found) > 1:
            where = ", ".join(f"'{folder.path}'" for folder in found)
            raise InvalidArgumentError(f"not unique across all model repositories: {where}")
        return found[0]

    def _snapshot(self) -> tuple[list[str], dict[tuple[str, str], str]]:
        with self._lock:
            return list(self._paths), dict(self._mappings)


def _check_repository(path: str) -> None:
    if path.startswith(_REMOTE_SCHEMES):
        raise UnsupportedError(
            f"model repository '{path}' is in cloud storage, which is not supported yet"
        )
    if not os.path.isdir(path):
        what = "is not a directory" if os.path.exists(path) else "does not exist"
        raise InvalidArgumentError(f"repository path is not a valid directory: '{path}' {what}")
    if not os.access(path, os.R_OK | os.X_OK):
        raise InvalidArgumentError(
            f"repository path is not a valid directory: '{path}' can't be read"
        )
