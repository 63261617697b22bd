# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The GPU metrics of a server are what NVML says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from triton_py import Server

pytestmark = pytest.mark.gpu


@pytest.fixture
def nvml() -> Iterator[Any]:
    pynvml = pytest.importorskip(
        "pynvml", reason="not run: a GPU, but nvidia-ml-py (pynvml) isn't installed")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        pytest.skip(f"not run: a GPU, but NVML says: {error}")
    yield pynvml
    pynvml.nvmlShutdown()


def uuid(nvml: Any, handle: Any) -> str:
    text = nvml.nvmlDeviceGetUUID(handle)
    return text.decode() if isinstance(text, bytes) else text  # bytes from older bindings


def gpu_samples(server: Server) -> dict[tuple[str, str], float]:
    """Values by (name, UUID)."""
    return {
        (sample.name.removesuffix("_total"), sample.labels["gpu_uuid"]): sample.value
        for family in text_string_to_metric_families(server.metrics())
        for sample in family.samples if "gpu_uuid" in sample.labels
    }


def test_readings(nvml: Any, tmp_path: Path) -> None:
    handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    memory = {uuid(nvml, handle): nvml.nvmlDeviceGetMemoryInfo(handle) for handle in handles}
    with Server(model_repository=tmp_path) as server:
        samples = gpu_samples(server)
    for gpu, info in memory.items():
        assert samples["nv_gpu_memory_total_bytes", gpu] == info.total
        assert 0 <= samples["nv_gpu_memory_used_bytes", gpu] <= info.total
        # What a device doesn't report is left out.
        assert 0 <= samples.get(("nv_gpu_utilization", gpu), 0) <= 1
        power = samples.get(("nv_gpu_power_usage", gpu))
        assert power is None or 1 < power < 5000, "watts"
        assert samples.get(("nv_energy_consumption", gpu), 0) >= 0
    assert {gpu for _, gpu in samples} == set(memory)


def test_turned_off(nvml: Any, tmp_path: Path) -> None:
    with Server(model_repository=tmp_path, gpu_metrics=False) as server:
        assert gpu_samples(server) == {}
