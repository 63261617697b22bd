# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sequences at random: whatever comes in whatever order, each request is taken or answered once, in
its sequence's order, always at the sequence's own place."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from triton_py.core import counters
from triton_py.core.sequence_probe import SequenceProbe
from triton_py.errors import InvalidArgumentError

IDS = st.integers(1, 7)
IDLE_NS = 1_000_000


class Sequences(RuleBasedStateMachine):
    """A plain model beside the probe: lists and dicts."""

    @initialize(
        strategy=st.sampled_from(["direct", "oldest"]),
        slots=st.integers(1, 3),
        instances=st.integers(1, 2),
        delay=st.sampled_from([0, 5_000]),
        iterative=st.booleans(),
    )
    def begin(self, strategy, slots, instances, delay, iterative):
        self.live = counters.snapshot()
        self.probe = SequenceProbe(
            strategy=strategy, max_batch_size=slots, instances=instances, delay_ns=delay,
            utilization=0.75, idle_us=IDLE_NS // 1000, iterative=iterative,
        )
        self.strategy, self.instances, self.iterative = strategy, instances, iterative
        self.now = 0
        self.run: dict[int, int] = {}  # open correlation id -> the run of it
        self.runs = 0
        self.of: dict[int, int] = {}  # request -> run
        self.waiting: dict[int, list[int]] = {}  # run -> requests that no batch has taken
        self.out: dict[int, int] = {}  # request with the backend -> instance
        self.place: dict[int, tuple[int, int]] = {}
        self.cancelled: set[int] = set()

    @rule(identity=IDS, start=st.booleans(), end=st.booleans(),
          timeout=st.sampled_from([0, 0, 3, 10_000]))
    def send(self, identity, start, end, timeout):
        try:
            number = self.probe.send(
                identity, self.now, start=start, end=end, timeout_us=timeout)
        except InvalidArgumentError as error:
            assert not start and identity not in self.run and "START flag" in str(error)
            return
        assert start or identity in self.run
        if identity not in self.run:
            self.runs += 1
            self.run[identity] = self.runs
        run = self.run[identity]
        self.of[number] = run
        self.waiting.setdefault(run, []).append(number)
        if end and not self.iterative:
            del self.run[identity]

    @rule(pick=st.integers(0, 10**6))
    def cancel(self, pick):
        numbers = [n for queue in self.waiting.values() for n in queue]
        if numbers:
            number = numbers[pick % len(numbers)]
            self.probe.cancel(number)
            self.cancelled.add(number)

    def gone(self, numbers):
        """Answered without a backend: with all that waited in the same sequence, which is over."""
        for number in numbers:
            run = self.of[number]
            assert number in self.waiting[run]
            self.waiting[run].remove(number)
            self.close(run)
        for number in numbers:
            assert not self.waiting[self.of[number]]

    def close(self, run):
        self.run = {identity: r for identity, r in self.run.items() if r != run}

    @rule(pick=st.integers(0, 1), waits=st.integers(0, 20_000))
    def take(self, pick, waits):
        self.now += waits
        instance = pick % self.instances
        taken = self.probe.take(instance, self.now)
        for place, number in enumerate(taken["batch"]):
            if number is None:
                assert self.strategy == "direct"
                continue
            run = self.of[number]
            assert self.waiting[run].pop(0) == number  # in order
            assert number not in self.cancelled
            if self.strategy == "oldest":
                place = 0
                assert all(self.of[other] != run for other in self.out)
            assert self.place.setdefault(run, (instance, place)) == (instance, place)
            self.out[number] = instance
        if taken["batch"]:
            assert taken["batch"][-1] is not None
        assert set(taken["batch"]).isdisjoint(taken["cancelled"])
        self.gone(taken["cancelled"])
        # The slots of those went to sequences of the backlog, unless these had given up, too.
        self.gone(self.probe.dropped(self.now))

    @precondition(lambda self: self.out)
    @rule(pick=st.integers(0, 10**6), again=st.booleans())
    def give_back(self, pick, again):
        number = sorted(self.out)[pick % len(self.out)]
        run = self.of[number]
        del self.out[number]
        if self.iterative and again:
            if self.probe.again(number, self.now):
                self.waiting[run].append(number)
                return
            assert run not in self.run.values()  # its sequence was cancelled
        self.probe.release(number, self.now)
        if self.iterative:
            self.close(run)
        self.gone(self.probe.dropped(self.now))

    @rule(waits=st.sampled_from([0, 4_000, IDLE_NS, 20 * IDLE_NS]))
    def expire(self, waits):
        self.now += waits
        rejected, until = self.probe.expire(self.now)
        assert until is None or until > self.now
        self.gone(rejected)
        self.gone(self.probe.dropped(self.now))
        if waits >= IDLE_NS:
            busy = {self.of[n] for n in self.out}
            idle = [r for r in self.run.values() if r not in busy and not self.waiting[r]]
            for run in idle:
                self.close(run)
        else:
            # Which ones had been idle for long enough already, the probe decides.
            self.idle_ended()

    def idle_ended(self):
        slots = {i for k in range(self.instances) for i in self.probe.slots(k)}
        known = slots | set(self.probe.backlog)
        for identity, run in list(self.run.items()):
            if identity not in known:
                assert not self.waiting[run]
                self.close(run)

    @invariant()
    def nothing_is_lost(self):
        if not hasattr(self, "probe"):
            return
        waiting = sum(len(queue) for queue in self.waiting.values())
        assert self.probe.waiting == waiting
        assert self.probe.open == len(self.run)
        for instance in range(self.instances):
            ids = [i for i in self.probe.slots(instance) if i is not None]
            assert len(self.probe.slots(instance)) >= len(ids)
        if self.probe.backlog:  # nobody waits beside a free slot
            assert all(i is not None for k in range(self.instances) for i in self.probe.slots(k))

    def teardown(self):
        if not hasattr(self, "probe"):
            return
        for _ in range(2000):
            self.now += 20 * IDLE_NS
            if not self.out and not any(self.waiting.values()):
                break
            for instance in range(self.instances):
                self.take(instance, 0)
            for number in list(self.out):
                del self.out[number]
                self.probe.release(number, self.now)
                if self.iterative:
                    self.close(self.of[number])
            self.gone(self.probe.dropped(self.now))
            self.expire(20 * IDLE_NS)
        assert not self.out and not any(self.waiting.values())
        # Those that are open wait for requests that will not come.
        self.expire(20 * IDLE_NS)
        assert self.probe.open == 0 and self.probe.waiting == 0
        assert all(i is None for k in range(self.instances) for i in self.probe.slots(k))
        del self.probe
        assert counters.snapshot() == self.live


Sequences.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestSequences = Sequences.TestCase
