# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tests of what Python models get and give run in both isolations, unless they are about processes."""

from __future__ import annotations

import python_support
import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "isolation" in metafunc.fixturenames:
        of_processes = metafunc.definition.get_closest_marker("of_processes") is not None
        metafunc.parametrize("isolation", ["process"] if of_processes else ["process", "inprocess"], indirect=True)


@pytest.fixture
def isolation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the models of ``add_model`` run."""
    chosen: str = request.param
    monkeypatch.setattr(python_support, "ISOLATION", chosen)
    return chosen
