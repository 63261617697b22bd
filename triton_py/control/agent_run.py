# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""LOAD of a model's repository agents: in the order of the configuration, from place to place.

Which agents there are, and their parameters, is settled by the configuration that the load begins
with. Everything else of it is read again where the agents left the model, if there is a
config.pbtxt, and the load request brought no configuration of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from triton_py.config import ConfigError, Prepared, config_path, load_config, to_json
from triton_py.control.agent_chain import AgentChain
from triton_py.control.agents import AgentStore
from triton_py.control.dataplane import DataPlane


def run_agents(
    dataplane: DataPlane,
    store: AgentStore,
    name: str,
    path: str,
    source: Prepared,
    *,
    config_name: str,
    overridden: bool,
    check: Callable[[], None],
) -> tuple[AgentChain | None, Prepared]:
    """Run the agents that a configuration names.

    Args:
        name: the model's name.
        path: its folder.
        source: its configuration as it was written.
        config_name: ``--model-config-name``'s value.
        overridden: whether the configuration came with the load request.
        check: called before each agent's turn; raises to give the load up.

    Returns:
        The agents (None where there are none), whose ``path`` is where the model is to be loaded
        from, and the configuration to load it with.

    Raises:
        TritonError: an agent is missing or refuses, or the model is where it can't be loaded from,
            or its configuration there can't be read. Each agent that was asked has been told that
            the load failed.
    """
    agents = list(source.config.model_repository_agents.agents)
    if not agents:
        return None, source
    chain = AgentChain(dataplane, store, name, path)
    try:
        config: str | None = to_json(source.config)
        seen = path
        for agent in agents:
            check()
            if chain.folder != seen:
                config = _config_at(chain.folder, config_name)
                seen = chain.folder or ""
            # Sorted, as the entries of a protobuf map have no order of their own.
            chain.add(agent.name, sorted(agent.parameters.items()), config)
        final = chain.settle()
        moved = config_path(final, config_name)
        if final != path and not overridden and os.path.lexists(moved):
            read = load_config(moved)
            read.model_repository_agents.CopyFrom(source.config.model_repository_agents)
            source = Prepared(read, True, moved)
    except BaseException:
        chain.end()
        raise
    return chain, source


def _config_at(folder: str | None, config_name: str) -> str | None:
    """The configuration in JSON where an agent left the model; None where none can be read.

    It may be on its way from one agent to the next in a form that only the next one can read.
    """
    if folder is None:
        return None
    try:
        return to_json(load_config(config_path(folder, config_name)))
    except ConfigError:
        return None
