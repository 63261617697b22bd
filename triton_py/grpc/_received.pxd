# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport uint64_t

from triton_py.frontend._memory cimport Block


cdef class Received:
    """One message as it was received."""

    cdef Block* block           # counted; NULL for an empty message
    cdef size_t size
    cdef uint64_t received_ns   # monotonic: when it was complete

    cdef const char* data(self) noexcept


# Takes the block over.
cdef Received received(Block* block, size_t size)
# A copy.
cdef Received received_bytes(bytes data)
