# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The completion queue: order, wake-ups, final flags, and owners that die too early."""

from __future__ import annotations

import gc
import os
import select
import threading
import time
import weakref

import numpy as np
import pytest
from inprocess_support import request_objects, settles_to

from triton_py import InvalidArgumentError, UnavailableError
from triton_py.inprocess import FINAL, CompletionQueue, NativeRequest, infer

ONE = np.ones(1, np.float32)
pytestmark = pytest.mark.usefixtures("no_leaks")


def scripted(server, data=b"abc", **parameters):
    request = NativeRequest(server.native, "scripted")
    request.add_input("IN", "UINT8", [len(data)])
    request.append_input_data("IN", data)
    for name, value in parameters.items():
        request.set_parameter(name, value)
    return request


def drain_all(queue):
    arrived = []
    while queue.in_flight:
        assert queue.wait(10)
        arrived += queue.drain()
    return arrived


def test_one_response_carries_the_final_flag(server):
    queue = CompletionQueue()
    scripted(server).submit(queue, "cookie")
    [(cookie, response, flags)] = drain_all(queue)
    assert cookie == "cookie" and flags == FINAL
    assert (response.model_name, response.model_version) == ("scripted", 1)
    assert response.parameters == {"index": 0}


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_bare_final_flag(server, count):
    """Decoupled models may end with a flag and no response at all."""
    queue = CompletionQueue()
    scripted(server, count=count, bare_final=1).submit(queue)
    arrived = drain_all(queue)
    assert len(arrived) == count + 1
    assert arrived[-1][1] is None and arrived[-1][2] == FINAL
    assert all(response is not None and flags == 0 for _, response, flags in arrived[:-1])
    indices = [response.parameters["index"] for _, response, _ in arrived[:-1]]
    assert indices == list(range(count))


def test_blocking_infer_collects_many(server):
    responses = infer(scripted(server, count=30), 10)
    assert [response.parameters["index"] for response in responses] == list(range(30))


class TestWakeUps:
    def test_one_per_burst(self, server):
        queue = CompletionQueue()
        fd = queue.fileno()
        scripted(server, count=200).submit(queue)
        deadline = time.monotonic() + 10
        while len(queue) < 201 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(queue) == 201  # 200 responses and the release
        assert queue.wakeups == 1
        assert select.select([fd], [], [], 0)[0] == [fd]
        assert os.read(fd, 8) == (1).to_bytes(8, "little")
        os.eventfd_write(fd, 1)
        assert len(queue.drain()) == 200
        assert select.select([fd], [], [], 0)[0] == []
        assert queue.drain() == [] and queue.wakeups == 1

    def test_each_burst_wakes(self, server):
        queue = CompletionQueue()
        fd = queue.fileno()
        for _ in range(5):
            scripted(server).submit(queue)
            while queue.in_flight:
                assert select.select([fd], [], [], 10)[0] == [fd]
                queue.drain()
        assert select.select([fd], [], [], 0)[0] == []
        assert 5 <= queue.wakeups <= 10

    def test_descriptor_made_late_shows_what_waits(self, server):
        queue = CompletionQueue()
        scripted(server).submit(queue)
        assert queue.wait(10)
        assert select.select([queue.fileno()], [], [], 5)[0]
        assert queue.fileno() == queue.fileno()
        drain_all(queue)

    def test_wait_times_out(self):
        queue = CompletionQueue()
        start = time.monotonic()
        assert queue.wait(0.25) is False
        assert 0.2 < time.monotonic() - start < 2
        assert queue.wait(0) is False

    def test_wait_lets_other_threads_run(self, server):
        queue = CompletionQueue()
        thread = threading.Timer(0.1, lambda: scripted(server).submit(queue))
        thread.start()
        assert queue.wait(10)
        thread.join()
        drain_all(queue)


class TestOwnerGone:
    """The callbacks come after the queue, or everybody, has gone."""

    @pytest.mark.parametrize("close", [True, False])
    def test_late_responses_are_deleted(self, server, close):
        before = request_objects()
        data = bytearray(b"abc")
        queue = CompletionQueue()
        for _ in range(3):
            scripted(server, data, late_ms=100, count=5).submit(queue)
        if close:
            queue.close()
            with pytest.raises(UnavailableError, match="closed"):
                queue.drain()
        del queue
        gc.collect()
        assert settles_to(before) == before
        data.append(0)

    def test_late_release_is_noticed_without_another_call(self, server):
        """The main thread lets go of the inputs by itself when the release comes after the queue."""
        data = np.zeros(3, np.uint8)
        alive = weakref.ref(data)
        request = NativeRequest(server.native, "echo")
        request.add_input("INPUT0", "FP32", [1])
        request.append_input_pointer("INPUT0", ONE.ctypes.data, 4, owner=data)
        request.set_parameter("delay_ms", 150)
        queue = CompletionQueue()
        request.submit(queue)
        queue.close()
        del data, request
        assert alive() is not None
        deadline = time.monotonic() + 10
        while alive() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert alive() is None

    def test_waiting_events_are_settled_by_close(self, server):
        data = bytearray(b"abc")
        queue = CompletionQueue()
        scripted(server, data, count=5).submit(queue)
        while len(queue) < 6:
            assert queue.wait(10)
            time.sleep(0.01)
        queue.close()
        data.append(0)
        queue.close()

    def test_close_ends_a_wait_in_another_thread(self):
        queue = CompletionQueue()
        seen = []

        def wait():
            try:
                queue.wait(30)
            except UnavailableError as error:
                seen.append(str(error))

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        queue.close()
        thread.join(10)
        assert seen == ["the completion queue was closed during a wait"]

    def test_closed_queue_takes_no_request(self, server):
        queue = CompletionQueue()
        queue.close()
        request = scripted(server)
        with pytest.raises(UnavailableError, match="closed"):
            request.submit(queue)
        assert len(infer(request, 10)) == 1


class TestRefusedRequests:
    """An error of InferAsync leaves the request with its caller, and no callback runs."""

    def test_request_can_be_completed_and_sent(self, server):
        queue = CompletionQueue()
        request = NativeRequest(server.native, "scripted")
        request.id = "r1"
        with pytest.raises(InvalidArgumentError):
            request.submit(queue)
        assert not request.in_flight and not request.released
        assert queue.in_flight == 0 and queue.drain() == []
        request.add_input("IN", "UINT8", [3])
        request.append_input_data("IN", b"xyz")
        request.submit(queue)
        [(cookie, response, _)] = drain_all(queue)
        assert cookie is request and response.id == "r1"

    def test_wrong_size(self, server):
        request = NativeRequest(server.native, "scripted")
        request.add_input("IN", "UINT8", [3])
        request.append_input_data("IN", b"toolong")
        with pytest.raises(InvalidArgumentError):
            request.submit(CompletionQueue())

    def test_a_sent_request_is_not_sent_again(self, server):
        queue = CompletionQueue()
        request = scripted(server, late_ms=50)
        request.submit(queue)
        for _ in range(2):
            with pytest.raises(InvalidArgumentError, match="sent already"):
                request.submit(queue)
            with pytest.raises(InvalidArgumentError, match="sent already"):
                request.set_parameter("count", 2)
            with pytest.raises(InvalidArgumentError, match="sent already"):
                request.id = "other"
            drain_all(queue)
        with pytest.raises(InvalidArgumentError, match="released"):
            _ = request.id


class TestFields:
    def test_round_trip(self, server):
        request = NativeRequest(server.native, "scripted", 1)
        request.id = "näme"
        request.flags = 3
        request.priority = 2**64 - 1
        request.timeout_us = 2**63
        assert (request.id, request.flags) == ("näme", 3)
        assert (request.priority, request.timeout_us) == (2**64 - 1, 2**63)
        request.correlation_id = 2**64 - 1
        assert request.correlation_id == 2**64 - 1
        request.correlation_id = "sequence"
        assert request.correlation_id == "sequence"

    @pytest.mark.parametrize(
        "change",
        [
            lambda r: setattr(r, "id", "a\0b"),
            lambda r: setattr(r, "id", 7),
            lambda r: setattr(r, "id", "\ud800"),
            lambda r: setattr(r, "priority", -1),
            lambda r: setattr(r, "priority", 2**64),
            lambda r: setattr(r, "timeout_us", 1.5),
            lambda r: setattr(r, "correlation_id", None),
            lambda r: r.set_parameter("p", 2**63),
            lambda r: r.set_parameter("p", None),
            lambda r: r.set_parameter("p", b"bytes"),
            lambda r: r.set_parameter("p\0", 1),
            lambda r: r.add_input("IN", "FLOAT", [1]),
            lambda r: r.add_input("IN", "UINT8", [2**63]),
            lambda r: r.add_input("IN", "UINT8", ["1"]),
        ],
    )
    def test_wrong_values_are_named(self, server, change):
        request = NativeRequest(server.native, "scripted")
        with pytest.raises(InvalidArgumentError) as error:
            change(request)
        assert len(error.value.message) > 10

    def test_parameters_of_every_type_reach_the_backend(self, server):
        given = {"text": "käse", "number": -(2**63), "flag": True, "real": 1.5,
                 "echo_parameters": True}
        response = server.model("echo").infer(
            inputs={"INPUT0": np.zeros(1, np.float32)}, parameters=given
        ).result(10)
        got = {name: response.parameters[name] for name in given if name in response.parameters}
        assert got["text"] == "käse" and got["number"] == -(2**63)
        assert got["flag"] is True and got["real"] == 1.5


def test_many_threads_one_queue(server):
    """Submitting from several threads, draining from another: nothing lost, nothing twice."""
    queue = CompletionQueue()

    def send(worker):
        for index in range(50):
            scripted(server, bytes([worker, index]), count=2).submit(queue, (worker, index))

    threads = [threading.Thread(target=send, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    seen = {}
    while queue.in_flight or any(thread.is_alive() for thread in threads):
        queue.wait(0.05)
        for cookie, response, _ in queue.drain():
            [copy] = [o for o in response.outputs if o.name == "COPY"]
            assert bytes(copy) == bytes(cookie)
            seen[cookie] = seen.get(cookie, 0) + 1
    for thread in threads:
        thread.join()
    assert len(seen) == 200 and set(seen.values()) == {2}
