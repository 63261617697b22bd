# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loads that fail, at every step: nothing is left behind and what serves goes on serving."""

from __future__ import annotations

import threading
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
from triton_py.errors import InvalidArgumentError, TritonError

#: Each step of a load and what must have been made (and hence closed) when it fails.
STEPS = [
    ("load_backend:fake", 0),
    ("create:m:1", 0),
    ("configure:m:1", 1),
    ("instance:m:1", 1),
    ("start:m:1", 1),
    ("publish:m:1", 1),
]


@pytest.mark.parametrize(("step", "made"), STEPS)
def test_a_first_load_that_fails_leaves_nothing(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane, step: str, made: int
) -> None:
    repository.model("m", extra="instance_group { kind: KIND_CPU count: 3 }")
    server = start()
    dataplane.fail[step] = broken(step)
    with pytest.raises(InvalidArgumentError) as caught:
        server.load("m")
    assert caught.value.message == (
        f"load failed for model 'm': version 1 is at UNAVAILABLE state: Internal: {step} is "
        "broken;\n"
    )
    assert len(dataplane.models) == made
    assert dataplane.open_models() == []
    assert dataplane.table == {}
    assert states(server) == {"m": {"1": f"UNAVAILABLE: Internal: {step} is broken"}}
    assert not server.is_ready()
    del dataplane.fail[step]
    server.load("m")
    assert states(server) == {"m": {"1": "READY"}}
    assert server.is_ready()


@pytest.mark.parametrize(("step", "made"), STEPS[1:])
def test_a_reload_that_fails_keeps_the_old_build(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane, step: str, made: int
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    old = dataplane.served("m")
    old.request()
    repository.model("m", extra="dynamic_batching {}")
    dataplane.fail[step] = broken(step)
    with pytest.raises(InvalidArgumentError, match="load failed for model 'm'"):
        server.load("m")
    assert len(dataplane.models) == 1 + made
    assert dataplane.open_models() == [old]
    assert dataplane.served("m") is old and not old.withdrawn
    assert states(server) == {"m": {"1": "READY"}}
    assert "dynamic_batching" not in server.model_config("m", -1)
    del dataplane.fail[step]
    server.load("m")
    assert "dynamic_batching" in server.model_config("m", -1)
    old.respond()


def test_one_instance_of_several_fails(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra="instance_group { kind: KIND_CPU count: 3 }")
    server = start()
    reached: list[str] = []

    def fail_the_second(point: str) -> None:
        reached.append(point)
        if reached.count("instance:m:1") == 2:
            raise broken("the second instance")

    dataplane.watch = fail_the_second
    with pytest.raises(InvalidArgumentError, match="the second instance is broken"):
        server.load("m")
    assert reached.count("instance:m:1") == 2, "no instance is made after one has failed"
    assert dataplane.open_models() == []


def test_one_version_of_several_fails_and_none_serves(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", 1, 2, 3, extra="version_policy { all {} }")
    server = start()
    dataplane.fail["start:m:2"] = broken("version 2")
    with pytest.raises(InvalidArgumentError) as caught:
        server.load("m")
    assert "version 2 is at UNAVAILABLE state: Internal: version 2 is broken;" in str(caught.value)
    assert dataplane.open_models() == [] and dataplane.table == {}
    assert states(server) == {
        "m": {
            "1": "UNAVAILABLE: not loaded because version 2 failed to load",
            "2": "UNAVAILABLE: Internal: version 2 is broken",
            "3": "UNAVAILABLE: not loaded because version 2 failed to load",
        }
    }


def test_a_publish_that_fails_half_way_is_taken_back(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", 2)
    server = start(startup_models=["m"])
    old = dataplane.served("m", 2)
    repository.model("m", 1, 3, extra="version_policy { all {} }")
    dataplane.fail["publish:m:3"] = broken("version 3")
    draining = threading.Event()

    def use_version_1(point: str) -> None:
        # A request finds version 1 in the moment in which it is published.
        if point == "publish:m:3":
            dataplane.served("m", 1).request()
        elif point == "drain:m:1":
            draining.set()

    dataplane.watch = use_version_1
    load = Background(lambda: server.load("m"))
    assert draining.wait(TIMEOUT_S)
    (short_lived,) = [model for model in dataplane.models if model.version == 1]
    assert not short_lived.closed and ("m", 1) not in dataplane.table
    short_lived.respond()
    assert "version 3 is broken" in load.error().message
    assert dataplane.table == {("m", 2): old}
    assert dataplane.open_models() == [old]
    assert states(server)["m"]["2"] == "READY"


def test_what_is_not_an_error_of_ours_is_wrapped(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    dataplane.fail["create:m:1"] = ZeroDivisionError("oops")
    with pytest.raises(InvalidArgumentError, match="Internal: ZeroDivisionError: oops"):
        server.load("m")


def test_a_failing_finalize_is_logged_and_the_model_is_gone(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    dataplane.fail["close:m:1"] = broken("ModelFinalize")
    server.unload("m")
    wait_until_unloaded(server)
    assert dataplane.logged("failed finalizing model 'm' version 1: Internal: ModelFinalize is")
    assert states(server) == {"m": {"1": "UNAVAILABLE: unloaded"}}


def test_a_failing_finalize_does_not_hide_why_the_load_failed(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    dataplane.fail["start:m:1"] = broken("start")
    dataplane.fail["close:m:1"] = broken("close")
    with pytest.raises(InvalidArgumentError, match="start is broken"):
        server.load("m")
    assert dataplane.logged("close is broken")


def test_a_failing_backend_finalize_is_logged(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = create(startup_models=["m"])
    server.start()
    dataplane.fail["close_backend:fake"] = broken("Finalize")
    assert server.stop(5)
    assert dataplane.logged("failed finalizing backend 'fake': Finalize is broken")


def test_a_broken_model_among_good_ones(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("a", "b", "c"):
        repository.model(name)
    repository.model("syntax", config="input [")
    repository.model("unknown", config="no_such_field: 1")
    repository.model("library", config="backend: 'nowhere' " + IO)
    repository.model("empty").joinpath("1").rmdir()
    dataplane.fail["instance:b:1"] = broken("b")
    server = start(model_control_mode=ControlMode.NONE)
    found = states(server)
    assert found["a"] == found["c"] == {"1": "READY"}
    assert found["b"] == {"1": "UNAVAILABLE: Internal: b is broken"}
    assert "config.pbtxt:1" in found["syntax"][""]
    assert "no_such_field" in found["unknown"][""]
    assert "unable to find backend library" in found["library"]["1"]
    assert "at least one version" in found["empty"][""]
    assert server.is_live() and not server.is_ready()
    assert server.model_is_ready("a", -1)
    for name in ("b", "library"):
        assert dataplane.logged(f"failed to load '{name}' version 1: ")
    assert [entry["name"] for entry in server.index(ready_only=True)] == ["a", "c"]


IO = """input { name: "I" data_type: TYPE_INT8 dims: 1 }
output { name: "O" data_type: TYPE_INT8 dims: 1 }"""


def test_a_model_that_never_loaded_may_be_unloaded_to_make_the_server_ready(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    repository.model("n", config="nonsense")
    dataplane.fail["start:m:1"] = broken("m")
    server = start(startup_models=["m", "n"])
    assert not server.is_ready()
    server.unload("m")
    assert not server.is_ready()
    server.unload("n")
    assert server.is_ready()


def test_a_failed_load_with_files_leaves_no_folder(
    start: StartServer,
    dataplane: FakeDataPlane,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    server = start()
    files = [("file:1/model.bin", b"weights")]
    for step, _ in STEPS:
        dataplane.fail = {step: broken(step)}
        with pytest.raises(TritonError):
            server.load("m", [("config", '{"backend": "fake",' + IO_JSON + "}"), *files])
        assert list(temporary.iterdir()) == [], step
    dataplane.fail = {}
    with pytest.raises(TritonError):
        server.load("m", [("config", '{"backend": "nowhere",' + IO_JSON + "}"), *files])
    with pytest.raises(TritonError):
        server.load("m", [("config", "{}"), *files])
    assert list(temporary.iterdir()) == []


IO_JSON = """"input": [{"name": "I", "data_type": "TYPE_INT8", "dims": [1]}],
 "output": [{"name": "O", "data_type": "TYPE_INT8", "dims": [1]}]"""


def test_a_load_repairs_a_model_whose_instances_are_broken(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    dead = dataplane.served("m")
    dead.is_ready = False
    assert not server.model_is_ready("m", -1)
    server.load("m")
    wait_until_unloaded(server)
    assert dead.closed and server.model_is_ready("m", -1)


def test_retries(repository: Repository, start: StartServer, dataplane: FakeDataPlane) -> None:
    repository.model("m")
    server = start(model_load_retry_count=2)
    attempts: list[str] = []

    def fail_twice(point: str) -> None:
        if point == "start:m:1":
            attempts.append(point)
            if len(attempts) < 3:
                raise broken(f"attempt {len(attempts)}")

    dataplane.watch = fail_twice
    server.load("m")
    assert len(attempts) == 3
    assert len(dataplane.models) == 3 and len(dataplane.open_models()) == 1
    assert states(server) == {"m": {"1": "READY"}}


def test_a_backend_that_fails_to_load_is_tried_again(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("a")
    repository.model("b")
    server = start()
    dataplane.fail["load_backend:fake"] = broken("Initialize")
    for name in ("a", "b"):
        with pytest.raises(TritonError, match="Initialize is broken"):
            server.load(name)
    del dataplane.fail["load_backend:fake"]
    server.load("a")
    server.load("b")
    assert len(dataplane.backends) == 1


def test_models_that_start_together_share_one_backend(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("a", "b", "c", "d"):
        repository.model(name)
    server = create(startup_models=["*"])
    gate = dataplane.gate("load_backend:fake")
    starting = Background(server.start)
    gate.wait_arrived()
    gate.open()
    starting.result()
    assert len(dataplane.backends) == 1
    assert dataplane.points.count("load_backend:fake") == 1


def test_a_library_in_the_model_folder_is_a_backend_of_its_own(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("a")
    repository.library("fake", repository.model("b"))
    start(startup_models=["*"])
    assert dataplane.served("a").backend is not dataplane.served("b").backend


def test_a_drain_that_fails_leaves_the_model_alone(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = create(startup_models=["m"])
    server.start()
    model = dataplane.served("m")
    dataplane.fail["drain:m:1"] = broken("drain")
    server.unload("m")
    assert not server.stop(0.05)
    assert not model.closed
    assert not model.backend.closed, "a library must not vanish under a living model"
    assert dataplane.logged("'m' version 1: failed to unload: Internal: drain is broken")
    model.close()
    model.backend.close()
    server._stop_result = True
