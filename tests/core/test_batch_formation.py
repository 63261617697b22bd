# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Batch formation as a function of the queue and the time: no threads, no clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triton_py.core.probe import QueueProbe

MS = 1_000_000


def filled(sizes, **policy):
    probe = QueueProbe(policy.pop("max_batch_size", 8), **policy)
    for size in sizes:
        probe.push(size, 0, (4,))
    return probe


def test_empty_queue_waits_for_ever():
    decision = filled([]).decide(5)
    assert (decision["count"], decision["wait_until"], decision["target"]) == (0, 0, 1)


def test_default_scheduling_takes_one_request():
    decision = filled([1, 1, 1], dynamic=False).decide()
    assert (decision["count"], decision["reason"]) == (1, "single")


def test_request_of_a_model_without_batching_counts_as_one():
    probe = filled([0, 0], dynamic=False, max_batch_size=0)
    assert probe.batch_total == 2
    assert probe.decide()["count"] == 1


def test_no_delay_takes_what_is_there():
    decision = filled([1, 2, 1]).decide()
    assert (decision["count"], decision["batch_size"], decision["reason"]) == (3, 4, "idle")


def test_full_batch_goes_at_once():
    decision = filled([4, 4, 4], delay_ns=100 * MS).decide()
    assert (decision["count"], decision["batch_size"], decision["reason"]) == (2, 8, "full")


def test_request_that_does_not_fit_closes_the_batch():
    decision = filled([5, 4], delay_ns=100 * MS).decide()
    assert (decision["count"], decision["batch_size"], decision["reason"]) == (1, 5, "preferred")


def test_delay_waits_for_the_oldest():
    probe = QueueProbe(8, delay_ns=10 * MS)
    probe.push(1, 3 * MS)
    probe.push(1, 9 * MS)
    decision = probe.decide(12 * MS)
    assert (decision["count"], decision["wait_until"], decision["target"]) == (0, 13 * MS, 8)
    decision = probe.decide(13 * MS)
    assert (decision["count"], decision["reason"]) == (2, "delay")


def test_preferred_size_goes_before_the_delay():
    probe = filled([1, 1, 1], delay_ns=10 * MS, preferred=[2, 4])
    decision = probe.decide()
    assert (decision["count"], decision["batch_size"], decision["reason"]) == (2, 2, "preferred")


def test_largest_reachable_preferred_size_wins():
    decision = filled([1] * 5, delay_ns=10 * MS, preferred=[2, 4]).decide()
    assert decision["batch_size"] == 4


def test_delay_sends_more_than_the_preferred_size():
    probe = filled([1, 1, 1], delay_ns=10 * MS, preferred=[2, 4])
    assert probe.decide(10 * MS)["count"] == 3


def test_below_the_preferred_size_the_next_one_is_the_target():
    decision = filled([1, 1, 1], delay_ns=10 * MS, preferred=[4, 6]).decide()
    assert (decision["count"], decision["target"]) == (0, 4)


def test_other_shape_closes_the_batch():
    probe = QueueProbe(8, delay_ns=10 * MS, compare=True)
    probe.push(1, 0, (4,))
    probe.push(1, 0, (4,))
    probe.push(1, 0, (5,))
    decision = probe.decide()
    assert (decision["count"], decision["reason"]) == (2, "shape")


def test_other_input_closes_the_batch():
    probe = QueueProbe(8, compare=True)
    probe.push(1, 0, (4,), "a")
    probe.push(1, 0, (4,), "b")
    assert probe.decide()["count"] == 1


def test_batch_dimension_is_no_part_of_the_shape():
    probe = QueueProbe(8, compare=True)
    probe.push(1, 0, (4,))
    probe.push(3, 0, (4,))
    assert probe.decide()["batch_size"] == 4


def test_closing_queue_does_not_wait():
    probe = filled([1, 1], delay_ns=10_000 * MS)
    assert probe.decide()["count"] == 0
    probe.close()
    decision = probe.decide()
    assert (decision["count"], decision["reason"]) == (2, "drain")


def test_cancelled_requests_leave_wherever_they_stand():
    probe = filled([1, 2, 3, 4])
    for index in (0, 3):
        probe.cancel(index)
    assert probe.drop_cancelled() == [1, 4]
    assert (len(probe), probe.batch_total) == (2, 5)
    probe.push(5)
    assert probe.take(3) == [2, 3, 5]
    probe.push(1)  # the tail is right again after the queue was emptied
    assert probe.take(1) == [1]


sizes = st.lists(st.integers(1, 8), max_size=30)


@given(sizes, st.lists(st.integers(1, 8), max_size=3), st.sampled_from([0, 5 * MS]),
       st.integers(0, 20 * MS))
def test_every_request_is_taken_once_and_in_order(batch_sizes, preferred, delay, now):
    probe = filled(batch_sizes, preferred=preferred, delay_ns=delay)
    taken = []
    while len(probe):
        decision = probe.decide(now)
        if decision["count"] == 0:
            # Only time is missing: at the time it asks for, there is a batch.
            assert delay and decision["wait_until"] == delay > now
            assert decision["target"] > probe.batch_total
            decision = probe.decide(decision["wait_until"])
        group = probe.take(decision["count"])
        assert group and sum(group) == decision["batch_size"] <= 8
        taken += group
    assert taken == batch_sizes
    assert probe.batch_total == 0


@given(sizes.filter(bool), st.integers(1, 8))
def test_without_delay_nobody_waits(batch_sizes, preferred):
    assert filled(batch_sizes, preferred=[preferred]).decide()["count"] > 0
