# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How much pinned memory there may be, and how much there is.

The memory itself is the CUDA runtime's, taken when it is asked for; the pool is a limit on it.
There is one for the process: the pools of its servers together.
"""

from libc.stdint cimport int64_t, uint64_t

# Makes the pool larger, or with a negative number smaller; what is taken stays taken.
cdef void pinned_resize(int64_t change) noexcept nogil
cdef int64_t pinned_total() noexcept nogil
cdef int64_t pinned_used() noexcept nogil

# Takes so many bytes off what is left; False: there is not that much.
cdef bint pinned_take(uint64_t size) noexcept nogil
# Gives them back, where there is no buffer of them, or not any more.
cdef void pinned_give(uint64_t size) noexcept nogil
# Which buffer has them. To be forgotten before it is freed: after it, it may be another's.
cdef void pinned_note(void* buffer, uint64_t size) noexcept nogil
# Its size, for pinned_give or, if it could not be freed, pinned_note; 0: there is none such.
cdef uint64_t pinned_forget(void* buffer) noexcept nogil
