# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Life and death of calls, and the gathering of a message from the pieces in which it arrives."""

from libc.stdint cimport uint8_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceRequestCancel,
    TRITONSERVER_InferenceRequestDelete,
    TRITONSERVER_InferenceResponseDelete,
)
from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.frontend._completions cimport (
    Completions,
    Finished,
    completions_drop,
    completions_hold,
)
from triton_py.frontend._memory cimport (
    ATOMIC_ACQ_REL,
    ATOMIC_ACQUIRE,
    arena_free,
    arena_init,
    atomic_add,
    atomic_load,
    block_data,
    block_at_hand,
    block_drop,
    block_grow,
    block_new,
)
from triton_py.grpc._outgoing cimport PREFIX, outgoing_drop, outgoing_uncount
from triton_py.tracing._record cimport recording_drop

cdef enum:
    FIRST_BLOCK = 1 << 20       # a message's memory begins no larger than this

cdef int _alive = 0


cdef int calls_alive() noexcept nogil:
    return atomic_load(&_alive, ATOMIC_ACQUIRE)


cdef void _drop_finished(Finished* finished) noexcept nogil:
    call_drop(<Call*> finished)


cdef Call* call_new(Completions* completions) noexcept nogil:
    cdef Call* call = <Call*> malloc(sizeof(Call))
    if call == NULL:
        return NULL
    atomic_add(&_alive, 1, ATOMIC_ACQ_REL)
    # Neither the arena's first room needs clearing, nor the text of a fault that is not set.
    memset(call, 0, <size_t> (<char*> &call.fault - <char*> call))
    call.fault.status = 0
    call.fault.text[0] = 0
    call.finished.drop = _drop_finished
    call.refs = 1
    call.completions = completions_hold(completions)
    call.encoding = CODING_IDENTITY
    call.timeout_us = -1
    arena_init(&call.arena, call.first, FIRST_ROOM)
    return call


cdef void call_hold(Call* call) noexcept nogil:
    atomic_add(&call.refs, 1, ATOMIC_ACQ_REL)


cdef void _forget(TRITONSERVER_Error* error) noexcept nogil:
    # Nobody is left to be told.
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef void call_drop(Call* call) noexcept nogil:
    if atomic_add(&call.refs, -1, ATOMIC_ACQ_REL) != 0:
        return
    # Context and model are gone: the event loop took them when the stream was closed.
    if call.response != NULL:
        _forget(TRITONSERVER_InferenceResponseDelete(call.response))
    if call.request != NULL:
        _forget(TRITONSERVER_InferenceRequestDelete(call.request))
    block_drop(call.block)
    outgoing_drop(call.answer)
    while call.outgoing != NULL:
        call_pop(call)
    arena_free(&call.arena)
    completions_drop(call.completions)
    if call.trace != NULL:
        recording_drop(call.trace)
    free(call)
    atomic_add(&_alive, -1, ATOMIC_ACQ_REL)


cdef void call_cancel(Call* call) noexcept nogil:
    # A request that has just been released can't be cancelled, and need not be.
    if call.in_flight:
        _forget(TRITONSERVER_InferenceRequestCancel(call.request))


# --- receiving -------------------------------------------------------------------------------


cdef int _room(Call* call, size_t more) noexcept nogil:
    """The block grows as bytes arrive: a client that only announces gigabytes gets none."""
    cdef size_t needed = call.have + more
    cdef size_t capacity
    cdef Block* block
    if call.block == NULL:
        call.block = block_at_hand(call.size)
        if call.block == NULL:
            call.block = block_new(max(needed, min(call.size, <size_t> FIRST_BLOCK)))
        return 0 if call.block != NULL else -2
    if call.block.capacity >= needed:
        return 0
    capacity = min(max(2 * call.block.capacity, needed), call.size)
    block = block_grow(call.block, capacity)
    if block == NULL:
        return -2
    call.block = block
    return 0


cdef ssize_t call_receive(Call* call, const uint8_t* data, size_t size, size_t limit
                          ) noexcept nogil:
    cdef size_t taken = 0
    cdef size_t part
    cdef int failure
    while call.prefix_size < PREFIX and taken < size:
        call.prefix[call.prefix_size] = data[taken]
        call.prefix_size += 1
        taken += 1
        if call.prefix_size == PREFIX:
            if call.prefix[0] > 1:
                return -3
            call.compressed = call.prefix[0] == 1
            call.size = (<size_t> call.prefix[1] << 24) | (<size_t> call.prefix[2] << 16) | (
                <size_t> call.prefix[3] << 8) | call.prefix[4]
            if call.size > limit:
                return -1
    part = min(size - taken, call.size - call.have)
    if part:
        failure = _room(call, part)
        if failure:
            return failure
        memcpy(block_data(call.block) + call.have, data + taken, part)
        call.have += part
    return <ssize_t> (taken + part)


cdef bint call_has_message(Call* call) noexcept nogil:
    return call.prefix_size == PREFIX and call.have == call.size


cdef Block* call_take_message(Call* call) noexcept nogil:
    cdef Block* block = call.block
    call.block = NULL
    call.prefix_size = 0
    call.size = 0
    call.have = 0
    return block


# --- sending ---------------------------------------------------------------------------------


cdef void call_push(Call* call, Outgoing* message) noexcept nogil:
    if call.outgoing == NULL:
        call.outgoing = message
    else:
        call.last_outgoing.next = message
    call.last_outgoing = message
    call.queued += message.left


cdef void call_pop(Call* call) noexcept nogil:
    cdef Outgoing* message = call.outgoing
    call.outgoing = message.next
    if call.outgoing == NULL:
        call.last_outgoing = NULL
    call.queued -= message.left
    # From here on the transport has it, whose own limit it counts for.
    outgoing_uncount(message)
    outgoing_drop(message)


def alive() -> int:
    """gRPC calls that are not finished and freed yet, in this process."""
    return calls_alive()
