# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which requests are traced, and when what was traced is due for a file: functions of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triton_py.tracing.sampling import (
    FOREVER,
    Progress,
    after_others,
    after_request,
    to_numbered_file,
    without_traces,
)
from triton_py.tracing.setting import SPILL, Batch, Setting
from triton_py.tracing.settings import Layer, Level, Mode, Values


def run(rate: int, count: int, requests: int, enabled: bool = True,
        forced: frozenset[int] = frozenset()) -> tuple[list[int], Progress]:
    """Numbers of the requests (from 1) that are traced."""
    progress = Progress(rate, count)
    hits = []
    for number in range(1, requests + 1):
        traced, progress = after_request(progress, enabled, number in forced)
        if traced:
            hits.append(number)
    return hits, progress


@pytest.mark.parametrize("rate, count, requests, hits", [
    (1, -1, 4, [1, 2, 3, 4]),
    (3, -1, 10, [3, 6, 9]),
    (1, 2, 5, [1, 2]),
    (2, 2, 10, [2, 4]),
    (5, -1, 4, []),
    (0, -1, 10, []),
    (1, 0, 10, []),
])
def test_every_rate_th_until_the_count_is_used_up(rate, count, requests, hits):
    assert run(rate, count, requests)[0] == hits


def test_what_is_not_enabled_samples_nothing_and_counts_nothing():
    assert run(1, -1, 5, enabled=False) == ([], Progress(1, -1))


def test_a_count_that_is_used_up_stops_the_counting_of_requests():
    assert run(2, 1, 10)[1] == Progress(2, 0, seen=2, created=1)


def test_a_client_that_traces_itself_is_traced_whatever_rate_and_count_say():
    assert run(0, -1, 3, forced=frozenset({2}))[0] == [2]
    assert run(4, 0, 4, forced=frozenset({1, 3}))[0] == [1, 3]
    # It takes from the count where it is the rate-th.
    hits, progress = run(2, 1, 4, forced=frozenset({1, 2}))
    assert hits == [1, 2]
    assert (progress.count, progress.created) == (0, 2)


@given(st.integers(0, 5), st.integers(-1, 4), st.booleans(),
       st.lists(st.sampled_from(["plain", "forced"]), max_size=40), st.data())
def test_requests_that_are_passed_over_change_nothing(rate, count, enabled, kinds, data):
    each = skipping = Progress(rate, count)
    passed = 0
    skip = 0
    for kind in kinds:
        traced, each = after_request(each, enabled, kind == "forced")
        if kind == "plain" and skip and data.draw(st.integers(0, 9)):
            skip -= 1
            passed += 1
            assert not traced
            continue
        skipping = after_others(skipping, enabled, passed)
        passed = 0
        same, skipping = after_request(skipping, enabled, kind == "forced")
        assert same == traced
        assert skipping == each
        skip = without_traces(skipping, enabled)


def test_how_many_may_be_passed_over():
    assert without_traces(Progress(4, -1), True) == 3
    assert without_traces(Progress(4, -1, seen=7), True) == 0
    assert without_traces(Progress(1, -1), True) == 0
    for nothing in (Progress(0, -1), Progress(4, 0)):
        assert without_traces(nothing, True) == FOREVER
    assert without_traces(Progress(4, -1), False) == FOREVER


@given(st.integers(1, 9), st.integers(-1, 9), st.lists(st.booleans(), max_size=60))
def test_no_more_than_the_count_and_never_twice_within_the_rate(rate, count, forced):
    progress = Progress(rate, count)
    sampled = 0
    for force in forced:
        traced, after = after_request(progress, True, force)
        assert traced or not force
        assert after.created == progress.created + traced
        sampled += traced and not force
        progress = after
    assert count < 0 or sampled <= count
    assert sampled <= len(forced) // rate
    assert progress.count == (count if count < 0 else max(progress.count, 0))


@pytest.mark.parametrize("progress, collected, pending, frequency, due", [
    (Progress(1, -1, 5, 5), 5, 5, 0, False),
    (Progress(1, -1, 5, 5), 4, 4, 5, False),
    (Progress(1, -1, 5, 5), 5, 5, 5, True),
    (Progress(1, -1, 9, 9), 9, 4, 5, False),
    (Progress(1, 0, 2, 2), 1, 1, 0, False),
    (Progress(1, 0, 2, 2), 2, 2, 0, True),
    (Progress(3, 0, 6, 2), 2, 2, 0, True),
])
def test_when_traces_go_to_a_numbered_file(progress, collected, pending, frequency, due):
    assert to_numbered_file(progress, collected, pending, frequency) is due


def setting(rate: int = 1, count: int = -1, frequency: int = 0) -> Setting:
    values = Values(Level.TIMESTAMPS, rate, count, frequency)
    return Setting(1, Layer(values), Mode.TRITON, "file")


def test_traces_of_a_count_that_is_used_up_wait_for_each_other():
    made = setting(count=2)
    assert made.sample(False) and made.sample(False) and not made.sample(False)
    assert not made.samples
    assert made.collect("a") is None
    assert made.collect("b") == Batch("a,b", True)


def test_traces_by_frequency_and_the_rest_when_the_setting_ends():
    made = setting(frequency=2)
    for _ in range(3):
        assert made.sample(False)
    assert [made.collect(text) for text in ("a", "b", "c")] == [None, Batch("a,b", True), None]
    assert made.retire() == Batch("c", True)


def test_a_retired_setting_is_written_with_its_last_trace():
    made = setting()
    assert made.sample(False) and made.sample(False)
    assert made.collect("a") is None
    assert made.retire() is None
    assert made.collect("b") == Batch("a,b", False)


def test_many_traces_of_one_file_are_written_early():
    made = setting()
    assert made.sample(False)
    text = "x" * (SPILL + 1)
    assert made.collect(text) == Batch(text, False)
    assert made.retire() is None


def test_what_is_left_of_the_count_shows():
    made = setting(rate=2, count=5)
    for _ in range(4):
        made.sample(False)
    assert made.values.count == 3
