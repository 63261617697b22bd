# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""--watch-backends: libraries that are built anew while they serve."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane, broken
from control_support import Background, Repository, StartServer, states, wait_until_unloaded
from live_objects import more_than
from tally import Notes, compile_tally, wait_for, write_model

import triton_py
from triton_py import development
from triton_py.control import ControlPlane
from triton_py.control.libraries import PrivateCopy
from triton_py.errors import UnavailableError
from triton_py.inprocess.counters import live_objects


def rebuild(repository: Repository, content: str) -> None:
    library = repository.backends / "fake" / "libtriton_fake.so"
    fresh = library.with_suffix(".new")
    fresh.write_text(content)
    os.replace(fresh, library)


def look(server: ControlPlane, times: int = 2) -> None:
    for _ in range(times):
        server._watcher.look()


@pytest.fixture
def watch(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> StartServer:
    """As ``start``, with the watcher, which looks only when a test does."""
    monkeypatch.setattr("triton_py.control.watch.BackendWatcher.start", lambda watcher: None)
    return lambda **options: start(watch_backends=True, **options)


def test_models_move_to_the_rebuilt_library(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("a", "b"):
        repository.model(name)
    server = watch(startup_models=["*"])
    look(server)
    assert len(dataplane.backends) == 1, "nothing has changed"
    old = {name: dataplane.served(name) for name in ("a", "b")}
    old["a"].request()
    rebuild(repository, "new")
    look(server)
    assert len(dataplane.backends) == 2
    first, second = dataplane.backends
    for name, model in old.items():
        assert dataplane.served(name) is not model
        assert dataplane.served(name).backend is second
    wait_for(lambda: old["b"].closed, "the old build stays")
    assert not first.closed, "a request is still in it"
    old["a"].respond()
    wait_until_unloaded(server)
    assert first.closed and not second.closed
    assert states(server) == {"a": {"1": "READY"}, "b": {"1": "READY"}}
    look(server)
    assert len(dataplane.backends) == 2


def test_a_file_that_is_still_written_to_is_left_alone(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = watch(startup_models=["m"])
    for number in range(3):
        rebuild(repository, f"part {number}")
        look(server, 1)
    library = repository.backends / "fake" / "libtriton_fake.so"
    library.unlink()
    look(server)
    assert len(dataplane.backends) == 1
    repository.library("fake")
    look(server)
    assert len(dataplane.backends) == 2


def test_a_broken_library_is_reported_once_and_leaves_what_serves(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = watch(startup_models=["m"])
    model = dataplane.served("m")
    dataplane.fail["load_backend:fake"] = broken("the rebuild")
    rebuild(repository, "broken")
    look(server, 5)
    assert dataplane.served("m") is model
    assert len(dataplane.logged("goes on with the one before: Internal: the rebuild is")) == 1
    # A model that comes now gets the library that works.
    repository.model("n")
    server.load("n")
    assert dataplane.served("n").backend is model.backend
    del dataplane.fail["load_backend:fake"]
    rebuild(repository, "mended")
    look(server)
    assert dataplane.served("m").backend is dataplane.served("n").backend is dataplane.backends[1]


def test_a_model_that_does_not_work_with_it_stays_on_the_old_one(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("good", "bad"):
        repository.model(name)
    server = watch(startup_models=["*"])
    bad = dataplane.served("bad")
    dataplane.fail["create:bad:1"] = broken("the new library")
    rebuild(repository, "new")
    look(server)
    wait_until_unloaded(server)
    assert dataplane.served("bad") is bad and not bad.backend.closed
    assert dataplane.served("good").backend is dataplane.backends[1]
    assert dataplane.logged("model 'bad' does not work with the new")
    server.unload("bad")
    wait_until_unloaded(server)
    assert bad.backend.closed


def test_models_that_could_not_be_loaded_are_tried_again(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    repository.model("unloaded")
    dataplane.fail["load_backend:fake"] = broken("the library")
    server = watch(startup_models=["m", "unloaded"])
    server.unload("unloaded")
    del dataplane.fail["load_backend:fake"]
    rebuild(repository, "mended")
    look(server)
    assert states(server)["m"] == {"1": "READY"}
    assert states(server)["unloaded"] == {"1": "UNAVAILABLE: unloaded"}


def test_an_override_survives_the_move(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", 1, 2, extra="version_policy { all {} }")
    server = watch(startup_models=["m"])
    text = '{"name": "m", "backend": "fake", "max_batch_size": 3,'
    text += '"input": [{"name": "IN", "data_type": "TYPE_FP32", "dims": [4]}],'
    text += '"output": [{"name": "OUT", "data_type": "TYPE_FP32", "dims": [4]}],'
    text += '"version_policy": {"all": {}}, "instance_group": [{"count": 2, "kind": "KIND_CPU"}]}'
    server.load("m", [("config", text)])
    rebuild(repository, "new")
    look(server)
    for version in (1, 2):
        assert dataplane.served("m", version).backend is dataplane.backends[1]
        assert server.model_config("m", version)["max_batch_size"] == 3
        assert len(dataplane.served("m", version).instances) == 2
    # It still is an override.
    server.load("m")
    assert server.model_config("m", 1)["max_batch_size"] == 8


def test_agents_do_not_notice_a_new_library(
    repository: Repository, watch: StartServer, dataplane: FakeDataPlane
) -> None:
    """The files that they brought stay in use, so for them nothing ends and nothing begins."""
    repository.agent("a")
    repository.model("m", extra="model_repository_agents { agents { name: 'a' } }")
    server = watch(startup_models=["m"])

    def told() -> list[str]:
        return [p.removeprefix("agent:a:") for p in dataplane.points if p.startswith("agent:")]

    for content in ("broken", "new", "newer"):
        old = dataplane.served("m")
        dataplane.fail = {"create:m:1": broken("the library")} if content == "broken" else {}
        rebuild(repository, content)
        look(server)
        wait_until_unloaded(server)
        assert old.closed is (content != "broken")
        assert told() == ["LOAD", "LOAD_COMPLETE"]
    server.unload("m")
    wait_until_unloaded(server)
    assert told() == ["LOAD", "LOAD_COMPLETE", "UNLOAD", "UNLOAD_COMPLETE"]
    assert all(agent.closed for agent in dataplane.agents)


def test_a_stop_waits_for_the_library_that_is_being_loaded(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    """Otherwise its code would run in a server that is gone."""
    repository.model("m")
    server = create(watch_backends=True, startup_models=["m"])
    server._watcher._interval = 0.005
    server.start()
    gate = dataplane.gate("load_backend:fake")
    rebuild(repository, "new")
    gate.wait_arrived()
    stopping = Background(lambda: server.stop(TIMEOUT_S))
    assert server._watcher._stopped.wait(TIMEOUT_S)
    wait_for(lambda: dataplane.open_models() == [], "the models stay")
    assert not server._watcher.wait_over(0)
    assert not dataplane.backends[0].closed, "the server has stopped"
    gate.open()
    assert stopping.result() is True
    assert len(dataplane.backends) == 2 and dataplane.logged("watching backends failed") == []


def test_a_copy_finds_what_lies_beside_the_library(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libother.so").write_text("other")
    (tmp_path / "lib" / "libx.so").write_text("x")
    os.symlink(tmp_path / "lib" / "libx.so", tmp_path / "link.so")
    copy = PrivateCopy(str(tmp_path / "link.so"))
    folder = Path(copy.path).parent
    assert Path(copy.path).read_text() == "x" and not os.path.islink(copy.path)
    assert (folder / "libother.so").read_text() == "other"
    copy.remove()
    assert not folder.exists() and (tmp_path / "lib" / "libother.so").exists()
    with pytest.raises(UnavailableError, match="can't be copied"):
        PrivateCopy(str(tmp_path / "none.so"))


# With real libraries


@pytest.fixture
def watching() -> Iterator[None]:
    before = live_objects()
    development.watch_backends(True)
    yield
    development.watch_backends(False)
    assert more_than(before) == {}


def test_requests_go_on_from_one_build_to_the_next(
    tmp_path: Path, watching: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    held.touch()
    monkeypatch.setenv("TALLY_HELD", str(held))
    monkeypatch.setenv("TALLY_LOG", str(tmp_path / "log"))
    notes = Notes(tmp_path / "log")
    library = compile_tally(tmp_path / "backends" / "tally" / "libtriton_tally.so", 1)
    write_model(tmp_path / "models", "m", "instance_group { kind: KIND_CPU count: 2 }")
    with triton_py.Server(
        model_repository=[str(tmp_path / "models")],
        model_control_mode="explicit",
        startup_models=["m"],
        backend_directory=str(tmp_path / "backends"),
    ) as server:

        def ask(**parameters: int) -> int:
            response = server.model("m").infer(
                inputs={"IN": np.zeros(1, np.int32)}, parameters=parameters
            )
            return int(response.result(timeout=TIMEOUT_S)["ANSWER"].numpy()[0])

        assert ask() == 1
        late = Background(lambda: ask(held=1))
        wait_for(lambda: "library held 1" in notes.lines(), "the request is not taken")
        compile_tally(library, 2)
        wait_for(lambda: ask() == 2, "the new library is not used")
        assert "library - 1" not in notes.lines(), "it still has a request"
        held.unlink()
        assert late.result() == 1
        wait_for(lambda: "library - 1" in notes.lines(), "the old library stays")
        compile_tally(library, 3, "-DBROKEN")
        wait_for(lambda: "library ! 3" in notes.lines(), "the broken library is not tried")
        assert ask() == 2
        compile_tally(library, 4)
        wait_for(lambda: ask() == 4, "the mended library is not used")
    assert notes.alive() == []
    assert notes.lines()[-1] == "library - 4"
