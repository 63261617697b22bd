# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The thread that answers requests which waited too long in a queue with time-outs.

A thread of its own, because all workers may be inside a long execution. A worker that takes a batch
looks at the deadlines, too: what is late is never executed.
"""

from triton_py.core.objects cimport Model

# With the GIL. Starts nothing where the model's queue has no time-outs. Raises MemoryError where
# there is no thread.
cdef int queue_timer_start(Model* model) except -1
# A request was put into the queue. Needs the queue's mutex.
cdef void queue_timer_told(Model* model) noexcept nogil
# Waits for the thread, if there is one. The queue must be closing.
cdef void queue_timer_end(Model* model) noexcept nogil
