# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where models lie: one or several repositories, and folders mapped to other names."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from triton_py.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    TritonError,
)
from triton_py.repository.fingerprint import FolderMarks
from triton_py.repository.identity import ModelId
from triton_py.repository.paths import check_model_name, is_plain_name
from triton_py.repository.storage import storage_of

#: Triton's reason in the repository index for a name that two repositories hold.
DUPLICATE_REASON = "model appears in two or more repositories"


@dataclass(frozen=True)
class ModelFolder:
    """A model's folder: ``name`` is what clients call it, ``path`` holds its versions."""

    name: ModelId
    path: str
    repository: str

    @property
    def mapped(self) -> bool:
        """Whether the model goes by another name than its folder's."""
        return os.path.basename(self.path) != self.name.name

    def marks(self) -> FolderMarks:
        """Tells one content of the folder from another."""
        return storage_of(self.path).marks(self.path)


@dataclass(frozen=True)
class Scan:
    """One look at all repositories.

    ``duplicates`` names each model that lies in several repositories (none of them is in
    ``folders``); ``errors`` has a sentence for each repository that couldn't be read.
    """

    folders: dict[ModelId, ModelFolder] = field(default_factory=dict)
    duplicates: dict[ModelId, list[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


class Repositories:
    """The model repositories of a server.

    Thread safety: ``_lock`` guards ``_paths`` and ``_mappings``; it is never held while storage is
    read.
    """

    def __init__(self, paths: Iterable[str], namespacing: bool = False) -> None:
        """``namespacing``: models of one name in several repositories are several models."""
        self._lock = threading.Lock()
        self._namespacing = namespacing
        self._paths: list[str] = []
        # model name -> (repository, folder name)
        self._mappings: dict[str, tuple[str, str]] = {}
        known: set[str] = set()
        for path in paths:
            # Two spellings of one folder would make every model in it a duplicate.
            key = _key(path)
            if key not in known:
                known.add(key)
                self._paths.append(path)

    @property
    def paths(self) -> list[str]:
        with self._lock:
            return list(self._paths)

    def check(self) -> None:
        """Refuse to start without repositories, or with one that isn't a readable folder.

        Raises:
            InvalidArgumentError: no repository, or one that isn't there.
            TritonError: object storage can't be reached, or the package for it is missing.
        """
        paths = self.paths
        if not paths:
            raise InvalidArgumentError("--model-repository must be specified")
        for path in paths:
            storage_of(path).check(path)

    def register(self, path: str, mapping: Sequence[tuple[str, object]]) -> None:
        """Add a repository; ``mapping`` gives folders in it other model names.

        Args:
            path: the repository.
            mapping: (folder name, model name) pairs, as the C API's name mapping. One folder may
                have several names; it goes by its own no more.

        Raises:
            InvalidArgumentError: not a folder, a model name that is none, or a name that leaves the
                repository.
            AlreadyExistsError: registered already, or two folders would share a name.
        """
        names = _checked_mapping(path, mapping)
        if not storage_of(path).is_folder(path):
            raise InvalidArgumentError(f"failed to register '{path}', repository not found")
        key = _key(path)
        with self._lock:
            if key in {_key(repository) for repository in self._paths}:
                raise AlreadyExistsError(f"model repository '{path}' has already been registered")
            taken = names.keys() & self._mappings.keys()
            if taken:
                name = min(taken)
                raise AlreadyExistsError(
                    f"failed to register '{name}', there is a conflicting mapping for '{name}'"
                )
            self._paths.append(path)
            for name, folder in names.items():
                self._mappings[name] = (path, folder)

    def unregister(self, path: str) -> None:
        """Forget a repository and its mappings; loaded models stay loaded.

        Raises:
            InvalidArgumentError: no such repository.
        """
        key = _key(path)
        with self._lock:
            known = [repository for repository in self._paths if _key(repository) == key]
            if not known:
                raise InvalidArgumentError(f"failed to unregister '{path}', repository not found")
            self._paths.remove(known[0])
            for name in [n for n, place in self._mappings.items() if place[0] == known[0]]:
                del self._mappings[name]

    def scan(self) -> Scan:
        """Look through every repository."""
        paths, mappings = self._snapshot()
        names: dict[tuple[str, str], list[str]] = {}
        for name, place in mappings.items():
            names.setdefault(place, []).append(name)
        found: dict[ModelId, list[ModelFolder]] = {}
        result = Scan()
        for repository in paths:
            try:
                folders = storage_of(repository).subfolders(repository)
            except (OSError, TritonError) as error:
                reason = error.message if isinstance(error, TritonError) else error.strerror
                result.errors.append(f"failed to poll model repository '{repository}': {reason}")
                continue
            for folder in folders:
                for name in names.get((repository, folder), [folder]):
                    model = self._id(name, repository)
                    found.setdefault(model, []).append(
                        ModelFolder(model, os.path.join(repository, folder), repository)
                    )
        for model, places in found.items():
            if len(places) == 1:
                result.folders[model] = places[0]
            else:
                result.duplicates[model] = [place.path for place in places]
        return result

    def named(self, name: str) -> list[ModelId]:
        """The models that go by a name: one without namespaces, whether it exists or not.

        With namespaces those that there are, and the bare name where there is none.
        """
        if not self._namespacing:
            return [ModelId(name)]
        try:
            check_model_name(name)
            found = [folder.name for folder in self._look_up(name)]
        except TritonError:
            # Whoever looks for the bare name is told why.
            found = []
        return found or [ModelId(name)]

    def find(self, name: str, namespace: str = "") -> ModelFolder:
        """The folder of one model.

        Raises:
            NotFoundError: no repository has it.
            InvalidArgumentError: several repositories have it.
            TritonError: object storage can't be reached.
        """
        check_model_name(name)
        found = self._look_up(name)
        if namespace:
            found = [folder for folder in found if folder.repository == namespace]
        if not found:
            raise NotFoundError("model not found in any model repository")
        if len(found) > 1:
            where = ", ".join(f"'{folder.path}'" for folder in found)
            raise InvalidArgumentError(f"not unique across all model repositories: {where}")
        return found[0]

    def _look_up(self, name: str) -> list[ModelFolder]:
        paths, mappings = self._snapshot()
        if name in mappings:
            repository, folder = mappings[name]
            path = os.path.join(repository, folder)
            if not storage_of(path).is_folder(path):
                raise NotFoundError(f"mapped path '{path}' does not exist for model '{name}'")
            return [ModelFolder(self._id(name, repository), path, repository)]
        mapped = set(mappings.values())
        found = []
        for repository in paths:
            path = os.path.join(repository, name)
            if (repository, name) not in mapped and storage_of(path).is_folder(path):
                found.append(ModelFolder(self._id(name, repository), path, repository))
        return found

    def _id(self, name: str, repository: str) -> ModelId:
        return ModelId(name, repository if self._namespacing else "")

    def _snapshot(self) -> tuple[list[str], dict[str, tuple[str, str]]]:
        with self._lock:
            return list(self._paths), dict(self._mappings)


def _key(path: str) -> str:
    return storage_of(path).key(path)


def _checked_mapping(path: str, mapping: Sequence[tuple[str, object]]) -> dict[str, str]:
    """Model name to folder name."""
    names: dict[str, str] = {}
    for folder, name in mapping:
        if not isinstance(name, str):
            raise InvalidArgumentError(
                f"Mapped model name must be a string, found another type for {folder}"
            )
        check_model_name(name)
        if not is_plain_name(folder):
            raise InvalidArgumentError(
                f"failed to register '{path}', '{folder}' is not the name of a folder in it"
            )
        if names.setdefault(name, folder) != folder:
            raise InvalidArgumentError(
                f"failed to register '{path}', there is a conflicting mapping for '{name}'"
            )
    return names
