# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The sequence batcher as a function of requests and the time: no threads, no clock."""

from __future__ import annotations

import pytest

from triton_py.core.sequence_probe import SequenceProbe
from triton_py.errors import InvalidArgumentError

MS = 1_000_000


def test_direct_keeps_places_and_fills_gaps():
    probe = SequenceProbe(max_batch_size=4)
    a, b, c = (probe.send(k, start=True) for k in (1, 2, 3))
    assert probe.take()["batch"] == [a, b, c]
    d = probe.send(3)
    assert probe.take()["batch"] == [None, None, d]
    e, f = probe.send(2), probe.send(2)
    assert probe.take()["batch"] == [None, e]  # one of a sequence at a time
    assert probe.take()["batch"] == [None, f]
    assert probe.take()["batch"] == []


def test_direct_end_frees_the_slot_for_the_next_batch():
    probe = SequenceProbe(max_batch_size=2)
    probe.send(1, start=True, end=True)
    probe.send(2, start=True)
    probe.send(3, start=True)
    assert probe.backlog == [3]
    assert probe.take()["batch"] == [0, 1]
    assert (probe.slots(), probe.backlog) == ([3, 2], [])
    assert probe.take()["batch"] == [2]


def test_low_slots_first_over_all_instances():
    probe = SequenceProbe(max_batch_size=2, instances=2)
    for k in range(1, 5):
        probe.send(k, start=True)
    assert (probe.slots(0), probe.slots(1)) == ([1, 3], [2, 4])


def test_direct_reasons():
    probe = SequenceProbe(max_batch_size=4, delay_ns=10 * MS, utilization=0.5)
    probe.send(1, 5 * MS, start=True)
    waits = probe.take(now_ns=6 * MS)
    assert (waits["batch"], waits["wait_until"]) == ([], 15 * MS)
    assert probe.take(now_ns=15 * MS)["reason"] == "delay"
    for k in (1, 2):
        probe.send(k, 20 * MS, start=True)
    assert probe.take(now_ns=20 * MS)["reason"] == "preferred"
    for k in (1, 2, 3, 4):
        probe.send(k, 20 * MS, start=True)
    assert probe.take(now_ns=20 * MS)["reason"] == "full"
    probe.send(1, 20 * MS)
    probe.close()
    assert probe.take(now_ns=20 * MS)["reason"] == "drain"
    assert SequenceProbe(max_batch_size=0).take()["reason"] is None
    single = SequenceProbe(max_batch_size=0)
    single.send(1, start=True)
    assert single.take()["reason"] == "single"
    idle = SequenceProbe(max_batch_size=4)
    idle.send(1, start=True)
    assert idle.take()["reason"] == "idle"


def test_oldest_has_one_request_of_a_sequence_out():
    probe = SequenceProbe(strategy="oldest", max_batch_size=4)
    a, b = probe.send(1, start=True), probe.send(1)
    c = probe.send(2, start=True)
    assert probe.take()["batch"] == [a, c]
    assert probe.take()["batch"] == []
    probe.release(a)
    assert probe.take()["batch"] == [b]
    assert probe.waiting == 0


def test_oldest_goes_by_when_a_request_could_join():
    probe = SequenceProbe(strategy="oldest", max_batch_size=1, candidates=3)
    a, b = probe.send(1, start=True), probe.send(1)
    c = probe.send(2, 1, start=True)
    assert probe.take()["batch"] == [a]
    probe.release(a, 2)
    assert [probe.take()["batch"] for _ in range(2)] == [[c], [b]]


def test_oldest_waits_for_the_delay_or_the_preferred_size():
    probe = SequenceProbe(strategy="oldest", max_batch_size=4, delay_ns=10 * MS, preferred=[2])
    probe.send(1, start=True)
    assert probe.take(now_ns=MS) == {
        "batch": [], "reason": None, "wait_until": 10 * MS, "cancelled": []
    }
    probe.send(2, start=True)
    assert probe.take(now_ns=MS)["reason"] == "preferred"


def test_oldest_slot_is_free_when_the_last_request_is_released():
    probe = SequenceProbe(strategy="oldest", max_batch_size=1)
    a = probe.send(1, start=True, end=True)
    b = probe.send(2, start=True)
    assert probe.take()["batch"] == [a]
    assert (probe.slots(), probe.backlog) == ([1], [2])
    probe.release(a)
    assert (probe.slots(), probe.backlog) == ([2], [])
    assert probe.take()["batch"] == [b]


def test_an_id_after_its_end_is_another_sequence():
    probe = SequenceProbe(max_batch_size=1)
    probe.send(1, start=True, end=True)
    with pytest.raises(InvalidArgumentError, match="must specify the START flag"):
        probe.send(1)
    probe.send(1, start=True)
    assert probe.backlog == [1]


def test_idle_sequences_end():
    probe = SequenceProbe(max_batch_size=2, idle_us=10_000)
    a = probe.send(1, start=True)
    probe.send(2, 5 * MS, start=True)
    probe.send(3, 5 * MS, start=True)
    assert probe.expire(20 * MS) == ([], None)  # waiting is not being idle
    assert probe.take(now_ns=20 * MS)["batch"] == [0, 1]
    probe.release(1, 21 * MS)
    assert probe.expire(30 * MS) == ([], 31 * MS)  # nor is executing, as `a` does
    assert probe.expire(31 * MS) == ([], None)
    assert (probe.slots(), probe.backlog) == ([1, 3], [])
    probe.release(a, 40 * MS)
    assert probe.expire(41 * MS) == ([], 50 * MS)
    with pytest.raises(InvalidArgumentError):
        probe.send(2, 41 * MS)


def test_backlog_expires_by_its_shortest_time_out():
    probe = SequenceProbe(max_batch_size=1)
    probe.send(1, start=True)
    probe.send(2, start=True, timeout_us=50_000)
    probe.send(2, 5 * MS, timeout_us=10_000)
    probe.send(2, 6 * MS)
    probe.send(3, start=True)
    assert probe.expire(14 * MS) == ([], 15 * MS)
    assert probe.expire(15 * MS) == ([1, 2, 3], None)
    assert (probe.backlog, probe.waiting, probe.open) == ([3], 2, 2)


def test_a_time_out_counts_only_in_the_backlog():
    probe = SequenceProbe(max_batch_size=1)
    probe.send(1, start=True, timeout_us=10)
    assert probe.expire(100 * MS) == ([], None)


def test_endless_time_out_does_not_overflow():
    probe = SequenceProbe(max_batch_size=1)
    probe.send(1, start=True)
    probe.send(2, start=True, timeout_us=2**64 - 1)
    assert probe.expire(2**60) == ([], None)


@pytest.mark.parametrize("strategy", ["direct", "oldest"])
def test_cancelled_head_takes_its_sequence_along(strategy):
    probe = SequenceProbe(strategy=strategy, max_batch_size=1)
    a, b, c = probe.send(1, start=True), probe.send(1), probe.send(1, end=True)
    d = probe.send(2, start=True)
    probe.cancel(a)
    taken = probe.take()
    assert sorted(taken["cancelled"]) == [a, b, c]
    assert (taken["batch"] or probe.take()["batch"]) == [d]
    assert probe.open == 1


def test_oldest_cancelled_behind_one_that_executes():
    probe = SequenceProbe(strategy="oldest", max_batch_size=1)
    a, b, c = probe.send(1, start=True), probe.send(1), probe.send(1)
    probe.take()
    probe.cancel(b)
    assert probe.take()["cancelled"] == []  # its turn comes after a
    probe.release(a)
    assert sorted(probe.take()["cancelled"]) == [b, c]
    assert (probe.slots(), probe.open, probe.waiting) == ([None], 0, 0)


def test_backlog_sequence_that_gave_up_gets_no_slot():
    probe = SequenceProbe(max_batch_size=1)
    probe.send(1, start=True, end=True)
    b, c = probe.send(2, start=True), probe.send(2)
    d = probe.send(3, start=True)
    probe.cancel(c)
    assert probe.take() == {"batch": [0], "reason": "single", "wait_until": 0, "cancelled": [b, c]}
    assert probe.take()["batch"] == [d]


def test_iterative_sequences_begin_by_themselves_and_end_with_the_release():
    probe = SequenceProbe(strategy="oldest", max_batch_size=2, iterative=True)
    a, b = probe.send(0), probe.send(0)
    assert probe.slots() == [1, 2]
    assert probe.take()["batch"] == [a, b]
    assert probe.again(a)
    probe.release(b)
    assert (probe.slots(), probe.open) == ([1, None], 1)
    assert probe.take()["batch"] == [a]
    probe.release(a)
    assert (probe.slots(), probe.open) == ([None, None], 0)


def test_iterative_id_is_one_that_no_client_uses():
    probe = SequenceProbe(strategy="oldest", max_batch_size=3, iterative=True)
    probe.send(1, start=True)
    probe.send(0)
    assert probe.slots() == [1, 2, None]


def test_iterative_direct():
    probe = SequenceProbe(max_batch_size=2, iterative=True)
    a, b = probe.send(0), probe.send(0)
    c = probe.send(0)
    assert probe.take()["batch"] == [a, b]
    probe.release(a)
    assert probe.again(b)
    assert probe.take()["batch"] == [c, b]


def test_next_step_of_a_cancelled_sequence_is_refused():
    probe = SequenceProbe(max_batch_size=1, iterative=True)
    a, b = probe.send(5, start=True), probe.send(5)
    assert probe.take()["batch"] == [a]
    probe.cancel(b)
    assert probe.take()["cancelled"] == [b]
    assert not probe.again(a)
    probe.release(a)
    assert probe.open == 0


def test_many_open_sequences():
    probe = SequenceProbe(max_batch_size=1)
    for k in range(1, 2000):
        probe.send(k << 32, start=True)
    for k in range(1, 2000):
        probe.send(k << 32, end=True)
    assert (probe.open, len(probe.backlog), probe.waiting) == (0, 1998, 3998)


def test_an_instance_that_leaves_keeps_its_sequences_and_gets_no_others():
    probe = SequenceProbe(max_batch_size=1, instances=2)
    probe.send(1, start=True)
    probe.send(2, start=True)
    probe.leave(0)
    probe.send(3, start=True)
    assert (probe.slots(0), probe.slots(1), probe.backlog) == ([1], [2], [3])
    # What its own sequence sends still comes to it, and its end frees the slot for nobody.
    number = probe.take(0)["batch"][0]
    probe.release(number)
    last = probe.send(1, end=True)
    assert probe.take(0)["batch"] == [last]
    assert (probe.slots(0), probe.backlog) == ([None], [3])
    probe.release(last)
    probe.remove_instance(0)
    # The other one's does.
    probe.release(probe.take(0)["batch"][0])
    end = probe.send(2, end=True)
    probe.take(0)
    assert (probe.slots(0), probe.backlog) == ([3], [])
    probe.release(end)


def test_a_new_instance_takes_what_waits():
    probe = SequenceProbe(max_batch_size=2)
    for k in range(1, 7):
        probe.send(k, start=True)
    probe.cancel(2)  # of sequence 3, in the backlog
    assert probe.add_instance() == 1
    assert (probe.slots(0), probe.slots(1), probe.backlog) == ([1, 2], [4, 5], [6])
    probe.send(7, start=True)
    assert probe.backlog == [6, 7]
    assert probe.dropped() == [2], "that of sequence 3"


def test_an_idle_sequence_leaves_with_its_instance():
    probe = SequenceProbe(max_batch_size=1, strategy="oldest", idle_us=1000)
    first = probe.send(1, start=True)
    assert probe.take()["batch"] == [first]
    probe.release(first)
    probe.leave(0)
    probe.send(2, start=True)
    assert probe.slots(0) == [1]
    probe.expire(10 * MS)
    assert (probe.slots(0), probe.backlog) == ([None], [2])
    probe.remove_instance(0)
    probe.add_instance(10 * MS)
    assert (probe.slots(0), probe.backlog) == ([2], [])
