# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Settings over settings, and the trace extension's two ways to write them."""

from __future__ import annotations

import pytest

from triton_py.errors import InvalidArgumentError, TritonError, UnsupportedError
from triton_py.tracing import Level, Mode, OpenTelemetryOptions, TraceManager, TraceOptions
from triton_py.tracing.protocol import as_json, as_lists, change_from_json, change_from_lists
from triton_py.tracing.settings import Layer, Values, changed, why_idle

BELOW = Values(Level.TIMESTAMPS, 10, -1, 0)


def test_what_is_set_stays_set_and_the_rest_follows():
    layer = changed(None, BELOW, {"rate": 3})
    assert layer == Layer(Values(Level.TIMESTAMPS, 3, -1, 0), frozenset({"rate"}))
    below = Values(Level.OFF, 99, 7, 5)
    assert changed(layer, below, {}) == Layer(Values(Level.OFF, 3, 7, 5), frozenset({"rate"}))
    more = changed(layer, below, {"level": 8, "count": 0})
    assert more.values == Values(Level.TENSORS, 3, 0, 5)
    assert more.specified == {"rate", "level", "count"}


def test_clearing_goes_back_to_what_is_below():
    layer = changed(None, BELOW, {"rate": 3, "log_frequency": 4})
    assert changed(layer, BELOW, {"rate": None}) == Layer(
        Values(Level.TIMESTAMPS, 10, -1, 4), frozenset({"log_frequency"}))
    assert changed(layer, BELOW, {"rate": None, "log_frequency": None}) == Layer(BELOW)


@pytest.mark.parametrize("values, mode, file, reason", [
    (BELOW, Mode.TRITON, "f", ""),
    (BELOW, Mode.OPENTELEMETRY, "", ""),
    (BELOW._replace(level=Level.OFF), Mode.TRITON, "f", "tracing is disabled"),
    (BELOW._replace(rate=0), Mode.TRITON, "f", "sample rate must be non-zero"),
    (BELOW, Mode.TRITON, "", "trace file name is not given"),
    (BELOW._replace(count=0), Mode.TRITON, "f", "trace count must be non-zero"),
])
def test_why_nothing_is_sampled(values, mode, file, reason):
    assert why_idle(values, mode, file) == reason


# --- the manager's settings --------------------------------------------------------------------


@pytest.fixture
def manager(tmp_path):
    made = TraceManager(TraceOptions(Level.TIMESTAMPS, rate=1, file=str(tmp_path / "t.json")))
    yield made
    made.close()


def test_a_model_has_the_global_settings_until_it_has_its_own(manager):
    manager.update("m", {"log_frequency": 2})
    manager.update("", {"rate": 56, "count": 78, "level": 0})
    assert manager.view("m").values == Values(Level.OFF, 56, 78, 2)
    manager.update("", {"rate": None, "count": None})
    assert manager.view().values == Values(Level.OFF, 1, -1, 0)
    assert manager.view("m").values == Values(Level.OFF, 1, -1, 2)
    manager.update("m", {"log_frequency": None, "level": None})
    assert manager.view("m") == manager.view()
    assert manager.view("other") == manager.view()


@pytest.mark.parametrize("change, reason", [
    ({"rate": 0}, "sample rate must be non-zero"),
    ({"count": 0}, "trace count must be non-zero"),
])
def test_settings_by_which_nothing_could_be_traced_are_refused_whole(manager, change, reason):
    manager.update("m", {"log_frequency": 3})
    before = manager.view(), manager.view("m")
    for model in ("", "m"):
        with pytest.raises(InvalidArgumentError, match=f"invalid trace setting :{reason}"):
            manager.update(model, {**change, "log_frequency": 9})
    assert (manager.view(), manager.view("m")) == before
    # Off they may be anything.
    manager.update("", {**change, "level": 0})


def test_without_a_file_tracing_can_not_be_turned_on():
    manager = TraceManager()
    assert manager.tracer.is_on is False
    with pytest.raises(InvalidArgumentError, match="trace file name is not given"):
        manager.update("", {"level": 4})
    manager.close()


def test_the_gate_is_open_only_while_something_may_be_traced(manager):
    assert manager.tracer.is_on is True
    manager.update("", {"level": 0})
    assert manager.tracer.is_on is False
    manager.update("m", {"level": 4, "count": 1})
    assert manager.tracer.is_on is True
    assert manager.decide("other", None, None) is None
    decided = manager.decide("m", None, None)
    assert decided is not None
    # That was the last one.
    assert manager.tracer.is_on is False
    assert manager.view("m").values.count == 0
    manager.lost(decided[0])


# --- the protocol ------------------------------------------------------------------------------


def test_settings_as_both_protocols_write_them(manager):
    assert as_json(manager.view()) == {
        "trace_level": ["TIMESTAMPS"], "trace_rate": "1", "trace_count": "-1",
        "log_frequency": "0", "trace_file": manager.options.file, "trace_mode": "triton"}
    manager.update("", {"level": 12})
    assert as_lists(manager.view())["trace_level"] == ["TIMESTAMPS", "TENSORS"]
    manager.update("", {"level": 0})
    assert as_lists(manager.view())["trace_level"] == ["OFF"]


def test_opentelemetrys_settings_show():
    from triton_py.tracing.manager import View

    options = TraceOptions(mode=Mode.OPENTELEMETRY, open_telemetry=OpenTelemetryOptions(
        "http://c/v1", (("a", "b"), ("service.name", "s"))))
    shown = as_json(View(BELOW, options))
    assert "trace_file" not in shown and "log_frequency" not in shown
    assert shown["trace_mode"] == "opentelemetry"
    assert shown["url"] == "http://c/v1"
    assert shown["resource"] == ["a=b", "service.name=s"]
    assert shown["bsp_schedule_delay"] == "5000"


def test_what_requests_may_say():
    assert change_from_json({"trace_level": ["TIMESTAMPS", "TENSORS"], "trace_rate": "5",
                             "trace_count": "-1", "log_frequency": None}) == {
        "level": 12, "rate": 5, "count": -1, "log_frequency": None}
    assert change_from_json({"trace_level": ["OFF"]}) == {"level": 0}
    assert change_from_lists({"trace_level": [], "trace_rate": ["4294967295"]}) == {
        "level": None, "rate": 2**32 - 1}


OUT_OF_RANGE = "Unable to parse '{}', value is out of range [ {}, {} ], got: {}"
MISTAKES = [
    ("trace_rate", "x", "Unable to parse 'trace_rate', got: x"),
    ("trace_rate", "12x", "Unable to parse 'trace_rate', got: 12x"),
    ("trace_rate", "-1", OUT_OF_RANGE.format("trace_rate", 0, 2**32 - 1, "-1")),
    ("log_frequency", "4294967296", OUT_OF_RANGE.format("log_frequency", 0, 2**32 - 1, "4294967296")),
    ("trace_count", "", "Unable to parse 'trace_count', got: "),
    ("trace_count", "2147483648",
     OUT_OF_RANGE.format("trace_count", -2**31, 2**31 - 1, "2147483648")),
    ("trace_colour", "1", ("unknown trace setting 'trace_colour', expected one of trace_level, "
                           "trace_rate, trace_count, log_frequency")),
]


@pytest.mark.parametrize("name, value, message", MISTAKES)
def test_mistakes_are_named_alike_by_both(name, value, message):
    for call, given in ((change_from_json, value), (change_from_lists, [value])):
        with pytest.raises(InvalidArgumentError) as caught:
            call({name: given})
        assert str(caught.value) == message


@pytest.mark.parametrize("call, given, kind, message", [
    (change_from_json, {"trace_count": "-2"}, InvalidArgumentError,
     "Unable to parse 'trace_count'. Expecting value >= -1, got:-2"),
    (change_from_lists, {"trace_count": ["-2"]}, InvalidArgumentError,
     "Unable to parse 'trace_count'. Expecting value >= -1, got: -2"),
    (change_from_lists, {"trace_rate": ["1", "2"]}, InvalidArgumentError,
     "expect only 1 value for 'trace_rate'"),
    (change_from_json, {"trace_level": ["OFF", "TENSORS"]}, InvalidArgumentError,
     "Expect only one trace level 'OFF' is specified"),
    (change_from_json, {"trace_level": ["LOUD"]}, InvalidArgumentError,
     "unknown trace level 'LOUD', expected OFF, TIMESTAMPS or TENSORS"),
    (change_from_json, {"trace_level": "OFF"}, InvalidArgumentError,
     "Unable to parse 'trace_level': attempt to access JSON non-array as array"),
    (change_from_json, {"trace_rate": 5}, InvalidArgumentError,
     "Unable to parse 'trace_rate': attempt to access JSON non-string as string"),
    (change_from_json, {"trace_rate": "x", "trace_file": "f"}, UnsupportedError,
     "trace file location can not be updated through network protocol"),
    (change_from_lists, {"trace_mode": ["triton"]}, UnsupportedError,
     "trace mode can not be updated through network protocol"),
])
def test_mistakes_of_one_of_them(call, given, kind, message):
    with pytest.raises(TritonError) as caught:
        call(given)
    assert type(caught.value) is kind
    assert str(caught.value) == message
