# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Cancellation: before, during and after a request's flight, from threads and tasks."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from triton_py import CancelledError
from triton_py.inprocess import AsyncBridge, CompletionQueue, NativeRequest, infer

pytestmark = pytest.mark.usefixtures("no_leaks")

#: A delay no test waits for: cancellation ends it.
LONG_MS = 30_000


def slow(server, delay_ms=LONG_MS):
    request = NativeRequest(server.native, "echo")
    request.add_input("INPUT0", "FP32", [1])
    request.append_input_data("INPUT0", np.ones(1, np.float32))
    request.set_parameter("delay_ms", delay_ms)
    return request


def drain_all(queue):
    arrived = []
    while queue.in_flight:
        assert queue.wait(10)
        arrived += queue.drain()
    return arrived


def test_in_flight(server):
    queue = CompletionQueue()
    request = slow(server)
    start = time.monotonic()
    request.submit(queue)
    time.sleep(0.05)
    assert not request.cancelled
    request.cancel()
    request.cancel()
    assert request.cancelled
    [(_, response, _)] = drain_all(queue)
    assert isinstance(response.error, CancelledError)
    assert time.monotonic() - start < 10
    assert request.cancelled and request.released
    request.cancel()


def test_in_the_queue(server):
    """More requests than instances: the ones that wait are answered without being executed."""
    queue = CompletionQueue()
    requests = [slow(server) for _ in range(6)]
    for request in requests:
        request.submit(queue)
    time.sleep(0.05)
    for request in requests:
        request.cancel()
    arrived = drain_all(queue)
    assert len(arrived) == 6
    assert all(isinstance(response.error, CancelledError) for _, response, _ in arrived)


def test_before_sending_is_nothing(server):
    request = slow(server, 1)
    request.cancel()
    [response] = infer(request, 10)
    assert response.error is None
    request.cancel()
    assert not request.cancelled


def test_timeout_of_a_blocking_call_cancels(server):
    request = slow(server)
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="no final response within 0.1 seconds"):
        infer(request, 0.1)
    while request.in_flight and time.monotonic() - start < 10:
        time.sleep(0.01)
    assert request.cancelled and not request.in_flight


@pytest.fixture
def control_c() -> Iterator[None]:
    """A shell starts what it runs in the background with SIGINT ignored, and Python leaves it so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_control_c_ends_a_blocking_call(server, control_c):
    request = slow(server)
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        infer(request)
    assert time.monotonic() - start < 10
    timer.join()
    while request.in_flight and time.monotonic() - start < 10:
        time.sleep(0.01)
    assert request.cancelled and not request.in_flight


def test_result_timeout_cancels(server):
    iterator = server.model("echo").infer(
        inputs={"INPUT0": np.ones(1, np.float32)}, parameters={"delay_ms": LONG_MS}
    )
    with pytest.raises(TimeoutError):
        iterator.result(0.1)
    with pytest.raises(CancelledError):
        next(iterator)


def test_iterator_cancel(server):
    iterator = server.model("echo").infer(
        inputs={"INPUT0": np.ones(1, np.float32)},
        parameters={"delay_ms": LONG_MS},
        raise_on_error=False,
    )
    iterator.cancel()
    [response] = list(iterator)
    assert isinstance(response.error, CancelledError) and response.final


def test_cancelled_task_cancels_the_request(server):
    async def main():
        bridge = AsyncBridge()
        request = slow(server)
        task = asyncio.create_task(bridge.infer(request))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert request.cancelled
        assert await bridge.wait_idle(10)
        assert bridge.in_flight == 0
        bridge.close()

    asyncio.run(main())


def test_wait_for_cancels_the_request(server):
    async def main():
        iterator = server.model("echo").async_infer(
            inputs={"INPUT0": np.ones(1, np.float32)}, parameters={"delay_ms": LONG_MS}
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(iterator.result(), 0.1)
        assert await server.bridge().wait_idle(10)

    asyncio.run(main())


def test_cancel_all_and_wait_idle(server):
    async def main():
        bridge = AsyncBridge()
        tasks = [asyncio.create_task(bridge.infer(slow(server))) for _ in range(4)]
        await asyncio.sleep(0.05)
        assert not await bridge.wait_idle(0.05)
        bridge.cancel_all()
        assert await bridge.wait_idle(10)
        for [response] in await asyncio.gather(*tasks):
            assert isinstance(response.error, CancelledError)
        bridge.close()

    asyncio.run(main())


def test_races_with_completion(server):
    """A cancellation at any moment yields exactly one answer."""
    queue = CompletionQueue()
    for index in range(60):
        request = slow(server, 1)
        request.submit(queue)
        time.sleep(index / 30_000)
        request.cancel()
        [(cookie, response, _)] = drain_all(queue)
        assert cookie is request
        assert response.error is None or isinstance(response.error, CancelledError)
