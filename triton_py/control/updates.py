# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Changing the instances of a version while it serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from triton_py.control import configs
from triton_py.control.dataplane import LOG_ERROR, LOG_INFO, DataPlane, LeavingInstances
from triton_py.control.instances import Instance, InstanceSpec, match_instances
from triton_py.control.planner import LoadPlan
from triton_py.control.states import BuiltModel
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.workers import start_thread
from triton_py.proto.model_config import ModelConfig


def unchanged_versions(ready: Mapping[int, BuiltModel], plan: LoadPlan) -> dict[int, BuiltModel]:
    """The versions of a plan that need not be built: they serve, and only instances may differ.

    A version whose files have changed is built anew, and so is one that is not well.
    """
    return {
        version: built
        for version, built in ready.items()
        if version in plan.versions and _stays(built, plan)
    }


def _stays(built: BuiltModel, plan: LoadPlan) -> bool:
    before = built.plan
    return (
        before.origin == plan.origin
        and before.marks is not None
        and plan.marks is not None
        and before.marks.same_version(plan.marks, built.version)
        # An agent may bring other files each time.
        and not plan.config.HasField("model_repository_agents")
        and not configs.requires_reload(before.config, plan.config)
        and built.ready()
    )


class Update:
    """A change of one version's instances, from ``Builder.update``.

    First the new ones are created, which ``added`` lists. Then either ``begin`` and ``commit``, which
    let them take requests and have the others go, or ``abort``. Used by one thread at a time.
    """

    def __init__(
        self,
        dataplane: DataPlane,
        built: BuiltModel,
        plan: LoadPlan,
        config: ModelConfig,
        specs: Sequence[InstanceSpec],
    ) -> None:
        self.built = built
        self.added: list[Instance] = []
        self._dataplane = dataplane
        self._plan = plan
        self._config = config
        self._began = False
        together = not built.model.concurrent_instances
        self._kept, self.missing, self._removed = match_instances(built.instances, specs, together)

    def begin(self) -> None:
        """Let the new instances take requests beside the old ones."""
        with self.built.pins.pin() as is_open:
            if not is_open or self._config == self.built.config:
                return
            self._began = True
            self.built.model.update_config(configs.to_json(self._config))
            if self.added:
                self.built.model.start()

    def renewed(self) -> BuiltModel:
        """The version with its new instances, in the place of ``built``."""
        return replace(
            self.built,
            plan=replace(self._plan, folder=self.built.folder),
            config=self._config,
            instances=(*self._kept, *self.added),
        )

    def commit(self) -> None:
        """Give the instances that are not wanted any more no more requests; returns at once."""
        self._remove(self._removed, wait=False)

    def abort(self) -> None:
        """Take back what was done."""
        if self._began:
            with self.built.pins.pin() as is_open:
                if is_open:
                    self.built.model.update_config(configs.to_json(self.built.config))
        # Those that never took a request end at once.
        self._remove(self.added, wait=not self._began)

    def _remove(self, instances: Sequence[Instance], wait: bool) -> None:
        if not instances:
            return
        with ExitStack() as pinned:
            # Whoever unloads the model in the meantime waits for its last instance, too; one that
            # was closed already has none.
            if not pinned.enter_context(self.built.pins.pin()):
                return
            try:
                leaving = self.built.model.remove_instances([i.number for i in instances])
            except Exception as error:  # noqa: BLE001  the model serves all the same
                self._log_failure(instances, error)
                return
            rest = pinned.pop_all()
        if wait:
            self._finish(leaving, instances, rest)
            return
        try:
            # A request may take for ever, and nobody has to wait for it.
            start_thread(
                f"instances-{self.built.name}-{self.built.version}",
                self._finish,
                leaving,
                instances,
                rest,
            )
        except RuntimeError:
            self._finish(leaving, instances, rest)

    def _finish(
        self, leaving: LeavingInstances, instances: Sequence[Instance], pinned: ExitStack
    ) -> None:
        with pinned:
            try:
                leaving.finish()
            except Exception as error:  # noqa: BLE001  they are gone either way
                self._log_failure(instances, error)
                return
            self._dataplane.log(LOG_INFO, f"removed {self._names(instances)}")

    def _log_failure(self, instances: Sequence[Instance], error: Exception) -> None:
        reason = status_text(as_triton_error(error))
        self._dataplane.log(LOG_ERROR, f"failed to remove {self._names(instances)}: {reason}")

    def _names(self, instances: Sequence[Instance]) -> str:
        names = ", ".join(f"'{instance.spec.name}'" for instance in instances)
        return f"instances {names} of '{self.built.name}' version {self.built.version}"
