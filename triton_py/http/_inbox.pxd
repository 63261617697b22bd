# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a connection received and has not taken up yet."""

from triton_py.frontend._memory cimport Block, block_data
from triton_py.http._parser cimport Parser


cdef struct Inbox:
    Block* block            # counted; NULL when nothing is pending and nothing is kept ready
    size_t begin            # of the current request
    size_t end              # of what was received


cdef inline char* inbox_data(Inbox* inbox) noexcept nogil:
    """The current request's first byte."""
    return block_data(inbox.block) + inbox.begin


# Makes room behind `end`: all that the current request still needs, or a good piece. -1: no memory.
cdef int inbox_room(Inbox* inbox, Parser* parser) noexcept nogil
# Closes the gap that decoded chunks left between the body so far and what follows.
cdef void inbox_compact(Inbox* inbox, Parser* parser) noexcept nogil
# Steps behind the current request, `size` bytes long.
cdef void inbox_next(Inbox* inbox, size_t size) noexcept nogil
# Forgets everything received.
cdef void inbox_clear(Inbox* inbox) noexcept nogil
