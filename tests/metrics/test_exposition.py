# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics page, read back by Prometheus's own parser."""

from __future__ import annotations

import math

import pytest
import strict_page
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parse

from triton_py.metrics import (
    OWN_KINDS,
    Family,
    MachineMetrics,
    MetricsSettings,
    Sample,
    custom_families,
    format_families,
    histogram_bounds,
    not_histograms,
    render,
)
from triton_py.metrics.families import MODEL_HISTOGRAMS, MODEL_SUMMARIES

# Triton's names (its metrics documentation) of what this server has, with their kinds.
TRITON = {
    "nv_inference_request_success": "counter",
    "nv_inference_request_failure": "counter",
    "nv_inference_count": "counter",
    "nv_inference_exec_count": "counter",
    "nv_inference_request_duration_us": "counter",
    "nv_inference_queue_duration_us": "counter",
    "nv_inference_compute_input_duration_us": "counter",
    "nv_inference_compute_infer_duration_us": "counter",
    "nv_inference_compute_output_duration_us": "counter",
    "nv_inference_pending_request_count": "gauge",
    "nv_model_load_duration_secs": "gauge",
    "nv_cache_num_hits_per_model": "counter",
    "nv_cache_num_misses_per_model": "counter",
    "nv_cache_hit_duration_per_model": "counter",
    "nv_cache_miss_duration_per_model": "counter",
}

OURS = {"triton_py_batch_closed": "counter"}


def duration(count: int, ns: int) -> dict[str, int]:
    return {"count": count, "ns": ns}


def model(**changes) -> dict:
    return {
        "model": "m",
        "version": "1",
        "statistics": {
            "name": "m", "version": "1", "last_inference": 5, "inference_count": 40,
            "execution_count": 10,
            "inference_stats": {
                "success": duration(40, 9_999_999), "fail": duration(3, 5),
                "queue": duration(40, 4_000_000), "compute_input": duration(40, 1_000_000),
                "compute_infer": duration(40, 3_000_999), "compute_output": duration(40, 7_000),
                "cache_hit": duration(2, 2000), "cache_miss": duration(1, 1000),
            },
        },
        "failures": {"REJECTED": 1, "BACKEND": 2},
        "pending": 7,
        "load_duration_s": 0.25,
        **changes,
    }


def read(text: str) -> dict[tuple, float]:
    """All samples by (name, labels). The parser gives every counter's sample the suffix `_total`,
    whatever the page says."""
    return {
        (sample.name.removesuffix("_total"), tuple(sorted(sample.labels.items()))): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def test_values_of_a_model():
    samples = read(render([model()]))
    labels = (("model", "m"), ("version", "1"))
    assert samples["nv_inference_request_success", labels] == 40
    assert samples["nv_inference_count", labels] == 40
    assert samples["nv_inference_exec_count", labels] == 10
    assert samples["nv_inference_request_duration_us", labels] == 9999
    assert samples["nv_inference_queue_duration_us", labels] == 4000
    assert samples["nv_inference_compute_input_duration_us", labels] == 1000
    assert samples["nv_inference_compute_infer_duration_us", labels] == 3000
    assert samples["nv_inference_compute_output_duration_us", labels] == 7
    assert samples["nv_inference_pending_request_count", labels] == 7
    assert samples["nv_model_load_duration_secs", labels] == 0.25
    failures = {
        dict(found)["reason"]: value
        for (name, found), value in samples.items()
        if name == "nv_inference_request_failure"
    }
    assert failures == {"REJECTED": 1, "CANCELED": 0, "BACKEND": 2, "OTHER": 0}
    # A model without the response cache has no cache metrics.
    assert not any(name.startswith("nv_cache") for name, _ in samples)


def test_why_batches_closed():
    statistics = {"batch_closed": {"full": 3, "delay": 1}, "failures": {"OTHER": 4}}
    samples = read(render([{"model": "m", "version": "1", "statistics": statistics}]))
    found = {dict(labels)["reason"]: value for (name, labels), value in samples.items()
             if name == "triton_py_batch_closed"}
    assert found == {"full": 3, "delay": 1}
    # Failures come from the statistics where they are not given beside them.
    labels = (("model", "m"), ("reason", "OTHER"), ("version", "1"))
    assert samples["nv_inference_request_failure", labels] == 4


def test_cache_metrics_of_a_model_with_the_cache():
    samples = read(render([model(cache=True)]))
    labels = (("model", "m"), ("version", "1"))
    assert samples["nv_cache_num_hits_per_model", labels] == 2
    assert samples["nv_cache_hit_duration_per_model", labels] == 2
    assert samples["nv_cache_num_misses_per_model", labels] == 1
    assert samples["nv_cache_miss_duration_per_model", labels] == 1


def test_names_and_kinds_are_tritons():
    text = render([model(cache=True)])
    kinds = dict(
        line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE")
    )
    assert kinds == {**TRITON, **OURS}
    assert {line.split()[2] for line in text.splitlines() if line.startswith("# HELP")} == {
        *TRITON, *OURS}


def test_each_family_stands_once_whatever_the_number_of_models():
    text = render([model(), model(model="n"), model(version="2")])
    assert text.count("# TYPE nv_inference_count ") == 1
    assert sum(name == "nv_inference_count" for name, _ in read(text)) == 3


def test_no_models_is_a_page_without_samples():
    assert read(render([])) == {}
    assert format_families([]) == ""


def test_tags_and_namespace_become_labels():
    samples = read(render([model(tags={"team-a": "x"}, namespace="/repo")]))
    labels = dict(next(found for name, found in samples if name == "nv_inference_count"))
    assert labels == {"model": "m", "version": "1", "_team_a": "x", "namespace": "/repo"}


def test_a_model_that_has_no_statistics_yet_counts_zero():
    samples = read(render([{"model": "m", "version": "1"}]))
    assert set(samples.values()) == {0}


@given(st.text(), st.text())
def test_label_values_survive(name, tag):
    """Quotes, backslashes and line ends in a label's value don't break the page."""
    text = render([model(model=name, tags={"t": tag})])
    # str.splitlines() knows line ends that the format doesn't; the parser goes by "\n".
    found = [dict(labels) for key, labels in read(text) if key == "nv_inference_count"]
    assert found == [{"model": name, "version": "1", "_t": tag}]


@given(st.floats())
def test_numbers_survive(value):
    text = format_families([Family("x", "gauge", "h", [Sample(value)])])
    got = next(iter(read(text).values()))
    assert got == value or (math.isnan(got) and math.isnan(value))


def test_a_histogram_of_a_backend():
    family = Family("my_ms", "histogram", "line\nof \\ help", [
        Sample(1, {"le": "100"}, "_bucket"), Sample(2, {"le": "+Inf"}, "_bucket"),
        Sample(150.5, {}, "_sum"), Sample(2, {}, "_count"),
    ])
    families = {f.name: f for f in parse(render([], extra=[family]))}
    assert families["my_ms"].type == "histogram"
    assert families["my_ms"].documentation == "line\nof \\ help"
    assert [s.value for s in families["my_ms"].samples] == [1, 2, 150.5, 2]


def test_a_name_may_stand_once():
    with pytest.raises(ValueError, match="'nv_inference_count' is a counter and a gauge"):
        render([], extra=[Family("nv_inference_count", "gauge", "again")])


def test_a_custom_family_of_the_same_name_joins():
    own = (("model", "m"), ("version", "1"))
    custom = Family("nv_inference_count", "counter", "again", [
        Sample(5, {"version": "1", "model": "m"}), Sample(6, {"gpu": "0"})])
    text = render([model()], extra=[custom])
    samples = read(text)
    assert samples["nv_inference_count", own] == 40  # the server's own
    assert samples["nv_inference_count", (("gpu", "0"),)] == 6
    assert "again" not in text
    strict_page.read(text)


def test_a_custom_histogram_of_the_same_name_is_not_mixed_with_the_servers():
    settings = MetricsSettings(histogram_latencies=True)
    name = "nv_inference_first_response_histogram_ms"
    custom = Family(name, "histogram", "")
    custom.add_histogram({"model": "m", "version": "1"}, [7], [1, 1], 3)
    custom.add_histogram({"model": "mine"}, [7], [1, 1], 3)
    text = render([with_latencies()], extra=[custom], settings=settings)
    shown = strict_page.read(text)[name]
    assert shown.value("_count", model="m", version="1") == 4
    assert shown.value("_bucket", model="mine", le="7") == 1
    assert not any(dict(labels).get("le") == "7" and dict(labels)["model"] == "m"
                   for _, labels in shown.samples)


# --- what --metrics-config switches ----------------------------------------------------------

HISTOGRAM = {"bounds": [100.0, 500.0], "counts": [1, 3, 4], "sum": 1234.5}
SUMMARY = {"quantiles": [[0.5, 10.0], [0.999, math.nan]], "count": 4, "sum": 80}


def with_latencies(**changes) -> dict:
    keys = [family.key for family in MODEL_HISTOGRAMS]
    made = model(**changes)
    made["statistics"]["histograms"] = dict.fromkeys(keys, HISTOGRAM)
    made["statistics"]["summaries"] = {family.key: SUMMARY for family in MODEL_SUMMARIES}
    return made


def test_histograms_and_summaries_are_shown_when_they_are_asked_for():
    labels = {"model": "m", "version": "1"}
    plain = strict_page.read(render([with_latencies()]))
    assert set(plain) == {*TRITON, *OURS}
    shown = strict_page.read(render(
        [with_latencies()],
        settings=MetricsSettings(histogram_latencies=True, summary_latencies=True)))
    assert set(shown) - set(plain) == {
        "nv_inference_first_response_histogram_ms", "triton_py_request_histogram_us",
        "triton_py_queue_histogram_us", "triton_py_compute_input_histogram_us",
        "triton_py_compute_infer_histogram_us", "triton_py_compute_output_histogram_us",
        "triton_py_batch_size_histogram", "nv_inference_request_summary_us",
        "nv_inference_queue_summary_us", "nv_inference_compute_input_summary_us",
        "nv_inference_compute_infer_summary_us", "nv_inference_compute_output_summary_us",
    }
    for family in MODEL_HISTOGRAMS:
        found = shown[family.name]
        assert found.kind == "histogram"
        assert [found.value("_bucket", **labels, le=le) for le in ("100", "500", "+Inf")] == [
            1, 3, 4]
        assert found.value("_sum", **labels) == 1234.5
    for family in MODEL_SUMMARIES:
        found = shown[family.name]
        assert found.kind == "summary"
        assert found.value(**labels, quantile="0.5") == 10
        # Nothing in the last minute.
        assert math.isnan(found.value(**labels, quantile="0.999"))
        assert (found.value("_count", **labels), found.value("_sum", **labels)) == (4, 80)


def test_a_model_with_the_cache_has_no_summary_of_requests():
    text = render([with_latencies(cache=True)], settings=MetricsSettings(summary_latencies=True))
    shown = strict_page.read(text)
    assert not shown["nv_inference_request_summary_us"].samples
    assert shown["nv_inference_queue_summary_us"].samples


def test_latencies_as_counters_can_be_turned_off():
    """The counts stay, and go on counting: with Triton they would stay at 0."""
    shown = strict_page.read(
        render([model(cache=True)], settings=MetricsSettings(counter_latencies=False)))
    gone = {"nv_inference_request_duration_us", "nv_inference_queue_duration_us",
            "nv_inference_compute_input_duration_us", "nv_inference_compute_infer_duration_us",
            "nv_inference_compute_output_duration_us", "nv_cache_num_hits_per_model",
            "nv_cache_num_misses_per_model", "nv_cache_hit_duration_per_model",
            "nv_cache_miss_duration_per_model"}
    assert set(TRITON) - set(shown) == gone
    assert shown["nv_inference_request_success"].value(model="m", version="1") == 40


def test_the_kinds_of_the_servers_own():
    """What a custom family of such a name is held against."""
    settings = MetricsSettings(histogram_latencies=True, summary_latencies=True)
    shown = strict_page.read(render([with_latencies(cache=True)], settings=settings,
                                    machine=MachineMetrics().families()))
    kinds = {name: family.kind for name, family in shown.items()}
    assert kinds.items() <= OWN_KINDS.items()
    assert all(name.startswith(("nv_gpu", "nv_energy", "nv_pinned", "nv_cpu"))
               for name in set(OWN_KINDS) - set(kinds))


def test_bounds_of_histograms():
    bounds = histogram_bounds({"nv_inference_first_response_histogram_ms": [1, 2.5],
                               "none_of_ours": [3]})
    assert bounds["first_response"] == [1, 2.5]
    assert histogram_bounds({})["first_response"] == [100, 500, 2000, 5000]  # Triton's
    assert set(bounds) == {family.key for family in MODEL_HISTOGRAMS}
    assert all(values == sorted(set(values)) for values in bounds.values())
    assert not_histograms(["none_of_ours", "triton_py_queue_histogram_us"]) == ["none_of_ours"]


def test_custom_metrics_of_the_core():
    families = custom_families([
        ("c", "counter", "counts", [({"a": "1"}, 2.0)]),
        ("h", "histogram", "", [({}, HISTOGRAM)]),
    ])
    shown = strict_page.read(format_families(families))
    assert shown["c"].value(a="1") == 2 and shown["c"].help == "counts"
    assert shown["h"].value("_count") == 4


# --- the strict reader itself ----------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "x 1\n", "# HELP x\n", "# TYPE x gauge\nx 1\n", "# HELP x h\nx 1\n",
    "# HELP x h\n# TYPE x gauge\nx 1", "# HELP x h\n# TYPE x gauge\nx 1\nx 1\n",
    "# HELP x h\n# TYPE x gauge\nx{} 1\nx{a=1} 1\n", '# HELP x h\n# TYPE x gauge\nx{a="1",} 1\n',
    "# HELP x h\n# TYPE x gauge\nx one\n", "# HELP x h\n# TYPE x gauge\ny 1\n",
    '# HELP x h\n# TYPE x gauge\nx{a="\\t"} 1\n',
    '# HELP x h\n# TYPE x histogram\nx_bucket{le="1"} 1\nx_sum 1\nx_count 1\n',
    '# HELP x h\n# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_count 1\n',
    '# HELP x h\n# TYPE x histogram\nx_bucket{le="+Inf"} 1\nx_sum 1\nx_count 2\n',
    '# HELP x h\n# TYPE x histogram\nx_bucket{le="1"} 2\nx_bucket{le="+Inf"} 1\nx_sum 1\nx_count 1\n',
])
def test_the_strict_reader_refuses(text: str):
    with pytest.raises(AssertionError):
        strict_page.read(text)


@pytest.mark.parametrize("name", ["", "1x", "a-b", "a b", "ä"])
def test_impossible_names(name):
    with pytest.raises(ValueError, match="no metric name"):
        Family(name, "gauge", "")
    with pytest.raises(ValueError, match="no label name"):
        format_families([Family("x", "gauge", "", [Sample(1, {name: "v"})])])
    with pytest.raises(ValueError, match="unknown kind"):
        Family("x", "timer", "")


# --- the machine ---------------------------------------------------------------------------


def write_stat(path, busy: int, idle: int) -> None:
    path.write_text(f"cpu {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 1 1 1\n")


def test_cpu_utilization_is_the_share_since_the_last_reading(tmp_path):
    stat, meminfo = tmp_path / "stat", tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n")
    write_stat(stat, 100, 100)
    machine = MachineMetrics(gpu=False, stat=str(stat), meminfo=str(meminfo))
    write_stat(stat, 130, 170)
    values = {f.name: f.samples[0].value for f in machine.families()}
    assert values == {
        "nv_cpu_utilization": 0.3,
        "nv_cpu_memory_total_bytes": 1000 * 1024,
        "nv_cpu_memory_used_bytes": 600 * 1024,
    }
    # No tick since: nothing to divide by.
    assert machine.families()[0].samples[0].value == 0
    write_stat(stat, 180, 170)
    assert machine.families()[0].samples[0].value == 1


def test_a_machine_without_proc_has_no_cpu_metrics(tmp_path):
    machine = MachineMetrics(gpu=False, stat=str(tmp_path / "none"))
    assert machine.families() == []


def test_this_machine():
    families = {f.name: f for f in parse(render([], machine=MachineMetrics().families()))}
    total = families["nv_cpu_memory_total_bytes"].samples[0].value
    assert 0 < families["nv_cpu_memory_used_bytes"].samples[0].value < total
    assert 0 <= families["nv_cpu_utilization"].samples[0].value <= 1
