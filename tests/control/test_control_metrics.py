# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics page of a control plane."""

from __future__ import annotations

from typing import Any

import pytest
from control_fakes import FakeDataPlane
from control_support import Repository, StartServer
from prometheus_client.parser import text_string_to_metric_families
from strict_page import Read, read

from triton_py.control import ControlPlane, ServerOptions
from triton_py.control.metrics import MetricsPage
from triton_py.control.registry import Registry
from triton_py.errors import InvalidArgumentError, TritonError, UnavailableError, UnsupportedError


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


def strict_page(server: ControlPlane) -> dict[str, Read]:
    return read(server.metrics_text())


CONTROL = """
model_metrics {
  metric_control { metric_identifier { family: "%s" } histogram_options { buckets: [ 1, 20 ] } }
}
"""
FIRST_RESPONSE = "nv_inference_first_response_histogram_ms"


def test_histograms_with_a_models_own_buckets(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("a", extra=CONTROL % FIRST_RESPONSE)
    repository.model("b", extra=CONTROL % "triton_py_queue_histogram_us")
    server = start(startup_models=["*"], metrics_config={"histogram_latencies": "true"})

    def buckets(family: str, model: str) -> list[str]:
        return [dict(labels)["le"] for name, labels in strict_page(server)[family].samples
                if name.endswith("_bucket") and ("model", model) in labels]

    assert buckets(FIRST_RESPONSE, "a") == ["1", "20", "+Inf"]
    assert buckets(FIRST_RESPONSE, "b") == ["100", "500", "2000", "5000", "+Inf"]
    assert buckets("triton_py_queue_histogram_us", "b") == ["1", "20", "+Inf"]
    assert not dataplane.logged("model_metrics")
    assert "nv_inference_queue_summary_us" not in strict_page(server)
    # The statistics extension knows nothing of them.
    (entry,) = server.model_statistics("a", -1)["model_stats"]
    assert not {"histograms", "summaries", "failures", "batch_closed"} & set(entry)


def test_buckets_of_what_is_no_histogram_of_the_server(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.model("a", extra=CONTROL % "nv_inference_count")
    start(startup_models=["a"])
    assert dataplane.logged(
        "model_metrics of model 'a' sets the buckets of 'nv_inference_count', which is none of the "
        "server's histograms; it is ignored")


def test_summaries(repository: Repository, start: StartServer) -> None:
    repository.model("a")
    server = start(startup_models=["a"], metrics_config={
        "summary_latencies": "true", "summary_quantiles": "0.25:0.1,1:0"})
    shown = strict_page(server)["nv_inference_queue_summary_us"]
    assert shown.value(model="a", version="1", quantile="0.25") == 250
    assert shown.value(model="a", version="1", quantile="1") == 1000
    assert FIRST_RESPONSE not in strict_page(server)


@pytest.mark.parametrize("options", [
    {}, {"metrics": False, "metrics_config": {
        "histogram_latencies": "true", "summary_latencies": "true"}},
])
def test_nothing_is_measured_that_nobody_sees(
    repository: Repository, start: StartServer, dataplane: FakeDataPlane, options: dict[str, Any]
) -> None:
    repository.model("a")
    start(startup_models=["a"], **options)
    spec = dataplane.served("a").spec
    assert spec is not None
    assert spec["histograms"] == {} and spec["summary_quantiles"] is None


def test_counters_of_latencies_turned_off(repository: Repository, start: StartServer) -> None:
    repository.model("a")
    shown = strict_page(start(
        startup_models=["a"], metrics_config={"counter_latencies": "false"}))
    assert "nv_inference_queue_duration_us" not in shown
    assert shown["nv_inference_count"].value(model="a", version="1") == 7


@pytest.mark.parametrize("group, setting, value, kind, sentence", [
    ("", "nothing", "true", InvalidArgumentError, "unknown metrics setting 'nothing'"),
    ("", "summary_latencies", "yes", InvalidArgumentError, "must be true or false, got 'yes'"),
    ("cache", "summary_latencies", "true", UnsupportedError, "is given for 'cache'"),
])
def test_settings_that_make_no_sense(
    group: str, setting: str, value: str, kind: type[TritonError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        ServerOptions.from_settings([("MetricsConfig", group, setting, value)])


def test_of_a_setting_given_twice_the_last_counts() -> None:
    options = ServerOptions.from_settings([
        ("MetricsConfig", "", "summary_latencies", "true"),
        ("MetricsConfig", "", "summary_latencies", "false"),
        ("MetricsConfig", "", "histogram_latencies", "true"),
    ])
    settings = options.metrics_settings
    assert settings.histogram_latencies and not settings.summary_latencies


def test_custom_metrics_are_on_the_page(start: StartServer, dataplane: FakeDataPlane) -> None:
    dataplane.custom = [("mine", "gauge", "of a backend", [({"a": "b"}, 1.5)])]
    shown = strict_page(start())["mine"]
    assert shown.value(a="b") == 1.5 and shown.help == "of a backend"


def test_pinned_memory(start: StartServer, dataplane: FakeDataPlane) -> None:
    server = start(pinned_memory_pool_byte_size=1 << 20)
    shown = strict_page(server)
    assert shown["nv_pinned_memory_pool_total_bytes"].value() == 1 << 20
    assert shown["nv_pinned_memory_pool_used_bytes"].value() == 4096
    server.stop(5)
    # Its share goes back to the process.
    assert dataplane.pinned_pool == 0


def test_the_machine_is_read_once_in_an_interval(
    monkeypatch: pytest.MonkeyPatch, dataplane: FakeDataPlane
) -> None:
    now, reads = [100.0], [0]

    class Machine:
        def __init__(self, **which: bool) -> None:
            pass

        def families(self) -> list[Any]:
            reads[0] += 1
            return []

    monkeypatch.setattr("triton_py.control.metrics.MachineMetrics", Machine)
    page = MetricsPage(dataplane, Registry(), ServerOptions(metrics_interval=2000), lambda: now[0])
    for later, count in ((0.0, 1), (1.9, 1), (0.2, 2), (1.0, 2), (5.0, 3)):
        now[0] += later
        page.text()
        assert reads[0] == count
