# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which shared library serves a model: the search for ``libtriton_<backend>.so``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from triton_py.errors import InvalidArgumentError, NotFoundError, UnsupportedError
from triton_py.repository.paths import escapes, escapes_lexically, is_plain_name

_PYTHON_RUNTIME = "model.py"
_BATCH_STRATEGY = "batchstrategy.so"


@dataclass(frozen=True)
class BackendLibrary:
    """A backend's library and the folder it was found in (the backend's artifacts)."""

    backend: str
    path: str
    directory: str


def search_paths(
    backend: str, model_directory: str, version: int, backend_directories: Sequence[str]
) -> list[str]:
    """The folders to search, first match wins: version, model, ``<backend directory>/<name>``."""
    return [
        os.path.join(model_directory, str(version)),
        model_directory,
        *(os.path.join(directory, backend) for directory in backend_directories),
    ]


def find_backend_library(
    *,
    model_name: str,
    backend: str,
    runtime: str,
    model_directory: str,
    version: int,
    backend_directories: Sequence[str],
) -> BackendLibrary:
    """Find the library of a model's backend.

    Args:
        model_name: for the messages.
        backend: the configuration's ``backend``.
        runtime: the configuration's ``runtime``, a file name; empty means
            ``libtriton_<backend>.so``.
        model_directory: the model's folder.
        version: the version about to be loaded.
        backend_directories: in order of preference; the user's come before the shipped one.

    Raises:
        InvalidArgumentError: no such library, or a name that leaves the folders searched.
        UnsupportedError: the backend is written in Python.
    """
    if not backend:
        raise InvalidArgumentError(f"must specify 'backend' for '{model_name}'")
    if not is_plain_name(backend):
        raise InvalidArgumentError(
            f"backend name '{backend}' for model '{model_name}' must not contain path traversal "
            "characters"
        )
    paths = search_paths(backend, model_directory, version, backend_directories)
    name = runtime or f"libtriton_{backend}.so"
    for path in paths:
        if escapes_lexically(name, path):
            raise InvalidArgumentError(
                f"backend library name '{name}' escapes backend directory '{path}', for model "
                f"'{model_name}', check model config runtime field"
            )
        library = os.path.join(path, name)
        if os.path.isfile(library) and name != _PYTHON_RUNTIME:
            return BackendLibrary(backend, library, path)
    _refuse_python_backend(model_name, backend, runtime, backend_directories)
    searched = " ".join(f"'{path}'" for path in paths)
    if runtime:
        raise InvalidArgumentError(
            f"unable to find backend library '{name}' for model '{model_name}', searched: "
            f"{searched}"
        )
    raise InvalidArgumentError(
        f"unable to find backend library for backend '{backend}', try specifying runtime on the "
        f"model configuration. Searched for '{name}' in: {searched}"
    )


def _refuse_python_backend(
    model_name: str, backend: str, runtime: str, backend_directories: Sequence[str]
) -> None:
    if runtime and runtime != _PYTHON_RUNTIME:
        return
    for directory in backend_directories:
        path = os.path.join(directory, backend, _PYTHON_RUNTIME)
        if os.path.isfile(path):
            raise UnsupportedError(
                f"backend '{backend}' of model '{model_name}' is written in Python ('{path}'); "
                "Python-based backends are not supported yet"
            )


def find_batch_strategy(
    *,
    model_name: str,
    configured: str,
    backend: str,
    model_directory: str,
    version: int,
    backend_directories: Sequence[str],
) -> str:
    """The custom batching library of a model, or "" when it has none.

    Args:
        configured: the configuration parameter TRITON_BATCH_STRATEGY_PATH, or "" to look for
            ``batchstrategy.so`` where the backend's library is looked for.

    Raises:
        InvalidArgumentError: the configured path leaves the model's folder.
        NotFoundError: the configured file isn't there.
    """
    if configured:
        if escapes(configured, model_directory):
            raise InvalidArgumentError(
                f"Batching library path escapes model repository: '{configured}' for model "
                f"'{model_name}'"
            )
        if not os.path.isfile(configured):
            raise NotFoundError(f"Batching library path not found: {configured}")
        return configured
    for path in search_paths(backend, model_directory, version, backend_directories):
        library = os.path.join(path, _BATCH_STRATEGY)
        if os.path.isfile(library):
            return library
    return ""
