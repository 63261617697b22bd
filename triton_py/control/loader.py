# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loading and unloading models: all or nothing per model, without a moment out of service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace

from triton_py.control.agents import AgentStore
from triton_py.control.builder import Builder
from triton_py.control.dataplane import LOG_ERROR, LOG_INFO, LOG_WARN, DataPlane
from triton_py.control.loads import Load, LoadProgress
from triton_py.control.operations import Kind, Operation, Operations
from triton_py.control.options import ServerOptions
from triton_py.control.planner import LoadPlan, Planner, folder_fingerprint
from triton_py.control.registry import Committed, Registry
from triton_py.control.retirer import Retirer, dispose
from triton_py.control.states import UNLOADED, BuiltModel, ModelState
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.updates import Update, unchanged_versions
from triton_py.control.workers import WorkerPool
from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    error_from_code,
)
from triton_py.progress import publish
from triton_py.repository import LoadParameters, ModelFolder, ModelId, Repositories


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
        requests: Mapping[ModelId, LoadParameters | None],
        progress: Callable[[LoadProgress], None] | None = None,
    ) -> dict[ModelId, TritonError | None]:
        """Load models side by side and wait for all of them.

        A model whose folder hasn't changed since it was loaded is left alone. A version for which
        nothing has changed but instance groups goes on serving, with other instances. A model that
        can't be loaded keeps serving what it served.

        Args:
            requests: model to parameters; None: what serves is built again as it was, whatever the
                repository says by now.
            progress: called on this thread after each model, as are the subscribers of
                ``triton_py.progress``.

        Returns:
            Name to None or the reason of the failure.

        Raises:
            UnavailableError: the server stops; nothing was begun.
        """
        names = sorted(requests)
        results: dict[ModelId, TritonError | None] = {}
        loads: dict[ModelId, Load] = {}
        failed = 0

        def finish(name: ModelId, error: TritonError | None) -> None:
            nonlocal failed
            results[name] = error
            failed += error is not None
            done = len(results)
            self._report(LoadProgress(name, done - failed, failed, len(names), error), progress)

        try:
            for name, operation in zip(
                names, self._operations.begin(names, Kind.LOAD), strict=True
            ):
                loads[name] = Load(name, operation)
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

    def unload(self, name: ModelId) -> None:
        """Stop serving a model; its versions drain and close in the background.

        A model that is not loaded is left alone.

        Raises:
            UnavailableError: the server stops, which unloads it too.
        """
        (operation,) = self._operations.begin([name], Kind.UNLOAD)
        with operation:
            self.withdraw(name)

    def withdraw(self, name: ModelId) -> None:
        """The work of an unload, without taking a turn in the model's queue."""
        for built in self._registry.begin_unload(name):
            self._withdraw(built)
            self._retirer.retire(built)
        if self._options.model_namespacing:
            self._dataplane.unclaim(name.name, name.namespace)

    # The steps of a load

    def _begin(self, load: Load, parameters: LoadParameters | None) -> TritonError | None:
        """Wait for the turn, plan, and hand the versions to the pool."""
        name = load.name
        try:
            load.operation.__enter__()
        except TritonError as error:
            return _load_failed(name, error)
        if parameters is None:
            self._begin_again(load)
            return None
        try:
            folder = None
            if not parameters.files:
                folder = self._repositories.find(name.name, name.namespace)
        except TritonError as error:
            return self._plan_failed(name, error, exists=not isinstance(error, NotFoundError))
        try:
            plan = load.plan = self._plan(name, folder, parameters, load.operation.check)
            stays = {}
            if plan is not None:
                stays = unchanged_versions(self._registry.ready_versions(name), plan)
        except Exception as error:  # noqa: BLE001
            if load.plan is not None:
                load.plan.folder.release()
                load.plan = None
            try:
                load.operation.check()
            except TritonError as superseded:
                return _load_failed(name, superseded)
            return self._plan_failed(name, as_triton_error(error), exists=folder is not None)
        if plan is None:
            return None
        self._registry.begin_load(name, plan.versions, transient=bool(parameters.files))
        if self._options.model_namespacing:
            self._dataplane.claim(name.name, name.namespace)
        for version in plan.versions:
            self._submit(load, plan, version, stays.get(version))
        return None

    def _begin_again(self, load: Load) -> None:
        """Have what serves built anew, from its own files and configuration."""
        serving = self._registry.ready_versions(load.name)
        if not serving:
            return
        newest = serving[max(serving)]
        load.plan = replace(
            newest.plan,
            folder=newest.folder.share(),
            versions=tuple(serving),
            fingerprint=self._registry.fingerprint(load.name),
        )
        self._registry.begin_load(load.name, serving)
        for version, built in serving.items():
            self._submit(load, replace(built.plan, folder=built.folder), version, None)

    def _submit(
        self, load: Load, plan: LoadPlan, version: int, stays: BuiltModel | None
    ) -> None:
        operation = load.operation
        if stays is not None:
            load.updating.add(version)

        def step() -> BuiltModel | Update:
            if stays is not None:
                return self._builder.update(stays, plan, operation.check)
            return self._builder.build(plan, version, operation.check)

        word = "loading" if stays is None else "updating"
        self._dataplane.log(LOG_INFO, f"{word}: {load.name}:{version}")
        load.pending[self._pool.submit(self._attempt, operation, version, step)] = version

    def _plan(
        self,
        name: ModelId,
        folder: ModelFolder | None,
        parameters: LoadParameters,
        check: Callable[[], None],
    ) -> LoadPlan | None:
        """The plan, or None when the model serves its folder's present content already."""
        if folder is None:
            return self._planner.plan(name, None, parameters, None, check)
        # Taken before anything is read, so that a change in the meantime shows next time.
        marks = folder.marks()
        if not parameters and self._serves(name, folder_fingerprint(folder, marks)):
            return None
        return self._planner.plan(name, folder, parameters, marks, check)

    def _serves(self, name: ModelId, mark: str) -> bool:
        """Whether a model serves, and is well, from a folder with this fingerprint.

        One whose instances are broken is worth loading again, changed or not.
        """
        if mark != self._registry.fingerprint(name):
            return False
        builds = self._registry.ready_versions(name).values()
        return all(built.ready() for built in builds)

    def _plan_failed(self, name: ModelId, error: TritonError, exists: bool) -> TritonError:
        """Report a load that ended before a backend was asked.

        ``exists``: there is a folder for the name, be it one too many.
        """
        self._dataplane.log(LOG_ERROR, f"Poll failed for model directory '{name}': {error.message}")
        self._registry.fail_model(name, status_text(error), exists)
        return error_from_code(
            error.code,
            f"failed to load '{name}', failed to poll from model repository: {error.message}",
        )

    def _attempt(
        self, operation: Operation, version: int, step: Callable[[], BuiltModel | Update]
    ) -> BuiltModel | Update:
        """Build or update a version, as often as the options say."""
        attempts = 1 + self._options.model_load_retry_count
        for attempt in range(attempts):
            try:
                return step()
            except Exception as error:
                failure = as_triton_error(error)
                # What was given up on purpose is no failure that somebody has to look into.
                self._dataplane.log(
                    LOG_INFO if operation.given_up() else LOG_ERROR,
                    f"failed to load '{operation.name}' version {version}: {status_text(failure)}",
                )
                if attempt + 1 == attempts:
                    raise failure from error
                operation.check()
        raise AssertionError("unreachable")

    def _collect(
        self, loads: Mapping[ModelId, Load], finish: Callable[[ModelId, TritonError | None], None]
    ) -> None:
        """Wait for the builds and finish each model as soon as its last version is there."""
        owner = {future: load for load in loads.values() for future in load.pending}
        while owner:
            done, _ = wait(owner, return_when=FIRST_COMPLETED)
            for future in done:
                load = owner.pop(future)
                version = load.pending.pop(future)
                error = future.exception()
                if error is not None:
                    load.errors[version] = as_triton_error(error)
                elif isinstance(result := future.result(), Update):
                    load.updates.append(result)
                else:
                    load.built.append(result)
                if not load.pending:
                    outcome = self._complete(load)
                    load.operation.done()
                    finish(load.name, outcome)

    def _complete(self, load: Load) -> TritonError | None:
        """All versions of a model are built or have failed: let them serve, or undo all."""
        plan = load.plan
        assert plan is not None
        try:
            if load.errors:
                return self._undo(load, plan, None)
            try:
                load.operation.commit()
                for update in load.updates:
                    update.begin()
                builds = sorted(load.built, key=lambda built: built.version)
                displaced = self._serve(plan, builds, load.updates)
            except Exception as error:  # noqa: BLE001
                return self._undo(load, plan, as_triton_error(error))
            try:
                plan.folder.load_complete()
                self._dataplane.log(LOG_INFO, f"successfully loaded '{plan.name}'")
            finally:
                # Also where Ctrl-C ends the wait for an agent: nobody else knows of them.
                for update in load.updates:
                    update.commit()
                for built in displaced.dropped:
                    self._withdraw(built)
                for built in [*displaced.replaced, *displaced.dropped]:
                    self._retirer.retire(built)
            return None
        finally:
            load.plan = None
            plan.folder.release()

    def _serve(
        self, plan: LoadPlan, builds: list[BuiltModel], updates: list[Update]
    ) -> Committed:
        """Let new requests find the builds, all or none; returns what they displace."""
        published: list[BuiltModel] = []
        previous = self._registry.ready_versions(plan.name)
        try:
            for built in builds:
                self._dataplane.publish(built.model, plan.name.namespace)
                published.append(built)
        except Exception:
            for built in published:
                old = previous.get(built.version)
                # Asked again: stop() may have retired it in the meantime.
                if old is not None and self._registry.serves(old):
                    self._dataplane.publish(old.model, plan.name.namespace)
                else:
                    self._dataplane.withdraw(built.model, plan.name.namespace)
                built.model.drain(None)
            raise
        renewed = [(update.built, update.renewed()) for update in updates]
        return self._registry.commit_load(plan.name, builds, plan.fingerprint, renewed)

    def _undo(self, load: Load, plan: LoadPlan, cause: TritonError | None) -> TritonError:
        """Close what was built and note why the load failed."""
        for built in reversed(load.built):
            dispose(self._dataplane, built)
        for update in load.updates:
            update.abort()
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
        text = ""
        for version in sorted(load.errors or reasons):
            state = ModelState.READY if version in load.updating else ModelState.UNAVAILABLE
            text += f"version {version} is at {state} state: {reasons[version]};"
        return _load_failed(plan.name, InvalidArgumentError(text))

    def _abandon(self, load: Load) -> None:
        """Give a load up that nobody waits for; its builds are closed as they end."""
        load.operation.abandon()
        plan = load.plan
        if plan is None:
            return
        load.plan = None
        self._registry.fail_load(plan.name, dict.fromkeys(plan.versions, "load was interrupted"))
        for built in load.built:
            dispose(self._dataplane, built)
        for update in load.updates:
            update.abort()

        def close(future: Future[BuiltModel | Update]) -> None:
            if future.exception() is not None:
                return
            result = future.result()
            if isinstance(result, Update):
                result.abort()
            else:
                dispose(self._dataplane, result)

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
            self._dataplane.withdraw(built.model, built.name.namespace)
        except Exception as error:  # noqa: BLE001
            # It is drained and closed all the same, and the drain ends only when it is idle.
            self._dataplane.log(
                LOG_ERROR,
                f"failed to withdraw '{built.name}' version {built.version}: "
                f"{status_text(as_triton_error(error))}",
            )


def _load_failed(name: str, error: TritonError) -> TritonError:
    return error_from_code(error.code, f"load failed for model '{name}': {error.message}\n")
