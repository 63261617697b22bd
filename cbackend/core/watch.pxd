# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether an idle worker looks for work for a moment before it sleeps, and for how long.

Sleeping and waking cost more than a small model's whole request. But a worker that watches takes a
CPU from those that bring the work, and takes requests one by one that might have made a batch. What
pays depends on the machine, on what else runs there, and on the load, so it is measured: in each
second of load watching is tried against not watching for a few hundredths, and what brought more
requests is done for the rest. All of this is a function of time; nothing here waits.
"""

from libc.stdint cimport int32_t, uint64_t


cdef struct Watch:
    bint on                 # it watches now
    int32_t phase           # of a trial; PHASES: none is under way
    uint64_t since_ns       # when the phase began
    uint64_t taken          # requests in this phase
    bint crowded            # more was in flight than what was taken last
    double rate_off         # of this trial, without watching
    # What was usual lately: until work comes, and from its coming until a sleeping worker runs.
    uint64_t gap_ns
    uint64_t wake_ns


cdef void watch_init(Watch* watch) noexcept nogil
# A worker took so many requests, of so many that were in flight.
cdef void watch_taken(Watch* watch, uint64_t count, uint64_t in_flight) noexcept nogil
# A worker has nothing to do at this time.
cdef void watch_idle(Watch* watch, uint64_t now_ns) noexcept nogil
# For how long to watch; 0: not at all.
cdef uint64_t watch_moment(const Watch* watch) noexcept nogil
# Work came so long after the worker had nothing to do.
cdef void watch_gap(Watch* watch, uint64_t gap_ns) noexcept nogil
# A worker that slept ran so long after its work had come.
cdef void watch_woken(Watch* watch, uint64_t after_ns) noexcept nogil
# A mean that follows: `usual` moves a quarter of the way to `value`, which counts up to 100 us.
cdef void learn(uint64_t* usual, uint64_t value) noexcept nogil
