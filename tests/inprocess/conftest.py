# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from inprocess_support import (
    build_scripted,
    request_objects,
    settles_to,
    write_repository,
)

from triton_py import Server


@pytest.fixture(scope="session")
def scripted_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_scripted(tmp_path_factory.mktemp("scripted"))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, scripted_library: Path) -> Path:
    return write_repository(tmp_path_factory.mktemp("models"), scripted_library)


@pytest.fixture(scope="session")
def server(repository: Path) -> Iterator[Server]:
    """One server for all tests that don't stop it."""
    with Server(model_repository=repository, log_error=True) as running:
        yield running


@pytest.fixture
def no_leaks(server: Server) -> Iterator[None]:
    """Every request, response and error made during the test is gone after it."""
    before = request_objects()
    yield
    assert settles_to(before) == before
