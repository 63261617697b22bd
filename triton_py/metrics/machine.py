# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the machine says of itself: processors, memory, and GPUs where there are any."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from triton_py.metrics.exposition import Family, Sample

log = logging.getLogger(__name__)


def _cpu_times(path: str) -> tuple[int, int]:
    """(busy, all) ticks of all processors since boot, from ``/proc/stat``."""
    with open(path, encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:9]]
    # user nice system idle iowait irq softirq steal; guest time is part of user time.
    idle = fields[3] + fields[4]
    return sum(fields) - idle, sum(fields)


def _memory(path: str) -> tuple[int, int]:
    """(all, used) bytes, from ``/proc/meminfo``; used is what new programs could not have."""
    values = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            values[name] = int(rest.split()[0]) * 1024
    total = values["MemTotal"]
    available = values.get("MemAvailable", values["MemFree"])
    return total, total - available


class _Gpus:
    """GPU readings through NVML's Python binding, which is used if it is installed."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml
        nvml.nvmlInit()
        self._handles = []
        for i in range(nvml.nvmlDeviceGetCount()):
            handle = nvml.nvmlDeviceGetHandleByIndex(i)
            uuid = nvml.nvmlDeviceGetUUID(handle)
            text = uuid.decode() if isinstance(uuid, bytes) else uuid
            self._handles.append((text, handle, self._energy(handle)))

    def _energy(self, handle: Any) -> int | None:
        return self._read(self._nvml.nvmlDeviceGetTotalEnergyConsumption, handle)

    def _read(self, function: Callable[[Any], Any], handle: Any) -> Any:
        """None for what a device (a MIG slice, an old board) doesn't report."""
        try:
            return function(handle)
        except self._nvml.NVMLError as error:
            log.debug("a GPU reading failed: %s", error)
            return None

    def families(self) -> list[Family]:
        nvml = self._nvml
        utilization = Family("nv_gpu_utilization", "gauge", "GPU utilization rate [0.0 - 1.0)")
        total = Family("nv_gpu_memory_total_bytes", "gauge", "GPU total memory, in bytes")
        used = Family("nv_gpu_memory_used_bytes", "gauge", "GPU used memory, in bytes")
        power = Family("nv_gpu_power_usage", "gauge", "GPU power usage in watts")
        limit = Family("nv_gpu_power_limit", "gauge", "GPU power management limit in watts")
        energy = Family("nv_energy_consumption", "counter",
                        "GPU energy consumption in joules since the Triton Server started")
        for uuid, handle, start in self._handles:
            readings: list[tuple[Family, float | None]] = []
            rates = self._read(nvml.nvmlDeviceGetUtilizationRates, handle)
            memory = self._read(nvml.nvmlDeviceGetMemoryInfo, handle)
            watts = self._read(nvml.nvmlDeviceGetPowerUsage, handle)
            cap = self._read(nvml.nvmlDeviceGetPowerManagementLimit, handle)
            joules = self._energy(handle)
            readings.append((utilization, rates.gpu / 100 if rates is not None else None))
            readings.append((total, memory.total if memory is not None else None))
            readings.append((used, memory.used if memory is not None else None))
            readings.append((power, watts / 1000 if watts is not None else None))
            readings.append((limit, cap / 1000 if cap is not None else None))
            readings.append((energy, (joules - start) / 1000
                             if joules is not None and start is not None else None))
            for family, value in readings:
                if value is not None:
                    family.samples.append(Sample(value, {"gpu_uuid": uuid}))
        return [utilization, total, used, power, limit, energy]


def _open_gpus() -> _Gpus | None:
    try:
        import pynvml
    except ImportError:
        return None
    try:
        gpus = _Gpus(pynvml)
    except pynvml.NVMLError as error:
        # No driver, no device: a machine without GPUs has no GPU metrics.
        log.debug("no GPU metrics: %s", error)
        return None
    return gpus if gpus._handles else None


class MachineMetrics:
    """Reads the machine; keep one, because utilization is the share since the last reading."""

    def __init__(self, *, cpu: bool = True, gpu: bool = True, stat: str = "/proc/stat",
                 meminfo: str = "/proc/meminfo") -> None:
        self._stat, self._meminfo = stat, meminfo
        self._cpu = cpu
        self._gpus = _open_gpus() if gpu else None
        self._last: tuple[int, int] | None = None
        if cpu:
            try:
                self._last = _cpu_times(stat)
            except OSError as error:
                log.warning("no CPU metrics: %s", error)
                self._cpu = False

    def families(self) -> list[Family]:
        families: list[Family] = []
        if self._cpu:
            families += self._cpu_families()
        if self._gpus is not None:
            families += self._gpus.families()
        return families

    def _cpu_families(self) -> list[Family]:
        busy, total = _cpu_times(self._stat)
        last_busy, last_total = self._last or (0, 0)
        # Two readings within one tick say nothing; the counters may also step back a little.
        passed = total - last_total
        share = max(0.0, min(1.0, (busy - last_busy) / passed)) if passed > 0 else 0.0
        if passed > 0:
            self._last = (busy, total)
        memory_total, memory_used = _memory(self._meminfo)
        return [
            Family("nv_cpu_utilization", "gauge", "CPU utilization rate [0.0 - 1.0]",
                   [Sample(share)]),
            Family("nv_cpu_memory_total_bytes", "gauge", "CPU total memory (RAM), in bytes",
                   [Sample(memory_total)]),
            Family("nv_cpu_memory_used_bytes", "gauge", "CPU used memory (RAM), in bytes",
                   [Sample(memory_used)]),
        ]
