# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Priorities, limits and time-outs of a queue: the queue policies of a model's dynamic batcher.

A queue stays one list, in the order in which its requests are served: level by level, and of each
level first those that are in time, then those that waited too long where their policy delays them.
So batches are formed of it as of any other. A *segment* is one of these parts: twice the level's
index, and one more for those that are delayed. The last request of each is known, and behind it the
next one is put.

A queue without policies has no levels, and none of this is called for it. All functions but the
first two need the queue's mutex. Nothing here looks at a clock.
"""

from libc.stdint cimport uint64_t

from triton_py.core.objects cimport Queue, Request

# With the GIL, before the model serves: from compile_spec()'s dict. Raises MemoryError.
cdef int levels_make(Queue* queue, dict spec) except -1
cdef void levels_free(Queue* queue) noexcept nogil

# Whether the queue has no room for one more such request.
cdef bint levels_full(const Queue* queue, const Request* request) noexcept nogil
# Links a request, `queue_start` of which is now, and gives it its deadline.
cdef void levels_insert(Queue* queue, Request* request) noexcept nogil
# Told of a request that was unlinked; `before` was its neighbour in the list, NULL for the head.
cdef void levels_unlinked(Queue* queue, const Request* request, Request* before) noexcept nogil
# Puts requests whose time is up behind the others of their level, or takes them out and returns
# them as a list linked by `next`, as their policies say; and finds the next deadline. A walk along
# the queue.
cdef Request* levels_expire(Queue* queue, uint64_t now_ns) noexcept nogil
