# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The queue of a model version and the one function that forms batches.

Nothing here looks at a clock: the time comes in, and the time to wait until goes out.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.core.objects cimport BatchPolicy, Queue, Request
from triton_py.core.statistics cimport CloseReason

# Where a worker that found no batch waits until; no time limit.
cdef enum:
    FOREVER = 0

cdef struct Decision:
    uint32_t count          # requests to take from the head; 0: wait
    int64_t batch_size      # their sum
    CloseReason reason
    uint64_t wait_until_ns  # FOREVER, or when to look again
    int64_t target          # sooner, if batch_total reaches this

# What a worker takes at a time. Both lists are linked by `next` and for their taker to answer.
cdef struct Taken:
    uint32_t count          # requests put into the worker's batch; 0: none
    CloseReason reason
    uint64_t wait_until_ns  # FOREVER, or when to look again
    Request* cancelled
    Request* expired        # their time in the queue is up
    Request* failed         # out of memory

cdef void queue_init(Queue* queue) noexcept nogil
cdef void queue_destroy(Queue* queue) noexcept nogil
# All that follow need the queue's mutex.
cdef void queue_push(Queue* queue, Request* request) noexcept nogil
cdef Request* queue_pop(Queue* queue) noexcept nogil
# Takes cancelled requests out and returns them as a list linked by `next`.
cdef Request* queue_drop_cancelled(Queue* queue) noexcept nogil
# Whether two requests of a model may share a batch: same inputs, same shapes.
cdef bint queue_batchable(const Request* first, const Request* other) noexcept nogil
cdef void form_batch(
    const Queue* queue, const BatchPolicy* policy, uint64_t now_ns, Decision* decision
) noexcept nogil
cdef void queue_take(
    Queue* queue, const BatchPolicy* policy, uint64_t now_ns, Request** batch, Taken* taken
) noexcept nogil
