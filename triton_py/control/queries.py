# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers that combine the states of models: the repository index and strict readiness."""

from __future__ import annotations

from collections.abc import Callable

from triton_py.control.registry import ModelSnapshot, Registry
from triton_py.control.states import UNLOADED, ModelState
from triton_py.repository import DUPLICATE_REASON, Scan


def index_entries(registry: Registry, scan: Scan, ready_only: bool) -> list[dict[str, str]]:
    """The entries of a repository index, sorted by name, namespace and version.

    As in Triton they don't show the namespace: two repositories' models of one name have two entries.
    A model that was never asked for has its name only. One that is known without versions, because
    its configuration is broken or two repositories hold it, has state and reason without version.
    """
    known = registry.snapshot()
    entries: list[dict[str, str]] = []
    models = {*known, *scan.folders, *scan.duplicates}
    for identity in sorted(models, key=lambda model: (model.name, model.namespace)):
        name = identity.name
        model = known.get(identity, ModelSnapshot({}, ""))
        reason = model.failure
        if not model.versions and identity in scan.duplicates:
            reason = DUPLICATE_REASON
        found = [
            _entry(name, status.state, status.reason, version)
            for version, status in model.versions.items()
            if not ready_only or status.state is ModelState.READY
        ]
        if ready_only:
            entries += found
            continue
        if reason:
            found.append(_entry(name, ModelState.UNAVAILABLE, reason))
        entries += found or [{"name": name}]
    return entries


def _entry(name: str, state: ModelState, reason: str, version: int | None = None) -> dict[str, str]:
    entry = {"name": name}
    if version is not None:
        entry["version"] = str(version)
    entry["state"] = str(state)
    if reason:
        entry["reason"] = reason
    return entry


def strictly_ready(registry: Registry, explain: Callable[[str], None]) -> bool:
    """Whether every known model serves, but for the versions unloaded on purpose.

    Args:
        explain: called with a sentence about the first model that doesn't.
    """
    for name, model in registry.snapshot().items():
        if model.failure or not model.versions:
            explain(f"server is not ready: model '{name}' is not loaded: {model.failure}")
            return False
        for version, status in model.versions.items():
            if status.state is not ModelState.READY and status.reason != UNLOADED:
                explain(
                    f"server is not ready: model '{name}' version {version} is at "
                    f"{status.state} state"
                )
                return False
    for name, versions in registry.all_ready().items():
        for version, built in versions.items():
            # One that has been replaced since we looked is not what clients reach.
            if not built.ready() and registry.serves(built):
                explain(
                    f"server is not ready: an instance of model '{name}' version {version} is not"
                )
                return False
    return True
