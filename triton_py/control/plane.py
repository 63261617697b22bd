# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The control plane: everything a server does that is not inference.

The core calls it with the GIL held, from any thread. It talks to the core through ``DataPlane``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, auto
from typing import Any

import triton_py
from triton_py.control import configs, tables
from triton_py.control.agents import AgentStore
from triton_py.control.backends import BackendStore
from triton_py.control.builder import Builder
from triton_py.control.dataplane import LOG_ERROR, LOG_INFO, LOG_VERBOSE, DataPlane
from triton_py.control.loader import Loader
from triton_py.control.loads import LoadProgress
from triton_py.control.metrics import MetricsPage
from triton_py.control.operations import Operations
from triton_py.control.options import ControlMode, ServerOptions
from triton_py.control.planner import folder_fingerprint
from triton_py.control.queries import index_entries, strictly_ready
from triton_py.control.registry import LATEST, Registry
from triton_py.control.retirer import Retirer
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.watch import BackendWatcher
from triton_py.control.workers import WorkerPool
from triton_py.errors import (
    InternalError,
    InvalidArgumentError,
    TritonError,
    UnavailableError,
    UnsupportedError,
    error_from_code,
)
from triton_py.repository import (
    DUPLICATE_REASON,
    LoadParameters,
    ModelId,
    Repositories,
    check_model_name,
    parse_load_parameters,
)

#: Protocol extensions, as the server metadata lists them; one joins the list when it works.
EXTENSIONS = (
    "classification",
    "model_repository",
    "model_repository(unload_dependents)",
    "schedule_policy",
    "model_configuration",
    "binary_tensor_data",
    "parameters",
    "statistics",
    "trace",
    "logging",
)

#: Members of the data plane's statistics that only the metrics page shows.
_BESIDE_THE_EXTENSION = ("failures", "batch_closed", "histograms", "summaries")

_MIN_GPU_COMPUTE_CAPABILITY = 6.0


class _ServerState(Enum):
    """INITIALIZING -> READY or FAILED; any of them -> EXITING, which is final."""

    INITIALIZING = auto()
    READY = auto()
    FAILED = auto()
    EXITING = auto()


class ControlPlane:
    """One server's control plane: created, started, used, stopped, in that order.

    Thread safety: ``_lock`` guards ``_state`` and ``_stop_result`` and is held for assignments only.
    What the parts share is guarded in them: ``Registry`` (models), ``Operations`` (who may change
    which model), ``Repositories``, ``BackendStore``, ``AgentStore``, ``Retirer``. No two of these
    locks are ever held together, and none is held while the data plane is called, but for those
    that make the calls of one library, or of one model's agents, come one after the other.
    """

    def __init__(
        self,
        dataplane: DataPlane,
        options: ServerOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        report_interval_s: float = 1.0,
    ) -> None:
        """Prepare; nothing is read or loaded before ``start``.

        Args:
            dataplane: the core.
            options: not modified, and not to be modified any more.
            clock: seconds; for tests.
            report_interval_s: how often ``stop`` logs what it waits for.
        """
        self._dataplane = dataplane
        self._options = options
        self._clock = clock
        #: Seconds that the core gives ``stop``; may be set until then.
        self.exit_timeout: float = float(options.exit_timeout)
        self._report_interval = report_interval_s
        self._lock = threading.Lock()
        self._state = _ServerState.INITIALIZING
        self._stop_lock = threading.Lock()
        self._stop_result: bool | None = None

        namespacing = options.model_namespacing
        self._repositories = Repositories(options.model_repository_paths, namespacing)
        self._registry = Registry(namespacing)
        self._operations = Operations()
        self._backends = BackendStore(dataplane, private=options.watch_backends)
        self._retirer = Retirer(dataplane, self._registry)
        self._metrics = MetricsPage(dataplane, self._registry, options)
        self._pool = WorkerPool(max(1, options.model_load_thread_count), "model-load")
        capability = options.min_supported_compute_capability
        if capability is None:
            capability = _MIN_GPU_COMPUTE_CAPABILITY if dataplane.gpu_count() else 0.0
        self._min_compute_capability = capability
        self._builder = Builder(
            dataplane, options, self._backends, triton_py.get_backend_dir(), capability
        )
        self._loader = Loader(
            dataplane,
            options,
            self._repositories,
            self._registry,
            self._operations,
            self._retirer,
            self._builder,
            self._pool,
            AgentStore(dataplane, options.repo_agent_directories(triton_py.get_repoagent_dir())),
        )
        self._watcher = BackendWatcher(dataplane, self._backends, self._registry, self._loader)

    # Start and stop

    def start(self, progress: Callable[[LoadProgress], None] | None = None) -> None:
        """Load the models that the control mode asks for, then accept requests.

        Args:
            progress: called on this thread whenever a model is through, loaded or failed.

        Raises:
            InvalidArgumentError, UnsupportedError: the options make no sense, or ask for what
                isn't there.
            InternalError: a model failed and ``exit_on_error`` is set; everything that was loaded
                has been unloaded again. Without ``exit_on_error`` the other models serve.
        """
        try:
            self._check_options()
            self._repositories.check()
        except TritonError:
            self._advance(_ServerState.FAILED)
            raise
        self._dataplane.resize_pinned_pool(self._options.pinned_memory_pool_byte_size)
        failed = self._load_startup_models(progress)
        self._log_tables()
        if failed:
            message = "failed to load all models"
            if self._options.exit_on_error:
                self.stop(self.exit_timeout)
                details = "; ".join(f"'{name}': {error}" for name, error in failed.items())
                raise InternalError(f"{message}: {details}")
            self._dataplane.log(LOG_ERROR, f"{InternalError.code_name}: {message}")
        if not self._advance(_ServerState.READY):
            raise UnavailableError("Server exiting")
        if self._options.watch_backends:
            self._watcher.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop for good: new requests are refused, those in flight finish, models are unloaded.

        What is still in flight is logged every second. A second call waits for the first.

        Args:
            timeout_s: how long to wait; then what is still busy is left as it is, with its
                backend.

        Returns:
            Whether everything ended in time, every model and backend finalised.
        """
        self._advance(_ServerState.EXITING)
        with self._stop_lock:
            if self._stop_result is None:
                self._stop_result = self._stop(timeout_s)
            return self._stop_result

    # Health

    def is_live(self) -> bool:
        """Whether the server runs; raises UnavailableError while it stops."""
        state = self._current_state()
        if state is _ServerState.EXITING:
            raise UnavailableError("Server exiting")
        return state is _ServerState.READY

    def is_ready(self) -> bool:
        """Whether the server takes requests and, with strict readiness, all its models do.

        Raises:
            UnavailableError: while it stops.
        """
        state = self._current_state()
        if state is _ServerState.EXITING:
            raise UnavailableError("Server exiting")
        if state is not _ServerState.READY:
            return False
        if not self._options.strict_readiness:
            return True
        return strictly_ready(self._registry, self._log_verbose)

    def model_is_ready(self, name: str, version: int) -> bool:
        """Whether a model version takes requests.

        Raises:
            NotFoundError, UnavailableError: no such model or version, or not loaded.
        """
        self._check_ready()
        while True:
            built = self._registry.find(name, version)
            if built.ready():
                return True
            if self._registry.serves(built):
                return False
            # Replaced since we looked: the new build is what clients reach.

    def missing(self, name: str, version: int) -> TritonError:
        """Why requests can't find a model version that the data plane doesn't have."""
        state = self._current_state()
        if state is _ServerState.EXITING:
            # Not "unknown model": a client that is told so gives up instead of going elsewhere.
            return UnavailableError("Server exiting")
        if state is not _ServerState.READY:
            return UnavailableError("Server not ready")
        return self._registry.missing(name, version)

    # Descriptions

    def metadata(self) -> dict[str, Any]:
        """The server metadata of the protocol."""
        return {
            "name": self._options.server_id,
            "version": triton_py.__version__,
            "extensions": list(EXTENSIONS),
        }

    def model_metadata(self, name: str, version: int) -> dict[str, Any]:
        """The model metadata of the protocol; raises as ``missing``."""
        self._check_answering()
        built = self._registry.find(name, version)
        versions = [version]
        if version == LATEST:
            versions = list(self._registry.ready_versions(built.name))
        return configs.metadata(built.config, versions)

    def model_config(self, name: str, version: int) -> dict[str, Any]:
        """The completed configuration as JSON data; raises as ``missing``."""
        self._check_answering()
        return configs.to_dict(self._registry.find(name, version).config)

    def model_statistics(self, name: str, version: int) -> dict[str, Any]:
        """``{"model_stats": [...]}`` of the ready versions of one model, or of all for name "".

        Raises:
            InvalidArgumentError: no such model or version is ready.
        """
        self._check_ready()
        if not name:
            chosen = self._registry.all_ready()
        else:
            model_id = self._registry.resolve(name)
            ready = self._registry.ready_versions(model_id)
            if not ready:
                raise InvalidArgumentError(f"requested model '{name}' is not available")
            if version != LATEST:
                if version not in ready:
                    raise InvalidArgumentError(
                        f"requested model version is not available for model '{name}'"
                    )
                ready = {version: ready[version]}
            chosen = {model_id: ready}
        entries: list[dict[str, Any]] = []
        for model, versions in chosen.items():
            for number, built in versions.items():
                statistics = built.statistics()
                if statistics is None:
                    continue  # unloaded since we looked
                for extra in _BESIDE_THE_EXTENSION:
                    statistics.pop(extra, None)
                entries.append({"name": model.name, "version": str(number), **statistics})
        return {"model_stats": entries}

    def metrics_text(self) -> str:
        """The page of ``GET /metrics``; raises UnavailableError where metrics are turned off."""
        return self._metrics.text()

    def labels(self, name: str, version: int, output: str) -> list[str]:
        """The class labels of an output, in class order; empty where it has none."""
        return self._registry.find(name, version).labels.get(output, [])

    def index(self, ready_only: bool) -> list[dict[str, str]]:
        """The repository index: every model in the repositories and every model known besides."""
        self._check_ready()
        return index_entries(self._registry, self._repositories.scan(), ready_only)

    def models_table(self) -> str:
        """The table of models that Triton prints when it is ready."""
        return tables.models_table(
            index_entries(self._registry, self._repositories.scan(), ready_only=False)
        )

    def backends_table(self) -> str:
        """The table of loaded backends."""
        return tables.backends_table(self._backends.loaded())

    # Model control

    def load(self, name: str, parameters: Iterable[tuple[str, object]] = ()) -> None:
        """Load a model, or reload it when its folder or the parameters ask for it.

        Args:
            parameters: ``("config", <JSON>)`` and ``("file:<path>", <bytes>)``.

        Raises:
            TritonError: why it can't be loaded; what it served before it still serves.
        """
        self._check_explicit()
        check_model_name(name)
        wanted = parse_load_parameters(parameters)
        # Files that come with the request are in no repository.
        models = [ModelId(name)] if wanted.files else self._repositories.named(name)
        results = self._loader.load(dict.fromkeys(models, wanted))
        errors = [error for error in results.values() if error is not None]
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise error_from_code(errors[0].code, "".join(error.message for error in errors))

    def unload(self, name: str, dependents: bool = False) -> None:
        """Unload a model; returns when new requests are refused, the rest follows behind.

        With namespaces it is every model of that name.

        Args:
            dependents: unload the models that depend on it too. Only ensembles do, and they
                can't be loaded yet, so it makes no difference.

        Raises:
            UnavailableError: not in explicit mode, or the server isn't ready.
        """
        self._check_explicit()
        for model in self._registry.known(name) or [ModelId(name)]:
            if not self._registry.ready_versions(model):
                self._log_verbose(f"unload of '{model}', which is not loaded")
            self._loader.unload(model)

    def poll(self) -> None:
        """Look through the repositories once; load what is new or changed, unload what is gone.

        A model that fails is reported in the log and the index, and tried again next time.

        Raises:
            UnavailableError: not in polling mode, or the server isn't ready.
        """
        self._check_ready()
        if self._options.model_control_mode is not ControlMode.POLL:
            raise UnavailableError("polling is disabled")
        self._poll(None)

    def register_repository(self, path: str, mapping: Sequence[tuple[str, object]] = ()) -> None:
        """Add a repository; ``mapping`` gives folders in it other names: (folder, name) pairs."""
        if self._options.model_control_mode is not ControlMode.EXPLICIT:
            raise UnsupportedError(
                "repository registration is not allowed if model control mode is not EXPLICIT"
            )
        self._repositories.register(path, mapping)
        self._dataplane.log(LOG_INFO, f"Model repository registered: {path}")

    def unregister_repository(self, path: str) -> None:
        """Forget a repository; what was loaded from it stays loaded."""
        if self._options.model_control_mode is not ControlMode.EXPLICIT:
            raise UnsupportedError(
                "repository unregistration is not allowed if model control mode is not EXPLICIT"
            )
        self._repositories.unregister(path)
        self._dataplane.log(LOG_INFO, f"Model repository unregistered: {path}")

    # Inside

    def _current_state(self) -> _ServerState:
        with self._lock:
            return self._state

    def _advance(self, state: _ServerState) -> bool:
        """Enter a state, unless the server is stopping already."""
        with self._lock:
            if self._state is _ServerState.EXITING:
                return False
            self._state = state
            return True

    def _check_ready(self) -> None:
        if self._current_state() is not _ServerState.READY:
            raise UnavailableError("Server not ready")

    def _check_answering(self) -> None:
        # While the server stops, requests of running sequences may still need descriptions.
        if self._current_state() not in (_ServerState.READY, _ServerState.EXITING):
            raise UnavailableError("Server not ready")

    def _check_explicit(self) -> None:
        self._check_ready()
        if self._options.model_control_mode is not ControlMode.EXPLICIT:
            raise UnavailableError(
                "explicit model load / unload is not allowed if polling is enabled"
            )

    def _check_options(self) -> None:
        options = self._options
        if options.cache_config or options.response_cache_byte_size:
            raise UnsupportedError("the response cache is not supported yet")
        if options.rate_limiter_mode:
            raise UnsupportedError("the rate limiter is not supported yet")
        if "*" in options.startup_models and len(options.startup_models) > 1:
            raise InvalidArgumentError(
                "Wildcard model name '*' must be the ONLY startup model if specified at all."
            )

    def _load_startup_models(
        self, progress: Callable[[LoadProgress], None] | None
    ) -> dict[str, TritonError]:
        """Load what is to be there from the start; returns what failed."""
        options = self._options
        explicit = options.model_control_mode is ControlMode.EXPLICIT
        if not explicit or options.startup_models == ["*"]:
            return self._poll(progress)
        models = [
            model for name in options.startup_models for model in self._repositories.named(name)
        ]
        results = self._loader.load(dict.fromkeys(models, LoadParameters()), progress)
        return {model: error for model, error in results.items() if error is not None}

    def _poll(self, progress: Callable[[LoadProgress], None] | None) -> dict[str, TritonError]:
        scan = self._repositories.scan()
        failed: dict[str, TritonError] = {}
        for message in scan.errors:
            self._dataplane.log(LOG_ERROR, message)
            failed[message] = InternalError(message)
        for name in scan.duplicates:
            message = f"failed to poll model '{name}': not unique across all model repositories"
            self._dataplane.log(LOG_ERROR, message)
            failed[name] = InvalidArgumentError(DUPLICATE_REASON)
        if not scan.errors:
            # A repository that can't be read for the moment is no reason to unload its models.
            for name in self._registry.snapshot():
                if name not in scan.folders:
                    self._loader.unload(name)
        changed: list[ModelId] = []
        for model, folder in scan.folders.items():
            try:
                mark = folder_fingerprint(folder, folder.marks())
            except TritonError as error:
                # Storage that can't be reached for the moment: what serves goes on.
                message = f"failed to poll model '{model}': {error.message}"
                self._dataplane.log(LOG_ERROR, message)
                failed[model] = error
                continue
            if self._registry.fingerprint(model) != mark:
                changed.append(model)
        results = self._loader.load(dict.fromkeys(changed, LoadParameters()), progress)
        failed.update({name: error for name, error in results.items() if error is not None})
        return failed

    def _stop(self, timeout_s: float) -> bool:
        deadline = self._clock() + max(0.0, timeout_s)
        self._dataplane.log(LOG_INFO, "Waiting for in-flight requests to complete.")
        self._watcher.stop()
        self._operations.close()
        while True:
            # Again in every round: a load may have been past its point of no return.
            for name in self._registry.all_ready():
                self._loader.withdraw(name)
            remaining = deadline - self._clock()
            pause = max(0.0, min(self._report_interval, remaining))
            loads_ended = self._operations.wait_idle(pause) and self._watcher.wait_over(pause)
            loads_ended = loads_ended and not self._registry.all_ready()
            if loads_ended and self._retirer.wait_idle(pause):
                break
            if remaining <= 0:
                break
            self._log_in_flight(remaining)
        clean = self._retirer.wait_idle(0) and self._operations.active() == 0
        clean = self._watcher.wait_over(0) and clean
        clean = self._backends.close() and clean
        self._pool.close()
        if clean:
            self._dataplane.resize_pinned_pool(0)
        else:
            self._dataplane.log(LOG_ERROR, "Exit timeout expired. Exiting immediately.")
        return clean

    def _log_in_flight(self, remaining: float) -> None:
        live = self._retirer.live()
        busy = [(built, built.in_flight()) for built in live]
        busy = [(built, count) for built, count in busy if count]
        self._dataplane.log(
            LOG_INFO,
            f"Timeout {max(0, round(remaining))}: Found {len(busy)} model versions that have "
            f"in-flight inferences, {len(live)} live models and {self._operations.active()} "
            "loads in progress",
        )
        for built, count in busy:
            self._dataplane.log(
                LOG_INFO,
                f"Model '{built.name}' (version {built.version}) has {count} in-flight inferences",
            )

    def _log_tables(self) -> None:
        try:
            for text in (
                self.backends_table(),
                self.models_table(),
                tables.options_table(
                    self._options,
                    triton_py.__version__,
                    EXTENSIONS,
                    self._min_compute_capability,
                ),
            ):
                self._dataplane.log_table(text)
        except OSError as error:
            self._dataplane.log(
                LOG_ERROR, f"no table of models: {status_text(as_triton_error(error))}"
            )

    def _log_verbose(self, message: str) -> None:
        self._dataplane.log(LOG_VERBOSE, message)
