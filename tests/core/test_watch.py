# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether an idle worker watches for work: a function of time and of what it took."""

import pytest

from triton_py.core.probe import WatchProbe

MS = 1_000_000
SECOND = 1000 * MS


class Worker:
    """A worker under load, for which watching changes what it takes."""

    def __init__(self, off: int, on: int) -> None:
        self.probe = WatchProbe()
        self.now = 5 * SECOND
        #: Requests in a millisecond, without and with watching.
        self.rates = (off, on)
        self.watched = 0
        self.ms = 0

    def run(self, milliseconds: int) -> None:
        for _ in range(milliseconds):
            on = self.probe.moment() > 0
            self.watched += on
            self.ms += 1
            self.now += MS
            self.probe.idle(self.now, self.rates[on])

    def share(self, milliseconds: int) -> float:
        """Of so much time, how much it watches."""
        self.watched = self.ms = 0
        self.run(milliseconds)
        return self.watched / self.ms


def test_a_fresh_worker_does_not_watch() -> None:
    assert WatchProbe().moment() == 0


@pytest.mark.parametrize("off,on,watches", [
    (100, 200, True),
    (100, 120, True),
    (100, 105, False),   # not worth the CPU time
    (100, 100, False),
    (200, 100, False),
])
def test_what_brings_more_is_done(off: int, on: int, watches: bool) -> None:
    worker = Worker(off, on)
    worker.run(1200)
    share = worker.share(10_000)
    # The trials themselves: without for 20 ms and with for 40 ms, in each 1060 ms.
    assert share == pytest.approx(1 - 20 / 1060 if watches else 40 / 1060, abs=0.01)


def test_it_notices_when_the_load_changes() -> None:
    worker = Worker(100, 200)
    worker.run(1200)
    assert worker.share(2000) > 0.9
    worker.rates = (200, 100)
    worker.run(1200)
    assert worker.share(2000) < 0.1


def test_too_few_requests_say_nothing() -> None:
    # 4 requests in 10 ms, then 40: whatever their ratio.
    worker = Worker(0, 4)
    worker.run(1200)
    assert worker.share(5000) < 0.01


def test_a_pause_breaks_a_trial_off() -> None:
    worker = Worker(100, 200)
    worker.run(1030)
    # Nobody sends for an hour: what was measured before it doesn't count with what comes.
    worker.now += 3600 * SECOND
    worker.probe.idle(worker.now)
    assert worker.probe.moment() == 0
    worker.run(1200)
    assert worker.share(2000) > 0.9


def _watching() -> WatchProbe:
    worker = Worker(100, 200)
    worker.run(1200)
    assert worker.probe.moment() > 0
    return worker.probe


def test_it_watches_twice_as_long_as_a_wake_up_takes() -> None:
    probe = _watching()
    assert probe.moment() == 20_000
    for _ in range(50):
        probe.woken(40_000)
    assert probe.moment() == pytest.approx(80_000, rel=0.01)


def test_however_late_it_was_woken_it_watches_no_longer_than_200_us() -> None:
    probe = _watching()
    for _ in range(50):
        probe.woken(3 * SECOND)
    assert 190_000 < probe.moment() <= 200_000


def test_it_does_not_watch_where_work_comes_later_than_that() -> None:
    probe = _watching()
    for _ in range(50):
        probe.gap(60_000)
    assert probe.moment() == 0
    for _ in range(50):
        probe.gap(5_000)
    assert probe.moment() == 20_000


def test_a_lone_client_on_the_same_cpu_is_let_run() -> None:
    probe = WatchProbe()
    now = 5 * SECOND
    watched = {2_000: 0, 25_000: 0}
    for wake in watched:
        for _ in range(20):
            probe.woken(wake)
        for _ in range(1200):
            on = probe.moment() > 0
            watched[wake] += on
            now += MS
            # Watching would bring twice as much, and is not even tried.
            probe.idle(now, 200 if on else 100, in_flight=200 if on else 100)
    assert watched[2_000] == 0
    assert watched[25_000] > 0
