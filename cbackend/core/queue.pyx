# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The queue and batch formation (see queue.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcmp, memset

from triton_py.abi.types cimport TRITONSERVER_MEMORY_GPU
from triton_py.core.native cimport (
    pthread_cond_destroy,
    pthread_mutex_destroy,
    pthread_mutex_init,
    tp_cond_init,
    tp_load,
)
from triton_py.core.objects cimport BatchPolicy, Input, Queue, Request
from triton_py.core.request cimport request_input
from triton_py.core.statistics cimport (
    CLOSED_DELAY,
    CLOSED_DRAIN,
    CLOSED_FULL,
    CLOSED_IDLE,
    CLOSED_PREFERRED,
    CLOSED_SHAPE,
    CLOSED_SINGLE,
)


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


cdef bint _batchable(const Request* first, const Request* other) noexcept nogil:
    """Whether two requests of a model may share a batch: same inputs, same shapes."""
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


cdef void form_batch(
    const Queue* queue, const BatchPolicy* policy, uint64_t now_ns, Decision* decision
) noexcept nogil:
    cdef const Request* request = queue.head
    cdef const Request* first = request
    cdef int64_t pending = 0
    cdef uint32_t count = 0
    cdef int64_t best = 0
    cdef uint32_t best_count = 0
    cdef int64_t largest, size
    cdef uint32_t i
    cdef bint closed = False
    cdef bint late
    decision.count = 0
    decision.batch_size = 0
    decision.wait_until_ns = FOREVER
    decision.target = 1
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
            if policy.compare_inputs and not _batchable(first, request):
                closed = True
                decision.reason = CLOSED_SHAPE
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
    late = policy.delay_ns != 0 and now_ns >= first.queue_start + policy.delay_ns
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
        decision.wait_until_ns = first.queue_start + policy.delay_ns
        decision.target = largest
        for i in range(policy.preferred_count):
            if policy.preferred[i] > pending:
                decision.target = policy.preferred[i]
                break
