# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Queue policies and preserve_ordering with real threads: who is served, who is refused, in which
order."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from inprocess_support import identity_config, settles_to, write_model

import triton_py
from triton_py.errors import CancelledError, TritonError, UnavailableError
from triton_py.inprocess import NativeServer, live_objects
from triton_py.inprocess.queue import FINAL, CompletionQueue
from triton_py.inprocess.request import NativeRequest

INPUT = '{ name: "INPUT0" data_type: TYPE_INT32 dims: [ 1 ] }'
OUTPUT = '{ name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 1 ] }'

Serve = Callable[..., triton_py.Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """A server with one model, ``m``, of the given batching; afterwards nothing is left."""
    before = live_objects()
    servers: list[triton_py.Server] = []

    def start(batching: str, instances: int = 1, size: int = 1) -> triton_py.Server:
        write_model(tmp_path, "m", identity_config(
            INPUT, OUTPUT, f"max_batch_size: {size}\n{batching}\n"
            f"instance_group {{ kind: KIND_CPU count: {instances} }}"))
        server = triton_py.Server(model_repository=[str(tmp_path)], log_info=False,
                                  log_error=False, exit_timeout=20)
        servers.append(server.start())
        return server

    yield start
    for server in servers:
        server.stop()
    kinds = ("request", "response", "channel", "output_buffer", "model", "server")
    expected = {kind: before[kind] for kind in kinds}
    assert settles_to(expected) == expected


class Client:
    """Sends numbered requests, all to one queue, and takes what comes in the order it comes."""

    def __init__(self, server: triton_py.Server) -> None:
        self.server: NativeServer = server.native
        self.queue = CompletionQueue()
        self.requests: list[NativeRequest] = []
        self.arrived: list[int] = []
        self.errors: dict[int, TritonError] = {}
        self.times: dict[int, float] = {}
        self.began = time.monotonic()

    def send(self, delay_ms: float = 0, *, priority: int = 0, timeout_us: int = 0,
             error: str = "") -> int:
        number = len(self.requests)
        request = NativeRequest(self.server, "m")
        request.id = str(number)
        request.add_input("INPUT0", "INT32", [1, 1])
        request.append_input_data("INPUT0", np.array([[number]], np.int32))
        if delay_ms:
            request.set_parameter("delay_ms", float(delay_ms))
        if error:
            request.set_parameter("error", error)
        request.priority = priority
        request.timeout_us = timeout_us
        request.submit(self.queue, number)
        self.requests.append(request)
        return number

    def busy(self, delay_ms: float) -> int:
        """As ``send``, and waits until the instance has it."""
        number = self.send(delay_ms)
        while self._queued():
            time.sleep(0.001)
        return number

    def _queued(self) -> bool:
        """The model's queue holds a request that no instance has taken."""
        return any(line.startswith("nv_inference_pending_request_count{") and not line.endswith(" 0")
                   for line in self.server.metrics_text().splitlines())

    def all(self, seconds: float = 20) -> list[int]:
        """Numbers in the order in which their final responses came."""
        deadline = time.monotonic() + seconds
        while len(self.arrived) < len(self.requests):
            assert self.queue.wait(max(0.0, deadline - time.monotonic())), (
                f"only {self.arrived} of {len(self.requests)} were answered")
            for number, response, flags in self.queue.drain():
                assert flags & FINAL
                self.arrived.append(number)
                self.times[number] = time.monotonic() - self.began
                if response is not None and response.error is not None:
                    self.errors[number] = response.error
                elif response is not None:
                    data = bytes(memoryview(response.outputs[0]))
                    assert np.frombuffer(data, np.int32).tolist() == [number]
        return self.arrived


# --- queue policies --------------------------------------------------------------------------


def test_priorities_overtake(serve):
    client = Client(serve("dynamic_batching { priority_levels: 3 default_priority_level: 2 }"))
    first = client.busy(200)
    low, default, high, other = (client.send(priority=p) for p in (3, 0, 1, 7))
    assert client.all() == [first, high, default, other, low]


def test_a_full_queue_refuses_at_once(serve):
    server = serve("dynamic_batching { default_queue_policy { max_queue_size: 2 } }")
    client = Client(server)
    client.busy(300)
    client.send()
    client.send()
    with pytest.raises(UnavailableError, match=r"^\[request id: 3\] Exceeds maximum queue size$"):
        client.send()
    assert client.all() == [0, 1, 2] and not client.errors
    refused = [line for line in server.metrics().splitlines()
               if line.startswith("nv_inference_request_failure{") and 'reason="REJECTED"' in line]
    assert len(refused) == 1 and refused[0].endswith(" 1")
    # And the queue takes requests again.
    assert client.send() == 3 and client.all()[-1] == 3


def test_what_waited_too_long_is_answered_while_the_instance_is_busy(serve):
    client = Client(serve("dynamic_batching { default_queue_policy "
                          "{ default_timeout_microseconds: 30000 } }"))
    busy = client.busy(500)
    late = client.send()
    assert client.all() == [late, busy]
    assert isinstance(client.errors[late], UnavailableError)
    assert str(client.errors[late]) == "[request id: 1] Request timeout expired"
    assert client.times[late] < client.times[busy] - 0.2


def test_or_is_served_later_than_those_in_time(serve):
    client = Client(serve("dynamic_batching { default_queue_policy "
                          "{ timeout_action: DELAY default_timeout_microseconds: 100000 } }"))
    busy = client.busy(400)
    late = client.send()
    while time.monotonic() - client.began < 0.25:
        time.sleep(0.01)
    in_time = client.send()
    # The last of the three had waited 150 ms when the instance became free; both were late then.
    again = client.send(timeout_us=1)
    assert client.all()[0] == busy and not client.errors
    assert client.arrived.index(late) < client.arrived.index(in_time) < client.arrived.index(again)


def test_a_requests_own_time_out(serve):
    client = Client(serve("dynamic_batching { default_queue_policy "
                          "{ default_timeout_microseconds: 10000000 allow_timeout_override: true } }"))
    busy = client.busy(400)
    short, patient = client.send(timeout_us=20_000), client.send()
    assert client.all() == [short, busy, patient]
    assert list(client.errors) == [short]


def test_time_outs_that_come_close_together(serve):
    """Hundreds of deadlines within a millisecond; each is answered, once."""
    client = Client(serve("dynamic_batching { default_queue_policy "
                          "{ default_timeout_microseconds: 60000 allow_timeout_override: true } }"))
    busy = client.busy(700)
    for number in range(300):
        client.send(timeout_us=20_000 + number * 7)
    assert client.all()[-1] == busy
    assert set(client.errors) == set(range(1, 301))
    assert all("Request timeout expired" in str(error) for error in client.errors.values())


def test_unloading_while_requests_wait(serve):
    server = serve("dynamic_batching { default_queue_policy "
                   "{ default_timeout_microseconds: 50000 } }")
    client = Client(server)
    client.busy(300)
    client.send()
    server.stop()
    assert sorted(client.all()) == [0, 1]


# --- the order of responses ------------------------------------------------------------------

ORDERED = "dynamic_batching { preserve_ordering: true }"


def test_responses_wait_for_those_before_them(serve):
    client = Client(serve(ORDERED, instances=3))
    numbers = [client.send(delay) for delay in (250, 120, 0)]
    assert client.all() == numbers
    assert client.times[numbers[2]] - client.times[numbers[0]] < 0.1


def test_without_it_they_do_not(serve):
    client = Client(serve("dynamic_batching { }", instances=3))
    slow, middle, quick = (client.send(delay) for delay in (400, 200, 0))
    assert client.all() == [quick, middle, slow]


def test_errors_and_cancellations_keep_the_order(serve):
    client = Client(serve(ORDERED, instances=2))
    client.send(300)
    failed = client.send(error="no luck")
    cancelled = client.send(500)
    last = client.send()
    client.requests[cancelled].cancel()
    assert client.all() == [0, 1, 2, 3]
    assert str(client.errors[failed]) == "no luck"
    assert isinstance(client.errors[cancelled], CancelledError)
    assert last not in client.errors


def test_a_request_that_was_refused_holds_nobody_up(serve):
    client = Client(serve(
        "dynamic_batching { preserve_ordering: true default_queue_policy { max_queue_size: 1 } }"))
    client.busy(200)
    client.send()
    with pytest.raises(UnavailableError, match="maximum queue size"):
        client.send()
    assert client.all() == [0, 1]
    assert client.send() == 2 and client.all() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_keeps_the_order(serve, seed):
    """Four instances, batches, delays, errors and cancellations at random."""
    choose = random.Random(seed)
    client = Client(serve("dynamic_batching { preserve_ordering: true "
                          "max_queue_delay_microseconds: 200 }", instances=4, size=4))
    for _ in range(300):
        number = client.send(choose.choice([0, 0, 0, 1, 3]),
                             error="no luck" if choose.random() < 0.1 else "")
        if choose.random() < 0.1:
            client.requests[choose.randrange(number + 1)].cancel()
        if choose.random() < 0.05:
            time.sleep(0.002)
    assert client.all() == list(range(300))
    assert all(str(error) == "no luck" or isinstance(error, CancelledError)
               for error in client.errors.values())


def test_a_reload_with_responses_held(serve, tmp_path):
    """The old version's responses come in their order, and let it go."""
    server = serve(ORDERED, instances=2)
    client = Client(server)
    client.send(200)
    client.send()
    server.stop()
    assert client.all() == [0, 1]
