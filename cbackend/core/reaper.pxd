# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The thread that ends sequences which are idle, or which waited too long for a slot.

A thread of its own, because all workers may be inside a long execution.
"""

from triton_py.core.objects cimport Sequencer

# With the GIL. Raises MemoryError where there is no thread.
cdef int reaper_start(Sequencer* sequencer) except -1
# Waits for the thread, if there is one. The queue must be closing, and the thread told.
cdef void reaper_end(Sequencer* sequencer) noexcept nogil
