# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics page of a server, from the statistics of its models and the machine's readings."""

from __future__ import annotations

import threading
from typing import Any

from triton_py.control.options import ServerOptions
from triton_py.control.registry import Registry
from triton_py.metrics import Family, MachineMetrics, Sample, render

#: What the data plane adds to the statistics extension's members.
_FAILURES = "failures"
_BATCHES_CLOSED = "batch_closed"
BESIDE_THE_EXTENSION = (_FAILURES, _BATCHES_CLOSED)


class MetricsPage:
    """Makes the page.

    Thread safety: ``_lock`` guards ``_machine``, whose readings are differences to the last ones;
    it is held while the machine is read, never while the data plane is asked.
    """

    def __init__(self, options: ServerOptions, registry: Registry) -> None:
        self._enabled = options.metrics
        self._cpu = options.cpu_metrics
        self._gpu = options.gpu_metrics
        self._registry = registry
        self._lock = threading.Lock()
        self._machine: MachineMetrics | None = None

    def text(self) -> str:
        """The page in the Prometheus text format; "" with metrics turned off."""
        if not self._enabled:
            return ""
        models = self._models()
        with self._lock:
            if self._machine is None:
                self._machine = MachineMetrics(cpu=self._cpu, gpu=self._gpu)
            machine = self._machine.families()
        return render(models, [_closed_batches(models)], machine)

    def _models(self) -> list[dict[str, Any]]:
        models: list[dict[str, Any]] = []
        for name, versions in self._registry.all_ready().items():
            for version, built in versions.items():
                statistics = built.statistics()
                if statistics is None:
                    continue
                models.append(
                    {
                        "model": name,
                        "version": str(version),
                        "statistics": statistics,
                        "failures": statistics.get(_FAILURES, {}),
                        "pending": built.pending(),
                        "load_duration_s": built.load_seconds,
                        "tags": dict(built.config.metric_tags),
                    }
                )
        return models


def _closed_batches(models: list[dict[str, Any]]) -> Family:
    """Why batches were closed: the answer to "is the dynamic batcher doing anything?"."""
    samples = [
        Sample(count, {"model": model["model"], "version": model["version"], "reason": reason})
        for model in models
        for reason, count in model["statistics"].get(_BATCHES_CLOSED, {}).items()
    ]
    return Family(
        "triton_py_batch_closed",
        "counter",
        "Number of batches closed, by the reason why no more requests joined them",
        samples,
    )
