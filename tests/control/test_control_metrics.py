# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics page of a control plane."""

from __future__ import annotations

import pytest
from control_support import Repository, StartServer
from prometheus_client.parser import text_string_to_metric_families

from triton_py.errors import UnavailableError


def test_the_page_shows_the_ready_models(repository: Repository, start: StartServer) -> None:
    repository.model("a")
    repository.model("b")
    server = start()
    server.load("a")
    families = {f.name: f for f in text_string_to_metric_families(server.metrics_text())}
    (sample,) = families["nv_inference_count"].samples
    assert (sample.labels, sample.value) == ({"model": "a", "version": "1"}, 7)
    assert families["nv_inference_pending_request_count"].samples[0].value == 3
    assert 0 < families["nv_model_load_duration_secs"].samples[0].value < 60
    assert families["nv_cpu_memory_total_bytes"].samples[0].value > 0
    server.unload("a")
    families = {f.name: f for f in text_string_to_metric_families(server.metrics_text())}
    assert families["nv_inference_count"].samples == []


def test_the_page_can_be_turned_off(start: StartServer) -> None:
    with pytest.raises(UnavailableError, match="metrics are not enabled"):
        start(metrics=False).metrics_text()
    text = start(cpu_metrics=False, gpu_metrics=False).metrics_text()
    assert "nv_cpu" not in text and "nv_gpu" not in text
