# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loads, unloads and stops that meet. Threads are held at gates, so nothing depends on timing."""

from __future__ import annotations

import json
import random
import threading

import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane
from control_support import (
    Background,
    Repository,
    StartServer,
    states,
    wait_until_unloaded,
)

from triton_py.control import ControlMode, ControlPlane
from triton_py.errors import InvalidArgumentError, TritonError, UnavailableError

READY = {"1": "READY"}
OUTDATED = "Newer operation has been applied to the model lifecycle"


def wait_for_operations(server: ControlPlane, count: int) -> None:
    """Wait until so many operations are queued or under way."""
    operations = server._operations
    with operations._changed:
        assert operations._changed.wait_for(
            lambda: sum(len(q) for q in operations._queues.values()) == count, TIMEOUT_S
        )


def test_an_unload_during_a_load_supersedes_it(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    gate = dataplane.gate("configure:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    assert states(server) == {"m": {"1": "LOADING"}}
    unload = Background(lambda: server.unload("m"))
    wait_for_operations(server, 2)
    gate.open()
    assert OUTDATED in load.error().message
    unload.result()
    assert states(server) == {"m": {"1": "UNAVAILABLE: unloaded"}}
    assert dataplane.open_models() == []
    assert "publish:m:1" not in dataplane.points


def test_an_unload_that_comes_after_the_commit_unloads_the_new_build(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    gate = dataplane.gate("publish:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    unload = Background(lambda: server.unload("m"))
    wait_for_operations(server, 2)
    gate.open()
    load.result()
    unload.result()
    wait_until_unloaded(server)
    assert states(server) == {"m": {"1": "UNAVAILABLE: unloaded"}}


def test_a_reload_that_races_with_an_unload(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    old = dataplane.served("m")
    repository.model("m", extra="dynamic_batching {}")
    gate = dataplane.gate("start:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    unload = Background(lambda: server.unload("m"))
    wait_for_operations(server, 2)
    gate.open()
    assert isinstance(load.error(), InvalidArgumentError)
    unload.result()
    wait_until_unloaded(server)
    assert old.closed and dataplane.open_models() == []
    assert states(server) == {"m": {"1": "UNAVAILABLE: unloaded"}}


def test_a_load_that_waits_behind_an_unload_wins(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    gate = dataplane.gate("withdraw:m:1")
    unload = Background(lambda: server.unload("m"))
    gate.wait_arrived()
    load = Background(lambda: server.load("m"))
    wait_for_operations(server, 2)
    gate.open()
    unload.result()
    load.result()
    wait_until_unloaded(server)
    assert states(server) == {"m": READY}
    assert len(dataplane.open_models()) == 1


def test_a_load_waiting_behind_another_is_superseded_at_once(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    gate = dataplane.gate("create:m:1")
    first = Background(lambda: server.load("m"))
    gate.wait_arrived()
    second = Background(lambda: server.load("m"))
    wait_for_operations(server, 2)
    unload = Background(lambda: server.unload("m"))
    # The second load hasn't begun, so it need not wait for the first to end.
    assert OUTDATED in second.error().message
    assert first.running()
    gate.open()
    assert OUTDATED in first.error().message
    unload.result()
    assert dataplane.points.count("create:m:1") == 1
    assert dataplane.open_models() == []


def test_two_loads_of_one_model_build_it_once(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    gate = dataplane.gate("create:m:1")
    first = Background(lambda: server.load("m"))
    gate.wait_arrived()
    second = Background(lambda: server.load("m"))
    wait_for_operations(server, 2)
    gate.open()
    first.result()
    second.result()
    assert len(dataplane.models) == 1
    assert states(server) == {"m": READY}


def test_loads_of_different_models_do_not_wait_for_each_other(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("slow")
    repository.model("fast")
    server = start()
    gate = dataplane.gate("create:slow:1")
    slow = Background(lambda: server.load("slow"))
    gate.wait_arrived()
    server.load("fast")
    assert states(server) == {"fast": READY, "slow": {"1": "LOADING"}}
    server.unload("fast")
    gate.open()
    slow.result()


def test_no_lock_is_held_while_the_data_plane_works(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    """A backend may call back into the server from wherever it is called."""
    repository.model("m")
    repository.model("other")
    server = start(startup_models=["other"])
    visited: list[str] = []

    def call_back(point: str) -> None:
        if ":m" not in point or point.startswith(("ready", "statistics")):
            return
        visited.append(point.split(":")[0])
        assert server.is_live()
        server.index(ready_only=False)
        server.missing("m", 1)
        server.model_metadata("other", -1)
        server.model_statistics("", -1)
        server.models_table()

    dataplane.watch = call_back
    server.load("m")
    server.load("m", [("config", server_config(server))])
    server.unload("m")
    wait_until_unloaded(server)
    assert set(visited) == {
        "create",
        "configure",
        "instance",
        "start",
        "publish",
        "withdraw",
        "drain",
        "close",
    }


def server_config(server: ControlPlane) -> str:
    return json.dumps(server.model_config("m", -1))


def test_a_backend_may_load_a_model_while_it_initialises_another(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("outer")
    repository.model("inner")
    server = start(model_load_thread_count=1)

    def load_inner(point: str) -> None:
        if point == "create:outer:1":
            server.load("inner")

    dataplane.watch = load_inner
    load = Background(lambda: server.load("outer"))
    load.result()
    assert states(server) == {"inner": READY, "outer": READY}


@pytest.mark.parametrize("question", ["ready", "statistics"])
def test_a_model_is_not_closed_while_it_answers_a_question(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane, question: str
) -> None:
    """A health probe or a metrics scrape that meets an unload used to see freed memory."""
    repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    ask = {"ready": server.is_ready, "statistics": server.metrics_text}[question]
    gate = dataplane.gate(f"{question}:m:1")
    asking = Background(ask)
    gate.wait_arrived()
    drained = threading.Event()
    dataplane.watch = lambda point: drained.set() if point == "drain:m:1" else None
    server.unload("m")
    assert drained.wait(TIMEOUT_S)
    assert states(server) == {"m": {"1": "UNLOADING"}} and not model.closed
    gate.open()
    asking.result()
    wait_until_unloaded(server)
    assert model.closed
    assert server.model_statistics("", -1) == {"model_stats": []}


def test_no_thread_for_an_unload_makes_it_wait(
    repository: Repository,
    start: StartServer,
    dataplane: FakeDataPlane,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])

    def no_thread(*arguments: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("triton_py.control.retirer.start_thread", no_thread)
    server.unload("m")
    assert states(server) == {"m": {"1": "UNAVAILABLE: unloaded"}}
    assert dataplane.open_models() == []


# Stopping


def test_stop_unloads_everything_in_order(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("a", "b"):
        repository.model(name)
    server = create(startup_models=["*"])
    server.start()
    assert server.stop(TIMEOUT_S)
    assert dataplane.open_models() == [] and dataplane.backends[0].closed
    for name in ("a", "b"):
        steps = [point.split(":")[0] for point in dataplane.points if f":{name}:" in point]
        assert steps[-3:] == ["withdraw", "drain", "close"]
    assert dataplane.points[-1] == "close_backend:fake"
    for call in (server.is_live, server.is_ready):
        with pytest.raises(UnavailableError, match="Server exiting"):
            call()
    for operation in (
        lambda: server.load("a"),
        lambda: server.unload("a"),
        lambda: server.index(ready_only=False),
    ):
        with pytest.raises(UnavailableError, match="Server not ready"):
            operation()
    assert server.stop(0), "a second stop answers as the first"


def test_stop_waits_for_requests_and_logs_them(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = create(startup_models=["m"])
    server.start()
    model = dataplane.served("m")
    model.request()
    logged = threading.Event()
    write = dataplane.log

    def log(level: int, message: str) -> None:
        write(level, message)
        if "has 1 in-flight inferences" in message:
            logged.set()

    dataplane.log = log  # type: ignore[method-assign]
    stopping = Background(lambda: server.stop(TIMEOUT_S))
    assert logged.wait(TIMEOUT_S)
    assert stopping.running() and not model.closed
    assert ("m", 1) not in dataplane.table
    assert isinstance(server.missing("m", 1), UnavailableError)
    model.respond()
    assert stopping.result() is True
    assert model.closed
    assert dataplane.logged("Model 'm' (version 1) has 1 in-flight inferences")


def test_stop_gives_up_in_time_and_leaves_the_busy_alone(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.library("other")
    repository.model("busy")
    repository.model(
        "idle",
        config=(repository.path / "busy/config.pbtxt").read_text().replace('"fake"', '"other"'),
    )
    server = create(startup_models=["*"])
    server.start()
    busy, idle = dataplane.served("busy"), dataplane.served("idle")
    busy.request()
    assert server.stop(0.05) is False
    assert idle.closed and idle.backend.closed
    assert not busy.closed and not busy.backend.closed
    assert dataplane.logged("Exit timeout expired")
    # The fixture checks that all is closed: let the request end.
    busy.respond()
    wait_until_unloaded(server)
    busy.backend.close()
    server._stop_result = True


def test_stop_during_a_load(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    repository.model("n")
    server = create()
    server.start()
    server.load("n")
    gate = dataplane.gate("instance:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    stopping = Background(lambda: server.stop(TIMEOUT_S))
    wait_for_closed(server)
    gate.open()
    error = load.error()
    assert isinstance(error, UnavailableError) and "Server exiting" in error.message
    assert stopping.result() is True
    assert dataplane.open_models() == []
    assert "publish:m:1" not in dataplane.points


def wait_for_closed(server: ControlPlane) -> None:
    operations = server._operations
    with operations._changed:
        assert operations._changed.wait_for(lambda: operations._closed, TIMEOUT_S)


def test_stop_while_a_load_commits(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = create()
    server.start()
    gate = dataplane.gate("publish:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    stopping = Background(lambda: server.stop(TIMEOUT_S))
    wait_for_closed(server)
    gate.open()
    load.result()
    assert stopping.result() is True
    assert dataplane.open_models() == [] and dataplane.backends[0].closed


def test_stop_while_starting(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("a", "b", "c"):
        repository.model(name)
    server = create(model_control_mode=ControlMode.NONE, model_load_thread_count=1)
    gate = dataplane.gate("create:a:1")
    starting = Background(server.start)
    gate.wait_arrived()
    assert not server.is_live()
    stopping = Background(lambda: server.stop(TIMEOUT_S))
    wait_for_closed(server)
    gate.open()
    assert stopping.result() is True
    assert isinstance(starting.error(), UnavailableError)
    assert dataplane.open_models() == []
    assert not any(point.startswith("create:b") for point in dataplane.points)


def test_stop_does_not_wait_for_a_backend_that_hangs_in_a_load(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    repository.model("n")
    server = create()
    server.start()
    server.load("n")
    gate = dataplane.gate("create:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    assert server.stop(0.05) is False
    assert dataplane.models[0].closed, "the model that could be unloaded is"
    assert not dataplane.backends[0].closed, "the library that hangs must stay"
    gate.open()
    load.error()
    assert dataplane.open_models() == []
    dataplane.backends[0].close()
    server._stop_result = True


def test_stop_without_a_start(create: StartServer) -> None:
    assert create().stop(0) is True


def test_an_interrupted_load_is_cleaned_up_behind_the_callers_back(
    repository: Repository,
    start: StartServer,
    dataplane: FakeDataPlane,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C lands in the thread that waits for the builds."""
    repository.model("m")
    server = start()
    gate = dataplane.gate("instance:m:1")

    def interrupted(*arguments: object, **keywords: object) -> None:
        gate.wait_arrived()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("triton_py.control.loader.wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            server.load("m")
    assert states(server) == {"m": {"1": "UNAVAILABLE: load was interrupted"}}
    closed = threading.Event()
    dataplane.watch = lambda point: closed.set() if point == "close:m:1" else None
    gate.open()
    assert closed.wait(TIMEOUT_S)
    del dataplane.gates["instance:m:1"]
    server.load("m")
    assert states(server) == {"m": READY}


def test_many_threads_and_random_operations(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    """Whatever happens: one build at most serves, the rest is closed, and the states agree."""
    names = ["a", "b", "c"]
    for name in names:
        repository.model(name)
    server = start()
    barrier = threading.Barrier(6)

    def work(seed: int) -> None:
        choose = random.Random(seed)
        barrier.wait(TIMEOUT_S)
        for _ in range(40):
            name = choose.choice(names)
            action = choose.randrange(4)
            try:
                if action == 0:
                    server.unload(name)
                elif action == 1:
                    server.load(name)
                elif action == 2:
                    server.load(name, [("config", OVERRIDE)])
                else:
                    server.index(ready_only=False)
                    server.model_metadata(name, -1)
            except TritonError as error:
                assert OUTDATED in str(error) or "unknown model" in str(error), error

    threads = [Background(lambda seed=seed: work(seed)) for seed in range(6)]  # type: ignore[misc]
    for thread in threads:
        thread.result()
    wait_until_unloaded(server)
    assert server._operations.active() == 0
    found = states(server)
    assert {(name, 1) for name in names if found[name] == READY} == set(dataplane.table)
    assert len(dataplane.open_models()) == len(dataplane.table)
    for name in names:
        assert found[name] in (READY, {"1": "UNAVAILABLE: unloaded"}), found


OVERRIDE = """{"backend": "fake", "max_batch_size": 1,
 "input": [{"name": "I", "data_type": "TYPE_INT8", "dims": [1]}],
 "output": [{"name": "O", "data_type": "TYPE_INT8", "dims": [1]}]}"""
