# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The repeat backend through the core: many responses, many requests at a time, and their ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_support import model

from triton_py import (
    CancelledError,
    InvalidArgumentError,
    ModelControlMode,
    NotFoundError,
    Server,
)
from triton_py.inprocess import live_objects

DECOUPLED = "model_transaction_policy { decoupled: true }"
INPUTS = (
    'input { name: "IN" data_type: TYPE_INT32 dims: -1 }',
    'input { name: "DELAY" data_type: TYPE_UINT32 dims: -1 }',
    'input { name: "WAIT" data_type: TYPE_UINT32 dims: 1 }',
)
OUTPUTS = (
    'output { name: "OUT" data_type: TYPE_INT32 dims: 1 }',
    'output { name: "IDX" data_type: TYPE_UINT32 dims: 1 }',
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("repeat_models")
    model(folder, "whole", "repeat", DECOUPLED, *INPUTS, *OUTPUTS)
    model(folder, "short", "repeat")
    with Server(model_repository=folder, log_error=True) as running:
        yield running


def ask(server: Server, values: Any, delays: Any = None, wait: int | None = None,
        name: str = "short", **fields: Any) -> Any:
    inputs = {"IN": np.array(values, np.int32)}
    if delays is not None:
        inputs["DELAY"] = np.array(delays, np.uint32)
    if wait is not None:
        inputs["WAIT"] = np.array([wait], np.uint32)
    return server.model(name).infer(inputs=inputs, **fields)


def answers(responses: Any) -> list[tuple[int, int]]:
    """(OUT, IDX) of each response; the end is checked to be the empty final one."""
    got = list(responses)
    assert [r.final for r in got] == [False] * (len(got) - 1) + [True]
    assert got[-1].empty
    return [(int(r["OUT"].tolist()[0]), int(r["IDX"].tolist()[0])) for r in got[:-1]]


def wait_for(done: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def statistics(server: Server, name: str = "short") -> dict[str, Any]:
    [stats] = server.model(name).statistics()["model_stats"]
    return stats


# --- responses ---


def test_one_response_for_each_value(server: Server) -> None:
    assert answers(ask(server, [7, -1, 2**31 - 1], [0, 1, 2], 0, name="whole")) == [
        (7, 0), (-1, 1), (2**31 - 1, 2)]


def test_without_delay_and_wait(server: Server) -> None:
    values = list(range(-500, 500))
    assert answers(ask(server, values)) == [(v, i) for i, v in enumerate(values)]


@pytest.mark.parametrize("wait", [0, 60])
def test_an_empty_list_gets_the_final_flag_alone(server: Server, wait: int) -> None:
    assert answers(ask(server, [], [], wait)) == []


def test_requested_outputs(server: Server) -> None:
    for names in (["OUT"], ["IDX"]):
        got = list(ask(server, [5, 6], outputs=names))
        assert [list(r.outputs) for r in got[:-1]] == [names, names]


def test_delays_are_kept(server: Server) -> None:
    started = time.monotonic()
    times = []
    for _ in ask(server, [1, 2, 3], [60, 0, 90]):
        times.append((time.monotonic() - started) * 1000)
    assert 60 <= times[0] <= times[1] and 150 <= times[2] <= times[3], times
    # The second had no delay of its own: it did not wait for the third's.
    assert times[1] < times[2] - 40, times


def test_many_requests_are_under_way_at_a_time(server: Server) -> None:
    """One after the other they would take a minute."""
    started = time.monotonic()
    running = [ask(server, [k, k + 1], [150, 150]) for k in range(200)]
    for k, responses in enumerate(running):
        assert answers(responses) == [(k, 0), (k + 1, 1)]
    assert time.monotonic() - started < 20


def test_execute_does_not_wait(server: Server) -> None:
    """A request that comes later and is quicker overtakes one that waits."""
    slow = ask(server, [1], [800], 800)
    started = time.monotonic()
    assert answers(ask(server, [2])) == [(2, 0)]
    assert time.monotonic() - started < 0.6
    assert answers(slow) == [(1, 0)]


def test_a_long_list_holds_up_no_other_request(server: Server) -> None:
    long = ask(server, range(50_000))
    assert answers(ask(server, [2])) == [(2, 0)]
    assert len(list(long)) == 50_001


def test_a_release_before_the_last_response(server: Server) -> None:
    before = int(statistics(server)["inference_stats"]["success"]["count"])
    started = time.monotonic()
    responses = ask(server, [1], [400], 0)
    # It is counted when it is released.
    wait_for(lambda: int(statistics(server)["inference_stats"]["success"]["count"]) > before)
    assert time.monotonic() - started < 0.35
    assert answers(responses) == [(1, 0)]
    assert time.monotonic() - started >= 0.4


def test_a_release_after_the_last_response(server: Server) -> None:
    wait_for(lambda: live_objects()["request"] == 0)
    started = time.monotonic()
    responses = ask(server, [1], [0], 400)
    assert answers(responses) == [(1, 0)]
    assert time.monotonic() - started < 0.35
    del responses
    assert live_objects()["request"] == 1
    wait_for(lambda: live_objects()["request"] == 0)
    assert time.monotonic() - started >= 0.4


# --- requests that are wrong ---


@pytest.mark.parametrize(
    ("values", "delays", "text"),
    [([1, 2, 3], [0, 0], r"expected IN and DELAY shape to match, got \[3\] and \[2\]"),
     ([], [1], r"got \[0\] and \[1\]"), ([1], [], r"got \[1\] and \[0\]")])
def test_lists_of_different_lengths(server: Server, values: Any, delays: Any, text: str) -> None:
    failed = statistics(server)["inference_stats"]["fail"]["count"]
    [response] = list(ask(server, values, delays, raise_on_error=False))
    assert response.final and isinstance(response.error, InvalidArgumentError)
    with pytest.raises(InvalidArgumentError, match=text):
        raise response.error
    assert statistics(server)["inference_stats"]["fail"]["count"] == failed + 1
    assert answers(ask(server, [1], [0])) == [(1, 0)]


def test_types_and_shapes_are_the_configurations(server: Server) -> None:
    short = server.model("short")
    for inputs in ({"IN": np.ones(1, np.float32)}, {"IN": np.ones((1, 1), np.int32)},
                   {"IN": np.ones(1, np.int32), "WAIT": np.ones(2, np.uint32)},
                   {"IN": np.ones(1, np.int32), "DELAY": np.ones(1, np.int32)},
                   {"DELAY": np.ones(1, np.uint32)}):
        with pytest.raises(InvalidArgumentError):
            list(short.infer(inputs=inputs))


# --- cancellation ---


@pytest.mark.parametrize(("delay", "wait"), [(60_000, 0), (60_000, 60_000)])
def test_a_cancelled_request_ends_early(server: Server, delay: int, wait: int) -> None:
    responses = ask(server, [1, 2], [0, delay], wait, raise_on_error=False)
    assert next(responses)["OUT"].tolist() == [1]
    started = time.monotonic()
    responses.cancel()
    [last] = list(responses)
    assert last.final and isinstance(last.error, CancelledError)
    assert time.monotonic() - started < 5


def test_cancelling_what_waits_for_its_release_alone(server: Server) -> None:
    responses = ask(server, [1], [0], 60_000)
    assert answers(responses) == [(1, 0)]
    assert live_objects()["request"] >= 1
    responses.cancel()
    del responses
    wait_for(lambda: live_objects()["request"] == 0)


def test_cancellations_while_responses_are_sent(server: Server) -> None:
    for k in range(60):
        responses = ask(server, range(2000), raise_on_error=False)
        if k % 3:
            next(responses)
        responses.cancel()
        rest = list(responses)
        assert rest[-1].final and (rest[-1].empty or isinstance(rest[-1].error, CancelledError))
    assert answers(ask(server, [1])) == [(1, 0)]


# --- statistics ---


def test_statistics(tmp_path: Path) -> None:
    model(tmp_path, "m", "repeat")
    with Server(model_repository=tmp_path) as server:
        for values in ([1, 2, 3], [4], []):
            answers(ask(server, values, [2] * len(values), name="m"))
        [broken] = list(ask(server, [1], [], name="m", raise_on_error=False))
        assert broken.error is not None
        responses = ask(server, [1, 2], [0, 60_000], name="m", raise_on_error=False)
        next(responses)
        responses.cancel()
        list(responses)
        stats = statistics(server, "m")
        assert int(stats["execution_count"]) == 4 and int(stats["inference_count"]) == 4
        # The cancelled one was released before it was cancelled: a success until then.
        assert int(stats["inference_stats"]["success"]["count"]) == 4
        assert int(stats["inference_stats"]["fail"]["count"]) == 1
        each = stats["response_stats"]
        counted = {index: {kind: int(each[index][kind]["count"]) for kind in
                           ("success", "empty_response", "fail", "cancel")} for index in each}
        assert counted["0"] == {"success": 3, "empty_response": 1, "fail": 1, "cancel": 0}
        assert counted["1"] == {"success": 1, "empty_response": 1, "fail": 0, "cancel": 1}
        assert counted["2"] == {"success": 1, "empty_response": 0, "fail": 0, "cancel": 0}
        assert counted["3"] == {"success": 0, "empty_response": 1, "fail": 0, "cancel": 0}


# --- unloading ---


def test_unloading_waits_for_what_is_under_way(tmp_path: Path) -> None:
    model(tmp_path, "m", "repeat")
    with Server(model_repository=tmp_path, model_control_mode=ModelControlMode.EXPLICIT,
                startup_models=["m"]) as server:
        running = [ask(server, [k] * 3, [200] * 3, (k % 3) * 300, name="m") for k in range(20)]
        server.native.unload("m", False)
        with pytest.raises(NotFoundError):
            ask(server, [1], name="m")
        for k, responses in enumerate(running):
            assert answers(responses) == [(k, 0), (k, 1), (k, 2)]
        server.unload("m", wait_until_unloaded=True, timeout=20)
        server.load("m")
        assert answers(ask(server, [9], name="m")) == [(9, 0)]


def test_reloads_under_load(tmp_path: Path) -> None:
    """Each request is answered in full, by whichever of the models took it."""
    model(tmp_path, "m", "repeat", "instance_group { count: 2 kind: KIND_CPU }")
    stop = threading.Event()
    failures: list[Any] = []
    with Server(model_repository=tmp_path, model_control_mode=ModelControlMode.EXPLICIT,
                startup_models=["m"]) as server:
        def client(seed: int) -> None:
            k = seed
            while not stop.is_set():
                k += 1
                try:
                    assert answers(ask(server, [k, k], [1, k % 4], k % 7, name="m")) == [
                        (k, 0), (k, 1)]
                except Exception as error:  # noqa: BLE001 raised again below
                    failures.append(error)
                    return

        threads = [threading.Thread(target=client, args=(n * 1000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for k in range(8):
            (tmp_path / "m" / "config.pbtxt").write_text(
                f'backend: "repeat"\ninstance_group {{ count: {2 + k % 2} kind: KIND_CPU }}\n')
            server.load("m")
        stop.set()
        for thread in threads:
            thread.join(20)
    assert not failures, failures[0]


# --- configurations ---


def test_auto_complete(server: Server) -> None:
    config = server.model("short").config()
    assert config["model_transaction_policy"]["decoupled"] is True
    assert [(i["name"], i["data_type"], i["dims"], i.get("optional", False))
            for i in config["input"]] == [
        ("IN", "TYPE_INT32", [-1], False), ("DELAY", "TYPE_UINT32", [-1], True),
        ("WAIT", "TYPE_UINT32", [1], True)]
    assert [(o["name"], o["data_type"], o["dims"]) for o in config["output"]] == [
        ("OUT", "TYPE_INT32", [1]), ("IDX", "TYPE_UINT32", [1])]


def _but(entries: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(entry.replace(old, new) for entry in entries)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ((*INPUTS, *OUTPUTS), "sends any number of responses"),
        ((DECOUPLED, *INPUTS, *OUTPUTS, "max_batch_size: 1"), "max_batch_size == 0"),
        ((DECOUPLED, *INPUTS[:2], *OUTPUTS), "expected 3 inputs, got 2"),
        ((DECOUPLED, *INPUTS, OUTPUTS[0]), "expected 2 outputs, got 1"),
        ((DECOUPLED, *_but(INPUTS, '"WAIT"', '"LATE"'), *OUTPUTS), "needs an input named WAIT"),
        ((DECOUPLED, *INPUTS, *_but(OUTPUTS, '"IDX"', '"NO"')), "needs an output named IDX"),
        ((DECOUPLED, *_but(INPUTS, "TYPE_INT32", "TYPE_INT64"), *OUTPUTS),
         "expected IN datatype to be TYPE_INT32, got TYPE_INT64"),
        ((DECOUPLED, *INPUTS, *_but(OUTPUTS, "TYPE_UINT32", "TYPE_STRING")),
         "expected IDX datatype to be TYPE_UINT32, got TYPE_STRING"),
        ((DECOUPLED, *_but(INPUTS, "dims: 1 ", "dims: 2 "), *OUTPUTS),
         "expected WAIT shape to be [1], got [2]"),
        ((DECOUPLED, *_but(INPUTS, '"IN" data_type: TYPE_INT32 dims: -1',
                           '"IN" data_type: TYPE_INT32 dims: [ -1, 2 ]'), *OUTPUTS),
         "expected IN shape to have one dimension, got [-1,2]"),
        ((DECOUPLED, *_but(INPUTS, "TYPE_INT32 dims: -1", "TYPE_INT32 dims: 3"), *OUTPUTS),
         "expected IN and DELAY shape to match, got [3] and [-1]"),
        ((DECOUPLED, *_but(INPUTS, "TYPE_INT32 dims: -1", "TYPE_INT32 dims: -1 optional: true"),
          *OUTPUTS), "input IN can't be optional"),
    ],
)
def test_models_that_do_not_load(tmp_path: Path, config: tuple[str, ...], reason: str) -> None:
    model(tmp_path, "bad", "repeat", *config)
    model(tmp_path, "good", "repeat", DECOUPLED, *reversed(INPUTS), *reversed(OUTPUTS))
    with Server(model_repository=tmp_path, exit_on_error=False) as server:
        assert server.model("good").ready()
        [entry] = [m for m in server.native.model_index() if m["name"] == "bad"]
        assert entry["state"] == "UNAVAILABLE"
        assert reason in entry["reason"]
