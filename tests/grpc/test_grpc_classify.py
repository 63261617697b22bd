# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Ranking an output's values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from triton_py.errors import InvalidArgumentError
from triton_py.grpc import classify as module
from triton_py.grpc.classify import classify, largest

DTYPES = st.sampled_from(sorted(module._NUMPY.values(), key=str))


@given(DTYPES.flatmap(lambda d: npst.arrays(d, st.integers(1, 60))), st.integers(1, 70))
def test_the_largest_come_first(values, classes):
    """Also where the shortcut for few of many is taken: with 1 of 17 and more."""

    def rank(place):
        value = values[place].item()
        return (math.isnan(value), 0 if math.isnan(value) else -value, place)

    expected = sorted(range(len(values)), key=rank)[:classes]
    assert largest(values, classes).tolist() == expected


@given(st.integers(0, 40), st.integers(1, 50))
def test_few_of_many_equal_values(equal, classes):
    values = np.concatenate([np.zeros(1000), np.ones(equal), np.full(30, np.nan)])
    places = largest(values, classes).tolist()
    assert places == [*range(1000, 1000 + min(equal, classes)),
                      *range(max(0, classes - equal))]


def test_strings_of_the_batch_items():
    values = np.array([[1.5, -2.0], [0.25, 3.0]], np.float32)
    shape, data = classify("o", "FP32", (2, 2), memoryview(values).cast("B"), 1, True,
                           lambda place: ["a", "b"][place])
    assert shape == [2, 1]
    assert data == b"\x0c\0\0\x001.500000:0:a\x0c\0\0\x003.000000:1:b"


def test_an_empty_output():
    assert classify("o", "INT8", (0, 3), memoryview(b""), 2, True, lambda _: None) == ([0, 0], b"")
    assert classify("o", "INT8", (0,), memoryview(b""), 2, False, lambda _: None) == ([0], b"")


def test_what_has_no_order():
    for datatype in ("BOOL", "BYTES", "FP16", "BF16"):
        with pytest.raises(InvalidArgumentError, match=f"'o' due to unsupported type '{datatype}'"):
            classify("o", datatype, (1,), memoryview(b"\0\0"), 1, False, lambda _: None)
    with pytest.raises(InvalidArgumentError, match="too large"):
        classify("o", "INT8", (10**6 + 1,), memoryview(bytes(10**6 + 1)), 1, False,
                 lambda _: None)
