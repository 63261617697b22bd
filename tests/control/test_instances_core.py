# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Instances that come and go under requests, in the real core."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from control_fakes import TIMEOUT_S
from control_support import Background
from live_objects import more_than
from tally import Notes, compile_tally, wait_for, write_model

import triton_py
from triton_py.inprocess.counters import live_objects

IDENTITY = """
backend: "identity"
max_batch_size: 8
input {{ name: "INPUT0" data_type: TYPE_INT32 dims: [-1] }}
output {{ name: "OUTPUT0" data_type: TYPE_INT32 dims: [-1] }}
{extra}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_tally(tmp_path_factory.mktemp("tally") / "tally" / "libtriton_tally.so")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notes:
    monkeypatch.setenv("TALLY_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("TALLY_SICK", str(tmp_path / "sick"))
    monkeypatch.setenv("TALLY_HELD", str(tmp_path / "held"))
    return Notes(tmp_path / "log")


@pytest.fixture
def held(tmp_path: Path, notes: Notes) -> Iterator[Path]:
    """While this file exists requests with the parameter ``held`` are not answered."""
    file = tmp_path / "held"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


@pytest.fixture
def server(tmp_path: Path, library: Path, notes: Notes) -> Iterator[triton_py.Server]:
    """Explicit mode over an empty repository; afterwards nothing is alive in the core."""
    before = live_objects()
    (tmp_path / "models").mkdir()
    server = triton_py.Server(
        model_repository=[str(tmp_path / "models")],
        model_control_mode="explicit",
        backend_directory=str(library.parents[1]),
        strict_model_config=False,
        exit_timeout=20,
    )
    server.start()
    yield server
    server.stop()
    assert more_than(before) == {}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "models"


def count(number: int) -> str:
    return f"instance_group {{ kind: KIND_CPU count: {number} }}"


def ask(server: triton_py.Server, **parameters: int) -> int:
    response = server.model("m").infer(
        inputs={"IN": np.zeros(1, np.int32)}, parameters=parameters
    )
    return int(response.result(timeout=TIMEOUT_S)["ANSWER"].numpy()[0])


def test_instances_follow_the_configuration(
    server: triton_py.Server, repository: Path, notes: Notes
) -> None:
    for number in (1, 4, 2, 7, 1):
        write_model(repository, "m", count(number))
        server.load("m")
        wait_for(lambda number=number: len(notes.alive()) == number, "instances are left")
        assert ask(server) == 1
    # One stayed through all of it.
    assert "m_0_0" in notes.alive() and notes.lines().count("+ m_0_0") == 1
    server.unload("m")
    wait_for(lambda: notes.alive() == [], "an instance is left")


@pytest.mark.parametrize("extra", ["", "dynamic_batching { max_queue_delay_microseconds: 300 }"])
def test_no_request_is_lost_while_instances_come_and_go(
    server: triton_py.Server, repository: Path, extra: str
) -> None:
    def write(number: int) -> None:
        folder = repository / "m"
        (folder / "1").mkdir(parents=True, exist_ok=True)
        (folder / "config.pbtxt").write_text(IDENTITY.format(extra=extra + count(number)))

    write(1)
    server.load("m")
    done = threading.Event()
    asked = Counter[int]()

    def client(seed: int) -> None:
        while not done.is_set():
            value = np.array([[seed, asked[seed]]], np.int32)
            answer = server.model("m").infer(inputs={"INPUT0": value}).result(timeout=TIMEOUT_S)
            assert answer["OUTPUT0"].numpy().tolist() == value.tolist()
            asked[seed] += 1

    def operator() -> None:
        choose = random.Random(7)
        try:
            for _ in range(60):
                write(choose.randint(1, 5))
                server.load("m")
        finally:
            done.set()

    def prober() -> None:
        while not done.is_set():
            assert server.ready()
            server.statistics()

    for background in [Background(f) for f in (operator, prober)] + [
        Background(lambda seed=seed: client(seed))  # type: ignore[misc]
        for seed in range(4)
    ]:
        background.result()
    assert min(asked.values()) > 0
    (statistics,) = server.statistics()["model_stats"]
    assert statistics["inference_stats"]["success"]["count"] == sum(asked.values())
    assert statistics["inference_stats"]["fail"]["count"] == 0


def test_an_instance_stays_as_long_as_it_has_a_request(
    server: triton_py.Server, repository: Path, notes: Notes, held: Path
) -> None:
    """A backend that answers from a thread of its own reports on an instance that has left."""
    group = 'instance_group {{ kind: KIND_CPU host_policy: "{}" }}'
    write_model(repository, "m", group.format("a"))
    server.load("m")
    model = server.model("m")
    late = [
        model.infer(inputs={"IN": np.zeros(1, np.int32)}, parameters={"held": 1})
        for _ in range(4)
    ]
    wait_for(lambda: notes.lines().count("library held 1") == 4, "the requests are not taken")
    # Another host policy is another instance.
    write_model(repository, "m", group.format("b"))
    server.load("m")
    assert len(notes.alive()) == 2, "it was finalized under its requests"
    assert ask(server) == 1
    assert len(notes.alive()) == 2
    held.unlink()
    for response in late:
        assert int(response.result(timeout=TIMEOUT_S)["ANSWER"].numpy()[0]) == 1
    wait_for(lambda: len(notes.alive()) == 1, "the instance stays for ever")


def test_an_unload_while_instances_leave(
    server: triton_py.Server, repository: Path, notes: Notes, held: Path
) -> None:
    write_model(repository, "m", count(3))
    server.load("m")
    late = server.model("m").infer(
        inputs={"IN": np.zeros(1, np.int32)}, parameters={"held": 1}
    )
    wait_for(lambda: "library held 1" in notes.lines(), "the request is not taken")
    write_model(repository, "m", count(1))
    server.load("m")
    server.unload("m")
    held.unlink()
    assert int(late.result(timeout=TIMEOUT_S)["ANSWER"].numpy()[0]) == 1
    wait_for(lambda: notes.alive() == [], "an instance is left")
    assert not [line for line in notes.lines() if line.startswith("error")]


def test_instances_of_one_device_and_thread_are_replaced(
    tmp_path: Path, notes: Notes
) -> None:
    backends = tmp_path / "backends"
    compile_tally(backends / "tally" / "libtriton_tally.so", 5, "-DDEVICE_BLOCKING")
    models = tmp_path / "models"
    write_model(models, "m", count(2))
    with triton_py.Server(
        model_repository=[str(models)],
        model_control_mode="explicit",
        startup_models=["m"],
        backend_directory=str(backends),
    ) as server:
        assert ask(server) == 5
        write_model(models, "m", count(3))
        server.load("m")
        wait_for(lambda: len(notes.alive()) == 3, "the old ones stay")
        assert notes.lines().count("+ m_0_0") == 2
        for _ in range(6):
            assert ask(server) == 5
    assert notes.alive() == []


def test_sequences_finish_on_the_instance_that_leaves(
    server: triton_py.Server, repository: Path, notes: Notes
) -> None:
    batching = """
    sequence_batching {
      max_sequence_idle_microseconds: 60000000
      control_input {
        name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [0, 1] }
      }
    }
    """
    write_model(repository, "m", batching + count(2))
    server.load("m")

    def step(identity: int, start: bool = False, end: bool = False) -> int:
        response = server.model("m").infer(
            inputs={"IN": np.zeros(1, np.int32)},
            correlation_id=identity,
            sequence_start=start,
            sequence_end=end,
        )
        return int(response.result(timeout=TIMEOUT_S)["ANSWER"].numpy()[0])

    # One sequence in the slot of each instance.
    for identity in (1, 2):
        assert step(identity, start=True) == 1
    write_model(repository, "m", batching + count(1))
    server.load("m")
    for identity in (1, 2):
        assert step(identity) == 1
    assert len(notes.alive()) == 2, "a sequence has lost its instance"
    # A third one waits for the slot of the instance that stays.
    third = Background(lambda: step(3, start=True, end=True))
    for identity in (1, 2):
        assert step(identity, end=True) == 1
    assert third.result() == 1
    wait_for(lambda: len(notes.alive()) == 1, "the instance stays for ever")
    # And a new instance takes what waits.
    assert step(4, start=True) == 1
    waiting = Background(lambda: step(5, start=True, end=True))
    write_model(repository, "m", batching + count(2))
    server.load("m")
    assert waiting.result() == 1
    assert step(4, end=True) == 1


def test_readiness_asks_the_backend(
    server: triton_py.Server, repository: Path, tmp_path: Path
) -> None:
    write_model(repository, "m", count(2))
    server.load("m")
    assert server.ready() and server.model("m").ready()
    (tmp_path / "sick").touch()
    assert not server.ready() and not server.model("m").ready()
    (tmp_path / "sick").unlink()
    assert server.ready() and server.model("m").ready()
    # Unloaded on purpose is no reason not to be ready.
    server.unload("m", wait_until_unloaded=True)
    assert server.ready()


def test_names_in_two_repositories(tmp_path: Path, library: Path, notes: Notes) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_model(first, "m")
    write_model(second, "m")
    before = live_objects()
    with triton_py.Server(
        model_repository=[str(first), str(second)],
        model_control_mode="explicit",
        startup_models=["m"],
        model_namespacing=True,
        backend_directory=str(library.parents[1]),
    ) as server:
        with pytest.raises(triton_py.errors.InvalidArgumentError, match="2 identifiers"):
            ask(server)
        assert [entry["state"] for entry in server.native.model_index()] == ["READY", "READY"]
        page = server.metrics()
        assert page.count('nv_inference_count{namespace="') == 2
        server.unload("m", wait_until_unloaded=True)
        (second / "m").rename(tmp_path / "away")
        server.load("m")
        assert ask(server) == 1
    assert more_than(before) == {}


def test_a_registered_repository_gives_names_to_its_folders(
    server: triton_py.Server, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    write_model(more, "folder")
    server.register_model_repository(str(more), {"folder": "m"})
    with pytest.raises(triton_py.errors.AlreadyExistsError, match="already been registered"):
        server.register_model_repository(f"{more}/")
    with pytest.raises(triton_py.errors.TritonError, match="'folder'"):
        server.load("folder")
    server.load("m")
    assert ask(server) == 1
    server.unregister_model_repository(str(more))
    with pytest.raises(triton_py.errors.InvalidArgumentError, match="repository not found"):
        server.unregister_model_repository(str(more))
    assert ask(server) == 1, "it goes on serving"
    server.unload("m", wait_until_unloaded=True)
    with pytest.raises(triton_py.errors.TritonError, match="not found in any model repository"):
        server.load("m")
