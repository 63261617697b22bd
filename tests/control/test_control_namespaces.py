# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""--model-namespacing: models of one name in several repositories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from control_fakes import FakeDataPlane, broken
from control_support import Repository, wait_until_unloaded

from triton_py.control import ControlMode, ControlPlane
from triton_py.errors import InvalidArgumentError, NotFoundError, UnavailableError

AMBIGUOUS = "There are 2 identifiers of model 'm' in global map, model namespace must be provided"


@pytest.fixture
def other(tmp_path: Path) -> Repository:
    """A second repository; both have a model m, this one n too."""
    root = tmp_path / "second"
    root.mkdir()
    repository = Repository(root)
    repository.model("m")
    repository.model("n")
    return repository


@pytest.fixture
def launch(
    repository: Repository, other: Repository, start: Callable[..., ControlPlane]
) -> Callable[..., ControlPlane]:
    repository.model("m")

    def run(**options: object) -> ControlPlane:
        settings: dict[str, object] = {
            "model_repository_paths": [str(repository.path), str(other.path)],
            "model_namespacing": True,
        }
        return start(**(settings | options))

    return run


def test_both_are_loaded_and_the_name_is_refused(
    launch: Callable[..., ControlPlane],
    repository: Repository,
    other: Repository,
    dataplane: FakeDataPlane,
) -> None:
    server = launch(model_control_mode=ControlMode.NONE)
    first, second = str(repository.path), str(other.path)
    assert sorted(dataplane.table) == [(f"{first}::m", 1), (f"{second}::m", 1), (f"{second}::n", 1)]
    assert dataplane.claims == {("m", first), ("m", second), ("n", second)}
    assert [model.name for model in dataplane.models].count("m") == 2, "a backend sees the name"
    for ask in (
        lambda: server.model_metadata("m", -1),
        lambda: server.model_config("m", -1),
        lambda: server.model_is_ready("m", -1),
        lambda: server.model_statistics("m", -1),
    ):
        with pytest.raises(InvalidArgumentError, match=AMBIGUOUS):
            ask()
    error = server.missing("m", -1)
    assert isinstance(error, InvalidArgumentError) and AMBIGUOUS in error.message
    # One repository alone has n.
    assert server.model_metadata("n", -1)["name"] == "n"
    assert server.model_config("n", 1)["name"] == "n"
    assert isinstance(server.missing("none", -1), NotFoundError)
    assert server.is_ready()


def test_what_index_statistics_and_metrics_show(
    launch: Callable[..., ControlPlane], repository: Repository, other: Repository
) -> None:
    server = launch(startup_models=["m"])
    ready = {"name": "m", "version": "1", "state": "READY"}
    assert server.index(ready_only=False) == [ready, ready, {"name": "n"}]
    shown = server.model_statistics("", -1)["model_stats"]
    assert [(entry["name"], entry["version"]) for entry in shown] == [("m", "1"), ("m", "1")]
    page = server.metrics_text()
    for path in (repository.path, other.path):
        labels = f'{{namespace="{path}",model="m",version="1"}}'
        assert f"nv_inference_count{labels} 7" in page


def test_load_and_unload_by_name_are_for_all_of_that_name(
    launch: Callable[..., ControlPlane], dataplane: FakeDataPlane
) -> None:
    server = launch()
    server.load("m")
    assert len(dataplane.table) == 2
    config = server._registry.all_ready()
    assert len(config) == 2
    server.unload("m")
    wait_until_unloaded(server)
    assert dataplane.table == {} and dataplane.claims == set()
    assert isinstance(server.missing("m", -1), NotFoundError)
    with pytest.raises(NotFoundError, match="not found in any model repository"):
        server.load("none")


def test_one_that_fails_keeps_the_name_ambiguous(
    launch: Callable[..., ControlPlane], other: Repository, dataplane: FakeDataPlane
) -> None:
    """Otherwise requests would reach another repository's model in silence."""
    config = other.path / "m" / "config.pbtxt"
    config.write_text(config.read_text().replace('"fake"', '"nowhere"'))
    server = launch()
    with pytest.raises(InvalidArgumentError, match=f"load failed for model '{other.path}::m'"):
        server.load("m")
    assert len(dataplane.table) == 1
    with pytest.raises(InvalidArgumentError, match=AMBIGUOUS):
        server.model_metadata("m", -1)
    server.unload("m")
    wait_until_unloaded(server)
    assert dataplane.claims == set()


def test_both_that_fail_are_reported(
    launch: Callable[..., ControlPlane], repository: Repository, other: Repository,
    dataplane: FakeDataPlane,
) -> None:
    server = launch()
    dataplane.fail["create:m:1"] = broken("m")
    with pytest.raises(InvalidArgumentError) as caught:
        server.load("m")
    for path in (repository.path, other.path):
        assert f"load failed for model '{path}::m'" in caught.value.message


def test_a_name_is_unique_again_when_its_repository_is_gone(
    launch: Callable[..., ControlPlane], repository: Repository, other: Repository
) -> None:
    server = launch(model_control_mode=ControlMode.POLL)
    (repository.path / "m").rename(repository.root / "away")
    server.poll()
    wait_until_unloaded(server)
    assert server.model_metadata("m", -1)["versions"] == ["1"]
    (other.path / "m").rename(other.root / "away")
    server.poll()
    wait_until_unloaded(server)
    # Both are known, and neither is wanted.
    with pytest.raises((NotFoundError, UnavailableError)):
        server.model_metadata("m", -1)


def test_files_of_a_load_request_are_in_no_namespace(
    launch: Callable[..., ControlPlane], dataplane: FakeDataPlane
) -> None:
    server = launch(startup_models=["n"])
    config = server.model_config("n", -1) | {"name": "sent"}
    server.load("sent", [("config", json.dumps(config)), ("file:1/model.bin", b"x")])
    assert ("sent", 1) in dataplane.table
    assert server.model_metadata("sent", -1)["name"] == "sent"
    server.unload("sent")
    wait_until_unloaded(server)
    assert ("sent", 1) not in dataplane.table


def test_a_registered_repository_is_a_namespace(
    launch: Callable[..., ControlPlane], repository: Repository, tmp_path: Path,
    dataplane: FakeDataPlane,
) -> None:
    third = tmp_path / "third"
    (third / "folder" / "1").mkdir(parents=True)
    config = (repository.path / "m" / "config.pbtxt").read_text()
    (third / "folder" / "config.pbtxt").write_text(config)
    server = launch()
    server.register_repository(str(third), [("folder", "extra")])
    server.load("extra")
    assert (f"{third}::extra", 1) in dataplane.table
    assert server.model_config("extra", -1)["name"] == "extra"
