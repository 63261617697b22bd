# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which shared library serves a model: the search for ``libtriton_<backend>.so``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from triton_py.errors import InvalidArgumentError, NotFoundError
from triton_py.repository.paths import escapes, escapes_lexically, is_plain_name

PYTHON_BACKEND = "python"
PYTHON_RUNTIME = "model.py"
_BATCH_STRATEGY = "batchstrategy.so"


@dataclass(frozen=True)
class BackendLibrary:
    """A backend's library, and the folder that is the backend's own (its artifacts): the one in which the
    library was found, or, of a Python-based backend, the one with its ``model.py``."""

    backend: str
    path: str
    directory: str
    #: The ``model.py`` of a Python-based backend; its library is the python backend's.
    script: str = ""

    @property
    def source(self) -> str:
        """The file that makes this backend what it is."""
        return self.script or self.path


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

    A folder ``<backend directory>/<backend>`` with a ``model.py`` and no library is a Python-based
    backend: the python backend's library serves it.

    Args:
        model_name: for the messages.
        backend: the configuration's ``backend``.
        runtime: the configuration's ``runtime``, a file name; empty means
            ``libtriton_<backend>.so``, or ``model.py`` where there is that.
        model_directory: the model's folder.
        version: the version about to be loaded.
        backend_directories: in order of preference; the user's come before the shipped one.

    Raises:
        InvalidArgumentError: no such library, or a name that leaves the folders searched.
    """
    if not backend:
        raise InvalidArgumentError(f"must specify 'backend' for '{model_name}'")
    if not is_plain_name(backend):
        raise InvalidArgumentError(
            f"backend name '{backend}' for model '{model_name}' must not contain path traversal "
            "characters"
        )
    paths = search_paths(backend, model_directory, version, backend_directories)
    own = search_paths(backend, model_directory, version, ())
    if runtime == PYTHON_RUNTIME and backend != PYTHON_BACKEND:
        return _python_based(model_name, backend, paths, backend_directories)
    name = library_name(backend) if runtime in ("", PYTHON_RUNTIME) else runtime
    for path in paths:
        if escapes_lexically(name, path):
            raise InvalidArgumentError(
                f"backend library name '{name}' escapes backend directory '{path}', for model "
                f"'{model_name}', check model config runtime field"
            )
        library = os.path.join(path, name)
        if os.path.isfile(library):
            return BackendLibrary(backend, library, path)
        # Beside where the library would be, so that the user's directory comes before the shipped one.
        if not runtime and path not in own and os.path.isfile(os.path.join(path, PYTHON_RUNTIME)):
            return _python_based(model_name, backend, paths, backend_directories)
    if runtime:
        raise _not_found(model_name, name, paths)
    searched = " ".join(f"'{path}'" for path in paths)
    raise InvalidArgumentError(
        f"unable to find backend library for backend '{backend}', try specifying runtime on the "
        f"model configuration. Searched for '{name}' in: {searched}"
    )


def library_name(backend: str) -> str:
    """The file name of a backend's library."""
    return f"libtriton_{backend}.so"


def _not_found(model_name: str, file: str, paths: Sequence[str]) -> InvalidArgumentError:
    searched = " ".join(f"'{path}'" for path in paths)
    return InvalidArgumentError(
        f"unable to find backend library '{file}' for model '{model_name}', searched: {searched}"
    )


def _python_based(
    model_name: str, backend: str, paths: Sequence[str], backend_directories: Sequence[str]
) -> BackendLibrary:
    """A backend whose code is ``<backend directory>/<name>/model.py``, which the python backend runs."""
    folders = [os.path.join(directory, backend) for directory in backend_directories]
    folder = next((f for f in folders if os.path.isfile(os.path.join(f, PYTHON_RUNTIME))), None)
    if folder is None:
        raise _not_found(model_name, PYTHON_RUNTIME, folders)
    name = library_name(PYTHON_BACKEND)
    places = [*paths, *(os.path.join(directory, PYTHON_BACKEND) for directory in backend_directories)]
    library = next(
        (path for path in (os.path.join(place, name) for place in places) if os.path.isfile(path)), None
    )
    if library is None:
        raise _not_found(model_name, name, places)
    return BackendLibrary(backend, library, folder, os.path.join(folder, PYTHON_RUNTIME))


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
