# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: a repository on disk and a server over the fake data plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane
from control_support import Repository, StartServer

from triton_py.control import ControlMode, ControlPlane, ServerOptions


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def dataplane() -> FakeDataPlane:
    return FakeDataPlane()


@pytest.fixture
def create(repository: Repository, dataplane: FakeDataPlane) -> Iterator[StartServer]:
    """A function that makes a server, explicit mode unless told; not started."""
    servers: list[ControlPlane] = []

    def make(**options: Any) -> ControlPlane:
        settings: dict[str, Any] = {
            "model_repository_paths": [str(repository.path)],
            "model_control_mode": ControlMode.EXPLICIT,
            "backend_directory": str(repository.backends),
            "repo_agent_directory": str(repository.agents),
            "exit_on_error": False,
        }
        server = ControlPlane(
            dataplane, ServerOptions(**(settings | options)), report_interval_s=0.01
        )
        servers.append(server)
        return server

    yield make
    for gate in dataplane.gates.values():
        gate.open()
    dataplane.fail.clear()
    for server in servers:
        assert server.stop(TIMEOUT_S), "the server doesn't stop cleanly"
    # Whatever a test did: all that was made has been closed, and closed once.
    assert dataplane.open_models() == []
    assert [backend.name for backend in dataplane.backends if not backend.closed] == []
    assert dataplane.table == {}
    assert [m.agent.name for m in dataplane.agent_models if not m.closed] == []
    assert [agent.name for agent in dataplane.agents if not agent.closed] == []


@pytest.fixture
def start(create: StartServer) -> StartServer:
    """As ``create``, and started."""

    def run(**options: Any) -> ControlPlane:
        server = create(**options)
        server.start()
        return server

    return run
