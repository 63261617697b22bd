# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repository agents in the control plane: any step may fail, anybody may come in between.

``FakeAgentModel`` refuses what may not follow, and the fixture sees to it that in the end all is
closed, once. What real agents see is in tests/agents.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane, broken
from control_support import (
    Background,
    Repository,
    StartServer,
    states,
    wait_until_unloaded,
)

from triton_py.control import ControlMode
from triton_py.errors import InvalidArgumentError, TritonError, UnavailableError

AGENTS = "model_repository_agents { agents { name: 'a' } agents { name: 'b' } }"

#: Every step of a first load, in order.
STEPS = [
    "load_agent:a", "agent_create:a", "agent:a:LOAD",
    "load_agent:b", "agent_create:b", "agent:b:LOAD",
    "load_backend:fake", "create:m:1", "configure:m:1", "instance:m:1", "start:m:1", "publish:m:1",
]  # fmt: skip
#: What is left of the agents' life when all of those went well.
REST = [
    "agent:b:LOAD_COMPLETE", "agent:a:LOAD_COMPLETE",
    "agent:a:UNLOAD", "agent:b:UNLOAD", "agent:b:UNLOAD_COMPLETE", "agent:a:UNLOAD_COMPLETE",
    "agent_close:b", "close_agent:b", "agent_close:a", "close_agent:a",
]  # fmt: skip


@pytest.fixture
def model(repository: Repository) -> Path:
    repository.agent("a")
    repository.agent("b")
    return repository.model("m", extra=AGENTS)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not true():
        assert time.monotonic() < deadline, "that does not come true"
        time.sleep(0.001)


def told(dataplane: FakeDataPlane) -> list[str]:
    """What the agents were told, as ``a:LOAD``."""
    return [p.removeprefix("agent:") for p in dataplane.points if p.startswith("agent:")]


def test_the_steps_of_a_load_and_an_unload(
    model: Path, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    server.load("m")
    server.unload("m")
    wait_until_unloaded(server)
    others = {"ready:m:1", "withdraw:m:1", "drain:m:1", "close:m:1"}
    assert [p for p in dataplane.points if p not in others] == [*STEPS, *REST]


@pytest.mark.parametrize("step", STEPS)
def test_a_load_that_fails_at_any_step(
    model: Path, start: StartServer, dataplane: FakeDataPlane, step: str
) -> None:
    server = start()
    dataplane.fail[step] = broken(step)
    with pytest.raises(TritonError, match=f"{step} is broken"):
        server.load("m")
    # Who was told of LOAD, be it that it refused, is told of the failure, the last one first.
    loaded = [p.split(":")[1] for p in dataplane.points if p.endswith(":LOAD")]
    assert told(dataplane) == [
        *(f"{agent}:LOAD" for agent in loaded),
        *(f"{agent}:LOAD_FAIL" for agent in reversed(loaded)),
    ]
    assert all(agent.closed for agent in dataplane.agents)
    assert all(m.closed for m in dataplane.agent_models)
    assert dataplane.open_models() == []
    del dataplane.fail[step]
    server.load("m")
    assert states(server) == {"m": {"1": "READY"}}


@pytest.mark.parametrize("step", [step for step in STEPS if not step.startswith("load_")])
def test_a_reload_that_fails_at_any_step_keeps_what_serves(
    model: Path, repository: Repository, start: StartServer, dataplane: FakeDataPlane, step: str
) -> None:
    server = start()
    server.load("m")
    old = dataplane.served("m")
    repository.model("m", extra=AGENTS + "dynamic_batching {}")
    dataplane.points.clear()
    dataplane.fail[step] = broken(step)
    with pytest.raises(TritonError, match=f"{step} is broken"):
        server.load("m")
    assert dataplane.served("m") is old
    assert not any("UNLOAD" in event for event in told(dataplane))
    assert [m.closed for m in dataplane.agent_models[:2]] == [False, False]
    assert all(m.closed for m in dataplane.agent_models[2:])
    assert not any(agent.closed for agent in dataplane.agents)


@pytest.mark.parametrize("step", REST)
def test_a_failure_after_the_load_is_logged_and_no_more(
    model: Path, start: StartServer, dataplane: FakeDataPlane, step: str
) -> None:
    dataplane.fail[step] = broken(step)
    server = start()
    server.load("m")
    server.unload("m")
    wait_until_unloaded(server)
    assert [p for p in dataplane.points if p in REST] == REST
    assert len(dataplane.logged(f"{step} is broken")) == 1
    assert states(server) == {"m": {"1": "UNAVAILABLE: unloaded"}}


@pytest.mark.parametrize("step", ["agent:a:LOAD", "agent_create:b", "agent:b:LOAD"])
def test_a_defect_is_no_way_to_leave_an_agent_open(
    model: Path, start: StartServer, dataplane: FakeDataPlane, step: str
) -> None:
    dataplane.fail[step] = RuntimeError("a defect")
    server = start()
    with pytest.raises(TritonError, match="RuntimeError: a defect"):
        server.load("m")
    assert all(agent.closed for agent in dataplane.agents)


def test_interrupted_while_an_agent_loads(
    model: Path, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    dataplane.fail["agent:b:LOAD"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        server.load("m")
    assert told(dataplane)[-2:] == ["b:LOAD_FAIL", "a:LOAD_FAIL"]
    dataplane.fail.clear()
    server.load("m")


def test_interrupted_while_the_agents_learn_that_the_model_serves(
    model: Path, repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    server.load("m")
    old = dataplane.served("m")
    repository.model("m", extra=AGENTS + "dynamic_batching {}")
    dataplane.fail["agent:b:LOAD_COMPLETE"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        server.load("m")
    wait_until_unloaded(server)
    assert old.closed and dataplane.served("m") is not old
    assert [m.last for m in dataplane.agent_models] == ["UNLOAD_COMPLETE"] * 2 + [
        "LOAD_COMPLETE"] * 2


def test_an_unload_during_the_load(
    model: Path, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    gate = dataplane.gate("create:m:1")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    unload = Background(lambda: server.unload("m"))
    until(lambda: server._operations.active() == 2)
    gate.open()
    assert "Newer operation" in load.error().message
    unload.result()
    assert told(dataplane) == ["a:LOAD", "b:LOAD", "b:LOAD_FAIL", "a:LOAD_FAIL"]


@pytest.mark.parametrize("fails", [False, True])
def test_an_unload_while_the_first_agent_loads(
    model: Path, start: StartServer, dataplane: FakeDataPlane, fails: bool
) -> None:
    server = start()
    gate = dataplane.gate("agent:a:LOAD")
    if fails:
        dataplane.fail["agent:a:LOAD"] = broken("the agent")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    unload = Background(lambda: server.unload("m"))
    until(lambda: server._operations.active() == 2)
    gate.open()
    assert "Newer operation" in load.error().message
    unload.result()
    assert told(dataplane) == ["a:LOAD", "a:LOAD_FAIL"], "the next agent is not even asked"
    assert states(server).get("m", {}) == {}
    dataplane.fail.clear()
    server.load("m")
    assert states(server) == {"m": {"1": "READY"}}


def test_the_server_stops_while_an_agent_loads(
    model: Path, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    gate = dataplane.gate("agent:b:LOAD")  # the last one: what comes next is the backend
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    stop = Background(lambda: server.stop(TIMEOUT_S))
    until(lambda: server._operations._closed)
    gate.open()
    assert isinstance(load.error(), UnavailableError)
    assert stop.result() is True
    assert told(dataplane)[-2:] == ["b:LOAD_FAIL", "a:LOAD_FAIL"]


def test_the_server_stops_before_the_agents_know_that_the_model_serves(
    model: Path, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    gate = dataplane.gate("agent:b:LOAD_COMPLETE")
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    stop = Background(lambda: server.stop(TIMEOUT_S))
    until(lambda: not dataplane.table)
    gate.open()
    load.result()
    assert stop.result() is True
    assert told(dataplane)[2:] == [
        "b:LOAD_COMPLETE", "a:LOAD_COMPLETE", "a:UNLOAD", "b:UNLOAD", "b:UNLOAD_COMPLETE",
        "a:UNLOAD_COMPLETE",
    ]


def test_a_slow_agent_keeps_neither_an_unload_nor_other_models(
    model: Path, repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("other")
    server = start()
    server.load("m")
    gate = dataplane.gate("agent:a:UNLOAD")
    server.unload("m")
    gate.wait_arrived()
    assert states(server)["m"] == {"1": "UNLOADING"}
    with pytest.raises(UnavailableError):
        server.model_is_ready("m", 1)
    server.load("other")
    server.unload("other")
    # A stop says so, instead of waiting for ever.
    assert server.stop(0.05) is False
    gate.open()
    wait_until_unloaded(server)
    assert server._backends.close()
    server._stop_result = True


def test_a_load_while_the_agents_of_the_last_build_end(
    model: Path, start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    server.load("m")
    gate = dataplane.gate("agent:a:UNLOAD_COMPLETE")
    server.unload("m")
    gate.wait_arrived()
    server.load("m")
    assert states(server) == {"m": {"1": "READY"}}
    assert len(dataplane.agents) == 2, "the agents are still loaded and are shared"
    gate.open()
    wait_until_unloaded(server)
    assert states(server) == {"m": {"1": "READY"}}


def test_a_load_while_the_agent_is_being_closed(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.agent("a")
    repository.model("m", extra="model_repository_agents { agents { name: 'a' } }")
    server = start()
    server.load("m")
    gate = dataplane.gate("close_agent:a")
    server.unload("m")
    gate.wait_arrived()
    del dataplane.gates["close_agent:a"]
    load = Background(lambda: server.load("m"))
    assert load.running()
    gate.open()
    load.result()
    # The library was finalised before it was initialised again.
    points = [p for p in dataplane.points if p in ("load_agent:a", "close_agent:a")]
    assert points == ["load_agent:a", "close_agent:a", "load_agent:a"]


def test_models_that_load_side_by_side_share_an_agent(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.agent("a")
    names = [f"m{i}" for i in range(8)]
    for name in names:
        repository.model(name, extra="model_repository_agents { agents { name: 'a' } }")
    server = start()
    barrier = threading.Barrier(len(names))

    def load_and_unload(name: str) -> None:
        barrier.wait(TIMEOUT_S)
        for _ in range(5):
            server.load(name)
            server.unload(name)

    for thread in [Background(lambda name=name: load_and_unload(name)) for name in names]:
        thread.result()
    wait_until_unloaded(server)
    opened = [p for p in dataplane.points if p in ("load_agent:a", "close_agent:a")]
    assert opened == ["load_agent:a", "close_agent:a"] * (len(opened) // 2)


def test_retries_of_a_version_are_one_load_for_the_agents(
    model: Path, create: StartServer, dataplane: FakeDataPlane
) -> None:
    server = create(model_load_retry_count=2)
    server.start()
    dataplane.fail["start:m:1"] = broken("start")
    with pytest.raises(InvalidArgumentError):
        server.load("m")
    assert dataplane.points.count("start:m:1") == 3
    assert told(dataplane) == ["a:LOAD", "b:LOAD", "b:LOAD_FAIL", "a:LOAD_FAIL"]


def test_what_is_polled_is_the_repository(
    model: Path, repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    there = repository.root / "there"
    (there / "1").mkdir(parents=True)
    (there / "config.pbtxt").write_text((model / "config.pbtxt").read_text())
    dataplane.moves["b"] = str(there)
    server = create(model_control_mode=ControlMode.POLL)
    server.start()
    assert dataplane.served("m").directory == str(there)
    seen = len(told(dataplane))
    (there / "more").write_text("x")
    server.poll()
    assert len(told(dataplane)) == seen, "what the agents made is theirs"
    (model / "more").write_text("x")
    server.poll()
    wait_until_unloaded(server)
    assert told(dataplane)[seen:][:2] == ["a:LOAD", "b:LOAD"]


def test_files_of_a_load_request_outlive_the_agents(
    model: Path, start: StartServer, dataplane: FakeDataPlane, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    config = """{"backend": "fake", "model_repository_agents": {"agents": [{"name": "a"}]},
      "input": [{"name": "IN", "data_type": "TYPE_FP32", "dims": [4]}],
      "output": [{"name": "OUT", "data_type": "TYPE_FP32", "dims": [4]}]}"""
    request = [("config", config), ("file:1/x", b"x")]
    server = start()
    seen: list[bool] = []

    def look(point: str) -> None:
        if point in ("agent:a:UNLOAD_COMPLETE", "agent:a:LOAD_FAIL", "agent_close:a"):
            location = Path(dataplane.agent_models[-1].location[1])
            seen.append((location / "1" / "x").exists())

    dataplane.watch = look
    server.load("sent", request)
    server.unload("sent")
    wait_until_unloaded(server)
    dataplane.fail["agent:a:LOAD"] = broken("it")
    with pytest.raises(TritonError):
        server.load("sent", request)
    assert seen == [True] * 4
    assert list((tmp_path / "temporary").iterdir()) == []
