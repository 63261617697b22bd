# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loading, reloading and unloading models that behave."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane, broken
from control_support import (
    Repository,
    StartServer,
    states,
    wait_until_unloaded,
)

from triton_py.control import ControlMode, configs
from triton_py.control.instances import instances
from triton_py.control.tables import table
from triton_py.errors import (
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
    UnsupportedError,
)
from triton_py.progress import LoadEvent, subscribe
from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup

READY = {"1": "READY"}
UNLOADED = {"1": "UNAVAILABLE: unloaded"}


def test_explicit_mode_loads_nothing_by_itself(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start()
    assert server.is_live() and server.is_ready()
    assert server.index(ready_only=False) == [{"name": "m"}]
    assert dataplane.models == []
    server.load("m")
    assert states(server) == {"m": READY}
    assert dataplane.served("m").started
    assert server.model_is_ready("m", 1) and server.model_is_ready("m", -1)


@pytest.mark.parametrize("mode", [ControlMode.NONE, ControlMode.POLL])
def test_the_other_modes_load_everything(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane, mode: ControlMode
) -> None:
    for name in ("a", "b", "c"):
        repository.model(name)
    server = start(model_control_mode=mode)
    assert states(server) == {"a": READY, "b": READY, "c": READY}
    assert len(dataplane.backends) == 1
    for call in (lambda: server.load("a"), lambda: server.unload("a")):
        with pytest.raises(UnavailableError, match="explicit model load / unload is not allowed"):
            call()


def test_startup_models_and_the_wildcard(
    repository: Repository, start: StartServer, create: StartServer
) -> None:
    for name in ("a", "b"):
        repository.model(name)
    assert states(start(startup_models=["b"])) == {"a": {}, "b": READY}
    assert states(start(startup_models=["*"])) == {"a": READY, "b": READY}
    with pytest.raises(InvalidArgumentError, match="must be the ONLY startup model"):
        create(startup_models=["*", "a"]).start()


def test_versions_follow_the_policy(repository: Repository, start: StartServer) -> None:
    repository.model("all", 1, 2, 10, extra="version_policy { all {} }")
    repository.model("latest", 1, 2, 10)
    repository.model("specific", 1, 2, 10, extra="version_policy { specific { versions: [1, 5] } }")
    server = start(startup_models=["*"])
    assert states(server) == {
        "all": {"1": "READY", "2": "READY", "10": "READY"},
        "latest": {"10": "READY"},
        "specific": {"1": "READY"},
    }
    assert server.model_metadata("all", -1)["versions"] == ["1", "2", "10"]
    assert server.model_metadata("all", 2)["versions"] == ["2"]


def test_the_data_plane_gets_the_completed_configuration_and_the_spec(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra="dynamic_batching {}")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    assert model.final_config is not None and model.spec is not None
    assert model.final_config["name"] == "m"
    assert model.final_config["version_policy"] == {"latest": {"num_versions": 1}}
    assert model.final_config["dynamic_batching"]["preferred_batch_size"] == [8]
    assert model.spec["scheduling"] == "dynamic"
    assert model.spec["batch_strategy_library"] == ""
    assert model.events == ["configure", "instance", "start"]
    assert model.directory == str(repository.path / "m")
    assert server.model_config("m", -1) == model.final_config


def test_auto_complete_fills_a_missing_configuration(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    (repository.path / "m.fake" / "1").mkdir(parents=True)

    def complete(name: str, config: dict[str, Any]) -> dict[str, Any]:
        tensor = {"name": "T", "data_type": "TYPE_INT8", "dims": [2]}
        return config | {"input": [tensor], "output": [tensor | {"name": "U"}], "max_batch_size": 4}

    dataplane.auto_complete = complete
    server = start(strict_model_config=False)
    server.load("m.fake")
    metadata = server.model_metadata("m.fake", -1)
    assert metadata["inputs"] == [{"name": "T", "datatype": "INT8", "shape": [-1, 2]}]
    assert dataplane.served("m.fake").auto_complete


def test_a_configuration_that_nobody_completes_is_missing(
    repository: Repository, start: StartServer
) -> None:
    (repository.path / "m.fake" / "1").mkdir(parents=True)
    server = start(strict_model_config=False)
    with pytest.raises(InvalidArgumentError, match="model configuration is not provided"):
        server.load("m.fake")
    strict = start(strict_model_config=True)
    with pytest.raises(InvalidArgumentError, match="config.pbtxt"):
        strict.load("m.fake")


def test_a_named_configuration_is_preferred_where_it_exists(
    repository: Repository, start: StartServer
) -> None:
    named = repository.model("named") / "configs"
    named.mkdir()
    text = (named.parent / "config.pbtxt").read_text()
    (named / "small.pbtxt").write_text(text.replace("max_batch_size: 8", "max_batch_size: 2"))
    repository.model("plain")
    server = start(startup_models=["*"], model_config_name="small")
    assert server.model_config("named", -1)["max_batch_size"] == 2
    assert server.model_config("plain", -1)["max_batch_size"] == 8


def test_a_custom_batching_library_is_handed_over(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    library = repository.model("m") / "batchstrategy.so"
    library.touch()
    start(startup_models=["m"])
    spec = dataplane.served("m").spec
    assert spec is not None and spec["batch_strategy_library"] == str(library)


def test_what_a_backend_may_not_set_is_ignored_and_logged(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    dataplane.auto_complete = lambda name, config: (
        config
        | {
            "max_batch_size": 3,
            "default_model_filename": "other.bin",
        }
    )
    server = start(startup_models=["m"], strict_model_config=False)
    config = server.model_config("m", -1)
    assert config["max_batch_size"] == 3
    assert config["default_model_filename"] == ""
    assert dataplane.logged("what it made of default_model_filename is ignored")


def test_instances_come_from_the_groups(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    dataplane.gpus = 2
    repository.model(
        "m",
        extra="""
        instance_group [
          { name: "g" kind: KIND_GPU count: 2 gpus: [0, 1] },
          { name: "c" kind: KIND_CPU count: 1 host_policy: "far" passive: true },
          { name: "x" kind: KIND_MODEL }
        ]""",
    )
    start(
        startup_models=["m"],
        host_policies={"far": {"numa-node": "1"}, "gpu_1": {"cpu-cores": "0-3"}},
    )
    assert dataplane.served("m").instances == [
        ("g_0", 2, 0, "gpu_0", {}, [], False, []),
        ("g_0", 2, 1, "gpu_1", {"cpu-cores": "0-3"}, [], False, []),
        ("g_1", 2, 0, "gpu_0", {}, [], False, []),
        ("g_1", 2, 1, "gpu_1", {"cpu-cores": "0-3"}, [], False, []),
        ("c_0", 1, 0, "far", {"numa-node": "1"}, [], True, []),
        ("x_0", 3, 0, "model", {}, [], False, []),
    ]


def test_profiles_and_secondary_devices_are_passed_on() -> None:
    config = ModelConfig()
    config.instance_group.add(
        name="g",
        kind=ModelInstanceGroup.KIND_MODEL,
        count=1,
        profile=["0", "2"],
        secondary_devices=[{"kind": 0, "device_id": 3}],
    )
    (spec,) = instances(config, {})
    assert spec.profiles == ["0", "2"]
    assert spec.secondary_devices == [("KIND_NVDLA", 3)]
    config.instance_group[0].kind = ModelInstanceGroup.KIND_AUTO
    with pytest.raises(InvalidArgumentError, match="KIND_AUTO not supported"):
        instances(config, {})


def test_a_gpu_that_is_not_there_is_reported_with_the_line(
    repository: Repository, start: StartServer
) -> None:
    repository.model("m", extra="instance_group {\n  kind: KIND_GPU\n}")
    server = start()
    with pytest.raises(InvalidArgumentError, match=r"config\.pbtxt:\d+:.*no GPUs are available"):
        server.load("m")


def test_one_version_does_not_disturb_the_configuration_of_another() -> None:
    config = ModelConfig(name="m")
    resolved = configs.resolve_instance_groups(config, [(1, 2, [])], 0, 0.0, None)
    assert [(group.name, group.count) for group in resolved.instance_group] == [("m", 2)]
    assert config == ModelConfig(name="m")


def test_the_backends_preferred_groups_are_used(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    dataplane.preferred_groups = [(2, 1, []), (1, 3, [])]
    repository.model("m")
    start(startup_models=["m"])
    assert [instance[:2] for instance in dataplane.served("m").instances] == [
        ("m_0", 1),
        ("m_1", 1),
        ("m_2", 1),
    ]


def test_instances_load_side_by_side_where_the_backend_allows(
    repository: Repository,
    start: StartServer,
    dataplane: FakeDataPlane,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataplane.parallel_instances = True
    repository.model("m", extra="instance_group { kind: KIND_CPU count: 3 }")
    server = start()
    # Passed only if all three are there at the same time.
    together = threading.Barrier(3)

    def meet(point: str) -> None:
        if point == "instance:m:1":
            together.wait(TIMEOUT_S)

    dataplane.watch = meet
    server.load("m")
    assert sorted(i[0] for i in dataplane.served("m").instances) == ["m_0_0", "m_0_1", "m_0_2"]

    server.unload("m")
    dataplane.watch = lambda point: None
    monkeypatch.setenv("TRITON_PARALLEL_INSTANCE_LOADING", "0")
    server.load("m")
    assert [i[0] for i in dataplane.served("m").instances] == ["m_0_0", "m_0_1", "m_0_2"]


def test_unload_drains_in_the_background(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    model.request()
    server.unload("m")
    assert states(server) == {"m": {"1": "UNLOADING"}}
    assert ("m", 1) not in dataplane.table
    error = server.missing("m", 1)
    assert isinstance(error, UnavailableError)
    assert error.message == "Request for unknown model: 'm' version 1 is not at ready state"
    assert not model.closed
    model.respond()
    wait_until_unloaded(server)
    assert model.closed
    assert states(server) == {"m": UNLOADED}
    assert server.is_ready()
    assert dataplane.logged("successfully unloaded 'm' version 1")


def test_unloading_what_is_not_loaded_is_no_error(
    repository: Repository, start: StartServer
) -> None:
    repository.model("m")
    server = start()
    server.unload("m")
    server.unload("never heard of")
    assert states(server) == {"m": {}}
    server.load("m")
    server.unload("m")
    server.unload("m")
    wait_until_unloaded(server)
    assert states(server) == {"m": UNLOADED}


def test_a_model_can_be_loaded_while_its_last_build_is_still_unloading(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    first = dataplane.served("m")
    first.request()
    server.unload("m")
    server.load("m")
    assert states(server) == {"m": READY}
    second = dataplane.served("m")
    assert second is not first and not first.closed
    first.respond()
    wait_until_unloaded(server)
    assert first.closed and not second.closed
    assert states(server) == {"m": READY}, "the old build's end must not touch the new one's state"


def test_loading_again_without_a_change_does_nothing(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    server.load("m")
    assert dataplane.served("m") is model and len(dataplane.models) == 1


def test_a_reload_publishes_the_new_build_before_the_old_one_ends(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    old = dataplane.served("m")
    old.request()
    seen: list[bool] = []
    dataplane.watch = lambda point: seen.append(("m", 1) in dataplane.table)
    repository.model("m", extra="dynamic_batching {}")
    server.load("m")
    new = dataplane.served("m")
    assert new is not old and not old.closed and not old.withdrawn
    assert seen and all(seen), "there was a moment without a model"
    assert states(server) == {"m": READY}
    old.respond()
    wait_until_unloaded(server)
    assert old.closed and states(server) == {"m": READY}


def test_a_reload_drops_the_versions_that_the_policy_does_not_pick_any_more(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", 1, 2, extra="version_policy { all {} }")
    server = start(startup_models=["m"])
    first, second = dataplane.served("m", 1), dataplane.served("m", 2)
    repository.model("m", 3, extra="version_policy { latest { num_versions: 2 } }")
    first.request()
    server.load("m")
    assert states(server)["m"]["1"] == "UNLOADING"
    assert server.model_metadata("m", -1)["versions"] == ["2", "3"]
    first.respond()
    wait_until_unloaded(server)
    assert first.closed
    assert dataplane.served("m", 2) is second, "nothing has changed for it"
    assert states(server) == {
        "m": {"1": "UNAVAILABLE: unloaded", "2": "READY", "3": "READY"},
    }
    assert sorted(dataplane.table) == [("m", 2), ("m", 3)]


def test_poll_follows_the_folders(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("kept")
    changed = repository.model("changed")
    gone = repository.model("gone")
    server = start(model_control_mode=ControlMode.POLL)
    kept, before = dataplane.served("kept"), dataplane.served("changed")
    repository.model("changed", extra="dynamic_batching {}")
    repository.model("new")
    os.rename(gone, repository.root / "elsewhere")
    server.poll()
    wait_until_unloaded(server)
    assert states(server) == {
        "changed": READY,
        "gone": UNLOADED,
        "kept": READY,
        "new": READY,
    }
    assert dataplane.served("kept") is kept
    assert dataplane.served("changed") is not before
    (changed / "config.pbtxt").write_text("nonsense {")
    server.poll()
    assert states(server)["changed"] == READY, "a bad change must not stop what serves"
    repository.model("changed")
    server.poll()
    assert states(server)["changed"] == READY


def test_poll_needs_polling_mode(start: StartServer) -> None:
    with pytest.raises(UnavailableError, match="polling is disabled"):
        start().poll()


def test_polling_does_not_unload_when_a_repository_can_not_be_read(
    repository: Repository, start: StartServer
) -> None:
    repository.model("m")
    server = start(model_control_mode=ControlMode.POLL)
    hidden = repository.root / "hidden"
    os.rename(repository.path, hidden)
    server.poll()
    os.rename(hidden, repository.path)
    assert states(server) == {"m": READY}


# Load parameters


def config_json(**fields: Any) -> str:
    tensor = {"name": "IN", "data_type": "TYPE_FP32", "dims": [4]}
    config = {"backend": "fake", "input": [tensor], "output": [tensor | {"name": "OUT"}]}
    return json.dumps(config | fields)


def test_a_config_override_takes_the_place_of_the_file_until_the_next_plain_load(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    server.load("m", [("config", config_json(max_batch_size=2))])
    assert server.model_config("m", -1)["max_batch_size"] == 2
    server.load("m")
    assert server.model_config("m", -1)["max_batch_size"] == 8
    count = len(dataplane.models)
    server.load("m")
    assert len(dataplane.models) == count


def test_file_overrides_become_a_folder_that_lives_as_long_as_the_model(
    start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    server.load("m", [("config", config_json()), ("file:3/model.bin", b"weights")])
    model = dataplane.served("m", 3)
    path = os.path.join(model.directory, "3", "model.bin")
    with open(path, "rb") as file:
        assert file.read() == b"weights"
    assert states(server) == {"m": {"3": "READY"}}
    model.request()
    server.unload("m")
    assert os.path.exists(path)
    assert states(server) == {"m": {"3": "UNLOADING"}}
    model.respond()
    wait_until_unloaded(server)
    assert not os.path.exists(model.directory)
    assert states(server) == {}, "a model that lies nowhere is forgotten when it is gone"


def test_names_that_exist_nowhere_are_not_collected(
    start: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start()
    for number in range(3):
        with pytest.raises(InvalidArgumentError):
            server.load(f"m{number}", [("config", "{}"), ("file:1/x", b"")])
    assert states(server) == {} and server.is_ready()
    dataplane.fail["start:m:1"] = broken("m")
    with pytest.raises(InvalidArgumentError):
        server.load("m", [("config", config_json()), ("file:1/x", b"")])
    assert states(server) == {"m": {"1": "UNAVAILABLE: Internal: m is broken"}}
    server.unload("m")
    assert states(server) == {}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([("config", "{")], "Invalid config override"),
        ([("config", '{"no_such_field": 1}')], "no_such_field"),
        ([("config", config_json(name="other"))], "directory name must equal model name"),
        ([("config", config_json()), ("file:../x", b"")], "must stay within model directory"),
        ([("config", config_json()), ("file:model.bin", b"")], "at least one version"),
        ([("what", "x")], "Unrecognized load parameter 'what'"),
    ],
)
def test_bad_load_parameters_leave_the_model_alone(
    repository: Repository,
    start: StartServer,
    dataplane: FakeDataPlane,
    parameters: list[tuple[str, object]],
    message: str,
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    with pytest.raises(InvalidArgumentError, match=message):
        server.load("m", parameters)
    assert dataplane.served("m") is model
    assert states(server) == {"m": READY}


# Repositories


def test_registered_repositories_and_mapped_names(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    extra = Repository(repository.root / "backends")
    extra.model(
        "folder", config='name: "folder" ' + (extra.model("x") / "config.pbtxt").read_text()
    )
    server = start()
    server.register_repository(str(extra.path), [("folder", "mapped")])
    server.load("mapped")
    assert states(server) == {"mapped": READY, "x": {}}
    assert server.model_config("mapped", -1)["name"] == "mapped"
    server.unregister_repository(str(extra.path))
    assert states(server) == {"mapped": READY}
    with pytest.raises(NotFoundError):
        server.load("mapped")
    assert dataplane.served("mapped").name == "mapped"


def test_repositories_are_registered_in_explicit_mode_only(
    repository: Repository, start: StartServer
) -> None:
    server = start(model_control_mode=ControlMode.NONE)
    for call in (server.register_repository, server.unregister_repository):
        with pytest.raises(UnsupportedError, match="not EXPLICIT"):
            call(str(repository.path))


def test_a_name_in_two_repositories_is_not_loaded(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    repository.model("n")
    other = Repository(repository.root / "backends")
    other.model("m")
    server = start(
        model_control_mode=ControlMode.NONE,
        model_repository_paths=[str(repository.path), str(other.path)],
    )
    assert states(server) == {
        "m": {"": "UNAVAILABLE: model appears in two or more repositories"},
        "n": READY,
    }
    assert dataplane.logged("'m': not unique across all model repositories")


# Names and texts


def test_texts_for_models_that_can_not_take_requests(
    repository: Repository, create: StartServer
) -> None:
    repository.model("m")
    server = create(startup_models=["m"])
    assert str(server.missing("m", 1)) == "Server not ready"
    server.start()
    for name, version, kind, text in [
        ("x", -1, NotFoundError, "'x' is not found"),
        ("m", 9, NotFoundError, "'m' version 9 is not found"),
    ]:
        error = server.missing(name, version)
        assert type(error) is kind
        assert error.message == f"Request for unknown model: {text}"
        with pytest.raises(kind, match=text):
            server.model_metadata(name, version)
        with pytest.raises(kind, match=text):
            server.model_is_ready(name, version)
    server.unload("m")
    wait_until_unloaded(server)
    assert str(server.missing("m", -1)).endswith("'m' has no available versions")
    assert isinstance(server.missing("m", 1), UnavailableError)


@pytest.mark.parametrize("name", ["", "..", "../m", "a/b"])
def test_loading_a_name_that_is_no_name(start: StartServer, name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="(?i)model name"):
        start().load(name)


def test_loading_an_unknown_model(start: StartServer) -> None:
    server = start()
    with pytest.raises(NotFoundError) as caught:
        server.load("nope")
    assert caught.value.message == (
        "failed to load 'nope', failed to poll from model repository: model not found in any "
        "model repository"
    )
    assert states(server) == {}
    assert server.is_ready()


def test_metadata_statistics_labels(repository: Repository, start: StartServer) -> None:
    folder = repository.model(
        "m", 1, 2, extra="version_policy { all {} }", output='label_filename: "l"'
    )
    (folder / "l").write_text("cat\ndog\n")
    repository.model("n")
    server = start(startup_models=["*"], server_id="mine")
    metadata = server.metadata()
    assert metadata["name"] == "mine" and "binary_tensor_data" in metadata["extensions"]
    assert server.model_metadata("m", 1) == {
        "name": "m",
        "versions": ["1"],
        "platform": "fake",
        "inputs": [{"name": "IN", "datatype": "FP32", "shape": [-1, 4]}],
        "outputs": [{"name": "OUT", "datatype": "FP32", "shape": [-1, 4]}],
    }
    assert server.labels("m", -1, "OUT") == ["cat", "dog"]
    assert server.labels("n", -1, "OUT") == []

    def stats(name: str, version: int = -1) -> list[tuple[str, str]]:
        found = server.model_statistics(name, version)["model_stats"]
        assert all(entry["inference_count"] == 7 for entry in found)
        assert not any("failures" in entry or "batch_closed" in entry for entry in found)
        return [(entry["name"], entry["version"]) for entry in found]

    assert stats("") == [("m", "1"), ("m", "2"), ("n", "1")]
    assert stats("m") == [("m", "1"), ("m", "2")]
    assert stats("m", 2) == [("m", "2")]
    with pytest.raises(InvalidArgumentError, match="requested model 'x' is not available"):
        stats("x")
    with pytest.raises(InvalidArgumentError, match="version is not available for model 'm'"):
        stats("m", 3)


def test_strict_readiness_asks_the_instances(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    strict = start(startup_models=["m"])
    assert strict.is_ready()
    dataplane.served("m").is_ready = False
    assert not strict.is_ready()
    assert not strict.model_is_ready("m", 1)
    assert start(startup_models=["m"], strict_readiness=False).is_ready()


def test_progress_and_tables(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("good")
    repository.model("bad", config="max_batch_size: -1 backend: 'fake'")
    events: list[tuple[str, int, int, int, bool]] = []
    server = create(startup_models=["good", "bad", "missing"])
    server.start(
        lambda event: events.append(
            (event.name, event.loaded, event.failed, event.total, event.error is None)
        )
    )
    assert sorted(event[0] for event in events) == ["bad", "good", "missing"]
    assert events[-1][1:4] == (1, 2, 3)
    table = server.models_table()
    assert "| good  | 1       | READY" in table
    assert "| bad   | -       | Not loaded: Invalid argument" in table
    assert "missing" not in table
    assert "libtriton_fake.so" in server.backends_table()
    assert '"cmdline"' in server.backends_table()
    for text in ("| Model", "| Backend", "| Option", "model_repository_path[0]", "MODE_EXPLICIT"):
        assert dataplane.logged(text), text


def test_a_table_shows_several_lines_and_no_control_characters() -> None:
    text = table(("Model", "Status"), [("m", "first\nse\x1b[2Jcond"), ("longer", "ok")])
    assert text.splitlines() == [
        "+--------+---------------+",
        "| Model  | Status        |",
        "+--------+---------------+",
        "| m      | first         |",
        r"|        | se\x1b[2Jcond |",
        "| longer | ok            |",
        "+--------+---------------+",
    ]


def test_loading_is_published(repository: Repository, start: StartServer) -> None:
    repository.model("good")
    repository.model("bad", config="nonsense")
    events: list[LoadEvent] = []
    unsubscribe = subscribe(events.append)
    try:
        start(startup_models=["good", "bad"])
    finally:
        unsubscribe()
    assert [(e.name, e.loaded, e.failed, e.total) for e in events] == [
        ("bad", 0, 1, 2),
        ("good", 1, 1, 2),
    ]
    assert "nonsense" in str(events[0].error)
    assert events[1].error is None


def test_a_failing_progress_callback_changes_nothing(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = create(startup_models=["m"])

    def fail(event: object) -> None:
        raise ValueError("no terminal")

    unsubscribe = subscribe(fail)
    server.start(fail)
    unsubscribe()
    assert states(server) == {"m": READY}
    assert dataplane.logged("the progress callback failed: ValueError: no terminal")


def test_the_server_needs_a_repository(create: StartServer, repository: Repository) -> None:
    with pytest.raises(InvalidArgumentError, match="--model-repository must be specified"):
        create(model_repository_paths=[]).start()
    missing = create(model_repository_paths=[str(repository.root / "none")])
    with pytest.raises(InvalidArgumentError, match="none' does not exist"):
        missing.start()
    assert not missing.is_live() and not missing.is_ready()


@pytest.mark.parametrize(
    "option",
    [{"rate_limiter_mode": 1}, {"cache_config": {"local": "{}"}}],
)
def test_options_without_an_implementation_are_refused(
    create: StartServer, option: dict[str, Any]
) -> None:
    with pytest.raises(UnsupportedError, match="not supported yet"):
        create(**option).start()


def test_exit_on_error_names_the_models_and_leaves_nothing(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("good")
    repository.model("bad", config="backend: 'nowhere'")
    server = create(startup_models=["*"], exit_on_error=True)
    with pytest.raises(
        InternalError, match="failed to load all models: 'bad': .*libtriton_nowhere"
    ):
        server.start()
    assert dataplane.open_models() == []
    assert all(backend.closed for backend in dataplane.backends)


def test_features_that_come_later_are_refused(repository: Repository, start: StartServer) -> None:
    repository.model("m", config="""
        platform: "ensemble"
        input { name: "IN" data_type: TYPE_FP32 dims: [4] }
        output { name: "OUT" data_type: TYPE_FP32 dims: [4] }
        ensemble_scheduling { step { model_name: "x" model_version: -1
          input_map { key: "A" value: "IN" } output_map { key: "B" value: "OUT" } } }
    """)
    server = start()
    with pytest.raises(UnsupportedError, match="ensembles are not supported yet"):
        server.load("m")
    assert "not supported yet" in states(server)["m"][""]


@pytest.mark.parametrize(
    ("extra", "what"),
    [
        ("response_cache { enable: true }", "the response cache is"),
        (
            "sequence_batching { oldest { preserve_ordering: true } }",
            "preserve_ordering of sequences is",
        ),
    ],
)
def test_what_is_left_out_says_so(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane, extra: str, what: str
) -> None:
    repository.model("m", extra=extra)
    start(startup_models=["m"])
    assert dataplane.logged(f"model 'm': {what} not supported yet, ")


def test_an_ordinary_model_warns_of_nothing(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model(
        "m",
        extra="dynamic_batching { max_queue_delay_microseconds: 5 priority_levels: 2 "
        "default_priority_level: 1 default_queue_policy { max_queue_size: 3 } }",
    )
    repository.model("n", extra="dynamic_batching { preserve_ordering: true }")
    start(startup_models=["m", "n"])
    assert not dataplane.logged("not supported yet")
