# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the server knows of its models: names, versions, states and the builds that serve."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from triton_py.control.folders import SharedFolder
from triton_py.control.states import (
    UNLOADED,
    BuiltModel,
    ModelState,
    VersionRecord,
    VersionStatus,
)
from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    UnavailableError,
)
from triton_py.repository import ModelId

#: Asks for the newest version that is ready.
LATEST = -1


@dataclass
class ModelEntry:
    """One model name; guarded by the registry's lock."""

    versions: dict[int, VersionRecord] = field(default_factory=dict)
    #: Why the model isn't there at all, when not even its versions could be told.
    failure: str = ""
    #: Of the folder that the READY versions came from; "" when an override was applied or
    #: nothing is loaded, so that the next load is carried out.
    fingerprint: str = ""
    #: Whether it came with a load request and lies in no repository: forgotten once it is gone.
    transient: bool = False
    #: Whether it was loaded, or a load was tried, and no unload has come since.
    wanted: bool = False

    def gone(self) -> bool:
        """Whether nothing of it is loaded, loading or unloading."""
        return all(
            record.state in (ModelState.UNAVAILABLE, ModelState.UNKNOWN)
            for record in self.versions.values()
        )

    def ready(self) -> dict[int, BuiltModel]:
        return {
            version: record.built
            for version, record in self.versions.items()
            if record.state is ModelState.READY and record.built is not None
        }


@dataclass(frozen=True)
class ModelSnapshot:
    """One model's states at one moment."""

    versions: Mapping[int, VersionStatus]
    failure: str


@dataclass(frozen=True)
class Committed:
    """What a successful load displaced; both kinds are to be drained and closed."""

    #: Replaced in place: the data plane doesn't find them any more.
    replaced: list[BuiltModel]
    #: Versions that the new load doesn't have: still to be withdrawn.
    dropped: list[BuiltModel]


class Registry:
    """All models by identity; without namespaces that is their name.

    Thread safety: ``_lock`` guards every entry and record. It is held for look-ups and
    assignments only: no call to the data plane, to the file system or to another lock's owner is
    made under it. That changes to one model come one after the other is ``Operations``' doing.
    """

    def __init__(self, namespacing: bool = False) -> None:
        self._namespacing = namespacing
        self._lock = threading.Lock()
        self._entries: dict[ModelId, ModelEntry] = {}

    # Look-ups

    def resolve(self, name: str) -> ModelId:
        """The model that clients mean by a name.

        Raises:
            InvalidArgumentError: several namespaces have a model of that name.
        """
        if not self._namespacing:
            return ModelId(name)
        with self._lock:
            known = [model for model in self._entries if model.name == name]
            wanted = [model for model in known if self._entries[model].wanted]
        if len(wanted) > 1:
            raise InvalidArgumentError(
                f"There are {len(wanted)} identifiers of model '{name}' in global map, model "
                "namespace must be provided to resolve ambiguity."
            )
        candidates = wanted or known
        return candidates[0] if len(candidates) == 1 else ModelId(name)

    def known(self, name: str) -> list[ModelId]:
        """The models of a name that were loaded, or tried to be; sorted."""
        with self._lock:
            return sorted(model for model in self._entries if model.name == name)

    def failed(self) -> list[ModelId]:
        """The models that are wanted and have no version that serves; sorted."""
        with self._lock:
            return sorted(
                model
                for model, entry in self._entries.items()
                if entry.wanted and not entry.transient and not entry.ready()
            )

    def snapshot(self) -> dict[ModelId, ModelSnapshot]:
        """The states of all models, sorted by name and version."""
        with self._lock:
            return {
                name: ModelSnapshot(
                    {v: entry.versions[v].status() for v in sorted(entry.versions)}, entry.failure
                )
                for name, entry in sorted(self._entries.items())
            }

    def all_ready(self) -> dict[ModelId, dict[int, BuiltModel]]:
        """The ready versions of all models that have any, sorted."""
        with self._lock:
            found = {name: entry.ready() for name, entry in sorted(self._entries.items())}
        return {name: dict(sorted(ready.items())) for name, ready in found.items() if ready}

    def ready_versions(self, name: ModelId) -> dict[int, BuiltModel]:
        """The ready versions of one model, ascending; empty for an unknown one."""
        with self._lock:
            entry = self._entries.get(name)
            return dict(sorted(entry.ready().items())) if entry else {}

    def serves(self, built: BuiltModel) -> bool:
        """Whether this very build is the one that is READY."""
        return self.ready_versions(built.name).get(built.version) is built

    def serves_from(self, name: ModelId, folder: SharedFolder) -> bool:
        """Whether a version that is READY was built from this very folder."""
        return any(built.folder is folder for built in self.ready_versions(name).values())

    def fingerprint(self, name: ModelId) -> str:
        """The fingerprint of what is loaded; "" when a load has to be carried out."""
        with self._lock:
            entry = self._entries.get(name)
            return entry.fingerprint if entry else ""

    def find(self, name: str, version: int) -> BuiltModel:
        """The ready build of a version; ``LATEST`` asks for the newest ready one.

        Raises:
            NotFoundError, UnavailableError, InvalidArgumentError: as ``missing`` says.
        """
        ready = self.ready_versions(self.resolve(name))
        if ready and version == LATEST:
            return ready[max(ready)]
        if version in ready:
            return ready[version]
        raise self.missing(name, version)

    def missing(self, name: str, version: int) -> TritonError:
        """Why a version can't be used, in Triton's words."""
        try:
            model = self.resolve(name)
        except InvalidArgumentError as ambiguous:
            return ambiguous
        prefix = f"Request for unknown model: '{model}'"
        with self._lock:
            entry = self._entries.get(model)
            if entry is None:
                return NotFoundError(f"{prefix} is not found")
            if version == LATEST:
                return NotFoundError(f"{prefix} has no available versions")
            if version not in entry.versions:
                return NotFoundError(f"{prefix} version {version} is not found")
            return UnavailableError(f"{prefix} version {version} is not at ready state")

    # Loading

    def begin_load(
        self, name: ModelId, versions: Iterable[int], transient: bool | None = None
    ) -> None:
        """Note that versions are being built; those that serve go on doing so.

        ``transient``: the model consists of the files of the load request; None: as it was.
        """
        with self._lock:
            entry = self._entries.setdefault(name, ModelEntry())
            entry.failure = ""
            entry.wanted = True
            if transient is not None:
                entry.transient = transient
            for version in versions:
                record = entry.versions.setdefault(version, VersionRecord())
                if record.state is not ModelState.READY:
                    # A build that is still UNLOADING finishes without its record.
                    entry.versions[version] = VersionRecord(ModelState.LOADING)

    def commit_load(
        self,
        name: ModelId,
        built: Iterable[BuiltModel],
        fingerprint: str,
        renewed: Iterable[tuple[BuiltModel, BuiltModel]] = (),
    ) -> Committed:
        """Note that the builds of a load serve; returns what they displaced.

        ``renewed``: builds that go on, with what describes them from now on. One that was unloaded
        in the meantime stays so.
        """
        with self._lock:
            entry = self._entries[name]
            entry.fingerprint = fingerprint
            previous = entry.ready()
            for before, after in renewed:
                if previous.get(before.version) is before:
                    entry.versions[before.version].built = after
                    del previous[before.version]
            replaced: list[BuiltModel] = []
            for model in built:
                old = previous.pop(model.version, None)
                if old is not None:
                    replaced.append(old)
                entry.versions[model.version] = VersionRecord(ModelState.READY, "", model)
            for version in previous:
                entry.versions[version].state = ModelState.UNLOADING
            return Committed(replaced, list(previous.values()))

    def fail_load(self, name: ModelId, reasons: Mapping[int, str]) -> None:
        """Note why versions could not be built; one that still serves keeps its state."""
        with self._lock:
            entry = self._entries[name]
            for version, reason in reasons.items():
                record = entry.versions[version]
                if record.state is ModelState.LOADING:
                    entry.versions[version] = VersionRecord(ModelState.UNAVAILABLE, reason)

    def fail_model(self, name: ModelId, reason: str, exists: bool) -> None:
        """Note why a model could not even be planned; nothing changes where it serves.

        A name that ``exists`` nowhere else is not taken up.
        """
        with self._lock:
            if exists:
                self._entries.setdefault(name, ModelEntry())
            entry = self._entries.get(name)
            if entry is not None and not entry.ready():
                entry.failure = reason

    # Unloading

    def begin_unload(self, name: ModelId) -> list[BuiltModel]:
        """Note that a model is wanted no more; returns the builds to withdraw and retire."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                return []
            entry.fingerprint = ""
            entry.failure = ""
            entry.wanted = False
            retired: list[BuiltModel] = []
            for record in entry.versions.values():
                if record.state is ModelState.READY and record.built is not None:
                    record.state = ModelState.UNLOADING
                    retired.append(record.built)
                elif record.state is ModelState.UNAVAILABLE:
                    # Whoever unloads a broken model has dealt with it.
                    record.reason = UNLOADED
            if not entry.versions or (entry.transient and entry.gone()):
                del self._entries[name]
            return retired

    def finish_unload(self, built: BuiltModel, reason: str = UNLOADED) -> None:
        """Note that a build is gone; nothing changes where another one has taken its record."""
        with self._lock:
            entry = self._entries.get(built.name)
            record = entry.versions.get(built.version) if entry else None
            if record is not None and record.built is built:
                record.state = ModelState.UNAVAILABLE
                record.reason = reason
                record.built = None
                if entry is not None and entry.transient and entry.gone():
                    del self._entries[built.name]
