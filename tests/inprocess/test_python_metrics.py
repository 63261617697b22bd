# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""triton_py.MetricFamily and triton_py.Metric: metrics of a program that runs the server."""

from __future__ import annotations

import gc
import os

import pytest
from strict_page import read

from triton_py import (
    InvalidArgumentError,
    Metric,
    MetricFamily,
    MetricKind,
    Server,
    UnavailableError,
    UnsupportedError,
)
from triton_py.inprocess import live_objects

KINDS = ("metric_family", "metric", "metric_args", "parameter", "error")


def counts() -> dict[str, int]:
    gc.collect()
    found = live_objects()
    return {kind: found[kind] for kind in KINDS}


def test_each_kind(server: Server) -> None:
    before = counts()
    counter = Metric(MetricFamily(MetricKind.COUNTER, "py_counter", "counts"), {"a": "b"})
    gauge = Metric(MetricFamily("gauge", "py_gauge"))
    histogram = Metric(MetricFamily(2, "py_histogram"), {"a": "ä\"\\n"}, buckets=[1, 2])
    counter.increment(2.5)
    gauge.set_value(-1)
    gauge.increment(-1)
    histogram.observe(1.5)
    assert (counter.value, gauge.value) == (2.5, -2)
    assert [m.kind for m in (counter, gauge, histogram)] == list(MetricKind)
    assert counter.family.kind is MetricKind.COUNTER
    assert repr(gauge.family) == "MetricFamily(GAUGE, 'py_gauge')"
    shown = read(server.metrics())
    assert shown["py_counter"].value(a="b") == 2.5 and shown["py_counter"].help == "counts"
    assert shown["py_gauge"].value() == -2
    assert shown["py_histogram"].value("_bucket", a="ä\"\\n", le="2") == 1
    with pytest.raises(UnsupportedError, match="a histogram has no such operation"):
        _ = histogram.value
    with pytest.raises(UnsupportedError, match="a counter has no such operation"):
        counter.set_value(1)
    with pytest.raises(UnsupportedError, match="a gauge has no such operation"):
        gauge.observe(1)
    # A metric keeps its family; the page shows it as long as it lives.
    del counter, gauge, histogram
    assert not any(name.startswith("py_") for name in read(server.metrics()))
    assert counts() == before


def test_what_is_refused() -> None:
    before = counts()
    with pytest.raises(InvalidArgumentError, match="a name consists of letters"):
        MetricFamily("gauge", "no name")
    with pytest.raises(InvalidArgumentError, match="kind is 'timer', but must be one of COUNTER"):
        MetricFamily("timer", "t")
    family = MetricFamily("histogram", "py_refused")
    with pytest.raises(InvalidArgumentError, match="a histogram needs arguments"):
        Metric(family)
    with pytest.raises(InvalidArgumentError, match="each bound must be above"):
        Metric(family, buckets=[2, 1])
    with pytest.raises(InvalidArgumentError, match="label n must be a str, not int"):
        Metric(family, {"m": "x", "n": 1}, buckets=[1])  # type: ignore[dict-item]
    with pytest.raises(InvalidArgumentError, match="contains a NUL character"):
        Metric(family, {"n": "a\0b"}, buckets=[1])
    with pytest.raises(TypeError):
        Metric(family, buckets=["one"])  # type: ignore[list-item]
    del family
    assert counts() == before


def test_in_a_cycle() -> None:
    before = counts()
    metric = Metric(MetricFamily("gauge", "py_cycle"))
    metric.family.metric = metric  # type: ignore[attr-defined]
    del metric
    assert counts() == before


def test_a_fork_has_none_of_them() -> None:
    metric = Metric(MetricFamily("gauge", "py_fork"))
    child = os.fork()
    if child == 0:
        try:
            metric.set_value(1)
        except UnavailableError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
