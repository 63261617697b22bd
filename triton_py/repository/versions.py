# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The versions of a model: numeric folders, and the version policy that picks among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from triton_py.errors import InvalidArgumentError
from triton_py.repository.paths import RESERVED_FOLDERS, subdirectories

_MAX_VERSION = 2**63 - 1


@dataclass(frozen=True)
class VersionListing:
    """The versions found in a model folder, newest first, and what was passed over and why."""

    versions: tuple[int, ...]
    ignored: tuple[str, ...] = ()


def list_versions(model_directory: str) -> VersionListing:
    """List the version folders of a model.

    A version is a folder whose name is a decimal number without leading zeros that fits an
    int64. Other folders are ignored, each with a sentence that says so.

    Raises:
        InvalidArgumentError: the model folder can't be read.
    """
    try:
        names = subdirectories(model_directory)
    except OSError as error:
        raise InvalidArgumentError(
            f"failed to list the versions in '{model_directory}': {error.strerror}"
        ) from error
    versions: list[int] = []
    ignored: list[str] = []
    for name in names:
        if name in RESERVED_FOLDERS:
            continue
        if len(name) > 1 and name.startswith("0"):
            ignored.append(
                f"ignore version directory '{name}' which contains leading zeros in its "
                "directory name"
            )
        elif not (name.isascii() and name.isdigit()) or int(name) > _MAX_VERSION:
            ignored.append(
                f"ignore version directory '{name}' which fails to convert to integral number"
            )
        else:
            versions.append(int(name))
    return VersionListing(tuple(sorted(versions, reverse=True)), tuple(ignored))


def select_versions(
    model_name: str,
    policy: Any,
    available: Sequence[int],
    complain: Callable[[str], None] = lambda message: None,
) -> tuple[int, ...]:
    """The versions that a ``ModelVersionPolicy`` message picks, ascending.

    Args:
        model_name: for the messages.
        policy: ``latest`` (default: the newest one), ``all`` or ``specific``; an unset policy
            picks the newest version.
        available: the versions that exist, newest first.
        complain: called with a sentence for each specific version that doesn't exist.

    Raises:
        InvalidArgumentError: the policy picks nothing.
    """
    choice = policy.WhichOneof("policy_choice")
    chosen: list[int]
    if choice == "specific":
        chosen = []
        for version in policy.specific.versions:
            if version in available:
                chosen.append(version)
            else:
                complain(
                    f"version {version} is specified for model '{model_name}', but the version "
                    "directory is not present"
                )
    elif choice == "all":
        chosen = list(available)
    else:
        count = policy.latest.num_versions if choice == "latest" else 1
        chosen = list(available[: max(1, count)])
    if not chosen:
        raise InvalidArgumentError(
            "at least one version must be available under the version policy of model "
            f"'{model_name}'"
        )
    return tuple(sorted(set(chosen)))
