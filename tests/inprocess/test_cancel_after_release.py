# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A request that the backend has released is cancelled while its responses still come.

Once nothing of it reached the backend: the client's request was gone with the release, and the model went
on to its end.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import triton_py
from triton_py.conformance.specimens.build import build
from triton_py.conformance.specimens.corpus import MODELS, sound
from triton_py.inprocess import FINAL, CompletionQueue, NativeRequest, live_objects

#: The model answers 6 times, with a pause between any two.
DATA = np.array([6, 1], np.int32)


@pytest.fixture
def server(tmp_path: Path):
    place = tmp_path / "backends" / "specimen"
    place.mkdir(parents=True)
    folder = tmp_path / "build"
    folder.mkdir()
    shutil.copy(build(sound("repeat"), folder), place)
    model = tmp_path / "models" / "repeat"
    shutil.copytree(MODELS / "repeat", model)
    (model / "1").mkdir()
    with triton_py.Server(
        model_repository=str(tmp_path / "models"), backend_directory=str(tmp_path / "backends")
    ) as running:
        yield running


def sent(server: triton_py.Server, queue: CompletionQueue) -> NativeRequest:
    request = NativeRequest(server.native, "repeat", -1)
    request.add_input("IN_DATA", "INT32", [2])
    request.append_input_data("IN_DATA", DATA)
    request.submit(queue, 0)
    return request


def drained(request: NativeRequest, queue: CompletionQueue, cancel: bool) -> list[str]:
    """What came, until the end; cancelled as soon as it is released and something has come."""
    found: list[str] = []
    for _ in range(2000):
        queue.wait(0.01)
        for _, response, flags in queue.drain():
            if response is not None:
                found.append(response.error.message if response.error else "answer")
            if flags & FINAL:
                return found
        if cancel and request.released and found:
            request.cancel()
    raise AssertionError(f"no final response; {found}")


def test_it_reaches_the_factory(server: triton_py.Server) -> None:
    before = live_objects()["request"]
    queue = CompletionQueue()
    assert drained(sent(server, queue), queue, cancel=False) == ["answer"] * 6
    request = sent(server, queue)
    found = drained(request, queue, cancel=True)
    assert found[-1] == "the request was cancelled"
    assert 1 <= found.count("answer") < 6
    assert request.cancelled
    assert live_objects()["request"] == before


def test_the_requests_after_a_cancelled_one_are_not_touched(server: triton_py.Server) -> None:
    """What a request was answered through is used again by the next ones."""
    queue = CompletionQueue()
    for _ in range(10):
        cancelled = sent(server, queue)
        assert drained(cancelled, queue, cancel=True)[-1] == "the request was cancelled"
        cancelled.cancel()  # it is over; nobody is to feel it
        assert drained(sent(server, queue), queue, cancel=False) == ["answer"] * 6
