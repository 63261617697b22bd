# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Looks into the core for tests: batch formation, watching, quantiles, without threads or clock."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from triton_py.core.objects cimport BatchPolicy, Input, InputSpec, Queue, Request
from triton_py.core.queue cimport (
    Decision,
    form_batch,
    queue_destroy,
    queue_drop_cancelled,
    queue_init,
    queue_pop,
    queue_push,
)
from triton_py.core.queue_levels cimport levels_expire, levels_free, levels_full, levels_make
from triton_py.core.request cimport request_mark_cancelled
from triton_py.core.summary cimport (
    SUMMARY_BUCKETS,
    Summary,
    summary_add,
    summary_observe,
    summary_quantile,
)
from triton_py.core.watch cimport (
    Watch,
    watch_gap,
    watch_idle,
    watch_init,
    watch_moment,
    watch_taken,
    watch_woken,
)

REASONS = ("single", "preferred", "full", "shape", "delay", "idle", "drain", "strategy")


cdef class QueueProbe:
    """A queue of requests that have a batch size, an arrival time and one input's shape.

    ``policies``: the members of compile_spec()'s dict that are about priorities and queue policies.
    A request is known by its number: the first that was pushed is 0.
    """

    cdef Queue queue
    cdef BatchPolicy policy
    cdef InputSpec spec
    cdef list keep
    cdef uint64_t pushed

    def __cinit__(self, int64_t max_batch_size, *, bint dynamic=True, uint64_t delay_ns=0,
                  list preferred=None, bint compare=False, dict policies=None):
        cdef Py_ssize_t i
        queue_init(&self.queue)
        self.keep = []
        preferred = sorted(preferred or [])
        self.policy.max_batch_size = max_batch_size
        self.policy.dynamic = dynamic
        self.policy.delay_ns = delay_ns
        self.policy.compare_inputs = compare
        self.policy.preferred = <int64_t*>calloc(len(preferred) + 1, sizeof(int64_t))
        if self.policy.preferred == NULL:
            raise MemoryError
        self.policy.preferred_count = len(preferred)
        for i, size in enumerate(preferred):
            self.policy.preferred[i] = size
        self.spec.must_match = True
        if policies is not None:
            levels_make(&self.queue, {"scheduling": "dynamic", **policies})

    def __dealloc__(self):
        cdef Request* request = queue_pop(&self.queue)
        while request != NULL:
            _free(request)
            request = queue_pop(&self.queue)
        free(self.policy.preferred)
        levels_free(&self.queue)
        queue_destroy(&self.queue)

    def push(self, uint32_t batch_size, uint64_t arrival_ns=0, shape=(), str name="x", *,
             uint64_t priority=0, uint64_t timeout_us=0) -> bool:
        """Adds a request; ``shape`` is its input's, behind the batch dimension. False: the queue is
        full."""
        cdef Request* request = <Request*>calloc(1, sizeof(Request))
        cdef bytes text = name.encode()
        cdef Py_ssize_t i
        if request == NULL:
            raise MemoryError
        request.batch_size = batch_size
        request.queue_start = arrival_ns
        request.batcher_start = arrival_ns
        request.inputs = <Input*>calloc(1, sizeof(Input))
        request.input_count = 1
        request.inputs[0].model_shape = <int64_t*>calloc(len(shape) + 1, sizeof(int64_t))
        request.inputs[0].model_rank = len(shape) + 1
        request.inputs[0].model_shape[0] = batch_size
        for i, dim in enumerate(shape):
            request.inputs[0].model_shape[i + 1] = dim
        request.inputs[0].spec = &self.spec
        request.inputs[0].name = text
        request.priority = priority
        request.timeout_us = timeout_us
        if self.queue.levels != NULL and levels_full(&self.queue, request):
            _free(request)
            return False
        self.keep.append(text)  # the name is borrowed from it
        request.correlation_id = self.pushed
        self.pushed += 1
        queue_push(&self.queue, request)
        return True

    def numbers(self) -> list:
        """Of the requests in the queue, in their order."""
        cdef Request* request = self.queue.head
        numbers = []
        while request != NULL:
            numbers.append(request.correlation_id)
            request = request.next
        return numbers

    def expire(self, uint64_t now_ns) -> list:
        """Numbers of the requests that are rejected, because their time is up."""
        cdef Request* request = levels_expire(&self.queue, now_ns)
        cdef Request* next
        numbers = []
        while request != NULL:
            next = request.next
            numbers.append(request.correlation_id)
            _free(request)
            request = next
        return numbers

    def problems(self) -> list:
        """What the queue says of itself and is not so."""
        cdef Request* request = self.queue.head
        cdef Request* last = NULL
        cdef int64_t size = 0
        cdef int64_t total = 0
        cdef uint32_t segment, i
        found = []
        ends = {}
        levels = {}
        while request != NULL:
            if last != NULL and self.queue.levels != NULL and last.segment > request.segment:
                found.append("segments are out of order")
            size += 1
            total += request.batch_size
            last = request
            ends[request.segment] = request.correlation_id
            levels[request.segment // 2] = levels.get(request.segment // 2, 0) + 1
            if request.deadline_ns and not 0 < self.queue.next_deadline <= request.deadline_ns:
                found.append("a deadline is sooner than the next one")
            request = request.next
        if (size, total) != (self.queue.size, self.queue.batch_total) or last != self.queue.tail:
            found.append("size, batch sizes or tail are wrong")
        for i in range(2 * self.queue.level_count):
            segment = i
            last = self.queue.ends[segment]
            if (last.correlation_id if last != NULL else None) != ends.get(segment):
                found.append(f"the end of segment {segment} is wrong")
            if (last != NULL) != (self.queue.filled[segment // 64] >> (segment % 64) & 1):
                found.append(f"the bit of segment {segment} is wrong")
            if self.queue.levels[segment // 2].size != levels.get(segment // 2, 0):
                found.append(f"the size of level {segment // 2} is wrong")
        return found

    def cancel(self, Py_ssize_t index) -> None:
        """Marks the request at that place of the queue as cancelled."""
        cdef Request* request = self.queue.head
        while request != NULL and index:
            request = request.next
            index -= 1
        if request == NULL:
            raise IndexError("no such request")
        request_mark_cancelled(request)

    def drop_cancelled(self) -> list:
        """Batch sizes of the cancelled requests, which leave the queue."""
        cdef Request* request = queue_drop_cancelled(&self.queue)
        cdef Request* next
        sizes = []
        while request != NULL:
            next = request.next
            sizes.append(request.batch_size)
            _free(request)
            request = next
        return sizes

    def close(self) -> None:
        """What the model's close does to its queue."""
        self.queue.closing = True

    def decide(self, uint64_t now_ns=0) -> dict:
        """What form_batch decides at that time; the queue stays as it is."""
        cdef Decision d
        form_batch(&self.queue, &self.policy, now_ns, &d)
        return {
            "count": d.count, "batch_size": d.batch_size, "wait_until": d.wait_until_ns,
            "target": d.target, "reason": REASONS[<int>d.reason] if d.count else None,
        }

    def take(self, uint32_t count) -> list:
        """Pops that many requests; their batch sizes."""
        cdef Request* request
        sizes = []
        for _ in range(count):
            request = queue_pop(&self.queue)
            if request == NULL:
                raise IndexError("the queue is empty")
            sizes.append(request.batch_size)
            _free(request)
        return sizes

    def __len__(self):
        return self.queue.size

    @property
    def batch_total(self) -> int:
        return self.queue.batch_total

    @property
    def next_deadline(self) -> int:
        """0: no request has one."""
        return self.queue.next_deadline


cdef void _free(Request* request) noexcept:
    free(request.inputs[0].model_shape)
    free(request.inputs)
    free(request)


cdef class WatchProbe:
    """A worker's decision whether to watch for work; times in nanoseconds."""

    cdef Watch watch

    def __cinit__(self):
        watch_init(&self.watch)

    def idle(self, uint64_t now_ns, uint64_t taken=0, uint64_t in_flight=1000) -> None:
        """The worker has nothing to do, after it took so many requests in one go."""
        if taken:
            watch_taken(&self.watch, taken, in_flight)
        watch_idle(&self.watch, now_ns)

    def gap(self, uint64_t gap_ns) -> None:
        watch_gap(&self.watch, gap_ns)

    def woken(self, uint64_t after_ns) -> None:
        watch_woken(&self.watch, after_ns)

    def moment(self) -> int:
        """For how long it would watch now; 0: it would not."""
        return watch_moment(&self.watch)


cdef class SummaryProbe:
    """Quantiles of durations in microseconds; times in nanoseconds."""

    cdef Summary summary

    def observe(self, uint64_t us, uint64_t now_ns=0) -> None:
        summary_observe(&self.summary, us, now_ns)

    def quantile(self, double quantile, uint64_t now_ns=0) -> float:
        """Of what was observed in the minute before."""
        cdef uint64_t totals[<int>SUMMARY_BUCKETS]
        memset(totals, 0, sizeof(totals))
        count = summary_add(&self.summary, now_ns, totals)
        return summary_quantile(totals, count, quantile)

    @property
    def count(self) -> int:
        return self.summary.count

    @property
    def sum(self) -> int:
        return self.summary.sum_us
