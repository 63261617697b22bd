# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The control plane over the real core: requests go on while models come and go."""

from __future__ import annotations

import contextlib
import gc
import json
import random
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from control_fakes import TIMEOUT_S
from control_support import Background
from live_objects import more_than

import triton_py
from triton_py.errors import InvalidArgumentError, NotFoundError, TritonError, UnavailableError
from triton_py.inprocess.counters import live_objects

CONFIG = """
backend: "identity"
max_batch_size: 8
input {{ name: "INPUT0" data_type: TYPE_INT32 dims: [-1] }}
output {{ name: "OUTPUT0" data_type: TYPE_INT32 dims: [-1] }}
{extra}
"""
NAMES = ("a", "b", "c")


def write(repository: Path, name: str, extra: str = "") -> None:
    (repository / name / "1").mkdir(parents=True, exist_ok=True)
    (repository / name / "config.pbtxt").write_text(CONFIG.format(extra=extra))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[triton_py.Server]:
    """Explicit mode, the models a, b and c on disk; afterwards nothing is alive in the core."""
    before = live_objects()
    write(tmp_path, "a")
    write(tmp_path, "b", "dynamic_batching {} instance_group { kind: KIND_CPU count: 3 }")
    write(tmp_path, "c", "dynamic_batching { max_queue_delay_microseconds: 200 }")
    server = triton_py.Server(
        model_repository=[str(tmp_path)],
        model_control_mode="explicit",
        strict_model_config=False,
        exit_timeout=20,
        log_info=False,
        log_error=False,
    )
    server.start()
    yield server
    server.stop()
    assert more_than(before) == {}


def ask(server: triton_py.Server, name: str, number: int) -> None:
    """One request whose answer must be its own."""
    value = np.array([[number, -number]], np.int32)
    response = server.model(name).infer(inputs={"INPUT0": value}).result()
    assert response["OUTPUT0"].numpy().tolist() == value.tolist()


def in_threads(*functions: Callable[[], Any]) -> None:
    for thread in [Background(function) for function in functions]:
        thread.result()


def test_no_request_is_refused_while_a_model_is_reloaded(server: triton_py.Server) -> None:
    server.load("a")
    config = server.model("a").config()
    done = threading.Event()
    asked = Counter[int]()

    def client(seed: int) -> None:
        while not done.is_set():
            ask(server, "a", 1000 * seed + asked[seed])
            asked[seed] += 1

    def reload() -> None:
        try:
            for delay in range(40):
                config["dynamic_batching"] = {"max_queue_delay_microseconds": delay}
                server.load("a", {"config": json.dumps(config)})
        finally:
            done.set()

    in_threads(reload, lambda: client(1), lambda: client(2))
    batching = server.model("a").config()["dynamic_batching"]
    assert batching["max_queue_delay_microseconds"] == 39
    assert min(asked.values()) > 0


def test_requests_while_models_load_and_unload_at_random(server: triton_py.Server) -> None:
    """Every request is answered, with its own data or with the reason why the model is not there."""
    outcomes = Counter[str]()
    lock = threading.Lock()
    done = threading.Event()

    def load(name: str) -> None:
        try:
            server.load(name)
        except TritonError as error:
            assert "Newer operation" in str(error), error

    def client(seed: int) -> None:
        choose = random.Random(seed)
        for number in range(400):
            name = choose.choice(NAMES)
            try:
                ask(server, name, 1000 * seed + number)
                outcome = "answered"
            except (NotFoundError, UnavailableError) as error:
                assert "unknown model" in str(error) or "stopped accepting" in str(error), error
                outcome = "refused"
                load(name)
            with lock:
                outcomes[outcome] += 1

    def operator(seed: int) -> None:
        choose = random.Random(seed)
        while not done.is_set():
            name = choose.choice(NAMES)
            if choose.random() < 0.5:
                server.unload(name)
            else:
                load(name)

    def clients() -> None:
        try:
            in_threads(*(lambda seed=seed: client(seed) for seed in range(4)))  # type: ignore[misc]
        finally:
            done.set()

    in_threads(clients, lambda: operator(10), lambda: operator(11))
    assert outcomes["answered"] > 100 and outcomes["refused"] > 0
    assert sum(outcomes.values()) == 1600


def test_instances_of_one_model_are_added_side_by_side(
    server: triton_py.Server, tmp_path: Path
) -> None:
    """The identity backend allows it; the core's tables used to be overwritten."""
    write(tmp_path, "many", "instance_group { kind: KIND_CPU count: 16 }")
    for number in range(8):
        server.load("many")
        ask(server, "many", number)
        server.unload("many")


@pytest.mark.parametrize("parameter", ["initialize_error", "instance_error"])
def test_a_backend_that_refuses_leaves_nothing(
    server: triton_py.Server, tmp_path: Path, parameter: str
) -> None:
    write(
        tmp_path,
        "bad",
        f'parameters {{ key: "{parameter}" value {{ string_value: "no luck" }} }}'
        "instance_group { kind: KIND_CPU count: 4 }",
    )
    for _ in range(3):
        with pytest.raises(InvalidArgumentError, match="load failed for model 'bad'.*no luck"):
            server.load("bad")
    with pytest.raises(TritonError):
        ask(server, "bad", 1)


def test_errors_that_are_kept_hold_nothing_of_the_callers(
    server: triton_py.Server, tmp_path: Path
) -> None:
    """A load that is asked for while an exception is handled does not keep that exception."""

    class Handled(Exception):
        pass

    def fail_and_load() -> weakref.ref[Handled]:
        try:
            raise Handled
        except Handled as error:
            with contextlib.suppress(TritonError):
                server.load("bad")
            assert sys.exc_info()[1] is error
            return weakref.ref(error)

    write(tmp_path, "bad", 'parameters { key: "instance_error" value { string_value: "no" } }')
    gc.collect()
    gc.disable()
    try:
        assert fail_and_load()() is None
    finally:
        gc.enable()


def test_health_and_metrics_while_models_come_and_go(server: triton_py.Server) -> None:
    done = threading.Event()

    def probe() -> None:
        while not done.is_set():
            server.ready()
            server.statistics()
            assert "nv_inference_count" in server.metrics()
            server.models()

    def operate() -> None:
        try:
            for number in range(60):
                name = NAMES[number % 3]
                server.load(name)
                ask(server, name, number)
                server.unload(name)
        finally:
            done.set()

    in_threads(operate, probe, probe)


def test_stopping_lets_a_request_finish(server: triton_py.Server) -> None:
    server.load("a")
    answer = server.model("a").infer(
        inputs={"INPUT0": np.array([[7]], np.int32)}, parameters={"delay_ms": 300}
    )
    stopping = Background(server.stop)
    assert answer.result(timeout=TIMEOUT_S)["OUTPUT0"].numpy().tolist() == [[7]]
    stopping.result()
