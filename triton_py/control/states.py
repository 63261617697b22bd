# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The states a model version goes through, and the record of one version.

Legal transitions::

    UNKNOWN ------> LOADING ------> READY ------> UNLOADING ------> UNAVAILABLE ("unloaded")
                       |              |                                 |
                       v              v (reload, in place)              v
                  UNAVAILABLE       READY                            LOADING
                  (the reason)

A reload of a READY version leaves it READY: the new build takes its place when it is complete. Where
only its instance groups change it stays the same build, with other instances.
A load that starts while the previous build is still UNLOADING takes over the record; the old build
finishes in the background.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from triton_py.control.backends import BackendLease
from triton_py.control.dataplane import Model
from triton_py.control.folders import SharedFolder
from triton_py.control.instances import Instance
from triton_py.control.pins import Pins
from triton_py.control.planner import LoadPlan
from triton_py.proto.model_config import ModelConfig
from triton_py.repository import ModelId

#: The reason of a version that was unloaded on purpose; strict readiness lets it pass.
UNLOADED = "unloaded"


class ModelState(StrEnum):
    """Triton's ModelReadyState, as the repository index writes it."""

    UNKNOWN = "UNKNOWN"
    READY = "READY"
    UNAVAILABLE = "UNAVAILABLE"
    LOADING = "LOADING"
    UNLOADING = "UNLOADING"


@dataclass(frozen=True)
class VersionStatus:
    """A snapshot of one version's state; ``reason`` is empty unless something is wrong."""

    state: ModelState
    reason: str = ""


@dataclass(frozen=True, eq=False)
class BuiltModel:
    """A model version that is built and can serve; compared by identity.

    It owns the data plane's model, a lease on its backend and a share of its folder, all of which
    end together in ``Retirer`` (or ``retirer.dispose`` when it never served). A change of its
    instances makes another one of these that owns the same things, in the place of the first.
    """

    #: What it was built from.
    plan: LoadPlan
    version: int
    model: Model
    #: The final configuration; not modified.
    config: ModelConfig
    #: output name -> class labels
    labels: dict[str, list[str]]
    backend: BackendLease
    folder: SharedFolder
    instances: tuple[Instance, ...] = ()
    load_seconds: float = 0.0
    pins: Pins = field(default_factory=Pins)

    @property
    def name(self) -> ModelId:
        return self.plan.name

    def ready(self) -> bool:
        """Whether all instances are; False for a build that is closed."""
        with self.pins.pin() as is_open:
            return is_open and bool(self.model.ready())

    def statistics(self) -> dict[str, Any] | None:
        """The data plane's statistics; None for a build that is closed."""
        with self.pins.pin() as is_open:
            return self.model.statistics() if is_open else None

    def pending(self) -> int:
        """Requests that wait in the queue; 0 for a build that is closed."""
        with self.pins.pin() as is_open:
            return self.model.pending if is_open else 0

    def in_flight(self) -> int:
        """Requests not released yet; 0 for a build that is closed."""
        with self.pins.pin() as is_open:
            return self.model.in_flight if is_open else 0


@dataclass
class VersionRecord:
    """What the registry knows of one version; guarded by the registry's lock."""

    state: ModelState = ModelState.UNKNOWN
    reason: str = ""
    #: Set in READY and UNLOADING.
    built: BuiltModel | None = None

    def status(self) -> VersionStatus:
        return VersionStatus(self.state, self.reason)
