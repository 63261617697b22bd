# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the metrics page shows: the ready models' figures, and the machine's."""

from __future__ import annotations

import threading
from typing import Any

from triton_py.control.options import ServerOptions
from triton_py.control.registry import Registry
from triton_py.control.states import BuiltModel
from triton_py.errors import UnavailableError
from triton_py.metrics import MachineMetrics, render


class MetricsPage:
    """Renders one server's page; may be asked by several threads."""

    def __init__(self, registry: Registry, options: ServerOptions) -> None:
        self._registry = registry
        self._enabled = options.metrics
        # Utilization is the share since the last reading, so there is one reader.
        self._lock = threading.Lock()
        self._machine = MachineMetrics(
            cpu=options.metrics and options.cpu_metrics,
            gpu=options.metrics and options.gpu_metrics,
        )

    def text(self) -> str:
        """Prometheus text.

        Raises:
            UnavailableError: metrics are turned off.
        """
        if not self._enabled:
            raise UnavailableError("metrics are not enabled")
        ready = self._registry.all_ready().values()
        entries = [_entry(built) for versions in ready for built in versions.values()]
        models = [entry for entry in entries if entry is not None]
        with self._lock:
            machine = self._machine.families()
        return render(models, machine=machine)


def _entry(built: BuiltModel) -> dict[str, Any] | None:
    """A model's figures; None where it has been unloaded since we looked."""
    statistics = built.statistics()
    if statistics is None:
        return None
    return {
        "namespace": built.name.namespace,
        "model": built.name.name,
        "version": built.version,
        "statistics": statistics,
        "pending": built.pending(),
        "load_duration_s": built.load_seconds,
        "tags": dict(built.config.metric_tags),
        "cache": built.config.response_cache.enable,
    }
