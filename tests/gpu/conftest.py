# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which GPU tests can run: the one place that decides it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cuda_calls import Runtime

from triton_py.conformance.cuda import devices
from triton_py.inprocess import live_objects

NO_GPU = "not run: no GPU"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The driver is asked, and only if somebody wants to know. A module that imports proves
    nothing: CUDA packages install on any machine."""
    marked = [item for item in items if item.get_closest_marker("gpu") is not None]
    if marked and devices() == 0:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=NO_GPU))


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    try:
        return Runtime()
    except OSError:
        pytest.skip("not run: a GPU, but no CUDA runtime (libcudart)")


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """All that a backend got from the memory manager during the test was given back."""
    before = live_objects()["backend_memory"]
    yield
    assert live_objects()["backend_memory"] == before
