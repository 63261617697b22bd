# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reloads that leave what serves where it is: other instances, other versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from control_fakes import TIMEOUT_S, FakeDataPlane, FakeModel, broken
from control_support import (
    Background,
    Repository,
    StartServer,
    states,
    wait_until_unloaded,
)

from triton_py.control import ControlMode, ControlPlane
from triton_py.control.instances import Instance, InstanceSpec, match_instances
from triton_py.errors import InvalidArgumentError


def groups(*texts: str) -> str:
    return "".join(f"instance_group {{ {text} }}\n" for text in texts)


def names(model: FakeModel) -> list[str]:
    return [arguments[0] for arguments in model.instances]


def steps(dataplane: FakeDataPlane) -> list[str]:
    """The points that were reached, without model and version."""
    return [point.split(":")[0] for point in dataplane.points]


def wait_until_removed(server: ControlPlane, model: FakeModel) -> None:
    """Wait for the threads that finish instances: they hold a pin as long as they need the model."""
    pins = server._registry.find(model.name, model.version).pins
    with pins._changed:
        assert pins._changed.wait_for(lambda: pins._count == 0, TIMEOUT_S)
    assert not model.leaving


def test_more_instances_come_to_the_version_that_serves(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 1 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    model.request()
    dataplane.points.clear()
    repository.model("m", extra=groups("count: 3 kind: KIND_CPU"))
    server.load("m")
    assert dataplane.served("m") is model and len(dataplane.models) == 1
    assert names(model) == ["m_0_0", "m_0_1", "m_0_2"]
    assert model.running == set(model.numbered)
    assert steps(dataplane) == ["ready", "instance", "instance", "start"]
    assert states(server) == {"m": {"1": "READY"}}
    for config in (server.model_config("m", -1), model.final_config):
        assert config is not None and config["instance_group"][0]["count"] == 3
    server.load("m")
    assert steps(dataplane).count("instance") == 2, "the folder has not changed since"
    model.respond()


def test_fewer_instances_leave_without_haste(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 3 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    gate = dataplane.gate("finish:m:1")
    repository.model("m", extra=groups("count: 1 kind: KIND_CPU"))
    server.load("m")
    # The load has answered; what the instances had to do goes on.
    gate.wait_arrived()
    assert names(model) == ["m_0_0"] and model.running == {1} and model.leaving == {2, 3}
    assert states(server) == {"m": {"1": "READY"}}
    gate.open()
    wait_until_removed(server, model)
    assert dataplane.logged("removed instances 'm_0_1', 'm_0_2' of 'm' version 1")


def test_new_instances_take_requests_before_the_old_ones_go(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups('count: 2 kind: KIND_CPU host_policy: "a"'))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    dataplane.points.clear()
    repository.model("m", extra=groups('count: 2 kind: KIND_CPU host_policy: "b"'))
    server.load("m")
    wait_until_removed(server, model)
    assert steps(dataplane)[1:] == ["instance", "instance", "start", "remove", "finish"]
    assert [arguments[3] for arguments in model.instances] == ["b", "b"]


def test_equal_instances_stay_whatever_their_group_is_called(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    dataplane.gpus = 2
    repository.model("m", extra=groups('name: "x" count: 2 kind: KIND_GPU gpus: [0]'))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    before = dict(model.numbered)
    repository.model(
        "m",
        extra=groups('name: "y" count: 2 kind: KIND_GPU gpus: [0, 1]', "count: 1 kind: KIND_CPU"),
    )
    server.load("m")
    kept = {number: model.numbered[number] for number in before}
    assert kept == before, "those on GPU 0 are what is wanted there"
    assert [(i[0], i[1], i[2]) for i in model.instances] == [
        ("x_0", 2, 0),
        ("x_1", 2, 0),
        ("y_0", 2, 1),
        ("y_1", 2, 1),
        ("m_1_0", 1, 0),
    ]


def test_the_configuration_of_a_load_request_changes_instances_and_back(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    config = server.model_config("m", -1)
    config["instance_group"][0]["count"] = 4
    server.load("m", [("config", json.dumps(config))])
    assert len(model.instances) == 4
    server.load("m")
    wait_until_removed(server, model)
    assert names(model) == ["m_0_0", "m_0_1"]
    assert dataplane.served("m") is model


def test_an_instance_that_cannot_be_created_leaves_all_as_it_was(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 1 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    config = server.model_config("m", -1)
    created: list[str] = []

    def fail_the_second(point: str) -> None:
        if point == "instance:m:1":
            created.append(point)
            if len(created) == 2:
                raise broken("the second instance")

    dataplane.watch = fail_the_second
    repository.model("m", extra=groups("count: 4 kind: KIND_CPU"))
    with pytest.raises(InvalidArgumentError) as caught:
        server.load("m")
    assert "version 1 is at READY state: Internal: the second instance is broken;" in str(
        caught.value
    )
    assert names(model) == ["m_0_0"] and model.running == {1} and not model.leaving
    assert server.model_config("m", -1) == config
    assert states(server) == {"m": {"1": "READY"}}
    dataplane.watch = lambda point: None
    server.load("m")
    assert len(model.instances) == 4 and dataplane.served("m") is model


WARM = """model_warmup { name: "w" batch_size: 1 inputs { key: "IN" value {
  data_type: TYPE_FP32 dims: 1 zero_data: true } } }
"""


def test_new_instances_are_warmed_up_before_they_take_requests(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=WARM + groups("count: 1 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    assert [sample["name"] for sample in model.warmed] == ["w"]
    dataplane.points.clear()
    repository.model("m", extra=WARM + groups("count: 2 kind: KIND_CPU"))
    server.load("m")
    assert steps(dataplane) == ["ready", "instance", "warm_up", "start"]
    # And where that fails, they go again.
    dataplane.fail["warm_up:m:1"] = broken("no kernel")
    repository.model("m", extra=WARM + groups("count: 4 kind: KIND_CPU"))
    with pytest.raises(InvalidArgumentError, match="failed to run warmup sample 'w' of model 'm'.*no kernel"):
        server.load("m")
    assert names(model) == ["m_0_0", "m_0_1"] and states(server) == {"m": {"1": "READY"}}
    # Fewer need no warm-up.
    dataplane.points.clear()
    repository.model("m", extra=WARM + groups("count: 1 kind: KIND_CPU"))
    server.load("m")
    assert "warm_up" not in steps(dataplane)


def test_a_failed_update_is_tried_again_as_often_as_a_load(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"], model_load_retry_count=1)
    tries: list[str] = []

    def fail_once(point: str) -> None:
        if point == "instance:m:1":
            tries.append(point)
            if len(tries) == 1:
                raise broken("the first try")

    dataplane.watch = fail_once
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server.load("m")
    assert len(dataplane.served("m").instances) == 2 and len(tries) == 2


def test_a_version_that_fails_takes_the_others_updates_back(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", 1, extra="version_policy { all {} }" + groups("count: 1 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    repository.model(
        "m", 1, 2, extra="version_policy { all {} }" + groups("count: 3 kind: KIND_CPU")
    )
    for step in ("create:m:2", "publish:m:2"):
        dataplane.fail = {step: broken(step)}
        with pytest.raises(InvalidArgumentError, match="is broken"):
            server.load("m")
        wait_until_removed(server, model)
        assert len(model.instances) == 1 and dataplane.open_models() == [model]
        assert model.final_config is not None
        assert model.final_config["instance_group"][0]["count"] == 1
        assert server.model_config("m", 1)["instance_group"][0]["count"] == 1
    dataplane.fail = {}
    server.load("m")
    assert len(model.instances) == 3 and len(dataplane.served("m", 2).instances) == 3


def test_the_version_policy_loads_and_unloads_single_versions(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", 1, 2, 3, extra="version_policy { specific { versions: [1, 2] } }")
    server = start(startup_models=["m"])
    first, second = dataplane.served("m", 1), dataplane.served("m", 2)
    repository.model("m", extra="version_policy { specific { versions: [2, 3] } }")
    server.load("m")
    wait_until_unloaded(server)
    assert first.closed and dataplane.served("m", 2) is second
    assert second.events.count("instance") == 1
    assert server.model_metadata("m", -1)["versions"] == ["2", "3"]
    assert server.model_config("m", 2)["version_policy"] == {"specific": {"versions": [2, 3]}}
    assert len(dataplane.models) == 3


def test_only_the_versions_whose_files_have_changed_are_built_anew(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    folder = repository.model("m", 1, 2, extra="version_policy { all {} }")
    server = start(startup_models=["m"])
    first, second = dataplane.served("m", 1), dataplane.served("m", 2)
    (folder / "2" / "model.bin").write_text("weights")
    server.load("m")
    wait_until_unloaded(server)
    assert dataplane.served("m", 1) is first and second.closed
    third = dataplane.served("m", 2)
    # What all versions share belongs to each.
    (folder / "labels.txt").write_text("cat")
    server.load("m")
    wait_until_unloaded(server)
    assert first.closed and third.closed


def test_a_comment_in_the_configuration_changes_nothing(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    folder = repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    with (folder / "config.pbtxt").open("a") as file:
        file.write("# a comment\n")
    server.load("m")
    assert dataplane.served("m") is model and model.events.count("start") == 1
    repository.model("m", extra="parameters { key: 'x' value { string_value: 'y' } }")
    server.load("m")
    assert dataplane.served("m") is not model


def test_a_model_that_is_not_well_is_built_anew(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    model.is_ready = False
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server.load("m")
    wait_until_unloaded(server)
    assert model.closed and len(dataplane.served("m").instances) == 2


def test_a_model_with_agents_is_built_anew(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    """They may bring other files each time."""
    repository.agent("a")
    agents = "model_repository_agents { agents { name: 'a' } }"
    repository.model("m", extra=agents)
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    repository.model("m", extra=agents + groups("count: 2 kind: KIND_CPU"))
    server.load("m")
    wait_until_unloaded(server)
    assert model.closed and len(dataplane.served("m").instances) == 2
    assert dataplane.points.count("agent:a:LOAD") == 2
    # Nor is one in place that has its files from an agent no more.
    model = dataplane.served("m")
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server.load("m")
    wait_until_unloaded(server)
    assert model.closed
    assert dataplane.points.count("agent:a:UNLOAD_COMPLETE") == 2


def test_poll_mode_changes_instances_too(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(model_control_mode=ControlMode.POLL)
    model = dataplane.served("m")
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server.poll()
    assert dataplane.served("m") is model and len(model.instances) == 2


def test_what_the_backend_completed_stays(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    dataplane.auto_complete = lambda name, config: config | {"max_batch_size": 3}
    repository.model("m")
    server = start(startup_models=["m"], strict_model_config=False)
    model = dataplane.served("m")
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server.load("m")
    config = server.model_config("m", -1)
    assert dataplane.served("m") is model
    assert config["max_batch_size"] == 3 and config["instance_group"][0]["count"] == 2


def test_instances_that_share_a_thread_are_replaced_together(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    model.concurrent_instances = False
    repository.model("m", extra=groups("count: 3 kind: KIND_CPU"))
    server.load("m")
    wait_until_removed(server, model)
    assert set(model.numbered) == {3, 4, 5}


# Meeting other operations


def test_an_unload_waits_for_the_instances_that_leave(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    gate = dataplane.gate("finish:m:1")
    repository.model("m", extra=groups("count: 1 kind: KIND_CPU"))
    server.load("m")
    gate.wait_arrived()
    server.unload("m")
    assert not server._retirer.wait_idle(0.05) and not model.closed
    gate.open()
    wait_until_unloaded(server)
    assert model.closed


def test_an_unload_during_an_update_supersedes_it(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    gate = dataplane.gate("instance:m:1")
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    unload = Background(lambda: server.unload("m"))
    operations = server._operations
    with operations._changed:
        assert operations._changed.wait_for(
            lambda: len(operations._queues.get("m", ())) == 2, TIMEOUT_S
        )
    gate.open()
    assert "Newer operation" in load.error().message
    unload.result()
    wait_until_unloaded(server)
    assert model.closed and dataplane.open_models() == []


def test_stop_during_an_update(
    repository: Repository, create: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m")
    server = create(startup_models=["m"])
    server.start()
    gate = dataplane.gate("instance:m:1")
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    load = Background(lambda: server.load("m"))
    gate.wait_arrived()
    stopping = Background(lambda: server.stop(TIMEOUT_S))
    operations = server._operations
    with operations._changed:
        assert operations._changed.wait_for(lambda: operations._closed, TIMEOUT_S)
    gate.open()
    assert "Server exiting" in load.error().message
    assert stopping.result() is True
    assert dataplane.open_models() == []


def test_a_finalize_that_fails_is_logged(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("m", extra=groups("count: 2 kind: KIND_CPU"))
    server = start(startup_models=["m"])
    model = dataplane.served("m")
    dataplane.fail["finish:m:1"] = broken("ModelInstanceFinalize")
    repository.model("m", extra=groups("count: 1 kind: KIND_CPU"))
    server.load("m")
    wait_until_removed(server, model)
    assert dataplane.logged(
        "failed to remove instances 'm_0_1' of 'm' version 1: Internal: ModelInstanceFinalize is"
    )
    assert states(server) == {"m": {"1": "READY"}}


# What becomes of which instance


def spec(name: str, signature: str = "s", device: int = 0, **fields: Any) -> InstanceSpec:
    arguments: dict[str, Any] = {
        "kind": 2,
        "host_policy": "",
        "host_policy_settings": {},
        "profiles": [],
        "passive": False,
        "secondary_devices": [],
    }
    return InstanceSpec(
        name=name, device_id=device, signature=signature.encode(), **(arguments | fields)
    )


def match(
    existing: list[InstanceSpec], wanted: list[InstanceSpec], together: bool = False
) -> tuple[list[int], list[str], list[int]]:
    have = [Instance(each, number) for number, each in enumerate(existing)]
    kept, missing, gone = match_instances(have, wanted, together)
    return [i.number for i in kept], [s.name for s in missing], sorted(i.number for i in gone)


def test_of_equal_instances_that_of_the_same_name_stays() -> None:
    assert match([spec("a"), spec("b")], [spec("b")]) == ([1], [], [0])
    assert match([spec("a"), spec("b")], [spec("c"), spec("a")]) == ([1, 0], [], [])


def test_another_signature_or_device_is_another_instance() -> None:
    assert match([spec("a")], [spec("a", "t")]) == ([], ["a"], [0])
    assert match([spec("a")], [spec("a", device=1)]) == ([], ["a"], [0])
    assert match([], [spec("a"), spec("b")]) == ([], ["a", "b"], [])
    assert match([spec("a")], []) == ([], [], [0])


def test_together_means_a_device_s_instances_all_or_none() -> None:
    have = [spec("a"), spec("b"), spec("c", device=1), spec("p", passive=True)]
    assert match(have, have, together=True) == ([0, 1, 2, 3], [], [])
    assert match(have, [*have, spec("d")], together=True) == ([2, 3], ["a", "b", "d"], [0, 1])
    assert match(have, have[1:], together=True) == ([2, 3], ["b"], [0, 1])
