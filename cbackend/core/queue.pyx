# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The queue and batch formation (see queue.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcmp, memset

from triton_py.abi.types cimport TRITONBACKEND_Request, TRITONSERVER_MEMORY_GPU
from triton_py.core.native cimport (
    pthread_cond_destroy,
    pthread_mutex_destroy,
    pthread_mutex_init,
    tp_cond_init,
    tp_load,
    tp_store,
)
from triton_py.core.objects cimport (
    REQUEST_EXAMINED,
    REQUEST_PENDING,
    BatchPolicy,
    Input,
    Queue,
    Request,
)
from triton_py.core.queue_levels cimport levels_expire, levels_insert, levels_unlinked
from triton_py.core.request cimport cancellations, request_input
from triton_py.core.statistics cimport (
    CLOSED_DELAY,
    CLOSED_DRAIN,
    CLOSED_FULL,
    CLOSED_IDLE,
    CLOSED_PREFERRED,
    CLOSED_SHAPE,
    CLOSED_SINGLE,
    CLOSED_STRATEGY,
)
from triton_py.core.strategy cimport Strategy, strategy_begin, strategy_end, strategy_include


cdef void queue_init(Queue* queue) noexcept nogil:
    memset(queue, 0, sizeof(Queue))
    pthread_mutex_init(&queue.mutex, NULL)
    tp_cond_init(&queue.wake)


cdef void queue_destroy(Queue* queue) noexcept nogil:
    pthread_cond_destroy(&queue.wake)
    pthread_mutex_destroy(&queue.mutex)


cdef inline int64_t _size(const Request* request) noexcept nogil:
    return request.batch_size if request.batch_size else 1


cdef void queue_push(Queue* queue, Request* request) noexcept nogil:
    if tp_load(&request.cancelled):
        queue.seen = -1
    if queue.levels != NULL:
        levels_insert(queue, request)
    else:
        request.next = NULL
        if queue.tail == NULL:
            queue.head = request
        else:
            queue.tail.next = request
        queue.tail = request
    queue.size += 1
    queue.batch_total += _size(request)


cdef Request* queue_pop(Queue* queue) noexcept nogil:
    cdef Request* request = queue.head
    if request != NULL:
        queue.head = request.next
        if queue.head == NULL:
            queue.tail = NULL
        if queue.levels != NULL:
            levels_unlinked(queue, request, NULL)
        request.next = NULL
        queue.size -= 1
        queue.batch_total -= _size(request)
    return request


cdef Request* queue_drop_cancelled(Queue* queue) noexcept nogil:
    cdef Request* dropped = NULL
    cdef Request** end = &dropped
    cdef Request** link = &queue.head
    cdef Request* request
    cdef Request* last = NULL
    while link[0] != NULL:
        request = link[0]
        if tp_load(&request.cancelled):
            link[0] = request.next
            if queue.levels != NULL:
                levels_unlinked(queue, request, last)
            request.next = NULL
            queue.size -= 1
            queue.batch_total -= _size(request)
            end[0] = request
            end = &request.next
        else:
            last = request
            link = &request.next
    queue.tail = last
    return dropped


cdef bint _same_content(const Input* a, const Input* b) noexcept nogil:
    """Shape tensors are part of the shape: their values have to agree."""
    if a.byte_size != b.byte_size or a.piece_count != 1 or b.piece_count != 1:
        return a.byte_size == 0 and b.byte_size == 0
    if (a.pieces[0].attributes.memory_type == TRITONSERVER_MEMORY_GPU
            or b.pieces[0].attributes.memory_type == TRITONSERVER_MEMORY_GPU):
        return False
    return memcmp(a.pieces[0].base, b.pieces[0].base, a.byte_size) == 0


cdef bint queue_batchable(const Request* first, const Request* other) noexcept nogil:
    cdef uint32_t i, k
    cdef const Input* a
    cdef const Input* b
    if first.input_count != other.input_count:
        return False
    for i in range(first.input_count):
        a = &first.inputs[i]
        b = request_input(<Request*>other, a.name)
        if b == NULL:
            return False
        if a.spec.shape_tensor:
            if not _same_content(a, b):
                return False
            continue
        if not a.spec.must_match:
            continue
        if a.model_rank != b.model_rank:
            return False
        for k in range(1, a.model_rank):
            if a.model_shape[k] != b.model_shape[k]:
                return False
    return True


cdef bint _included(Strategy* strategy, Request* request, void* userp) noexcept nogil:
    """What the model's own strategy says; it may look at the request meanwhile."""
    cdef bint included
    tp_store(&request.state, REQUEST_EXAMINED)
    included = strategy_include(strategy, <TRITONBACKEND_Request*>request, userp)
    tp_store(&request.state, REQUEST_PENDING)
    return included


cdef inline uint64_t _oldest(const Queue* queue, uint32_t count) noexcept nogil:
    """When the oldest of that many requests at the head came; without levels that is the first."""
    cdef const Request* request = queue.head
    cdef uint64_t oldest = request.batcher_start
    if queue.levels != NULL:
        while count > 1:
            count -= 1
            request = request.next
            oldest = min(oldest, request.batcher_start)
    return oldest


cdef void form_batch(
    const Queue* queue, const BatchPolicy* policy, uint64_t now_ns, Decision* decision
) noexcept nogil:
    cdef Request* request = queue.head
    cdef const Request* first = request
    cdef Strategy* strategy = policy.strategy
    cdef void* userp = NULL
    cdef int64_t pending = 0
    cdef uint32_t count = 0
    cdef int64_t best = 0
    cdef uint32_t best_count = 0
    cdef int64_t largest, size
    cdef uint64_t oldest
    cdef uint32_t i
    cdef bint closed = False
    cdef bint late
    decision.count = 0
    decision.batch_size = 0
    decision.wait_until_ns = FOREVER
    decision.target = 1
    decision.reason = CLOSED_SINGLE  # of no batch, while count is 0
    if request == NULL:
        return
    if not policy.dynamic:
        decision.count = 1
        decision.batch_size = _size(request)
        decision.reason = CLOSED_SINGLE
        return
    # Without preferred sizes the largest batch is the preferred one.
    largest = policy.max_batch_size
    if policy.preferred_count:
        largest = policy.preferred[policy.preferred_count - 1]
    if strategy != NULL:
        strategy_begin(strategy, &userp)
    while request != NULL:
        size = _size(request)
        if count:
            if pending + size > largest and best == 0:
                best = pending
                best_count = count
            if pending + size > policy.max_batch_size:
                closed = True
                decision.reason = CLOSED_FULL
                break
            if policy.compare_inputs and not queue_batchable(first, request):
                closed = True
                decision.reason = CLOSED_SHAPE
                break
        # One that is left out begins the next batch: of the first it is not asked whether it does.
        if strategy != NULL and not _included(strategy, request, userp) and count:
            closed = True
            decision.reason = CLOSED_STRATEGY
            break
        pending += size
        count += 1
        if pending == largest:
            best = pending
            best_count = count
        for i in range(policy.preferred_count):
            if policy.preferred[i] == pending:
                best = pending
                best_count = count
        request = request.next
    if strategy != NULL:
        strategy_end(strategy, userp)
    oldest = _oldest(queue, count)
    late = policy.delay_ns != 0 and now_ns >= oldest + policy.delay_ns
    if best and not late:
        decision.count = best_count
        decision.batch_size = best
        decision.reason = CLOSED_FULL if best >= policy.max_batch_size else CLOSED_PREFERRED
        return
    decision.count = count
    decision.batch_size = pending
    if closed:
        return
    if pending >= largest:
        decision.reason = CLOSED_FULL
    elif late:
        decision.reason = CLOSED_DELAY
    elif queue.closing:
        decision.reason = CLOSED_DRAIN
    elif policy.delay_ns == 0:
        decision.reason = CLOSED_IDLE
    else:
        decision.count = 0
        decision.batch_size = 0
        decision.wait_until_ns = oldest + policy.delay_ns
        decision.target = largest
        for i in range(policy.preferred_count):
            if policy.preferred[i] > pending:
                decision.target = policy.preferred[i]
                break


cdef void queue_take(
    Queue* queue, const BatchPolicy* policy, uint64_t now_ns, Request** batch, Taken* taken
) noexcept nogil:
    cdef Decision decision
    cdef uint32_t i
    taken.failed = NULL
    # Cancellations are rare, and looking for them is a walk along the whole queue.
    cdef int64_t now_seen = cancellations()
    taken.cancelled = NULL
    taken.expired = NULL
    if queue.next_deadline and queue.next_deadline <= now_ns:
        taken.expired = levels_expire(queue, now_ns)
    if now_seen != queue.seen:
        queue.seen = now_seen
        taken.cancelled = queue_drop_cancelled(queue)
    form_batch(queue, policy, now_ns, &decision)
    taken.count = decision.count
    taken.reason = decision.reason
    taken.wait_until_ns = decision.wait_until_ns
    queue.target = decision.target
    for i in range(decision.count):
        batch[i] = queue_pop(queue)
