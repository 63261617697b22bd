# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tests of statistics, comparing and reports share how samples are made; those of what makes load
share a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's own backends, as a server is told of them."""
    from triton_py.benchmarks.runner.execute import shipped_backends

    return shipped_backends(tmp_path_factory.mktemp("backends"))


@pytest.fixture(scope="session")
def identity_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the models 'identity', one of 16 floats, and 'floats', of any number."""
    folder = tmp_path_factory.mktemp("identity-models")
    for name, dims in (("identity", 16), ("floats", -1)):
        (folder / name / "1").mkdir(parents=True)
        (folder / name / "config.pbtxt").write_text(
            f'name: "{name}" backend: "identity" '
            f'input {{ name: "INPUT0" data_type: TYPE_FP32 dims: [ {dims} ] }} '
            f'output {{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [ {dims} ] }}')
    return folder


@pytest.fixture(scope="session")
def served(shipped: Path, identity_models: Path, tmp_path_factory: pytest.TempPathFactory
           ) -> Iterator[object]:
    """A server process with those models, for all tests that leave it as it is."""
    from triton_py.benchmarks.peers import TritonPy

    log = tmp_path_factory.mktemp("log") / "served.log"
    with TritonPy().serve(identity_models, shipped, log, []) as running:
        yield running
