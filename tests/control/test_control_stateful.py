# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Random histories of one model against a model of what should be served."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from control_fakes import FakeDataPlane, FakeModel, broken
from control_support import Repository, end, states, wait_until_unloaded
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from triton_py.control import ControlMode, ControlPlane, ServerOptions
from triton_py.errors import TritonError

STEPS = ["create", "configure", "instance", "start", "publish"]
POLICIES = {
    "latest": ("version_policy { latest { num_versions: 1 } }", lambda found: {max(found)}),
    "all": ("version_policy { all {} }", lambda found: set(found)),
    "first": ("version_policy { specific { versions: [1] } }", lambda found: {1} & found),
}


class OneModel(RuleBasedStateMachine):
    """The folder changes, steps break, loads and unloads come: what serves is what should."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.repository = Repository(self.root)
        self.dataplane = FakeDataPlane()
        self.server = ControlPlane(
            self.dataplane,
            ServerOptions(
                model_repository_paths=[str(self.repository.path)],
                model_control_mode=ControlMode.EXPLICIT,
                backend_directory=str(self.repository.backends),
            ),
        )
        self.server.start()
        self.versions = {1}
        self.policy = "latest"
        self.delay = 1
        self.instances = 1
        self.syntax_error = False
        self.writes = 0
        self.loaded: int | None = None  # the write that is served
        self.served: dict[int, FakeModel] = {}
        self.served_delay = 0
        self.served_instances = 0
        self.write()

    def write(self) -> None:
        # Each write is a change for who looks at the files' times.
        self.writes += 1
        folder = self.repository.path / "m"
        shutil.rmtree(folder, ignore_errors=True)
        extra = (
            f"dynamic_batching {{ max_queue_delay_microseconds: {self.delay} }}"
            f"instance_group {{ kind: KIND_CPU count: {self.instances} }}"
            f"{POLICIES[self.policy][0]}"
        )
        if self.syntax_error:
            extra += "}"
        self.repository.model("m", *self.versions, extra=extra)

    @rule(
        versions=st.sets(st.integers(1, 4), min_size=1),
        policy=st.sampled_from(sorted(POLICIES)),
        syntax_error=st.booleans(),
        delay=st.integers(1, 2),
    )
    def change(self, versions: set[int], policy: str, syntax_error: bool, delay: int) -> None:
        self.versions, self.policy, self.syntax_error = versions, policy, syntax_error
        self.delay = delay
        self.write()

    @rule(instances=st.integers(1, 4))
    def change_instances(self, instances: int) -> None:
        self.instances = instances
        self.write()

    @rule(step=st.sampled_from(STEPS), version=st.integers(1, 4))
    def break_step(self, step: str, version: int) -> None:
        self.dataplane.fail[f"{step}:m:{version}"] = broken(f"{step} {version}")

    @precondition(lambda self: self.dataplane.fail)
    @rule()
    def repair(self) -> None:
        self.dataplane.fail.clear()

    @rule()
    def load(self) -> None:
        if self.loaded == self.writes:
            self.server.load("m")
            return
        chosen = POLICIES[self.policy][1](self.versions)
        stay = chosen & self.served.keys() if self.delay == self.served_delay else set()
        # One that stays is made ready for more instances at most.
        for_more = ("instance", "start") if self.instances > self.served_instances else ()
        failing = {
            int(version)
            for step, _, version in (point.split(":") for point in self.dataplane.fail)
            if int(version) not in stay or step in for_more
        }
        if self.syntax_error or not chosen or chosen & failing:
            with pytest.raises(TritonError):
                self.server.load("m")
            return
        self.server.load("m")
        table = {version: model for (_, version), model in self.dataplane.table.items()}
        assert all(table[version] is self.served[version] for version in stay)
        assert all(table[v] is not self.served.get(v) for v in chosen - stay)
        self.served = {version: table[version] for version in chosen}
        self.served_delay, self.served_instances = self.delay, self.instances
        self.loaded = self.writes

    @rule()
    def unload(self) -> None:
        self.server.unload("m")
        self.served = {}
        self.loaded = None

    @invariant()
    def what_serves_is_what_should(self) -> None:
        wait_until_unloaded(self.server)
        served = {model.version: model for model in self.dataplane.table.values()}
        assert served == self.served
        for model in served.values():
            config = model.final_config
            assert config is not None
            assert config["dynamic_batching"]["max_queue_delay_microseconds"] == self.served_delay
            assert config["instance_group"][0]["count"] == self.served_instances
            assert len(model.instances) == self.served_instances
            assert model.running == set(model.numbered)
        # Nothing else is left: every other build has been closed.
        assert {id(m) for m in self.dataplane.open_models()} == {
            id(m) for m in self.dataplane.table.values()
        }
        ready = {v for v, state in states(self.server)["m"].items() if state == "READY"}
        assert ready == {str(version) for version in self.served}
        if self.served:
            shown = self.server.model_config("m", -1)
            assert shown["dynamic_batching"]["max_queue_delay_microseconds"] == self.served_delay
            assert shown["instance_group"][0]["count"] == self.served_instances
        else:
            with pytest.raises(TritonError):
                self.server.model_config("m", -1)

    def teardown(self) -> None:
        end(self.server, self.dataplane, self.root)


TestOneModel = OneModel.TestCase
TestOneModel.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
