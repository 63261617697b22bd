# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""GPU metrics against a stand-in for NVML's Python binding."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from triton_py.metrics import MachineMetrics, format_families


class Nvml(ModuleType):
    """Two devices; the second is a kind that reports little."""

    class NVMLError(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.devices = 2
        self.joules = 5_000

    def nvmlInit(self) -> None:
        if self.devices < 0:
            raise self.NVMLError("driver not loaded")

    def nvmlDeviceGetCount(self) -> int:
        return self.devices

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetUUID(self, handle: int) -> str | bytes:
        return "GPU-0" if handle == 0 else b"GPU-1"

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> SimpleNamespace:
        self._only_first(handle)
        return SimpleNamespace(gpu=25, memory=3)

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> SimpleNamespace:
        return SimpleNamespace(total=1000, used=400, free=600)

    def nvmlDeviceGetPowerUsage(self, handle: int) -> int:
        self._only_first(handle)
        return 70_500

    def nvmlDeviceGetPowerManagementLimit(self, handle: int) -> int:
        self._only_first(handle)
        return 300_000

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        self._only_first(handle)
        self.joules += 1_500
        return self.joules

    def _only_first(self, handle: int) -> None:
        if handle:
            raise self.NVMLError("not supported")


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    fake = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    return fake


def gpu_samples() -> dict[tuple[str, str], float]:
    text = format_families(MachineMetrics(cpu=False).families())
    return {
        (sample.name.removesuffix("_total"), sample.labels["gpu_uuid"]): sample.value
        for family in parse(text) for sample in family.samples
    }


def test_readings(nvml: Nvml) -> None:
    assert gpu_samples() == {
        ("nv_gpu_utilization", "GPU-0"): 0.25,
        ("nv_gpu_memory_total_bytes", "GPU-0"): 1000,
        ("nv_gpu_memory_used_bytes", "GPU-0"): 400,
        ("nv_gpu_power_usage", "GPU-0"): 70.5,
        ("nv_gpu_power_limit", "GPU-0"): 300,
        # Since the start: what the board had used before is not this server's.
        ("nv_energy_consumption", "GPU-0"): 1.5,
        # What a device doesn't report is left out.
        ("nv_gpu_memory_total_bytes", "GPU-1"): 1000,
        ("nv_gpu_memory_used_bytes", "GPU-1"): 400,
    }


@pytest.mark.parametrize("devices", [0, -1])
def test_no_device_or_no_driver(nvml: Nvml, devices: int) -> None:
    nvml.devices = devices
    assert gpu_samples() == {}


def test_no_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert gpu_samples() == {}


def test_turned_off(nvml: Nvml) -> None:
    assert MachineMetrics(cpu=False, gpu=False).families() == []
