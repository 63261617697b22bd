# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which shared library is a repository agent: the search for ``libtritonrepoagent_<name>.so``."""

from __future__ import annotations

import os
from collections.abc import Sequence

from triton_py.errors import InvalidArgumentError
from triton_py.repository.paths import is_plain_name


def find_agent_library(agent: str, model_name: str, directories: Sequence[str]) -> str:
    """Find ``<directory>/<agent>/libtritonrepoagent_<agent>.so``; the first directory that has it.

    Args:
        agent: the name in the configuration.
        model_name: for the messages.
        directories: in order of preference; the user's come before the shipped one.

    Raises:
        InvalidArgumentError: no such library, or a name that leaves the folders searched.
    """
    if not agent:
        raise InvalidArgumentError(f"repository agent must specify 'name' for {model_name}")
    if not is_plain_name(agent):
        raise InvalidArgumentError(
            f"repository agent name '{agent}' for model '{model_name}' must not contain path "
            "traversal characters"
        )
    name = f"libtritonrepoagent_{agent}.so"
    for directory in directories:
        library = os.path.join(directory, agent, name)
        if os.path.isfile(library):
            return library
    searched = " ".join(f"'{os.path.join(directory, agent)}'" for directory in directories)
    raise InvalidArgumentError(
        f"unable to find '{name}' for repo agent '{agent}', searched: {searched}"
    )
