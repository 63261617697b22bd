# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane as the control plane sees it; ``triton_py.core.host`` implements it.

Every method may block and may release the GIL, and may be called from any thread, several at a
time for different objects. Calls for one model are made one at a time, in the order of its life:
``create_model``, ``configure``, ``add_instance`` (several at once only where the backend allows
parallel instance loading), ``warm_up``, ``start``, ``publish``, ``withdraw``, ``drain``, ``close``.
A published model's instances may change: ``add_instance``, ``warm_up``, ``update_config``, ``start``
again, ``remove_instances``. The control plane never holds one of its locks during a call, since a
backend may call back into the server.

Questions (``ready``, ``statistics``, ``in_flight``, ``pending``) are asked at any time between
``start`` and ``close``, from several threads; the control plane sees to it that ``close`` comes after
them (``Pins``).

An agent's models are created, told of actions and closed one call at a time, and before the agent.
"""

from __future__ import annotations

from typing import Any, Protocol

#: TRITONSERVER_LogLevel
LOG_INFO, LOG_WARN, LOG_ERROR, LOG_VERBOSE = range(4)
#: TRITONSERVER_InstanceGroupKind
KIND_AUTO, KIND_CPU, KIND_GPU, KIND_MODEL = range(4)
#: TRITONREPOAGENT_ArtifactType
ARTIFACT_FILESYSTEM, ARTIFACT_REMOTE_FILESYSTEM = range(2)


class Backend(Protocol):
    """A loaded and initialised backend library."""

    name: str
    library: str
    api_version: tuple[int, int]
    #: TRITONBACKEND_ExecutionPolicy
    execution_policy: int
    #: (TRITONSERVER_InstanceGroupKind, count, device ids), in the backend's order of preference
    preferred_groups: list[tuple[int, int, list[int]]]
    parallel_instance_loading: bool

    def close(self) -> None:
        """TRITONBACKEND_Finalize, then dlclose; a TritonError comes after the clean-up."""


class LeavingInstances(Protocol):
    """Instances that get no more requests, of a model that goes on serving."""

    def finish(self) -> None:
        """Wait for their requests and sequences, then TRITONBACKEND_ModelInstanceFinalize.

        Called once. A TritonError comes after the clean-up.
        """


class Model(Protocol):
    """One version of a model, from TRITONBACKEND_ModelInitialize to ModelFinalize."""

    #: Its configuration in JSON: what ``create_model`` got, unless the backend replaced it by
    #: TRITONBACKEND_ModelSetConfig.
    config: str
    #: Requests accepted and not yet released.
    in_flight: int
    #: Those of them that wait in the queue.
    pending: int
    #: Whether ``add_instance`` may be called from several threads at once. Where it may not,
    #: instances of one device share a thread: they can only be removed together.
    concurrent_instances: bool

    def configure(self, config_json: str, spec: dict[str, Any]) -> None:
        """Take the final configuration, as JSON and as ``compile_spec``'s digest of it.

        The digest has also ``labels``, ``batch_strategy_library``, and what
        ``triton_py.control.metrics.asked_of`` returns.
        """

    def add_instance(
        self,
        name: str,
        kind: int,
        device_id: int,
        host_policy: str,
        host_policy_settings: dict[str, str],
        profiles: list[str],
        passive: bool,
        secondary_devices: list[tuple[str, int]],
    ) -> int:
        """TRITONBACKEND_ModelInstanceInitialize for one more instance; its number in the model."""

    def warm_up(self, sample: dict[str, Any]) -> None:
        """Execute a sample of ``read_warmup`` on each instance that takes no requests yet; raises
        the first error."""

    def start(self) -> None:
        """Let the instances take requests that don't yet; a failure the first time leaves the model
        to be closed, later on the instances to be removed."""

    def remove_instances(self, numbers: list[int]) -> LeavingInstances:
        """Give instances no more requests; the model must not be closed before they are finished."""

    def update_config(self, config_json: str) -> None:
        """What TRITONBACKEND_ModelConfig answers from now on."""

    def ready(self) -> bool:
        """Whether TRITONBACKEND_ModelInstanceReady says yes for every instance."""

    def drain(self, timeout: float | None) -> bool:
        """Wait until no request is in flight, at most ``timeout`` seconds; True when idle."""

    def close(self) -> None:
        """Undo everything done so far; a TritonError comes after the clean-up."""

    def statistics(self) -> dict[str, Any]:
        """The model's entry of the statistics extension, without name and version.

        Beside the extension's members: ``failures`` (count by reason), ``batch_closed`` (batches
        by the reason why they were closed), and those ``histograms`` and ``summaries`` that
        ``configure`` was asked for: each histogram a dict of ``bounds``, ``counts`` (cumulative, one
        more) and ``sum``, each summary one of ``quantiles`` (pairs of quantile and value, in
        microseconds, of the last minute), ``count`` and ``sum``.
        """


class Agent(Protocol):
    """A loaded and initialised repository agent."""

    name: str
    library: str

    def close(self) -> None:
        """TRITONREPOAGENT_Finalize, then dlclose; a TritonError comes after the clean-up."""


class AgentModel(Protocol):
    """One model in the hands of an agent, from TRITONREPOAGENT_ModelInitialize to ModelFinalize."""

    @property
    def location(self) -> tuple[int, str]:
        """(TRITONREPOAGENT_ArtifactType, path or address): where the agent left the model."""

    def action(self, action: int) -> None:
        """TRITONREPOAGENT_ModelAction, one at a time; raises what the agent returns."""

    def close(self) -> None:
        """TRITONREPOAGENT_ModelFinalize, then what the agent acquired is removed.

        A TritonError comes after the clean-up.
        """


class DataPlane(Protocol):
    """What a server can do with libraries, models and requests."""

    def gpu_count(self) -> int:
        """GPUs that the server may use; 0 without CUDA."""

    def load_backend(self, name: str, library: str, directory: str, config_json: str) -> Backend:
        """dlopen, version check, TRITONBACKEND_Initialize and GetBackendAttribute.

        A failure cleans up before it raises.
        """

    def create_model(
        self,
        backend: Any,
        name: str,
        version: int,
        directory: str,
        config_json: str,
        auto_complete: bool,
    ) -> Model:
        """TRITONBACKEND_ModelInitialize; ``directory`` is the parent of the version folders.

        A failure cleans up before it raises.
        """

    def load_agent(self, name: str, library: str) -> Agent:
        """dlopen, TRITONREPOAGENT_Initialize. A failure cleans up before it raises."""

    def create_agent_model(
        self,
        agent: Any,
        artifact_type: int,
        location: str,
        config_json: str | None,
        parameters: list[tuple[str, str]],
    ) -> AgentModel:
        """TRITONREPOAGENT_ModelInitialize; a failure cleans up before it raises."""

    def publish(self, model: Any, space: str = "") -> None:
        """Let new requests find the model, atomically replacing one of its name and version.

        ``space`` is its namespace; nobody finds a name that several namespaces have.
        """

    def withdraw(self, model: Any, space: str = "") -> None:
        """Let no new request find the model; a no-op where another one has replaced it."""

    def claim(self, name: str, space: str) -> None:
        """A namespace has a model of that name, whether or not one of its versions is published."""

    def unclaim(self, name: str, space: str) -> None:
        """It has it no more; a no-op while one of its versions is published."""

    def resize_pinned_pool(self, byte_size: int) -> None:
        """Set how much pinned memory backends may have; the servers of a process share theirs."""

    def pinned_memory(self) -> tuple[int, int]:
        """The process's pinned memory in bytes: what there may be, and what there is."""

    def custom_metrics(self) -> list[tuple[str, str, str, list[tuple[dict[str, str], Any]]]]:
        """Custom metrics of the process: ``(name, kind, help, [(labels, value), ...])`` each.

        A value is a float; of a histogram it is such a dict as in ``statistics``.
        """

    def log(self, level: int, message: str) -> None:
        """Write to the server's log; the level is a TRITONSERVER_LogLevel."""

    def log_table(self, text: str) -> None:
        """Write a table of several lines below an INFO line, as it is."""
