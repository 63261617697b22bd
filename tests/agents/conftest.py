# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: compiled test agents, and a place for models behind them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from agents_support import Place, build_recording


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of the agents of src/recording.c."""
    return build_recording(tmp_path_factory.mktemp("agents"))


@pytest.fixture
def place(recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path / "models", recording, tmp_path / "record", tmp_path / "temporary")
    made.repository.mkdir()
    made.temporary.mkdir()
    monkeypatch.setenv("AGENT_RECORD", str(made.record))
    monkeypatch.setattr(tempfile, "tempdir", str(made.temporary))
    return made
