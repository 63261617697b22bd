# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics page of a control plane."""

from __future__ import annotations

from typing import Any

import pytest
from control_fakes import FakeDataPlane
from control_support import Repository, StartServer
from prometheus_client.parser import text_string_to_metric_families

from triton_py.control import ControlPlane
from triton_py.errors import UnavailableError


def page(server: ControlPlane) -> dict[str, Any]:
    return {f.name: f for f in text_string_to_metric_families(server.metrics_text())}


def test_the_page_shows_the_ready_models(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("a", extra='metric_tags { key: "team" value: "t" }')
    repository.model("b")
    server = start(startup_models=["a"])
    for _ in range(3):
        dataplane.served("a").request()
    labels = {"model": "a", "version": "1", "_team": "t"}
    families = page(server)

    def value(name: str, **more: str) -> float:
        (found,) = [s for s in families[name].samples if s.labels == labels | more]
        return float(found.value)

    assert value("nv_inference_count") == 7
    assert value("nv_inference_exec_count") == 3
    assert value("nv_inference_request_failure", reason="BACKEND") == 2
    assert value("triton_py_batch_closed", reason="full") == 5
    assert value("nv_inference_pending_request_count") == 2
    assert 0 < value("nv_model_load_duration_secs") < 60
    assert families["nv_cpu_memory_total_bytes"].samples[0].value > 0
    for _ in range(3):
        dataplane.served("a").respond()
    server.unload("a")
    assert page(server)["nv_inference_count"].samples == []


def test_the_page_can_be_turned_off(start: StartServer) -> None:
    with pytest.raises(UnavailableError, match="metrics are not enabled"):
        start(metrics=False).metrics_text()
    text = start(cpu_metrics=False, gpu_metrics=False).metrics_text()
    assert "nv_cpu" not in text and "nv_gpu" not in text
