# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Batches of sequences (see sequence_batch.pxd)."""

from libc.stdint cimport uint32_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
from triton_py.core.native cimport tp_load
from triton_py.core.null_request cimport null_request_new
from triton_py.core.objects cimport Request, Sequence, Sequencer, SequenceSlots
from triton_py.core.queue cimport (
    FOREVER,
    Decision,
    Taken,
    form_batch,
    queue_batchable,
    queue_drop_cancelled,
    queue_pop,
)
from triton_py.core.sequence cimport (
    sequence_cancel,
    sequence_ends,
    sequence_pop,
    sequence_vacate,
)
from triton_py.core.sequence_inputs cimport sequence_inputs_add
from triton_py.core.state_value cimport states_new, states_release, states_retain
from triton_py.core.statistics cimport (
    CLOSED_DELAY,
    CLOSED_DRAIN,
    CLOSED_FULL,
    CLOSED_IDLE,
    CLOSED_PREFERRED,
    CLOSED_SINGLE,
)


cdef bint _prepare(SequenceSlots* slots, Request* request) noexcept nogil:
    """Gives a request its control tensors and the state of its sequence. False: out of memory."""
    cdef Sequencer* sequencer = slots.sequencer
    cdef Sequence* sequence = request.sequence
    if sequencer.state_count:
        if request.sequence_flags & TRITONSERVER_REQUEST_FLAG_SEQUENCE_START:
            states_release(sequence.states)
            sequence.states = NULL
        if sequence.states == NULL:
            sequence.states = states_new(
                sequencer.states, sequencer.state_count, slots.device)
            if sequence.states == NULL:
                return False
        states_retain(sequence.states)
        request.states = sequence.states
    return sequence_inputs_add(request, sequencer, True)


cdef inline void _refuse(Request* request, Taken* taken) noexcept nogil:
    request.next = taken.failed
    taken.failed = request


# --- direct --------------------------------------------------------------------------------


cdef inline Request* _head(const SequenceSlots* slots, uint32_t slot) noexcept nogil:
    cdef const Sequence* sequence = slots.at[slot]
    return sequence.head if sequence != NULL else NULL


cdef bint _joins(
    const SequenceSlots* slots, uint32_t reference, uint32_t slot
) noexcept nogil:
    cdef Request* request = _head(slots, slot)
    if request == NULL:
        return False
    return (slot == reference or not slots.sequencer.compare_inputs
            or queue_batchable(_head(slots, reference), request))


cdef void form_slots(
    const SequenceSlots* slots, uint64_t now_ns, SlotDecision* decision
) noexcept nogil:
    cdef const Sequencer* sequencer = slots.sequencer
    cdef const Request* request
    cdef const Request* oldest = NULL
    cdef uint32_t ready = 0
    cdef uint32_t i
    decision.count = 0
    decision.reference = 0
    decision.reason = CLOSED_SINGLE  # of no batch, while count is 0
    decision.wait_until_ns = FOREVER
    # The oldest request decides the shapes of the batch, so that it is never the one left out: a
    # slot whose shapes differ from all others' would starve.
    for i in range(slots.count):
        request = _head(slots, i)
        if request != NULL:
            ready += 1
            if oldest == NULL or request.batcher_start < oldest.batcher_start:
                oldest = request
                decision.reference = i
    if oldest == NULL:
        return
    if slots.count == 1:
        decision.reason = CLOSED_SINGLE
    elif ready == slots.count:
        decision.reason = CLOSED_FULL
    elif sequencer.delay_ns == 0 or sequencer.utilization == 0.0:
        decision.reason = CLOSED_IDLE
    elif ready >= sequencer.utilization * slots.count:
        decision.reason = CLOSED_PREFERRED
    elif now_ns >= oldest.batcher_start + sequencer.delay_ns:
        decision.reason = CLOSED_DELAY
    elif sequencer.model.queue.closing:
        decision.reason = CLOSED_DRAIN
    else:
        decision.wait_until_ns = oldest.batcher_start + sequencer.delay_ns
        return
    for i in range(slots.count):
        if _joins(slots, decision.reference, i):
            decision.count = i + 1


cdef void _cancel_heads(SequenceSlots* slots, uint64_t now_ns) noexcept nogil:
    cdef uint32_t i
    cdef Request* request
    for i in range(slots.count):
        request = _head(slots, i)
        # The slot may go to a sequence of the backlog; its requests were looked at by then.
        if request != NULL and tp_load(&request.cancelled):
            sequence_cancel(slots.at[i], now_ns)


cdef void _take_direct(
    SequenceSlots* slots, uint64_t now_ns, Request** batch, Taken* taken
) noexcept nogil:
    cdef Sequencer* sequencer = slots.sequencer
    cdef Sequence* sequence
    cdef Request* request
    cdef Request* reference = NULL
    cdef SlotDecision decision
    cdef uint32_t i, count
    _cancel_heads(slots, now_ns)
    form_slots(slots, now_ns, &decision)
    taken.wait_until_ns = decision.wait_until_ns
    taken.reason = decision.reason
    for i in range(decision.count):
        batch[i] = _head(slots, i) if _joins(slots, decision.reference, i) else NULL
    count = 0
    for i in range(decision.count):
        request = batch[i]
        if request == NULL:
            continue
        sequence = slots.at[i]
        sequence_pop(sequence)
        sequencer.model.queue.size -= 1
        if not _prepare(slots, request):
            batch[i] = NULL
            _refuse(request, taken)
        else:
            count = i + 1
            if reference == NULL:
                reference = request
        if sequence_ends(sequencer, request):
            sequence_vacate(sequence, now_ns)
    taken.count = count
    for i in range(count):
        if batch[i] == NULL and taken.count == count:
            batch[i] = null_request_new(reference, sequencer)
            if batch[i] == NULL:
                taken.count = i  # those behind it would be at the wrong place
        if i >= taken.count and batch[i] != NULL:
            _refuse(batch[i], taken)


# --- oldest --------------------------------------------------------------------------------


cdef void _take_oldest(
    SequenceSlots* slots, uint64_t now_ns, Request** batch, Taken* taken
) noexcept nogil:
    cdef Sequencer* sequencer = slots.sequencer
    cdef Decision decision
    cdef Request* request
    cdef Request* next
    request = queue_drop_cancelled(&slots.oldest)
    while request != NULL:
        next = request.next
        sequencer.model.queue.size -= 1
        # What follows in its sequence would go on from a step that was left out.
        sequence_cancel(request.sequence, now_ns)
        request.next = sequencer.dropped
        sequencer.dropped = request
        request = next
    slots.oldest.closing = sequencer.model.queue.closing
    form_batch(&slots.oldest, &sequencer.policy, now_ns, &decision)
    taken.reason = decision.reason
    taken.wait_until_ns = decision.wait_until_ns
    for _ in range(decision.count):
        request = queue_pop(&slots.oldest)
        sequencer.model.queue.size -= 1
        if _prepare(slots, request):
            batch[taken.count] = request
            taken.count += 1
        else:
            _refuse(request, taken)


cdef void sequence_take(
    SequenceSlots* slots, uint64_t now_ns, Request** batch, Taken* taken
) noexcept nogil:
    taken.count = 0
    taken.failed = NULL
    taken.expired = NULL
    if slots.sequencer.oldest:
        _take_oldest(slots, now_ns, batch, taken)
    else:
        _take_direct(slots, now_ns, batch, taken)
    taken.cancelled = slots.sequencer.dropped
    slots.sequencer.dropped = NULL
