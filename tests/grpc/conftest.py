# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_support import Loop, front_end, native_server, write_repository

from triton_py.grpc import Transport
from triton_py.inprocess import NativeServer


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def native(repository: Path) -> Iterator[NativeServer]:
    with native_server(repository) as server:
        yield server


@pytest.fixture(scope="session", params=["nghttp2", "grpcio"])
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    """Every test that starts a front end on it runs over both transports."""
    made = Loop(Transport(request.param))
    yield made
    made.close()


@pytest.fixture(scope="session")
def channel(loop: Loop, native: NativeServer) -> Iterator[grpc.Channel]:
    """To a front end with default options."""
    with front_end(loop, native) as (_, address), grpc.insecure_channel(address) as made:
        yield made
