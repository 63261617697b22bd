# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_support import Loop, front_end, native_server, write_repository
from http2_client import Http2Client
from http2_support import KINDS, wait_until

from triton_py.grpc import Transport
from triton_py.grpc._call import alive
from triton_py.inprocess import NativeServer, live_objects


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


# --- nghttp2 alone ---


@pytest.fixture(scope="module")
def h2_loop() -> Iterator[Loop]:
    """For front ends on nghttp2 alone."""
    made = Loop(Transport.NGHTTP2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(h2_loop: Loop, native: NativeServer) -> Iterator[str]:
    with front_end(h2_loop, native) as (_, where):
        yield where


@pytest.fixture
def client(address: str) -> Iterator[Http2Client]:
    with Http2Client(address) as made:
        yield made


@pytest.fixture
def nothing_leaks() -> Iterator[None]:
    """No more of the core's objects and the transport's calls are left by a test than were there."""
    gc.collect()
    before = {kind: live_objects()[kind] for kind in KINDS}
    calls = alive()
    yield
    wait_until(lambda: alive() <= calls and all(
        live_objects()[kind] <= before[kind] for kind in KINDS))
    left = {kind: live_objects()[kind] - before[kind] for kind in KINDS}
    assert max(left.values()) <= 0, left
    assert alive() <= calls
