# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where a connection receives: blocks that requests in flight go on borrowing from.

A block is reused from its start when nobody borrows from it any more. A body that is larger than
what is left of a block gets one of its own, which grows as the bytes arrive: a client that only
announces gigabytes gets no gigabytes.
"""

from libc.string cimport memcpy, memmove

from triton_py.frontend._memory cimport (
    Block,
    block_at_hand,
    block_data,
    block_drop,
    block_grow,
    block_new,
    block_shared,
)
from triton_py.http._parser cimport AT_BODY, AT_CHUNK_DATA, AT_CHUNK_SIZE, Parser

cdef enum:
    READ_ROOM = 16384           # of a fresh block
    LEAST_ROOM = 2048           # less than this is no room to read into
    KEEP_BLOCK = 65536          # a larger block is given back when its request is done
    STEP_ROOM = 1 << 20         # a large body's block grows in steps no smaller than this


cdef int _move(Inbox* inbox, Block* block) noexcept nogil:
    """To the start of a block that has room for it, which becomes the inbox's."""
    cdef size_t pending = inbox.end - inbox.begin
    if pending:
        memcpy(block_data(block), inbox_data(inbox), pending)
    block_drop(inbox.block)
    inbox.block = block
    inbox.begin = 0
    inbox.end = pending
    return 0


cdef int inbox_room(Inbox* inbox, Parser* parser) noexcept nogil:
    cdef size_t pending = inbox.end - inbox.begin
    cdef size_t wanted = READ_ROOM
    cdef size_t whole
    cdef Block* block = inbox.block
    cdef Block* fresh
    if block != NULL and pending == 0 and not block_shared(block):
        inbox.begin = inbox.end = 0
    if parser.state == AT_BODY:
        whole = parser.body + parser.content_length
        if block != NULL and block.capacity - inbox.begin >= whole:
            return 0
        fresh = block_at_hand(whole)
        if fresh != NULL:
            return _move(inbox, fresh)
        wanted = min(whole, max(<size_t> STEP_ROOM, 4 * pending)) - pending
        if block != NULL and block.capacity - inbox.end >= max(<size_t> LEAST_ROOM, wanted // 4):
            return 0
    elif block != NULL and block.capacity - inbox.end >= LEAST_ROOM:
        return 0
    else:
        wanted = max(wanted, pending)
    if block != NULL and inbox.begin == 0 and not block_shared(block):
        block = block_grow(block, pending + wanted)
        if block == NULL:
            return -1
        inbox.block = block
        return 0
    block = block_new(pending + wanted)
    if block == NULL:
        return -1
    return _move(inbox, block)


cdef void inbox_compact(Inbox* inbox, Parser* parser) noexcept nogil:
    cdef char* base
    cdef size_t to = parser.body + parser.body_size
    cdef size_t line, left
    if parser.state < AT_CHUNK_SIZE:
        return
    if parser.state == AT_CHUNK_DATA:
        # Everything is decoded: what comes next may follow the body directly.
        parser.spent += inbox.end - inbox.begin - to
        parser.scanned = to
        inbox.end = inbox.begin + to
        return
    # From the current line's first byte on, nothing is spent yet.
    if parser.line <= to:
        return
    base = inbox_data(inbox)
    line = parser.scanned - parser.line
    left = inbox.end - inbox.begin - parser.line
    memmove(base + to, base + parser.line, left)
    parser.spent += parser.line - to
    parser.line = to
    parser.scanned = to + line
    inbox.end = inbox.begin + to + left


cdef void inbox_next(Inbox* inbox, size_t size) noexcept nogil:
    inbox.begin += size
    if inbox.begin == inbox.end and inbox.block.capacity > KEEP_BLOCK:
        # A large body's block goes with its request.
        inbox_clear(inbox)


cdef void inbox_clear(Inbox* inbox) noexcept nogil:
    block_drop(inbox.block)
    inbox.block = NULL
    inbox.begin = inbox.end = 0
