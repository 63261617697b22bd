# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the metrics page shows: figures of the ready models, of the machine, and custom metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triton_py.control.dataplane import DataPlane
from triton_py.control.options import ServerOptions
from triton_py.control.registry import Registry
from triton_py.control.states import BuiltModel
from triton_py.errors import UnavailableError
from triton_py.metrics import (
    Family,
    MachineMetrics,
    Sample,
    custom_families,
    histogram_bounds,
    render,
)


class MetricsPage:
    """Renders one server's page; may be asked by several threads."""

    def __init__(
        self,
        dataplane: DataPlane,
        registry: Registry,
        options: ServerOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dataplane = dataplane
        self._registry = registry
        self._enabled = options.metrics
        self._settings = options.metrics_settings
        self._clock = clock
        self._interval_s = options.metrics_interval / 1000
        # Utilization is the share since the last reading, so there is one reader.
        self._lock = threading.Lock()
        self._machine = MachineMetrics(
            cpu=options.metrics and options.cpu_metrics,
            gpu=options.metrics and options.gpu_metrics,
        )
        self._readings: list[Family] = []
        self._read_at: float | None = None

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
        return render(
            models,
            machine=[*self._pinned_memory(), *self._machine_readings()],
            extra=custom_families(self._dataplane.custom_metrics()),
            settings=self._settings,
        )

    def _machine_readings(self) -> list[Family]:
        """Of the machine, not older than the metrics' interval."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or now - self._read_at >= self._interval_s:
                self._readings = self._machine.families()
                self._read_at = now
            return self._readings

    def _pinned_memory(self) -> list[Family]:
        total, used = self._dataplane.pinned_memory()
        return [
            Family(f"nv_pinned_memory_pool_{what}_bytes", "gauge", text, [Sample(value)])
            for what, text, value in (
                ("total", "Pinned memory that there may be, in bytes", total),
                ("used", "Pinned memory that is in use, in bytes", used),
            )
        ]


def asked_of(options: ServerOptions, buckets: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Which histograms and summaries the data plane makes for a model.

    Args:
        options: the server's.
        buckets: the model's own upper bounds, by family.

    Returns:
        Two entries of the data plane's digest: ``histograms``, upper bounds by the name in the
        statistics, and ``summary_quantiles``, a list, or None for no summaries.
    """
    settings = options.metrics_settings
    return {
        "histograms": histogram_bounds(buckets)
        if options.metrics and settings.histogram_latencies
        else {},
        "summary_quantiles": [quantile for quantile, _ in settings.quantiles]
        if options.metrics and settings.summary_latencies
        else None,
    }


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
