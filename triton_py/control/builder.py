# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Building one version of a model: backend, model, configuration, instances, threads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from triton_py.control import configs
from triton_py.control.backends import BackendStore, backend_config
from triton_py.control.dataplane import LOG_ERROR, LOG_VERBOSE, LOG_WARN, DataPlane, Model
from triton_py.control.instances import Instance, InstanceSpec, instances
from triton_py.control.metrics import asked_of
from triton_py.control.options import ServerOptions
from triton_py.control.planner import LoadPlan
from triton_py.control.states import BuiltModel
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.updates import Update
from triton_py.control.workers import run_all
from triton_py.errors import NotFoundError, TritonError, UnavailableError, error_from_code
from triton_py.metrics import not_histograms
from triton_py.proto.model_config import TYPE_STRING, ModelConfig
from triton_py.repository import (
    PYTHON_RUNTIME,
    find_backend_library,
    find_batch_strategy,
    read_initial_state,
    read_labels,
    read_warmup,
)

Check = Callable[[], None]


class Builder:
    """Builds versions; each build either succeeds whole or leaves nothing behind.

    Thread safety: no state but what ``BackendStore`` guards; builds run side by side.
    """

    def __init__(
        self,
        dataplane: DataPlane,
        options: ServerOptions,
        backends: BackendStore,
        shipped_backends: str,
        min_compute_capability: float,
    ) -> None:
        self._dataplane = dataplane
        self._options = options
        self._backends = backends
        self._directories = options.backend_directories(shipped_backends)
        self._min_compute_capability = min_compute_capability

    def build(self, plan: LoadPlan, version: int, check: Check) -> BuiltModel:
        """Build a version up to running instance threads; nothing can find it yet.

        Args:
            plan: what the planner decided; its configuration is not modified.
            version: one of its versions.
            check: called between the steps; raises to give the build up.

        Raises:
            TritonError: the step that failed says why. What the steps before it made has been
                closed in reverse order, once each.
        """
        start = time.monotonic()
        with ExitStack() as undo:
            check()
            folder = plan.folder.share()
            undo.callback(folder.release)
            folder.complete(version, check)
            library = find_backend_library(
                model_name=plan.name.name,
                backend=plan.config.backend,
                runtime=plan.config.runtime,
                model_directory=folder.path,
                version=version,
                backend_directories=self._directories,
            )
            lease = self._backends.acquire(
                library, self.backend_config(library.backend, python_based=bool(library.script)))
            undo.callback(lease.release)
            config = configs.resolve_instance_groups(
                plan.config,
                lease.backend.preferred_groups,
                self._dataplane.gpu_count(),
                self._min_compute_capability,
                plan.config_file,
            )
            if library.script:
                # What was found, for the model to read, as Triton tells it.
                config.runtime = PYTHON_RUNTIME
            check()
            model = self._dataplane.create_model(
                lease.backend,
                plan.name.name,
                version,
                folder.path,
                configs.to_json(config),
                self._options.auto_complete_config,
            )
            undo.callback(self._close, plan.name, version, model)
            config = self._auto_completed(plan, config, model)
            labels = self._labels(plan.name.name, folder.path, config)
            spec = configs.compile_spec(config)
            spec["labels"] = labels
            self._read_initial_states(plan.name.name, folder.path, spec)
            spec["batch_strategy_library"] = self._batch_strategy(plan, folder.path, version)
            spec |= asked_of(self._options, spec["metric_buckets"])
            self._warn_of_metrics(plan.name, spec)
            check()
            model.configure(configs.to_json(config), spec)
            added: list[Instance] = []
            self._add_instances(model, instances(config, self._options.host_policies),
                                lease.backend.parallel_instance_loading, check, added)
            self._warm_up(plan.name, folder.path, config, model, check)
            check()
            model.start()
            undo.pop_all()
            took = time.monotonic() - start
            return BuiltModel(plan, version, model, config, labels, lease, folder,
                              tuple(added), took)

    def update(self, built: BuiltModel, plan: LoadPlan, check: Check) -> Update:
        """Prepare a version that serves for other instance groups; it goes on as it is.

        The instances that a new configuration has in addition are created; what this returns lets
        them take requests and removes the others, or takes all of it back.

        Args:
            built: the version; not modified.
            plan: its configuration differs in instance groups and version policy at most.
            check: as for ``build``.

        Raises:
            TritonError: an instance can't be created. Those that were are removed again.
        """
        backend = built.backend.backend
        resolved = configs.resolve_instance_groups(
            plan.config,
            backend.preferred_groups,
            self._dataplane.gpu_count(),
            self._min_compute_capability,
            plan.config_file,
        )
        config = configs.with_instance_groups(built.config, resolved)
        update = Update(self._dataplane, built, plan, config,
                        instances(config, self._options.host_policies))
        with built.pins.pin() as is_open:
            if not is_open:
                raise UnavailableError(f"version {built.version} has been unloaded meanwhile")
            try:
                self._add_instances(built.model, update.missing,
                                    backend.parallel_instance_loading, check, update.added)
                if update.added:
                    self._warm_up(plan.name, built.folder.path, config, built.model, check)
                check()
            except BaseException:
                update.abort()
                raise
        return update

    def backend_config(self, backend: str, *, python_based: bool = False) -> str:
        """The configuration in JSON that a backend is loaded with."""
        return backend_config(
            self._options,
            backend,
            backend_directory=self._directories[0],
            min_compute_capability=self._min_compute_capability,
            python_based=python_based,
        )

    def _auto_completed(self, plan: LoadPlan, config: ModelConfig, model: Model) -> ModelConfig:
        """The final configuration: what the backend made of ours, normalised and validated."""
        if model.config != configs.to_json(config):
            config, ignored = configs.apply_auto_complete(config, model.config)
            if ignored:
                self._dataplane.log(
                    LOG_WARN,
                    f"backend '{plan.config.backend}' completed the configuration of model "
                    f"'{plan.name}'; what it made of {', '.join(ignored)} is ignored, those "
                    "fields are not a backend's to set",
                )
        elif not plan.config_provided:
            raise NotFoundError(f"model configuration is not provided for model '{plan.name}'")
        configs.check_complete(config, plan.config_file)
        return config

    def _labels(self, name: str, directory: str, config: ModelConfig) -> dict[str, list[str]]:
        return {
            output.name: read_labels(name, output.name, directory, output.label_filename)
            for output in config.output
            if output.label_filename
        }

    def _read_initial_states(self, name: str, directory: str, spec: dict[str, Any]) -> None:
        """Give each state the data that a sequence begins with, under the key `initial`."""
        for state in spec["states"]:
            state["initial"] = read_initial_state(
                name,
                state["input_name"],
                directory,
                state["data_file"],
                state["byte_size"],
                strings=state["datatype"] == TYPE_STRING,
            )

    def _warn_of_metrics(self, name: str, spec: dict[str, Any]) -> None:
        for family in not_histograms(spec["metric_buckets"]):
            self._dataplane.log(
                LOG_WARN,
                f"model_metrics of model '{name}' sets the buckets of '{family}', which is none of "
                "the server's histograms; it is ignored",
            )

    def _batch_strategy(self, plan: LoadPlan, directory: str, version: int) -> str:
        parameters = plan.config.parameters
        # "in" first: reading an absent key of a protobuf map inserts it.
        key = "TRITON_BATCH_STRATEGY_PATH"
        return find_batch_strategy(
            model_name=plan.name.name,
            configured=parameters[key].string_value if key in parameters else "",
            backend=plan.config.backend,
            model_directory=directory,
            version=version,
            backend_directories=self._directories,
        )

    def _add_instances(
        self,
        model: Model,
        specs: Sequence[InstanceSpec],
        backend_allows: bool,
        check: Check,
        added: list[Instance],
    ) -> None:
        """Create instances; ``added`` gets each as soon as it is there, whatever becomes of others."""

        def add(spec: InstanceSpec) -> None:
            check()
            number = model.add_instance(
                spec.name,
                spec.kind,
                spec.device_id,
                spec.host_policy,
                spec.host_policy_settings,
                spec.profiles,
                spec.passive,
                spec.secondary_devices,
            )
            added.append(Instance(spec, number))
            self._dataplane.log(
                LOG_VERBOSE,
                f"Created model instance named '{spec.name}' with device id '{spec.device_id}'",
            )

        # The variable is Triton's, for finding out whether a backend's claim holds.
        override = os.environ.get("TRITON_PARALLEL_INSTANCE_LOADING", "")
        parallel = override == "1" if override else backend_allows
        parallel = parallel and model.concurrent_instances
        run_all([lambda spec=spec: add(spec) for spec in specs], parallel)  # type: ignore[misc]

    def _warm_up(
        self, name: str, directory: str, config: ModelConfig, model: Model, check: Check
    ) -> None:
        for sample in read_warmup(config, directory):
            check()
            self._dataplane.log(
                LOG_VERBOSE, f"model '{name}' is running warmup sample '{sample['name']}'"
            )
            try:
                model.warm_up(sample)
            except TritonError as error:
                raise error_from_code(
                    error.code,
                    f"failed to run warmup sample '{sample['name']}' of model '{name}': "
                    f"{error.message}",
                ) from error

    def _close(self, name: str, version: int, model: Model) -> None:
        try:
            model.close()
        except Exception as error:  # noqa: BLE001 what made the build fail is the news
            self._dataplane.log(
                LOG_ERROR,
                f"failed finalizing model '{name}' version {version}: "
                f"{status_text(as_triton_error(error))}",
            )
