# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Custom metrics by the C API: what each kind can do, who shares what, in which order it goes."""

from __future__ import annotations

import ctypes
import math
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metric_calls import COUNTER, GAUGE, HISTOGRAM, Family, Metric, call
from strict_page import Read, labels, read

import triton_py
from triton_py.core import counters
from triton_py.errors import InternalError, InvalidArgumentError, TritonError, UnsupportedError

KINDS = ("metric_family", "metric", "metric_args", "parameter", "error")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[triton_py.Server]:
    with triton_py.Server(
        model_repository=tmp_path_factory.mktemp("none"), gpu_metrics=False, cpu_metrics=False
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = counters.snapshot()
    yield
    after = counters.snapshot()
    assert {kind: after[kind] - before[kind] for kind in KINDS} == dict.fromkeys(KINDS, 0)


def page(server: triton_py.Server) -> dict[str, Read]:
    return read(server.metrics())


def end(*things: Family | Metric) -> None:
    for thing in things:
        thing.delete()


def test_a_counter_only_grows(server: triton_py.Server) -> None:
    family = Family(COUNTER, "t_counter", "counts")
    metric = family.metric(("a", "1"), ("b", "2"))
    assert family.kind() == metric.kind() == COUNTER
    assert metric.value() == 0
    metric.increment(1729)
    metric.increment(0.5)
    for value in (-3.14, math.nan, -math.inf):
        with pytest.raises(InvalidArgumentError, match="'t_counter': a counter grows by"):
            metric.increment(value)
    for refused in (lambda: metric.set(1), lambda: metric.observe(1)):
        with pytest.raises(UnsupportedError, match="'t_counter': a counter has no such operation"):
            refused()
    assert metric.value() == 1729.5
    shown = page(server)["t_counter"]
    assert (shown.kind, shown.help, shown.value(a="1", b="2")) == ("counter", "counts", 1729.5)
    end(metric, family)
    assert "t_counter" not in server.metrics()


def test_a_gauge_goes_up_and_down(server: triton_py.Server) -> None:
    family = Family(GAUGE, "t_gauge")
    metric = family.metric()
    metric.increment(2)
    metric.increment(-3.5)
    assert metric.value() == -1.5
    metric.set(42)
    assert metric.value() == 42
    with pytest.raises(UnsupportedError, match="TRITONSERVER_MetricObserve: .* a gauge has no"):
        metric.observe(1)
    assert page(server)["t_gauge"].value() == 42
    metric.set(math.inf)
    assert page(server)["t_gauge"].value() == math.inf
    metric.set(math.nan)
    assert math.isnan(page(server)["t_gauge"].value())
    end(metric, family)


def test_a_histogram(server: triton_py.Server) -> None:
    family = Family(HISTOGRAM, "t_histogram", "how long")
    metric = family.metric(("z", "9"), buckets=[0.1, 1, 2.5])
    for value in (0.05, 0.1, 1.5, 6, math.inf, -7):
        metric.observe(value)
    for refused in (metric.value, lambda: metric.set(1), lambda: metric.increment(1)):
        with pytest.raises(UnsupportedError, match="'t_histogram': a histogram has no such"):
            refused()
    text = server.metrics()
    shown = read(text)["t_histogram"]
    # A value at a bound is below it.
    counts = {"0.1": 3, "1": 3, "2.5": 4, "+Inf": 6}
    assert {le: shown.value("_bucket", z="9", le=le) for le in counts} == counts
    assert shown.value("_count", z="9") == 6 and shown.value("_sum", z="9") == math.inf
    # As Triton's own test of the API looks for it.
    assert 't_histogram_bucket{z="9",le="0.1"} 3\n' in text
    metric.observe(math.nan)
    shown = page(server)["t_histogram"]
    assert shown.value("_bucket", z="9", le="2.5") == 4 and shown.value("_count", z="9") == 7
    assert math.isnan(shown.value("_sum", z="9"))
    end(metric, family)


@given(st.lists(st.floats(-1e6, 1e6), unique=True, max_size=12).map(sorted),
       st.lists(st.floats(-2e6, 2e6), max_size=40))
def test_every_observation_is_in_its_bucket(
    server: triton_py.Server, bounds: list[float], values: list[float]
) -> None:
    family = Family(HISTOGRAM, "t_any")
    metric = family.metric(buckets=bounds)
    try:
        for value in values:
            metric.observe(value)
        shown = page(server)["t_any"]
        found = [(float(dict(given)["le"].replace("Inf", "inf")), count)
                 for (name, given), count in shown.samples.items() if name == "t_any_bucket"]
        assert found == [(bound, sum(value <= bound for value in values))
                         for bound in (*bounds, math.inf)]
        assert shown.value("_sum") == pytest.approx(math.fsum(values), rel=1e-9, abs=1e-6)
    finally:
        end(metric, family)


def test_an_infinite_bound_is_the_one_that_is_added(server: triton_py.Server) -> None:
    family = Family(HISTOGRAM, "t_infinite")
    metric = family.metric(buckets=[1, math.inf])
    none = family.metric(("none", "1"), buckets=[])
    metric.observe(2)
    shown = page(server)["t_infinite"]
    assert shown.value("_bucket", le="+Inf") == 1
    assert shown.value("_bucket", none="1", le="+Inf") == 0
    end(metric, none, family)


@pytest.mark.parametrize("bounds", [[1, 1], [2, 1], [1, math.nan], [math.nan], [math.inf, 1]])
def test_bounds_that_do_not_grow(bounds: list[float]) -> None:
    family = Family(HISTOGRAM, "t_bounds")
    with pytest.raises(InvalidArgumentError, match="each bound must be above the one before it"):
        family.metric(buckets=bounds)
    end(family)


def test_arguments_belong_to_histograms() -> None:
    histograms, counts = Family(HISTOGRAM, "t_arguments"), Family(COUNTER, "t_no_arguments")
    with pytest.raises(InvalidArgumentError, match="'t_arguments': a histogram needs arguments"):
        histograms.metric()
    args = ctypes.c_void_p()
    call("MetricArgsNew", ctypes.byref(args))
    with pytest.raises(InvalidArgumentError, match="which TRITONSERVER_MetricArgsSetHistogram"):
        Metric(histograms, (), args)
    with pytest.raises(InvalidArgumentError, match="only a histogram has arguments"):
        Metric(counts, (), args)
    call("MetricArgsDelete", args)
    end(histograms, counts)


# --- who shares what -----------------------------------------------------------------------


def test_a_family_of_the_same_name_is_the_same(server: triton_py.Server) -> None:
    """Two backends that know nothing of each other count into one family."""
    one, two = Family(COUNTER, "t_same", "first"), Family(COUNTER, "t_same", "second")
    assert "t_same" not in server.metrics()  # no metric yet
    a, b = one.metric(("key", "a")), two.metric(("key", "b"))
    a.increment(1)
    b.increment(2)
    shown = page(server)["t_same"]
    assert shown.help == "first"
    assert shown.samples == {("t_same", labels(key="a")): 1, ("t_same", labels(key="b")): 2}
    end(a, one)
    assert page(server)["t_same"].samples == {("t_same", labels(key="b")): 2}
    end(b, two)
    assert "t_same" not in server.metrics()


def test_a_metric_of_the_same_labels_is_the_same(server: triton_py.Server) -> None:
    """Also where two handles of the family made it, and whichever of them goes first."""
    one, two = Family(COUNTER, "t_twice"), Family(COUNTER, "t_twice")
    first = one.metric(("a", "1"), ("b", "2"))
    second = two.metric(("b", "2"), ("a", "1"))
    first.increment(7.5)
    assert second.value() == 7.5
    end(first, one)
    second.increment(1)
    assert page(server)["t_twice"].value(a="1", b="2") == 8.5
    end(second)
    # The value went with the last of them.
    again = two.metric(("a", "1"), ("b", "2"))
    assert again.value() == 0
    end(again, two)


def test_a_histogram_keeps_its_first_bounds(server: triton_py.Server) -> None:
    family = Family(HISTOGRAM, "t_first_bounds")
    first, second = family.metric(buckets=[1, 2]), family.metric(buckets=[5])
    second.observe(1.5)
    shown = page(server)["t_first_bounds"]
    assert [dict(given)["le"] for name, given in shown.samples if name.endswith("_bucket")] == [
        "1", "2", "+Inf"]
    assert shown.value("_bucket", le="2") == 1
    end(first, second, family)


def test_a_name_has_one_kind_at_a_time() -> None:
    family = Family(COUNTER, "t_kind")
    for kind in (GAUGE, HISTOGRAM):
        with pytest.raises(InvalidArgumentError, match="'t_kind': one of that name exists, which "
                                                       "is a counter"):
            Family(kind, "t_kind")
    end(family)
    # A backend that was replaced by another version may have changed its mind.
    other = Family(GAUGE, "t_kind", "new")
    assert other.kind() == GAUGE
    end(other)


def test_labels_are_sorted_and_the_last_of_two_counts(server: triton_py.Server) -> None:
    family = Family(GAUGE, "t_order")
    metric = family.metric(("b", "old"), ("c", "3"), ("a", "1"), ("b", "2"))
    metric.set(1)
    shown = page(server)["t_order"]
    assert shown.label_order == [["a", "b", "c"]] and shown.value(a="1", b="2", c="3") == 1
    end(metric, family)


def test_names_of_the_servers_own(server: triton_py.Server) -> None:
    """A custom family of such a name is part of that family, so it has to be of its kind."""
    for name, kind in (("nv_inference_count", GAUGE), ("nv_inference_queue_summary_us", HISTOGRAM),
                       ("triton_py_batch_closed", HISTOGRAM)):
        with pytest.raises(InvalidArgumentError, match=f"'{name}': the server has one of that name"):
            Family(kind, name)
    family = Family(GAUGE, "nv_pinned_memory_pool_used_bytes", "mine")
    mine, theirs = family.metric(("pool", "mine")), family.metric()
    mine.set(5)
    theirs.set(6)
    shown = page(server)["nv_pinned_memory_pool_used_bytes"]
    # A series of the server's own stays the server's.
    assert shown.samples == {("nv_pinned_memory_pool_used_bytes", labels()): 0,
                             ("nv_pinned_memory_pool_used_bytes", labels(pool="mine")): 5}
    assert shown.help != "mine"
    end(mine, theirs, family)


# --- names and texts -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "ä", "__a", "a{", "a\n"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="a name consists of letters, digits, under"):
        Family(COUNTER, name)
    family = Family(COUNTER, "t_names")
    with pytest.raises(InvalidArgumentError, match="'t_names': a label's name consists of"):
        family.metric((name, "value"))
    end(family)


def test_other_labels_that_are_refused() -> None:
    family, histograms = Family(COUNTER, "t_labels"), Family(HISTOGRAM, "t_le")
    with pytest.raises(InvalidArgumentError, match="a label's name consists of"):
        family.metric(("with:colon", "value"))
    with pytest.raises(InvalidArgumentError, match="the label 'le' of a histogram is its buckets'"):
        histograms.metric(("le", "1"), buckets=[1])
    with pytest.raises(InvalidArgumentError, match="TRITONSERVER_PARAMETER_STRING, which 'n' is not"):
        family.metric(("n", 5))
    with pytest.raises(InvalidArgumentError, match="every label must not be null"):
        call("MetricNew", ctypes.byref(ctypes.c_void_p()), family.handle,
             (ctypes.c_void_p * 1)(), ctypes.c_uint64(1))
    metric = family.metric(("le", "fine"))
    end(metric, family, histograms)


def test_a_colon_in_a_name(server: triton_py.Server) -> None:
    """As vLLM's metrics have it."""
    family = Family(GAUGE, "vllm:requests_running")
    metric = family.metric(("model_name", "m"))
    assert page(server)["vllm:requests_running"].value(model_name="m") == 0
    end(metric, family)


@pytest.mark.parametrize("kind", [-1, 3, 99])
def test_no_such_kind(kind: int) -> None:
    with pytest.raises(InvalidArgumentError, match="none of counter, gauge and histogram"):
        Family(kind, "t_no_kind")


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))


@given(TEXTS, TEXTS)
def test_texts_survive(server: triton_py.Server, help_text: str, value: str) -> None:
    family = Family(GAUGE, "t_text", help_text)
    metric = family.metric(("label", value))
    try:
        shown = page(server)["t_text"]
        assert shown.help == help_text
        assert list(shown.samples) == [("t_text", labels(label=value))]
    finally:
        end(metric, family)


def test_bytes_that_are_no_text(server: triton_py.Server) -> None:
    """The page is UTF-8, or Prometheus would take none of it."""
    family = Family(GAUGE, "t_bytes")
    metric = family.metric(("label", b"a\xff\"\\\n"))
    (sample,) = page(server)["t_bytes"].samples
    assert sample == ("t_bytes", labels(label="a\ufffd\"\\\n"))
    end(metric, family)


# --- life and death ------------------------------------------------------------------------


def test_a_family_goes_after_its_metrics() -> None:
    family = Family(COUNTER, "t_last")
    metrics = [family.metric(("n", str(n % 2))) for n in range(3)]
    with pytest.raises(InternalError, match="'t_last': Must call MetricDelete on each of its "
                                            "metrics first, of which there are 3"):
        family.delete()
    # Nothing happened to it.
    metrics[0].increment(1)
    assert metrics[2].value() == 1
    end(*metrics, family)


def test_another_handle_may_go_before() -> None:
    one, two = Family(COUNTER, "t_handles"), Family(COUNTER, "t_handles")
    metric = two.metric()
    end(one)
    metric.increment(1)
    with pytest.raises(InternalError, match="Must call MetricDelete"):
        two.delete()
    end(metric, two)


def test_handles_that_were_deleted() -> None:
    family = Family(GAUGE, "t_gone")
    metric = family.metric()
    end(metric)
    for used in (metric.delete, metric.value, metric.kind, lambda: metric.set(1),
                 lambda: metric.increment(1), lambda: metric.observe(1)):
        with pytest.raises(InvalidArgumentError, match="not a live metric: it was deleted before"):
            used()
    end(family)
    for used in (family.delete, family.kind, family.metric):
        with pytest.raises(InvalidArgumentError, match="not a live metric family: it was deleted"):
            used()


def test_null_pointers() -> None:
    family = Family(GAUGE, "t_null")
    metric = family.metric()
    out = ctypes.byref(ctypes.c_void_p())
    for arguments in (("MetricFamilyNew", None, GAUGE, b"n", b""),
                      ("MetricFamilyNew", out, GAUGE, None, b""),
                      ("MetricFamilyNew", out, GAUGE, b"n", None),
                      ("GetMetricFamilyKind", family.handle, None),
                      ("MetricNew", None, family.handle, None, ctypes.c_uint64(0)),
                      ("MetricNew", out, family.handle, None, ctypes.c_uint64(1)),
                      ("MetricValue", metric.handle, None),
                      ("GetMetricKind", metric.handle, None)):
        with pytest.raises(TritonError, match="must not be null"):
            call(*arguments)
    end(metric, family)


def test_live_objects_are_counted() -> None:
    before = counters.snapshot()
    family = Family(HISTOGRAM, "t_live")
    metrics = [family.metric(buckets=[1]) for _ in range(2)]
    during = counters.snapshot()
    assert {kind: during[kind] - before[kind] for kind in KINDS} == {
        "metric_family": 1, "metric": 2, "metric_args": 0, "parameter": 0, "error": 0}
    end(*metrics, family)


def test_every_server_of_the_process_shows_them(
    server: triton_py.Server, tmp_path: Path
) -> None:
    family = Family(GAUGE, "t_process")
    metric = family.metric()
    with triton_py.Server(model_repository=tmp_path) as other:
        assert page(other)["t_process"].value() == page(server)["t_process"].value() == 0
    end(metric, family)


def test_many_threads(server: triton_py.Server, tmp_path: Path) -> None:
    """All threads create, change and delete the same metrics, while pages are read. Handles that
    stay see to it that no value is lost."""
    source = Path(__file__).with_name("metric_storm.c")
    library = tmp_path / "storm.so"
    subprocess.run(
        ["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread",
         f"-I{triton_py.get_include()}", str(source), "-o", str(library)], check=True)
    storm = ctypes.CDLL(str(library)).storm
    families = Family(COUNTER, "storm_total"), Family(HISTOGRAM, "storm_rounds")
    totals = [families[0].metric(("series", name)) for name in "abcd"]
    rounds = [families[1].metric(("series", name), buckets=[0, 1, 2]) for name in "abcd"]
    failed: list[int] = []
    thread = threading.Thread(target=lambda: failed.append(storm(1000)))
    thread.start()
    seen = 0.0
    while thread.is_alive():
        now = sum(page(server)["storm_total"].samples.values())
        assert seen <= now <= 8000
        seen = now
    thread.join()
    assert failed == [0]
    assert [metric.value() for metric in totals] == [2000] * 4
    shown = page(server)["storm_rounds"]
    for name in "abcd":
        assert shown.value("_count", series=name) == 2000
    assert sum(shown.value("_sum", series=name) for name in "abcd") == 8 * 250 * (0 + 1 + 2 + 3)
    assert sum(shown.value("_bucket", series=n, le="0") for n in "abcd") == 2000
    end(*totals, *rounds, *families)
