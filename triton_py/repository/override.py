# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Load parameters: a configuration or whole files that a client sends with a load request."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from triton_py.errors import InternalError, InvalidArgumentError

_FILE_PREFIX = "file:"


@dataclass(frozen=True)
class LoadParameters:
    """What a load request carries besides the model's name.

    ``config`` is a model configuration in JSON or None; ``files`` maps paths relative to the
    model's folder to contents. Files always come with a configuration.
    """

    config: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.config is not None or bool(self.files)


def parse_load_parameters(parameters: Iterable[tuple[str, object]]) -> LoadParameters:
    """Sort out the parameters of a load request.

    Raises:
        InvalidArgumentError: an unknown parameter, one of the wrong type, one given twice, or
            files without ``config``.
    """
    config: str | None = None
    files: dict[str, bytes] = {}
    for name, value in parameters:
        if name == "config":
            if not isinstance(value, str):
                raise InvalidArgumentError(
                    "Config parameter 'config' must have string type for its value"
                )
            if config is not None:
                raise InvalidArgumentError("Load parameter 'config' is given twice")
            config = value
        elif name.startswith(_FILE_PREFIX):
            if not isinstance(value, bytes):
                raise InvalidArgumentError(
                    f"File parameter '{name}' must have bytes type for its value"
                )
            path = name[len(_FILE_PREFIX) :]
            if path in files:
                raise InvalidArgumentError(f"Load parameter '{name}' is given twice")
            files[path] = value
        else:
            raise InvalidArgumentError(
                f"Unrecognized load parameter '{name}' with type '{_type_name(value)}'"
            )
    if files and config is None:
        raise InvalidArgumentError(
            "Load parameter 'config' must be specified for model file override"
        )
    return LoadParameters(config, files)


def _type_name(value: object) -> str:
    """TRITONSERVER_ParameterTypeString of a parameter's value."""
    # bool before int: a bool is an int in Python.
    for kind, name in ((bool, "BOOL"), (int, "INT"), (float, "DOUBLE"), (str, "STRING")):
        if isinstance(value, kind):
            return name
    return "BYTES"


class LocalFolder:
    """A temporary model folder, as one made from the files of a load request.

    The owner calls ``remove()`` once no version of the model is loaded from it.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def complete(self, version: int | None, check: Callable[[], None]) -> None:
        """See to it that all files are there that a version needs; here they are from the start.

        Args:
            version: one of the model's; None: all versions.
            check: called now and then; raises to give it up.
        """

    def remove(self) -> None:
        """Delete the folder; a folder that is gone already is fine."""
        shutil.rmtree(self.path, ignore_errors=True)


def write_override(files: dict[str, bytes]) -> LocalFolder:
    """Write the files of a load request into a new temporary folder.

    Raises:
        InvalidArgumentError: a path that leaves the folder or collides with another.
        InternalError: the disk refuses; nothing is left behind either way.
    """
    folder = LocalFolder(tempfile.mkdtemp(prefix="triton-py-model-"))
    try:
        for name, content in files.items():
            _write(folder.path, name, content)
    except BaseException:
        folder.remove()
        raise
    return folder


def _write(root: str, name: str, content: bytes) -> None:
    path = os.path.normpath(os.path.join(root, name))
    if "\0" in name or path == root or os.path.commonpath([root, path]) != root:
        raise InvalidArgumentError(
            f"Invalid file parameter '{_FILE_PREFIX}{name}' with normalized path '{path}' must "
            "stay within model directory."
        )
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InvalidArgumentError(
            f"Invalid file parameter '{_FILE_PREFIX}{name}', its path collides with another "
            f"file's: {error.strerror}"
        ) from error
    except OSError as error:
        raise InternalError(
            f"failed to write file parameter '{_FILE_PREFIX}{name}': {error.strerror}"
        ) from error
