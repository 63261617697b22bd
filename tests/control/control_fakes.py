# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A data plane without libraries: records what is made and closed, fails and waits on request.

A *point* is a string like ``create:m:1`` (model m, version 1), ``instance:m:1``, ``start:m:1``,
``load_backend:fake``, ``publish:m:1``, ``remove:m:1``, ``finish:m:1``, ``close:m:1``; of repository
agents ``load_agent:a``, ``agent_create:a``, ``agent:a:LOAD``, ``agent_close:a``, ``close_agent:a``.
``fail[point]`` is an exception to raise there;
``gates[point]`` is a ``Gate`` at which the calling thread stops until the test lets it through.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from triton_py.errors import InternalError, TritonError

#: So that a defect fails a test instead of hanging it.
TIMEOUT_S = 20.0


class Gate:
    """A point where a thread waits: the test sees it arrive, and says when it may go on."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self._open = threading.Event()

    def wait_arrived(self) -> None:
        assert self.arrived.wait(TIMEOUT_S), "nobody came to the gate"

    def open(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        self.arrived.set()
        assert self._open.wait(TIMEOUT_S), "the gate was never opened"


class FakeBackend:
    def __init__(self, plane: FakeDataPlane, name: str, library: str, config: str) -> None:
        self.name = name
        self.library = library
        self.config = config
        self.api_version = (1, 19)
        self.execution_policy = 0
        self.preferred_groups: list[tuple[int, int, list[int]]] = list(plane.preferred_groups)
        self.parallel_instance_loading = plane.parallel_instances
        self._plane = plane
        self.closed = False

    def close(self) -> None:
        assert not self.closed, "backend closed twice"
        in_use = [m for m in self._plane.models if m.backend is self and not m.closed]
        assert not in_use, f"backend closed under {in_use}"
        self.closed = True
        self._plane.reach(f"close_backend:{self.name}")


class FakeModel:
    def __init__(
        self,
        plane: FakeDataPlane,
        backend: FakeBackend,
        name: str,
        version: int,
        directory: str,
        config: str,
        auto_complete: bool,
    ) -> None:
        self.plane = plane
        self.backend = backend
        self.name = name
        self.version = version
        self.directory = directory
        self.config = config
        self.auto_complete = auto_complete
        self.final_config: dict[str, Any] | None = None
        self.spec: dict[str, Any] | None = None
        #: number -> arguments, of the instances that have not been told to go
        self.numbered: dict[int, tuple[Any, ...]] = {}
        #: Those that take requests.
        self.running: set[int] = set()
        #: Those that were told to go and are not finished.
        self.leaving: set[int] = set()
        self.warmed: list[dict[str, Any]] = []
        self.started = False
        self.withdrawn = False
        self.closed = False
        self.is_ready = True
        self.concurrent_instances = True
        self.events: list[str] = []
        self._last_number = 0
        self._idle = threading.Condition()
        self._in_flight = 0

    def __repr__(self) -> str:
        return f"<{self.name}:{self.version} closed={self.closed}>"

    @property
    def instances(self) -> list[tuple[Any, ...]]:
        return list(self.numbered.values())

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def pending(self) -> int:
        return max(0, self._in_flight - 1)

    def request(self) -> None:
        """A request is accepted."""
        with self._idle:
            self._in_flight += 1

    def respond(self) -> None:
        """A request is done."""
        with self._idle:
            self._in_flight -= 1
            self._idle.notify_all()

    def configure(self, config_json: str, spec: dict[str, Any]) -> None:
        assert not self.closed and self.final_config is None
        self._reach("configure")
        self.final_config = json.loads(config_json)
        self.spec = spec

    def add_instance(self, *arguments: Any) -> int:
        assert self.final_config is not None and not self.closed
        self._reach("instance")
        with self.plane._lock:
            self._last_number += 1
            self.numbered[self._last_number] = arguments
            return self._last_number

    def warm_up(self, sample: dict[str, Any]) -> None:
        assert not self.closed
        self._reach("warm_up")
        self.warmed.append(sample)

    def start(self) -> None:
        assert not self.closed
        self._reach("start")
        self.started = True
        self.running = set(self.numbered)

    def remove_instances(self, numbers: list[int]) -> FakeLeaving:
        assert self.started and not self.closed
        assert numbers and set(numbers) <= set(self.numbered), "an instance is removed twice"
        self._reach("remove")
        self.running -= set(numbers)
        self.leaving |= set(numbers)
        for number in numbers:
            del self.numbered[number]
        return FakeLeaving(self, numbers)

    def update_config(self, config_json: str) -> None:
        assert self.started and not self.closed
        self.final_config = json.loads(config_json)

    def ready(self) -> bool:
        assert not self.closed, "asked after close"
        self._reach("ready")
        assert not self.closed, "closed while it was asked"
        return self.is_ready

    def drain(self, timeout: float | None) -> bool:
        assert not self.closed
        self._reach("drain")
        with self._idle:
            return self._idle.wait_for(
                lambda: self._in_flight == 0, TIMEOUT_S if timeout is None else timeout
            )

    def close(self) -> None:
        assert not self.closed, f"{self!r} closed twice"
        assert self._in_flight == 0, f"{self!r} closed with requests in flight"
        assert not self.leaving, f"{self!r} closed before its instances were finished"
        assert self not in self.plane.table.values(), "closed while published"
        self.closed = True
        self._reach("close")

    def statistics(self) -> dict[str, Any]:
        assert not self.closed, "asked after close"
        self._reach("statistics")
        assert not self.closed, "closed while it was asked"
        assert self.spec is not None
        return {
            "inference_count": 7,
            "execution_count": 3,
            "failures": {"BACKEND": 2},
            "batch_closed": {"full": 5},
            "histograms": {
                key: {"bounds": bounds, "counts": list(range(len(bounds) + 1)), "sum": 12.5}
                for key, bounds in self.spec["histograms"].items()
            },
            "summaries": {
                key: {"quantiles": [(q, 1000 * q) for q in self.spec["summary_quantiles"]],
                      "count": 4, "sum": 900}
                for key in ("request", "queue") if self.spec["summary_quantiles"] is not None
            },
        }

    def _reach(self, step: str) -> None:
        self.events.append(step)
        self.plane.reach(f"{step}:{self.name}:{self.version}")


class FakeLeaving:
    """Instances that go; their requests end when the gate ``finish:m:1`` lets them."""

    def __init__(self, model: FakeModel, numbers: list[int]) -> None:
        self._model = model
        self._numbers = set(numbers)

    def finish(self) -> None:
        assert not self._model.closed and self._numbers <= self._model.leaving, "finished twice"
        try:
            self._model._reach("finish")
        finally:
            self._model.leaving -= self._numbers


class FakeAgent:
    def __init__(self, plane: FakeDataPlane, name: str, library: str) -> None:
        self.name = name
        self.library = library
        self.closed = False
        self._plane = plane

    def close(self) -> None:
        assert not self.closed, "agent closed twice"
        in_use = [m for m in self._plane.agent_models if m.agent is self and not m.closed]
        assert not in_use, f"agent closed under {in_use}"
        self.closed = True
        self._plane.reach(f"close_agent:{self.name}")


class FakeAgentModel:
    """Holds the agent's calls to what may follow what, and to one at a time."""

    FOLLOWS: ClassVar[dict[str | None, set[str]]] = {
        None: {"LOAD"}, "LOAD": {"LOAD_COMPLETE", "LOAD_FAIL"}, "LOAD_COMPLETE": {"UNLOAD"},
        "UNLOAD": {"UNLOAD_COMPLETE"},
    }  # fmt: skip

    def __init__(
        self, plane: FakeDataPlane, agent: FakeAgent, location: tuple[int, str],
        config: str | None, parameters: list[tuple[str, str]],
    ) -> None:
        self.plane = plane
        self.agent = agent
        self.location = location
        self.config = config
        self.parameters = parameters
        self.last: str | None = None
        self.closed = False
        self._busy = threading.Lock()

    def action(self, action: int) -> None:
        assert not self.closed and not self.agent.closed
        name = ("LOAD", "LOAD_COMPLETE", "LOAD_FAIL", "UNLOAD", "UNLOAD_COMPLETE")[action]
        assert self._busy.acquire(blocking=False), "two calls at a time"
        try:
            assert name in self.FOLLOWS.get(self.last, ()), f"{name} follows {self.last}"
            self.last = name
            self.plane.reach(f"agent:{self.agent.name}:{name}")
            if name == "LOAD" and self.agent.name in self.plane.moves:
                there = self.plane.moves[self.agent.name]
                self.location = (int("://" in there), there)
        finally:
            self._busy.release()

    def close(self) -> None:
        assert not self.closed, "an agent's model is closed twice"
        assert self.last in (None, "LOAD_FAIL", "UNLOAD_COMPLETE"), f"closed after {self.last}"
        self.closed = True
        self.plane.reach(f"agent_close:{self.agent.name}")


class FakeDataPlane:
    """See the module's docstring. ``watch`` is called at every point, with the point."""

    def __init__(self) -> None:
        self.gpus = 0
        self.preferred_groups: list[tuple[int, int, list[int]]] = []
        self.parallel_instances = False
        self.fail: dict[str, BaseException] = {}
        self.gates: dict[str, Gate] = {}
        self.watch: Callable[[str], None] = lambda point: None
        #: backend's answer to auto-completion: (name, config) -> config
        self.auto_complete: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
        self.backends: list[FakeBackend] = []
        self.models: list[FakeModel] = []
        #: (name, or <namespace>::<name>, and version) -> model
        self.table: dict[tuple[str, int], FakeModel] = {}
        #: (name, namespace)
        self.claims: set[tuple[str, str]] = set()
        self.agents: list[FakeAgent] = []
        self.agent_models: list[FakeAgentModel] = []
        #: agent -> the folder to which it moves every model
        self.moves: dict[str, str] = {}
        self.points: list[str] = []
        self.lines: list[tuple[int, str]] = []
        self.pinned_pool = 0
        self.custom: list[Any] = []
        self._lock = threading.Lock()

    # What a test looks at

    def gate(self, point: str) -> Gate:
        self.gates[point] = Gate()
        return self.gates[point]

    def open_models(self) -> list[FakeModel]:
        return [model for model in self.models if not model.closed]

    def served(self, name: str, version: int = 1) -> FakeModel:
        return self.table[(name, version)]

    def logged(self, text: str) -> list[str]:
        return [line for _, line in self.lines if text in line]

    def reach(self, point: str) -> None:
        with self._lock:
            self.points.append(point)
            error = self.fail.get(point)
            gate = self.gates.get(point)
        self.watch(point)
        if gate is not None:
            gate.pass_through()
        if error is not None:
            raise error

    # DataPlane

    def gpu_count(self) -> int:
        return self.gpus

    def load_backend(
        self, name: str, library: str, directory: str, config_json: str
    ) -> FakeBackend:
        self.reach(f"load_backend:{name}")
        backend = FakeBackend(self, name, library, config_json)
        with self._lock:
            self.backends.append(backend)
        return backend

    def create_model(
        self,
        backend: FakeBackend,
        name: str,
        version: int,
        directory: str,
        config_json: str,
        auto_complete: bool,
    ) -> FakeModel:
        assert not backend.closed
        self.reach(f"create:{name}:{version}")
        model = FakeModel(self, backend, name, version, directory, config_json, auto_complete)
        if auto_complete and self.auto_complete is not None:
            completed = self.auto_complete(name, json.loads(config_json))
            model.config = json.dumps(completed)
        with self._lock:
            self.models.append(model)
        return model

    def load_agent(self, name: str, library: str) -> FakeAgent:
        self.reach(f"load_agent:{name}")
        agent = FakeAgent(self, name, library)
        with self._lock:
            self.agents.append(agent)
        return agent

    def create_agent_model(
        self,
        agent: FakeAgent,
        artifact_type: int,
        location: str,
        config_json: str | None,
        parameters: list[tuple[str, str]],
    ) -> FakeAgentModel:
        assert not agent.closed
        self.reach(f"agent_create:{agent.name}")
        model = FakeAgentModel(self, agent, (artifact_type, location), config_json, parameters)
        with self._lock:
            self.agent_models.append(model)
        return model

    def publish(self, model: FakeModel, space: str = "") -> None:
        assert model.started and not model.closed
        self.reach(f"publish:{model.name}:{model.version}")
        with self._lock:
            self.table[(_full_name(model.name, space), model.version)] = model

    def withdraw(self, model: FakeModel, space: str = "") -> None:
        self.reach(f"withdraw:{model.name}:{model.version}")
        key = (_full_name(model.name, space), model.version)
        with self._lock:
            model.withdrawn = True
            if self.table.get(key) is model:
                del self.table[key]

    def claim(self, name: str, space: str) -> None:
        with self._lock:
            self.claims.add((name, space))

    def unclaim(self, name: str, space: str) -> None:
        with self._lock:
            self.claims.discard((name, space))

    def resize_pinned_pool(self, byte_size: int) -> None:
        self.pinned_pool = byte_size

    def pinned_memory(self) -> tuple[int, int]:
        return self.pinned_pool, 4096

    def custom_metrics(self) -> list[Any]:
        return self.custom

    def log_table(self, text: str) -> None:
        self.log(0, text)

    def log(self, level: int, message: str) -> None:
        with self._lock:
            self.lines.append((level, message))


def _full_name(name: str, space: str) -> str:
    return f"{space}::{name}" if space else name


def broken(what: str) -> TritonError:
    """An error to fail a point with."""
    return InternalError(f"{what} is broken")
