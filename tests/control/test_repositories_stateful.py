# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Random histories of several repositories and models, in the ways that models are chosen.

The model of them is plain: what lies where, which repositories count, what was asked for. From it
follow, after every step, which builds serve, what the index shows, and what is left alive.
"""

from __future__ import annotations

import json
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
from triton_py.errors import InvalidArgumentError, NotFoundError, TritonError

NAMES = ["m", "n", "o"]
REPOSITORIES = ["a", "b", "c"]

#: (name, with the namespace where there are any)
Key = tuple[str, str]


class Repositories(RuleBasedStateMachine):
    """What every mode has: folders that change, steps that break, what must be so after each step."""

    mode = ControlMode.EXPLICIT
    namespacing = False
    registered: tuple[str, ...] = ("a", "b")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.repositories: dict[str, Repository] = {}
        for name in REPOSITORIES:
            (self.root / name).mkdir()
            self.repositories[name] = Repository(self.root / name)
        self.dataplane = FakeDataPlane()
        self.server = ControlPlane(
            self.dataplane,
            ServerOptions(
                model_repository_paths=[str(self.path(name)) for name in self.registered],
                model_control_mode=self.mode,
                model_namespacing=self.namespacing,
                exit_on_error=False,
                backend_directory=str(self.repositories["a"].backends),
            ),
        )
        self.server.start()
        self.counting = set(self.registered)
        self.writes = 0
        #: (repository, name) -> the number of the write
        self.folders: dict[tuple[str, str], int] = {}
        #: (namespace, name) -> what it was built from: (repository, write), or a load request's number
        self.serving: dict[Key, tuple[str, int]] = {}
        self.builds: dict[Key, FakeModel] = {}
        #: What was asked for and not unloaded since, whether it serves or not: with namespaces it
        #: decides which names are ambiguous.
        self.asked: set[Key] = set()

    def path(self, repository: str) -> Path:
        return self.repositories[repository].path

    def space(self, repository: str) -> str:
        return str(self.path(repository)) if self.namespacing else ""

    def found(self, name: str) -> list[str]:
        """The repositories that count and have it."""
        return [r for r in REPOSITORIES if r in self.counting and (r, name) in self.folders]

    def fails(self, name: str) -> bool:
        return f"create:{name}:1" in self.dataplane.fail

    @rule(repository=st.sampled_from(REPOSITORIES), name=st.sampled_from(NAMES))
    def write(self, repository: str, name: str) -> None:
        self.writes += 1
        shutil.rmtree(self.path(repository) / name, ignore_errors=True)
        self.repositories[repository].model(
            name, extra=f'parameters {{ key: "write" value {{ string_value: "{self.writes}" }} }}'
        )
        self.folders[repository, name] = self.writes

    @precondition(lambda self: self.folders)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        repository, name = data.draw(st.sampled_from(sorted(self.folders)))
        shutil.rmtree(self.path(repository) / name)
        del self.folders[repository, name]

    @rule(name=st.sampled_from(NAMES))
    def break_model(self, name: str) -> None:
        self.dataplane.fail[f"create:{name}:1"] = broken(name)

    @precondition(lambda self: self.dataplane.fail)
    @rule()
    def repair(self) -> None:
        self.dataplane.fail.clear()

    def put(self, key: Key, source: tuple[str, int]) -> None:
        """A load has taken place: built anew unless it is what served."""
        stays = self.serving.get(key) == source
        space, name = key
        build = self.dataplane.table[f"{space}::{name}" if space else name, 1]
        assert (build is self.builds.get(key)) == stays
        self.serving[key] = source
        self.builds[key] = build

    def drop(self, key: Key) -> None:
        self.serving.pop(key, None)
        self.builds.pop(key, None)
        self.asked.discard(key)

    @invariant()
    def what_serves_is_what_should(self) -> None:
        wait_until_unloaded(self.server)
        table = {
            tuple(name.rsplit("::", 1)) if "::" in name else ("", name): model
            for (name, _), model in self.dataplane.table.items()
        }
        assert table == self.builds
        for key, (_, write) in self.serving.items():
            config = table[key].final_config
            assert config is not None
            assert config["parameters"]["write"]["string_value"] == str(write)
        assert {id(model) for model in self.dataplane.open_models()} == {
            id(model) for model in table.values()
        }

    @invariant()
    def the_index_shows_it(self) -> None:
        ready = sorted(e["name"] for e in self.server.index(ready_only=True))
        assert ready == sorted(name for _, name in self.serving)
        listed = states(self.server)
        for name in NAMES:
            if self.found(name) or any(name == served for _, served in self.serving):
                assert name in listed

    @invariant()
    def what_serves_says_so(self) -> None:
        for name in NAMES:
            serving = [key for key in self.serving if key[1] == name]
            if len(serving) == 1 and not self.namespacing:
                assert self.server.model_is_ready(name, -1)
                assert self.server.model_metadata(name, -1)["versions"] == ["1"]
            elif not serving:
                with pytest.raises(TritonError):
                    self.server.model_metadata(name, -1)
            elif len(serving) > 1:
                with pytest.raises(InvalidArgumentError):
                    self.server.model_metadata(name, -1)

    @invariant()
    def what_was_asked_for_has_its_name(self) -> None:
        if self.namespacing:
            assert self.dataplane.claims == {(name, space) for space, name in self.asked}

    def teardown(self) -> None:
        end(self.server, self.dataplane, self.root)


class Explicit(Repositories):
    """Models are loaded and unloaded by name, repositories come and go."""

    @rule(repository=st.sampled_from(REPOSITORIES))
    def register(self, repository: str) -> None:
        if repository in self.counting:
            with pytest.raises(TritonError):
                self.server.register_repository(str(self.path(repository)))
        else:
            self.server.register_repository(str(self.path(repository)))
            self.counting.add(repository)

    @rule(repository=st.sampled_from(REPOSITORIES))
    def unregister(self, repository: str) -> None:
        if repository in self.counting:
            self.server.unregister_repository(str(self.path(repository)))
            self.counting.remove(repository)
        else:
            with pytest.raises(TritonError):
                self.server.unregister_repository(str(self.path(repository)))

    @rule(name=st.sampled_from(NAMES))
    def load(self, name: str) -> None:
        found = self.found(name)
        wanted = {(self.space(r), name): (r, self.folders[r, name]) for r in found}
        if not found:
            with pytest.raises(NotFoundError):
                self.server.load(name)
        elif len(found) > 1 and not self.namespacing:
            with pytest.raises(InvalidArgumentError):
                self.server.load(name)
        elif self.fails(name) and wanted.items() - self.serving.items():
            with pytest.raises(TritonError):
                self.server.load(name)
            # Those that are what they were serve on, the others have what they had.
        else:
            self.server.load(name)
            for key, source in wanted.items():
                self.put(key, source)
        if len(found) == 1 or self.namespacing:
            self.asked |= wanted.keys()

    @rule(name=st.sampled_from(NAMES))
    def load_with_a_configuration(self, name: str) -> None:
        found = self.found(name)
        if len(found) != 1:
            return
        self.writes += 1
        config = {
            "backend": "fake",
            "max_batch_size": 8,
            "input": [{"name": "IN", "data_type": "TYPE_FP32", "dims": [4]}],
            "output": [{"name": "OUT", "data_type": "TYPE_FP32", "dims": [4]}],
            "parameters": {"write": {"string_value": str(self.writes)}},
        }
        parameters = [("config", json.dumps(config))]
        key = self.space(found[0]), name
        self.asked.add(key)
        if self.fails(name):
            with pytest.raises(TritonError):
                self.server.load(name, parameters)
            return
        self.server.load(name, parameters)
        # A plain load afterwards goes back to the folder: that is another source.
        self.put(key, ("request", self.writes))

    @rule(name=st.sampled_from(NAMES))
    def unload(self, name: str) -> None:
        self.server.unload(name)
        for key in [key for key in self.asked if key[1] == name]:
            self.drop(key)


class ExplicitNamespaces(Explicit):
    namespacing = True


class Polling(Repositories):
    """The server looks through its repositories now and then."""

    mode = ControlMode.POLL
    registered = ("a", "b", "c")

    @rule()
    def poll(self) -> None:
        self.server.poll()
        wait_until_unloaded(self.server)
        wanted: dict[Key, tuple[str, int]] = {}
        for name in NAMES:
            found = self.found(name)
            if len(found) == 1 or self.namespacing:
                wanted |= {(self.space(r), name): (r, self.folders[r, name]) for r in found}
        for key in self.asked - wanted.keys():
            self.drop(key)
        self.asked |= wanted.keys()
        for key, source in wanted.items():
            # One that can't be built leaves what served, and is tried again.
            if self.serving.get(key) == source or not self.fails(key[1]):
                self.put(key, source)


class PollingNamespaces(Polling):
    namespacing = True


_SETTINGS = settings(max_examples=60, stateful_step_count=40)
TestExplicit = Explicit.TestCase
TestExplicit.settings = _SETTINGS
TestExplicitNamespaces = ExplicitNamespaces.TestCase
TestExplicitNamespaces.settings = _SETTINGS
TestPolling = Polling.TestCase
TestPolling.settings = _SETTINGS
TestPollingNamespaces = PollingNamespaces.TestCase
TestPollingNamespaces.settings = _SETTINGS
