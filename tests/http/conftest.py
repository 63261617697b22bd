# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A repository of identity models and a server over it, for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from http_running import Running, write_models


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("http_models")
    write_models(place)
    return place


@pytest.fixture(scope="session")
def server(repository: Path) -> Iterator[Running]:
    running = Running(repository)
    yield running
    running.close()
