# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Priorities, limits and time-outs of a queue, without threads or clock: by hand, and at random beside a
plain model of what they must do."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from triton_py.core.probe import QueueProbe

US = 1000
MS = 1000 * US


def policy(size=0, timeout_us=0, override=False, action="REJECT"):
    return {"max_queue_size": size, "default_timeout_us": timeout_us,
            "allow_timeout_override": override, "timeout_action": action}


def policies(levels=0, default=0, own=None, **common):
    return {"priority_levels": levels, "default_priority_level": default,
            "default_queue_policy": policy(**common), "priority_queue_policy": own or {}}


def filled(priorities, **more):
    probe = QueueProbe(8, policies=policies(**more))
    for priority in priorities:
        assert probe.push(1, 0, priority=priority)
    return probe


# --- priorities ------------------------------------------------------------------------------


def test_a_lower_number_is_served_first():
    probe = filled([3, 1, 2, 3, 1, 2], levels=3, default=2)
    assert probe.numbers() == [1, 4, 2, 5, 0, 3]
    assert probe.problems() == []


@pytest.mark.parametrize("priority", [0, 4, 2**64 - 1])
def test_no_priority_and_one_that_there_is_not_are_the_default(priority):
    probe = filled([3, priority, 2, 1], levels=3, default=2)
    assert probe.numbers() == [3, 1, 2, 0]


def test_without_priorities_the_numbers_mean_nothing():
    probe = filled([3, 1, 2], size=9)
    assert probe.numbers() == [0, 1, 2]


def test_a_batch_goes_over_the_levels():
    probe = filled([2] * 3 + [1] * 3, levels=2, default=1)
    decision = probe.decide()
    assert (decision["count"], decision["reason"]) == (6, "idle")


def test_the_delay_counts_from_the_oldest_of_the_batch():
    """The first in the queue may have come last."""
    probe = QueueProbe(8, delay_ns=10 * MS, policies=policies(levels=2, default=1))
    probe.push(1, 3 * MS, priority=2)
    probe.push(1, 9 * MS, priority=1)
    assert probe.numbers() == [1, 0]
    assert probe.decide(12 * MS)["wait_until"] == 13 * MS
    assert probe.decide(13 * MS)["reason"] == "delay"


def test_as_many_levels_as_a_configuration_may_have():
    probe = QueueProbe(8, policies=policies(levels=65536, default=65536))
    for priority in (65536, 1, 65, 64, 63, 32768, 0):
        probe.push(1, priority=priority)
    assert probe.numbers() == [1, 4, 3, 2, 5, 0, 6]
    assert probe.problems() == []
    assert probe.take(7) == [1] * 7
    assert probe.problems() == []


# --- limits ----------------------------------------------------------------------------------


def test_a_full_queue_takes_no_more():
    probe = filled([0, 0], size=2)
    assert not probe.push(1)
    assert probe.take(1) == [1]
    assert probe.push(1) and not probe.push(1)


def test_each_level_has_its_limit():
    probe = filled([1, 2], levels=2, default=2, size=1, own={2: policy(size=2)})
    assert not probe.push(1, priority=1)
    assert probe.push(1, priority=2) and not probe.push(1, priority=2)
    assert not probe.push(1), "the default level is full, too"


def test_a_cancelled_request_makes_room():
    probe = filled([0, 0], size=2)
    probe.cancel(0)
    assert probe.drop_cancelled() == [1]
    assert probe.push(1) and not probe.push(1)


# --- time-outs -------------------------------------------------------------------------------


def test_what_waited_too_long_is_rejected():
    probe = QueueProbe(8, policies=policies(timeout_us=5))
    for at in (0, 2 * US, 4 * US):
        probe.push(1, at)
    assert probe.next_deadline == 5 * US
    assert probe.expire(5 * US - 1) == []
    assert probe.expire(7 * US) == [0, 1]
    assert (probe.numbers(), probe.next_deadline, len(probe)) == ([2], 9 * US, 1)
    assert probe.expire(10 * US) == [2] and probe.next_deadline == 0


def test_or_waits_on_behind_its_level():
    probe = QueueProbe(8, policies=policies(levels=2, default=1, timeout_us=5, action="DELAY"))
    probe.push(1, 0, priority=1)
    probe.push(1, 0, priority=2)
    probe.push(1, 2 * US, priority=1)
    probe.push(1, 3 * US, priority=2)
    assert probe.expire(6 * US) == []
    assert probe.numbers() == [2, 0, 3, 1]
    # One that comes now is in time, and before those that are not.
    probe.push(1, 6 * US, priority=1)
    assert probe.numbers() == [2, 4, 0, 3, 1]
    assert probe.expire(100 * US) == []
    assert probe.numbers() == [0, 2, 4, 1, 3] and probe.next_deadline == 0
    assert probe.problems() == []


def test_delayed_requests_fill_the_queue_as_well():
    probe = QueueProbe(8, policies=policies(size=2, timeout_us=5, action="DELAY"))
    probe.push(1, 0)
    assert probe.expire(9 * US) == []
    assert probe.push(1, 9 * US) and not probe.push(1, 9 * US)


@pytest.mark.parametrize(("own", "allowed", "default", "deadline"), [
    (3, True, 5, 3), (7, True, 5, 5), (5, True, 5, 5), (0, True, 5, 5), (3, False, 5, 5),
    (3, True, 0, 0), (2**64 - 1, True, 5, 5)])
def test_a_request_may_shorten_its_time_where_that_is_allowed(own, allowed, default, deadline):
    """Triton's rule: only where it is shorter than the default; where there is none, nothing is."""
    probe = QueueProbe(8, policies=policies(size=9, timeout_us=default, override=allowed))
    probe.push(1, 0, timeout_us=own)
    assert probe.next_deadline == deadline * US


def test_a_time_out_beyond_all_time_is_none_that_ends():
    probe = QueueProbe(8, policies=policies(timeout_us=2**64 - 1))
    probe.push(1, 10**18)
    assert probe.next_deadline > 10**18 and probe.expire(2 * 10**18) == []


# --- at random -------------------------------------------------------------------------------


MOST = 6


def expected(queue, now, delay, preferred, compare):
    """What docs/batching.md says: how many requests make the next batch, and why; (0, None): wait."""
    batch, closed = [], None
    for request in queue:
        if batch and sum(one["size"] for one in batch) + request["size"] > MOST:
            closed = "full"
        elif batch and compare and request["shape"] != batch[0]["shape"]:
            closed = "shape"
        if closed:
            break
        batch.append(request)
    if not batch:
        return 0, None
    sums = list(itertools.accumulate(request["size"] for request in queue))
    largest = max(preferred, default=MOST)
    reached = [n for n in range(1, len(batch) + 1) if sums[n - 1] in (*preferred, largest)]
    # Where none is reached but the next request would go past the largest: what is before it.
    passed = [n for n in range(1, len(batch) + 1) if n < len(queue) and sums[n] > largest]
    best = reached[-1] if reached else min(passed, default=0)
    late = bool(delay) and now >= min(request["came"] for request in batch) + delay
    if best and not late:
        return best, "full" if sums[best - 1] >= MOST else "preferred"
    if closed or sums[len(batch) - 1] >= largest:
        return len(batch), closed or "full"
    if late or not delay:
        return len(batch), "delay" if late else "idle"
    return 0, None


class Queues(RuleBasedStateMachine):
    """A list, sorted by hand, beside the queue."""

    @initialize(
        levels=st.integers(0, 4), default=st.integers(1, 4), data=st.data(),
        delay_us=st.sampled_from([0, 7]), compare=st.booleans(),
        preferred=st.sampled_from([[], [], [4], [2, 4], [3, 6]]),
    )
    def begin(self, levels, default, data, delay_us, compare, preferred):
        one = st.builds(policy, st.sampled_from([0, 0, 1, 3]), st.sampled_from([0, 5, 20]),
                        st.booleans(), st.sampled_from(["REJECT", "DELAY"]))
        common = data.draw(one)
        own = data.draw(st.dictionaries(st.integers(1, max(1, levels)), one, max_size=2))
        self.levels, self.default = max(1, levels), min(default, max(1, levels)) if levels else 1
        self.rules = {level: own.get(level, common) if levels else common
                      for level in range(1, self.levels + 1)}
        self.delay, self.compare, self.preferred = delay_us * US, compare, preferred
        self.probe = QueueProbe(MOST, delay_ns=self.delay, preferred=preferred, compare=compare,
                                policies={
            "priority_levels": levels, "default_priority_level": self.default if levels else 0,
            "default_queue_policy": common, "priority_queue_policy": own if levels else {}})
        self.limited = levels > 1 or any(
            rule["max_queue_size"] or rule["default_timeout_us"] for rule in self.rules.values())
        self.now = 0
        self.queue = []
        self.pushed = 0
        self.moved = 0

    def level(self, priority):
        return priority if 1 <= priority <= self.levels and self.levels > 1 else self.default

    def place(self, request):
        return request["level"], request["late"], request["turn"]

    @rule(priority=st.integers(0, 6), size=st.integers(1, MOST), own=st.sampled_from([0, 1, 3, 50]),
          shape=st.sampled_from([1, 1, 1, 2]))
    def push(self, priority, size, own, shape):
        level = self.level(priority)
        rules = self.rules[level]
        waiting = sum(request["level"] == level for request in self.queue)
        room = not rules["max_queue_size"] or waiting < rules["max_queue_size"]
        taken = self.probe.push(size, self.now, (shape,), priority=priority, timeout_us=own)
        assert taken == room
        if not room:
            return
        limit = rules["default_timeout_us"]
        if rules["allow_timeout_override"] and 0 < own < limit:
            limit = own
        self.moved += 1
        self.queue.append({
            "number": self.pushed, "level": level, "late": False, "turn": self.moved, "size": size,
            "came": self.now, "deadline": self.now + limit * US if limit else None, "shape": shape})
        self.pushed += 1

    @rule(by=st.integers(0, 12))
    def wait(self, by):
        self.now += by * US

    @rule()
    def expire(self):
        rejected = []
        for request in sorted(self.queue, key=self.place):
            if request["deadline"] is None or request["deadline"] > self.now:
                continue
            request["deadline"] = None
            if self.rules[request["level"]]["timeout_action"] == "DELAY":
                self.moved += 1
                request.update(late=True, turn=self.moved)
            else:
                rejected.append(request["number"])
                self.queue.remove(request)
        assert self.probe.expire(self.now) == rejected
        deadlines = [request["deadline"] for request in self.queue if request["deadline"]]
        assert self.probe.next_deadline == min(deadlines, default=0)

    @rule(pick=st.integers(0, 10**6))
    def cancel(self, pick):
        if not self.queue:
            return
        self.queue.sort(key=self.place)
        at = pick % len(self.queue)
        self.probe.cancel(at)
        assert self.probe.drop_cancelled() == [self.queue[at]["size"]]
        del self.queue[at]

    def expected(self, now):
        self.queue.sort(key=self.place)
        return expected(self.queue, now, self.delay, self.preferred, self.compare)

    @rule()
    def take(self):
        decision = self.probe.decide(self.now)
        count, reason = self.expected(self.now)
        assert decision["count"] == count
        if not count:
            # It is told when to look again: then, and not a moment earlier, there is a batch.
            until = decision["wait_until"]
            assert bool(until) == bool(self.queue)
            if until:
                assert until > self.now
                assert not self.expected(until - 1)[0] and self.expected(until)[0]
            return
        batch = self.queue[:count]
        assert decision["reason"] == reason
        assert decision["batch_size"] == sum(request["size"] for request in batch)
        assert self.probe.take(count) == [request["size"] for request in batch]
        del self.queue[:count]

    @invariant()
    def agree(self):
        if not hasattr(self, "probe"):
            return
        numbers = [request["number"] for request in sorted(self.queue, key=self.place)]
        assert self.probe.numbers() == numbers
        assert self.probe.problems() == []
        assert self.probe.batch_total == sum(request["size"] for request in self.queue)


Queues.TestCase.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
TestQueues = Queues.TestCase
