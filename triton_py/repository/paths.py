# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Names and paths of a model repository: what is a model name, what stays inside its folder."""

from __future__ import annotations

import os

from triton_py.errors import InvalidArgumentError

#: Folders of a model that are not versions (warm-up data, initial state, named configurations).
RESERVED_FOLDERS = frozenset({"warmup", "initial_state", "configs"})


def check_model_name(name: str) -> None:
    """Refuse a model name that is empty or would leave the repository.

    Raises:
        InvalidArgumentError: in Triton's words.
    """
    stripped = name.strip()
    if not stripped:
        raise InvalidArgumentError(
            "Model name cannot be empty. Please enter a valid name to deploy."
        )
    if stripped in (".", "..") or "/" in stripped or "\0" in stripped:
        raise InvalidArgumentError(
            f"invalid model name '{name}', model name must not contain path traversal characters"
        )


def is_plain_name(name: str) -> bool:
    """Whether ``name`` is one path component, so that joining it to a folder stays there."""
    return bool(name) and name not in (".", "..") and "/" not in name and "\0" not in name


def escapes(child: str, parent: str) -> bool:
    """Whether ``child``, with its symbolic links resolved, lies outside ``parent``."""
    if "\0" in child:
        return True
    real_parent = os.path.realpath(parent)
    real_child = os.path.realpath(child)
    return os.path.commonpath([real_parent, real_child]) != real_parent


def escapes_lexically(child: str, parent: str) -> bool:
    """Whether the words of ``child`` (``..``, an absolute path) lead out of ``parent``.

    Symbolic links are not resolved: who can put a link into the folder could as well have put
    the file there, and developers link their build output into a repository on purpose.
    """
    if "\0" in child:
        return True
    parent = os.path.normpath(parent)
    child = os.path.normpath(os.path.join(parent, child))
    return child == parent or os.path.commonpath([parent, child]) != parent


def is_hidden(name: str) -> bool:
    """Whether an entry of a repository or a model is none of its content.

    Tools leave such entries everywhere (``.git``, the ``..data`` of a Kubernetes volume, notebook
    checkpoints), and Python its bytecode beside what it has loaded.
    """
    return name.startswith(".") or name == "__pycache__"


def subdirectories(path: str) -> list[str]:
    """The names of the folders in ``path``, sorted; links to folders count, hidden ones don't.

    Raises:
        OSError: the folder can't be read.
    """
    with os.scandir(path) as entries:
        return sorted(
            entry.name for entry in entries if not is_hidden(entry.name) and entry.is_dir()
        )
