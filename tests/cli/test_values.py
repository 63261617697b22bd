# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Text of a flag to its value: tritonserver's forms, and its sentences for what has none."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triton_py.cli import values


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "on", "On"])
def test_true(text):
    assert values.boolean(text) is True


@pytest.mark.parametrize("text", ["false", "False", "0", "off", "OFF"])
def test_false(text):
    assert values.boolean(text) is False


@pytest.mark.parametrize("text", ["", "yes", "2", "true ", "10"])
def test_not_a_boolean(text):
    with pytest.raises(ArgumentTypeError, match="invalid value for bool option"):
        values.boolean(text)


@given(st.integers(-(2**31), 2**31 - 1))
def test_integers_round_trip(number):
    assert values.int32(str(number)) == number


@pytest.mark.parametrize("text", ["", "80abc", "0x50", "1.5", "1_000", "８０", "--1"])
def test_not_an_integer(text):
    with pytest.raises(ArgumentTypeError, match="Invalid option value. Got"):
        values.int32(text)


@pytest.mark.parametrize("parse, text", [
    (values.int32, "2147483648"), (values.port, "65536"), (values.port, "-1"),
    (values.byte_size, str(2**63)), (values.count, "-1"),
])
def test_out_of_bounds(parse, text):
    with pytest.raises(ArgumentTypeError, match="out of bound"):
        parse(text)


def test_size_must_be_positive():
    with pytest.raises(ArgumentTypeError, match="--http-max-input-size must be greater than 0"):
        values.positive_size("http-max-input-size")("0")


@pytest.mark.parametrize("text, level", [("true", 1), ("FALSE", 0), ("3", 3)])
def test_verbosity(text, level):
    assert values.verbosity(text) == level


@pytest.mark.parametrize("text, expected", [
    ("onnxruntime,intra-op-threads=2", ("onnxruntime", "intra-op-threads", "2")),
    ("default-max-batch-size=8", ("", "default-max-batch-size", "8")),
    ("tf,opts=a,b=c", ("tf", "opts", "a,b=c")),
    ("list=a,b", ("", "list", "a,b")),
])
def test_backend_config(text, expected):
    assert values.backend_config(text) == expected


@pytest.mark.parametrize("text, message", [
    (",a=b", "No backend specified"), ("onnxruntime", "option format is"),
    ("onnxruntime,a", "option format is"), ("onnxruntime,=b", "option format is"),
    ("onnxruntime,a=", "option format is"), ("", "option format is"),
])
def test_bad_backend_config(text, message):
    with pytest.raises(ArgumentTypeError, match=message):
        values.backend_config(text)


def test_host_policy():
    parse = values.named_setting("host-policy", "policy name")
    assert parse("gpu_0,cpu-cores=0-3") == ("gpu_0", "cpu-cores", "0-3")
    for text in ("gpu_0", "gpu_0,cpu-cores", ",cpu-cores=1", "cpu-cores=1"):
        with pytest.raises(ArgumentTypeError, match="'<policy name>,<setting>=<value>'"):
            parse(text)


def test_device_pairs():
    assert values.device_size("0:1048576") == (0, 1048576)
    assert values.device_fraction("1:0.5") == (1, 0.5)
    with pytest.raises(ArgumentTypeError, match="Cannot parse pair option"):
        values.device_size("1048576")
    with pytest.raises(ArgumentTypeError, match="from 0 to 1"):
        values.device_fraction("0:1.5")


def test_metrics_config():
    assert values.metrics_config("counter_latencies=false") == ("", "counter_latencies", "false")
    assert values.metrics_config("summary_quantiles=0.5:0.1,1:0") == (
        "", "summary_quantiles", "0.5:0.1,1:0")


@pytest.mark.parametrize("text, message", [
    ("counter_latencies", "option format is <setting>=<value>"),
    ("cache,counter_latencies=true", "option format is <setting>=<value>"),
    ("counter_latencies=yes", "must be true or false, got 'yes'"),
    ("summary_quantiles=0.5", "a list <quantile>:<error>"),
    ("counters=true", "unknown metrics setting 'counters'"),
])
def test_bad_metrics_config(text, message):
    with pytest.raises(ArgumentTypeError, match=message):
        values.metrics_config(text)
