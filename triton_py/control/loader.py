# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loading and unloading models: all or nothing per model, without a moment out of service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field

from triton_py.control.agents import AgentStore
from triton_py.control.builder import Builder
from triton_py.control.dataplane import LOG_ERROR, LOG_INFO, LOG_WARN, DataPlane
from triton_py.control.operations import Kind, Operation, Operations
from triton_py.control.options import ServerOptions
from triton_py.control.planner import LoadPlan, Planner, folder_fingerprint
from triton_py.control.registry import Committed, Registry
from triton_py.control.retirer import Retirer, dispose
from triton_py.control.states import UNLOADED, BuiltModel, ModelState
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.workers import WorkerPool
from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    error_from_code,
)
from triton_py.progress import publish
from triton_py.repository import LoadParameters, ModelFolder, Repositories


@dataclass(frozen=True)
class LoadProgress:
    """One model more is through with loading; ``error`` says why it failed, or is None."""

    name: str
    loaded: int
    failed: int
    total: int
    error: TritonError | None


@dataclass
class _Load:
    """One model being loaded; used by the thread that asked for it alone."""

    operation: Operation
    plan: LoadPlan | None = None
    pending: dict[Future[BuiltModel], int] = field(default_factory=dict)
    built: list[BuiltModel] = field(default_factory=list)
    errors: dict[int, TritonError] = field(default_factory=dict)


class Loader:
    """Carries out load and unload operations.

    Thread safety: no mutable state of its own. ``Operations`` lets one operation per model through
    at a time, ``Registry`` guards what is known of the models, and neither lock is held while the
    data plane is called.
    """

    def __init__(
        self,
        dataplane: DataPlane,
        options: ServerOptions,
        repositories: Repositories,
        registry: Registry,
        operations: Operations,
        retirer: Retirer,
        builder: Builder,
        pool: WorkerPool,
        agents: AgentStore,
    ) -> None:
        self._dataplane = dataplane
        self._options = options
        self._repositories = repositories
        self._registry = registry
        self._operations = operations
        self._retirer = retirer
        self._builder = builder
        self._pool = pool
        self._planner = Planner(dataplane, options, agents)

    def load(
        self,
        requests: Mapping[str, LoadParameters],
        progress: Callable[[LoadProgress], None] | None = None,
    ) -> dict[str, TritonError | None]:
        """Load models side by side and wait for all of them.

        A model whose folder hasn't changed since it was loaded is left alone. One that can't be
        loaded keeps serving what it served.

        Args:
            requests: name to parameters.
            progress: called on this thread after each model, as are the subscribers of
                ``triton_py.progress``.

        Returns:
            Name to None or the reason of the failure.

        Raises:
            UnavailableError: the server stops; nothing was begun.
        """
        names = sorted(requests)
        results: dict[str, TritonError | None] = {}
        loads: dict[str, _Load] = {}
        failed = 0

        def finish(name: str, error: TritonError | None) -> None:
            nonlocal failed
            results[name] = error
            failed += error is not None
            done = len(results)
            self._report(LoadProgress(name, done - failed, failed, len(names), error), progress)

        try:
            for name, operation in zip(
                names, self._operations.begin(names, Kind.LOAD), strict=True
            ):
                loads[name] = _Load(operation)
            for name, load in loads.items():
                error = self._begin(load, requests[name])
                if error is not None or not load.pending:
                    load.operation.done()
                    finish(name, error)
            self._collect(loads, finish)
        except BaseException:
            # Ctrl-C, or a defect: the builds under way must not be lost, nor the queues blocked.
            for load in loads.values():
                self._abandon(load)
            raise
        return results

    def unload(self, name: str) -> None:
        """Stop serving a model; its versions drain and close in the background.

        A model that is not loaded is left alone.

        Raises:
            UnavailableError: the server stops, which unloads it too.
        """
        (operation,) = self._operations.begin([name], Kind.UNLOAD)
        with operation:
            self.withdraw(name)

    def withdraw(self, name: str) -> None:
        """The work of an unload, without taking a turn in the model's queue."""
        for built in self._registry.begin_unload(name):
            self._withdraw(built)
            self._retirer.retire(built)

    # The steps of a load

    def _begin(self, load: _Load, parameters: LoadParameters) -> TritonError | None:
        """Wait for the turn, plan, and hand the versions to the pool."""
        name = load.operation.name
        try:
            load.operation.__enter__()
        except TritonError as error:
            return _load_failed(name, error)
        try:
            folder = None if parameters.files else self._repositories.find(name)
        except TritonError as error:
            return self._plan_failed(name, error, exists=not isinstance(error, NotFoundError))
        try:
            plan = self._plan(name, folder, parameters, load.operation.check)
        except Exception as error:  # noqa: BLE001
            try:
                load.operation.check()
            except TritonError as superseded:
                return _load_failed(name, superseded)
            return self._plan_failed(name, as_triton_error(error), exists=folder is not None)
        if plan is None:
            return None
        load.plan = plan
        self._registry.begin_load(name, plan.versions, transient=bool(parameters.files))
        for version in plan.versions:
            self._dataplane.log(LOG_INFO, f"loading: {name}:{version}")
            future = self._pool.submit(self._build, load.operation, plan, version)
            load.pending[future] = version
        return None

    def _plan(
        self,
        name: str,
        folder: ModelFolder | None,
        parameters: LoadParameters,
        check: Callable[[], None],
    ) -> LoadPlan | None:
        """The plan, or None when the model serves its folder's present content already."""
        # Taken before anything is read, so that a change in the meantime shows next time.
        mark = folder_fingerprint(folder) if folder is not None else ""
        if folder is not None and not parameters and self._serves(name, mark):
            return None
        return self._planner.plan(name, folder, parameters, mark, check)

    def _serves(self, name: str, mark: str) -> bool:
        """Whether a model serves, and is well, from a folder with this fingerprint.

        One whose instances are broken is worth loading again, changed or not.
        """
        if mark != self._registry.fingerprint(name):
            return False
        builds = self._registry.ready_versions(name).values()
        return all(built.ready() for built in builds)

    def _plan_failed(self, name: str, error: TritonError, exists: bool) -> TritonError:
        """Report a load that ended before a backend was asked.

        ``exists``: there is a folder for the name, be it one too many.
        """
        self._dataplane.log(LOG_ERROR, f"Poll failed for model directory '{name}': {error.message}")
        self._registry.fail_model(name, status_text(error), exists)
        return error_from_code(
            error.code,
            f"failed to load '{name}', failed to poll from model repository: {error.message}",
        )

    def _build(self, operation: Operation, plan: LoadPlan, version: int) -> BuiltModel:
        """Build a version, as often as the options say."""
        attempts = 1 + self._options.model_load_retry_count
        for attempt in range(attempts):
            try:
                return self._builder.build(plan, version, operation.check)
            except Exception as error:
                failure = as_triton_error(error)
                # What was given up on purpose is no failure that somebody has to look into.
                self._dataplane.log(
                    LOG_INFO if operation.given_up() else LOG_ERROR,
                    f"failed to load '{plan.name}' version {version}: {status_text(failure)}",
                )
                if attempt + 1 == attempts:
                    raise failure from error
                operation.check()
        raise AssertionError("unreachable")

    def _collect(
        self, loads: Mapping[str, _Load], finish: Callable[[str, TritonError | None], None]
    ) -> None:
        """Wait for the builds and finish each model as soon as its last version is there."""
        owner = {future: load for load in loads.values() for future in load.pending}
        while owner:
            done, _ = wait(owner, return_when=FIRST_COMPLETED)
            for future in done:
                load = owner.pop(future)
                version = load.pending.pop(future)
                error = future.exception()
                if error is None:
                    load.built.append(future.result())
                else:
                    load.errors[version] = as_triton_error(error)
                if not load.pending:
                    outcome = self._complete(load)
                    load.operation.done()
                    finish(load.operation.name, outcome)

    def _complete(self, load: _Load) -> TritonError | None:
        """All versions of a model are built or have failed: let them serve, or undo all."""
        plan = load.plan
        assert plan is not None
        try:
            if load.errors:
                return self._undo(load, plan, None)
            try:
                load.operation.commit()
                builds = sorted(load.built, key=lambda built: built.version)
                displaced = self._serve(plan, builds)
            except Exception as error:  # noqa: BLE001
                return self._undo(load, plan, as_triton_error(error))
            try:
                plan.folder.load_complete()
                self._dataplane.log(LOG_INFO, f"successfully loaded '{plan.name}'")
            finally:
                # Also where Ctrl-C ends the wait for an agent: nobody else knows of them.
                for built in displaced.dropped:
                    self._withdraw(built)
                for built in [*displaced.replaced, *displaced.dropped]:
                    self._retirer.retire(built)
            return None
        finally:
            load.plan = None
            plan.folder.release()

    def _serve(self, plan: LoadPlan, builds: list[BuiltModel]) -> Committed:
        """Let new requests find the builds, all or none; returns what they displace."""
        published: list[BuiltModel] = []
        previous = self._registry.ready_versions(plan.name)
        try:
            for built in builds:
                self._dataplane.publish(built.model)
                published.append(built)
        except Exception:
            for built in published:
                old = previous.get(built.version)
                # Asked again: stop() may have retired it in the meantime.
                if old is not None and self._registry.serves(old):
                    self._dataplane.publish(old.model)
                else:
                    self._dataplane.withdraw(built.model)
                built.model.drain(None)
            raise
        return self._registry.commit_load(plan.name, builds, plan.fingerprint)

    def _undo(self, load: _Load, plan: LoadPlan, cause: TritonError | None) -> TritonError:
        """Close what was built and note why the load failed."""
        for built in reversed(load.built):
            dispose(self._dataplane, built)
        reasons: dict[int, str] = {}
        for version in plan.versions:
            if version in load.errors:
                reasons[version] = status_text(load.errors[version])
            elif cause is not None:
                reasons[version] = status_text(cause)
            else:
                others = ", ".join(str(failed) for failed in sorted(load.errors))
                reasons[version] = f"not loaded because version {others} failed to load"
        try:
            load.operation.check()
        except TritonError as superseded:
            # The newer operation is what the states should tell of.
            self._registry.fail_load(plan.name, dict.fromkeys(reasons, UNLOADED))
            return _load_failed(plan.name, superseded)
        self._registry.fail_load(plan.name, reasons)
        self._dataplane.log(LOG_INFO, f"failed to load '{plan.name}'")
        text = "".join(
            f"version {version} is at {ModelState.UNAVAILABLE} state: {reasons[version]};"
            for version in sorted(load.errors or reasons)
        )
        return _load_failed(plan.name, InvalidArgumentError(text))

    def _abandon(self, load: _Load) -> None:
        """Give a load up that nobody waits for; its builds are closed as they end."""
        load.operation.abandon()
        plan = load.plan
        if plan is None:
            return
        load.plan = None
        self._registry.fail_load(plan.name, dict.fromkeys(plan.versions, "load was interrupted"))
        for built in load.built:
            dispose(self._dataplane, built)

        def close(future: Future[BuiltModel]) -> None:
            if future.exception() is None:
                dispose(self._dataplane, future.result())

        for future in load.pending:
            future.add_done_callback(close)
        plan.folder.release()

    def _report(self, event: LoadProgress, progress: Callable[[LoadProgress], None] | None) -> None:
        """Tell whoever shows the loading of models; what they do wrong must not stop it."""
        for listener in (publish, progress):
            if listener is None:
                continue
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001
                self._dataplane.log(
                    LOG_WARN, f"the progress callback failed: {type(error).__name__}: {error}"
                )

    def _withdraw(self, built: BuiltModel) -> None:
        try:
            self._dataplane.withdraw(built.model)
        except Exception as error:  # noqa: BLE001
            # It is drained and closed all the same, and the drain ends only when it is idle.
            self._dataplane.log(
                LOG_ERROR,
                f"failed to withdraw '{built.name}' version {built.version}: "
                f"{status_text(as_triton_error(error))}",
            )


def _load_failed(name: str, error: TritonError) -> TritonError:
    return error_from_code(error.code, f"load failed for model '{name}': {error.message}\n")
