# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Watching for work (see watch.pxd)."""

from libc.stdint cimport uint64_t
from libc.string cimport memset

cdef enum:
    LEAST_NS = 20000                # to watch, where it watches at all
    LONGEST_NS = 100000             # of what is learnt
    CHEAP_NS = 8000                 # what waking takes on one CPU; across two it is far more
    # Of a trial. When a worker begins to watch, it often shares a CPU with the thread that brings
    # its work, and keeps it from doing so until the system has moved one of them.
    OFF = 0
    SETTLE = 1
    ON = 2
    PHASES = 3                      # none: the trial is over
    PHASE_NS = 20000000
    TRIAL_EVERY_NS = 1000000000
    LEAST_TAKEN = 50                # requests in a phase, to say anything

# How many times the requests it has to bring. At a rate that the clients choose it brings none,
# and not to watch saves CPU time.
cdef double WORTH = 1.1


cdef void watch_init(Watch* watch) noexcept nogil:
    memset(watch, 0, sizeof(Watch))
    watch.phase = PHASES


cdef void watch_taken(Watch* watch, uint64_t count, uint64_t in_flight) noexcept nogil:
    watch.taken += count
    watch.crowded = in_flight > count


cdef void watch_idle(Watch* watch, uint64_t now_ns) noexcept nogil:
    cdef double rate
    cdef bint busy = watch.taken >= LEAST_TAKEN
    cdef uint64_t length = TRIAL_EVERY_NS if watch.phase == PHASES else PHASE_NS
    if now_ns - watch.since_ns < length:
        return
    rate = <double>watch.taken / <double>(now_ns - watch.since_ns)
    watch.since_ns = now_ns
    watch.taken = 0
    if watch.phase == PHASES or not busy:
        watch.phase = OFF
    else:
        if watch.phase == OFF:
            watch.rate_off = rate
        watch.phase += 1
    if watch.phase == PHASES:
        watch.on = rate > WORTH * watch.rate_off
    else:
        watch.on = watch.phase != OFF


cdef uint64_t watch_moment(const Watch* watch) noexcept nogil:
    # As long as being woken twice takes: then at most that much is lost.
    cdef uint64_t moment = max(2 * watch.wake_ns, <uint64_t>LEAST_NS)
    # One client that waits for its one answer, on the same CPU: it runs when the worker sleeps, and
    # at no time before.
    if not watch.crowded and watch.wake_ns < CHEAP_NS:
        return 0
    return moment if watch.on and (watch.gap_ns < moment or watch.phase == SETTLE) else 0


cdef void watch_gap(Watch* watch, uint64_t gap_ns) noexcept nogil:
    learn(&watch.gap_ns, gap_ns)


cdef void watch_woken(Watch* watch, uint64_t after_ns) noexcept nogil:
    learn(&watch.wake_ns, after_ns)


cdef void learn(uint64_t* usual, uint64_t value) noexcept nogil:
    usual[0] = (3 * usual[0] + min(value, <uint64_t>LONGEST_NS)) / 4
