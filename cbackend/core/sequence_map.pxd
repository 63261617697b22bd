# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Open sequences by their correlation ids, which are numbers or strings.

All of it needs the queue's mutex. The links are in the sequences: entering one can't fail.
"""

from libc.stdint cimport uint64_t

from triton_py.core.objects cimport Sequence, Sequencer

# False: out of memory.
cdef bint map_init(Sequencer* sequencer) noexcept nogil
# The open sequence of that id; `string` is NULL for a number.
cdef Sequence* map_find(
    const Sequencer* sequencer, uint64_t id, const char* string
) noexcept nogil
cdef void map_add(Sequencer* sequencer, Sequence* sequence) noexcept nogil
# Whoever has the correlation id next begins another sequence.
cdef void map_remove(Sequencer* sequencer, Sequence* sequence) noexcept nogil
