# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Queue policies (see queue_levels.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from triton_py.core.objects cimport Queue, QueueLevel, Request

cdef extern from * nogil:
    int __builtin_clzll(unsigned long long)

cdef enum:
    WORD_BITS = 64

cdef uint64_t MOST_NS = 0x3fffffffffffffff  # 146 years


# --- making --------------------------------------------------------------------------------


cdef bint _plain(dict policy):
    """Without a limit and a time-out. One of its own counts only where it is shorter than that."""
    return policy["max_queue_size"] == 0 and policy["default_timeout_us"] == 0


cdef int _level(Queue* queue, uint32_t index, dict policy) except -1:
    cdef QueueLevel* level = &queue.levels[index]
    level.max_size = policy["max_queue_size"]
    level.timeout_us = policy["default_timeout_us"]
    level.may_override = policy["allow_timeout_override"]
    level.delays = policy["timeout_action"] == "DELAY"
    if level.timeout_us:
        queue.timeouts = True
    return 0


cdef int levels_make(Queue* queue, dict spec) except -1:
    cdef uint32_t count = max(1, spec["priority_levels"])
    cdef uint32_t i
    cdef dict own = spec["priority_queue_policy"]
    cdef dict default = spec["default_queue_policy"]
    levels_free(queue)
    if spec["scheduling"] != "dynamic" or (
            count == 1 and _plain(own.get(1, default) if spec["priority_levels"] else default)):
        return 0
    queue.levels = <QueueLevel*>calloc(count, sizeof(QueueLevel))
    queue.ends = <Request**>calloc(2 * count, sizeof(Request*))
    queue.filled = <uint64_t*>calloc(2 * count // WORD_BITS + 1, sizeof(uint64_t))
    if queue.levels == NULL or queue.ends == NULL or queue.filled == NULL:
        levels_free(queue)
        raise MemoryError("out of memory for a model's queue")
    queue.level_count = count
    queue.default_level = max(1, spec["default_priority_level"]) - 1
    for i in range(count):
        # Without priorities there are no policies of levels.
        _level(queue, i, own.get(i + 1, default) if spec["priority_levels"] else default)
    return 0


cdef void levels_free(Queue* queue) noexcept nogil:
    free(queue.levels)
    free(queue.ends)
    free(queue.filled)
    queue.levels = NULL
    queue.ends = NULL
    queue.filled = NULL
    queue.level_count = 0
    queue.timeouts = False


# --- the list ------------------------------------------------------------------------------


cdef inline uint32_t _index(const Queue* queue, const Request* request) noexcept nogil:
    # 1 is served first. No priority, and one that there is not, stand for the default.
    if request.priority == 0 or request.priority > queue.level_count:
        return queue.default_level
    return <uint32_t>(request.priority - 1)


cdef bint levels_full(const Queue* queue, const Request* request) noexcept nogil:
    cdef const QueueLevel* level = &queue.levels[_index(queue, request)]
    return level.max_size != 0 and level.size >= level.max_size


cdef uint64_t _deadline(const QueueLevel* level, const Request* request) noexcept nogil:
    """0: none."""
    cdef uint64_t timeout_us = level.timeout_us
    # As Triton has it, a request may shorten the time it waits, not lengthen it.
    if level.may_override and request.timeout_us and request.timeout_us < timeout_us:
        timeout_us = request.timeout_us
    if timeout_us == 0:
        return 0
    if timeout_us > MOST_NS // 1000:
        return request.queue_start + MOST_NS
    return request.queue_start + timeout_us * 1000


cdef Request* _last_up_to(const Queue* queue, uint32_t segment) noexcept nogil:
    """The last request of that segment, or of the nearest before it that has any; or NULL."""
    cdef uint32_t word = segment // WORD_BITS
    cdef uint64_t bits = queue.filled[word] & (
        <uint64_t>0xffffffffffffffff >> (WORD_BITS - 1 - segment % WORD_BITS))
    while bits == 0:
        if word == 0:
            return NULL
        word -= 1
        bits = queue.filled[word]
    return queue.ends[word * WORD_BITS + WORD_BITS - 1 - __builtin_clzll(bits)]


cdef void _link(Queue* queue, Request* request, uint32_t segment) noexcept nogil:
    cdef Request* before = _last_up_to(queue, segment)
    cdef Request** place = &queue.head if before == NULL else &before.next
    request.segment = segment
    request.next = place[0]
    place[0] = request
    if request.next == NULL:
        queue.tail = request
    queue.ends[segment] = request
    queue.filled[segment // WORD_BITS] |= <uint64_t>1 << (segment % WORD_BITS)
    queue.levels[segment // 2].size += 1


cdef void levels_insert(Queue* queue, Request* request) noexcept nogil:
    cdef uint32_t index = _index(queue, request)
    request.deadline_ns = _deadline(&queue.levels[index], request)
    _link(queue, request, 2 * index)
    if request.deadline_ns and (
            queue.next_deadline == 0 or request.deadline_ns < queue.next_deadline):
        queue.next_deadline = request.deadline_ns


cdef void levels_unlinked(Queue* queue, const Request* request, Request* before) noexcept nogil:
    cdef uint32_t segment = request.segment
    queue.levels[segment // 2].size -= 1
    if queue.ends[segment] != request:
        return
    if before != NULL and before.segment == segment:
        queue.ends[segment] = before
        return
    queue.ends[segment] = NULL
    queue.filled[segment // WORD_BITS] &= ~(<uint64_t>1 << (segment % WORD_BITS))


cdef inline int64_t _size(const Request* request) noexcept nogil:
    return request.batch_size if request.batch_size else 1


cdef Request* levels_expire(Queue* queue, uint64_t now_ns) noexcept nogil:
    cdef Request* rejected = NULL
    cdef Request* delayed = NULL
    cdef Request** rejected_end = &rejected
    cdef Request** delayed_end = &delayed
    cdef Request** link = &queue.head
    cdef Request* last = NULL
    cdef Request* request
    queue.next_deadline = 0
    while link[0] != NULL:
        request = link[0]
        if request.deadline_ns == 0 or request.deadline_ns > now_ns:
            if request.deadline_ns and (
                    queue.next_deadline == 0 or request.deadline_ns < queue.next_deadline):
                queue.next_deadline = request.deadline_ns
            last = request
            link = &request.next
            continue
        link[0] = request.next
        levels_unlinked(queue, request, last)
        request.next = NULL
        request.deadline_ns = 0
        if queue.levels[request.segment // 2].delays:
            delayed_end[0] = request
            delayed_end = &request.next
        else:
            queue.size -= 1
            queue.batch_total -= _size(request)
            rejected_end[0] = request
            rejected_end = &request.next
    queue.tail = last
    while delayed != NULL:
        request = delayed
        delayed = request.next
        _link(queue, request, request.segment | 1)
    return rejected
