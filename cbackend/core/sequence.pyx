# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sequences and their slots (see sequence.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, strlen

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_LOG_VERBOSE,
    TRITONSERVER_LOG_WARN,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_END,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_START,
    TRITONSERVER_Error,
    TRITONSERVER_LogLevel,
)
from triton_py.core.counters cimport LIVE_SEQUENCE, live
from triton_py.core.error cimport error_new
from triton_py.core.log cimport log_enabled, log_write
from triton_py.core.native cimport (
    FOREVER_NS,
    pthread_cond_destroy,
    pthread_cond_signal,
    tp_cond_init,
    tp_load,
)
from triton_py.core.objects cimport (
    SEQUENCE_IN_BACKLOG,
    SEQUENCE_IN_SLOT,
    SEQUENCE_OUT,
    Request,
    Sequence,
    Sequencer,
    SequenceSlots,
)
from triton_py.core.queue cimport queue_destroy, queue_init, queue_push
from triton_py.core.sequence_inputs cimport sequence_inputs_check
from triton_py.core.sequence_map cimport map_add, map_find, map_remove
from triton_py.core.state_value cimport states_release
from triton_py.core.text cimport Text, text_add, text_init, text_str, text_uint


cdef void _name(Text* text, uint64_t id, const char* string) noexcept nogil:
    if string != NULL:
        text_add(text, string)
    else:
        text_uint(text, id)


cdef void _log(
    TRITONSERVER_LogLevel level, const Sequencer* sequencer, uint64_t id, const char* string,
    const char* what
) noexcept nogil:
    cdef Text text
    if not log_enabled(level):
        return
    text_init(&text)
    text_add(&text, b"sequence ")
    _name(&text, id, string)
    text_add(&text, b" for model '")
    text_add(&text, sequencer.model.name)
    text_add(&text, b"' ")
    text_add(&text, what)
    log_write(level, b"sequence", 0, text_str(&text))


# --- slots ---------------------------------------------------------------------------------


cdef SequenceSlots* sequence_add_slots(Sequencer* sequencer, int64_t device) noexcept nogil:
    cdef SequenceSlots* slots = <SequenceSlots*>calloc(1, sizeof(SequenceSlots))
    cdef SequenceSlots** fresh = <SequenceSlots**>calloc(
        sequencer.slots_count + 1, sizeof(SequenceSlots*))
    if slots != NULL:
        slots.at = <Sequence**>calloc(sequencer.slot_count, sizeof(Sequence*))
    if slots == NULL or fresh == NULL or slots.at == NULL:
        free(slots)
        free(fresh)
        return NULL
    slots.sequencer = sequencer
    slots.count = sequencer.slot_count
    slots.device = device
    queue_init(&slots.oldest)
    tp_cond_init(&slots.wake)
    if sequencer.slots_count:
        memcpy(fresh, sequencer.slots, sizeof(SequenceSlots*) * sequencer.slots_count)
    free(sequencer.slots)
    sequencer.slots = fresh
    sequencer.slots[sequencer.slots_count] = slots
    sequencer.slots_count += 1
    return slots


cdef void sequence_remove_slots(SequenceSlots* slots) noexcept nogil:
    cdef Sequencer* sequencer = slots.sequencer
    cdef uint32_t kept = 0
    cdef uint32_t i
    for i in range(sequencer.slots_count):
        if sequencer.slots[i] != slots:
            sequencer.slots[kept] = sequencer.slots[i]
            kept += 1
    sequencer.slots_count = kept
    sequence_free_slots(slots)


cdef void sequence_free_slots(SequenceSlots* slots) noexcept nogil:
    queue_destroy(&slots.oldest)
    pthread_cond_destroy(&slots.wake)
    free(slots.at)
    free(slots)


cdef SequenceSlots* _free_slot(Sequencer* sequencer, uint32_t* slot) noexcept nogil:
    """The free slot with the lowest number, over all instances: batches of low slots are short."""
    cdef SequenceSlots* best = NULL
    cdef SequenceSlots* slots
    cdef uint32_t i
    for i in range(sequencer.slots_count):
        slots = sequencer.slots[i]
        if slots.leaving or slots.used == slots.count:
            continue
        while slots.at[slots.lowest_free] != NULL:
            slots.lowest_free += 1
        if best == NULL or slots.lowest_free < best.lowest_free:
            best = slots
    if best != NULL:
        slot[0] = best.lowest_free
    return best


cdef void _issue(Sequence* sequence, uint64_t now_ns) noexcept nogil:
    """Wakes the worker for a sequence that has a request, if it may have one in a batch.

    With the oldest strategy that is one at a time, and it goes to the batcher's queue.
    """
    cdef SequenceSlots* slots = sequence.slots
    cdef Request* request
    if sequence.head == NULL or sequence.issued:
        return
    if slots.sequencer.oldest:
        request = sequence_pop(sequence)
        request.issued = True
        request.batcher_start = now_ns
        sequence.issued = True
        queue_push(&slots.oldest, request)
    if slots.waiting:
        pthread_cond_signal(&slots.wake)


cdef void _occupy(
    Sequence* sequence, SequenceSlots* slots, uint32_t slot, uint64_t now_ns
) noexcept nogil:
    slots.at[slot] = sequence
    slots.used += 1
    sequence.place = SEQUENCE_IN_SLOT
    sequence.slots = slots
    sequence.slot = slot
    sequence.expires_ns = FOREVER_NS
    _issue(sequence, now_ns)


cdef bint _gave_up(const Sequence* sequence) noexcept nogil:
    cdef const Request* request = sequence.head
    while request != NULL:
        if tp_load(&request.cancelled):
            return True
        request = request.next
    return False


cdef void sequence_reap(Sequencer* sequencer, uint64_t when_ns) noexcept nogil:
    if when_ns < sequencer.reap_at:
        sequencer.reap_at = when_ns
        if sequencer.reaping:
            pthread_cond_signal(&sequencer.reap)


cdef void sequence_vacate(Sequence* sequence, uint64_t now_ns) noexcept nogil:
    cdef SequenceSlots* slots = sequence.slots
    cdef Sequencer* sequencer = slots.sequencer
    cdef uint32_t slot = sequence.slot
    cdef Sequence* next
    slots.at[slot] = NULL
    slots.used -= 1
    if slot < slots.lowest_free:
        slots.lowest_free = slot
    sequence.place = SEQUENCE_OUT
    sequence.slots = NULL
    if slots.leaving:
        # Its worker waits for the last of them.
        if slots.used == 0 and slots.waiting:
            pthread_cond_signal(&slots.wake)
        return
    next = _next_in_backlog(sequencer, now_ns)
    if next != NULL:
        _occupy(next, slots, slot, now_ns)


cdef Sequence* _next_in_backlog(Sequencer* sequencer, uint64_t now_ns) noexcept nogil:
    """The sequence that has waited longest for a slot, out of the backlog; NULL: there is none."""
    cdef Sequence* next
    while sequencer.backlog != NULL:
        next = sequencer.backlog
        if _gave_up(next):
            sequence_cancel(next, now_ns)
            continue
        sequencer.backlog = next.next
        if sequencer.backlog == NULL:
            sequencer.backlog_tail = NULL
        next.next = NULL
        return next
    return NULL


cdef void sequence_fill(SequenceSlots* slots, uint64_t now_ns) noexcept nogil:
    cdef Sequence* next
    while slots.used < slots.count:
        next = _next_in_backlog(slots.sequencer, now_ns)
        if next == NULL:
            return
        while slots.at[slots.lowest_free] != NULL:
            slots.lowest_free += 1
        _occupy(next, slots, slots.lowest_free, now_ns)


# --- sequences -----------------------------------------------------------------------------


cdef void _free(Sequence* sequence) noexcept nogil:
    states_release(sequence.states)
    free(sequence)
    live(LIVE_SEQUENCE, -1)


cdef Sequence* _begin(Sequencer* sequencer, Request* request, uint64_t now_ns) noexcept nogil:
    """A sequence in a slot or at the end of the backlog; NULL: out of memory."""
    cdef const char* string = request.sequence_string
    cdef size_t size = strlen(string) + 1 if string != NULL else 0
    cdef Sequence* sequence = <Sequence*>calloc(1, sizeof(Sequence) + size)
    cdef SequenceSlots* slots
    cdef uint32_t slot = 0
    if sequence == NULL:
        return NULL
    live(LIVE_SEQUENCE, 1)
    sequence.sequencer = sequencer
    sequence.id = request.sequence_id
    if string != NULL:
        sequence.string = <const char*>(sequence + 1)
        memcpy(sequence + 1, string, size)
    sequence.expires_ns = FOREVER_NS
    map_add(sequencer, sequence)
    slots = _free_slot(sequencer, &slot)
    if slots != NULL:
        _occupy(sequence, slots, slot, now_ns)
        return sequence
    sequence.place = SEQUENCE_IN_BACKLOG
    if sequencer.backlog_tail == NULL:
        sequencer.backlog = sequence
    else:
        sequencer.backlog_tail.next = sequence
    sequencer.backlog_tail = sequence
    return sequence


cdef void _leave_backlog(Sequencer* sequencer, Sequence* sequence) noexcept nogil:
    cdef Sequence** link = &sequencer.backlog
    cdef Sequence* before = NULL
    while link[0] != sequence:
        before = link[0]
        link = &before.next
    link[0] = sequence.next
    if sequencer.backlog_tail == sequence:
        sequencer.backlog_tail = before
    sequence.next = NULL
    sequence.place = SEQUENCE_OUT


cdef void _append(Sequence* sequence, Request* request) noexcept nogil:
    request.next = NULL
    if sequence.tail == NULL:
        sequence.head = request
    else:
        sequence.tail.next = request
    sequence.tail = request


cdef Request* sequence_pop(Sequence* sequence) noexcept nogil:
    cdef Request* request = sequence.head
    sequence.head = request.next
    if sequence.head == NULL:
        sequence.tail = NULL
    request.next = NULL
    return request


cdef TRITONSERVER_Error* _not_started(Sequencer* sequencer, Request* request) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"inference request for sequence ")
    _name(&text, request.sequence_id, request.sequence_string)
    text_add(&text, b" to model '")
    text_add(&text, sequencer.model.name)
    text_add(&text, b"' must specify the START flag on the first request of the sequence")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* _invalid(Sequencer* sequencer, const char* what) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"inference request to model '")
    text_add(&text, sequencer.model.name)
    text_add(&text, what)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* _identify(Sequencer* sequencer, Request* request) noexcept nogil:
    """Sees to it that the request has a correlation id; an iterative model gives it one."""
    if request.sequence_string != NULL or request.sequence_id != 0:
        return NULL
    if not sequencer.iterative:
        return _invalid(
            sequencer, b"' must specify a non-zero or non-empty correlation ID")
    # Not one that a client uses, and one that the smallest data type of a control can hold.
    while True:
        sequencer.last_id = (sequencer.last_id % 0x7fffffff) + 1
        if map_find(sequencer, sequencer.last_id, NULL) == NULL:
            break
    request.sequence_id = sequencer.last_id
    request.sequence_flags = TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
    return NULL


cdef bint sequence_ends(const Sequencer* sequencer, const Request* request) noexcept nogil:
    # How many steps an iterative sequence takes is its backend's decision.
    return not sequencer.iterative and (
        request.sequence_flags & TRITONSERVER_REQUEST_FLAG_SEQUENCE_END) != 0


cdef TRITONSERVER_Error* sequence_accept(
    Sequencer* sequencer, Request* request, uint64_t now_ns
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Sequence* sequence
    cdef bint start
    if request.batch_size > 1:
        return _invalid(sequencer, b"' must specify batch-size 1 due to requirements of sequence "
                                   b"batcher")
    error = _identify(sequencer, request)
    if error == NULL:
        error = sequence_inputs_check(request, sequencer)
    if error != NULL:
        return error
    start = (request.sequence_flags & TRITONSERVER_REQUEST_FLAG_SEQUENCE_START) != 0
    sequence = map_find(sequencer, request.sequence_id, request.sequence_string)
    if sequence == NULL:
        if not start:
            return _not_started(sequencer, request)
        sequence = _begin(sequencer, request, now_ns)
        if sequence == NULL:
            return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a sequence")
    elif start:
        _log(TRITONSERVER_LOG_WARN, sequencer, sequence.id, sequence.string,
             b"has a conflict. The previous sequence did not end before this sequence start. "
             b"Previous sequence will be terminated early.")
    request.sequence = sequence
    request.issued = False
    request.queue_start = now_ns
    request.batcher_start = now_ns
    sequence.requests += 1
    sequence.active_ns = now_ns
    sequencer.model.queue.size += 1
    _append(sequence, request)
    if sequence_ends(sequencer, request):
        map_remove(sequencer, sequence)
    if sequence.place == SEQUENCE_IN_SLOT:
        _issue(sequence, now_ns)
    elif request.timeout_us and request.timeout_us < (FOREVER_NS - now_ns) // 1000:
        if now_ns + request.timeout_us * 1000 < sequence.expires_ns:
            sequence.expires_ns = now_ns + request.timeout_us * 1000
            sequence_reap(sequencer, sequence.expires_ns)
    return NULL


cdef void _drop(Sequencer* sequencer, Sequence* sequence, Request** into) noexcept nogil:
    """Moves all waiting requests of a sequence to the front of a list, in their order."""
    cdef Request* last = sequence.tail
    cdef Request* request = sequence.head
    if last == NULL:
        return
    while request != NULL:
        sequencer.model.queue.size -= 1
        request = request.next
    last.next = into[0]
    into[0] = sequence.head
    sequence.head = NULL
    sequence.tail = NULL


cdef void sequence_cancel(Sequence* sequence, uint64_t now_ns) noexcept nogil:
    cdef Sequencer* sequencer = sequence.sequencer
    if sequence.open:
        map_remove(sequencer, sequence)
    _drop(sequencer, sequence, &sequencer.dropped)
    if sequence.place == SEQUENCE_IN_SLOT and not sequence.issued:
        sequence_vacate(sequence, now_ns)
    elif sequence.place == SEQUENCE_IN_BACKLOG:
        _leave_backlog(sequencer, sequence)
    # Who cancels may be a thread that gives a request back: the reaper answers.
    if sequencer.dropped != NULL:
        sequence_reap(sequencer, now_ns)


cdef void sequence_released(Request* request, uint64_t now_ns) noexcept nogil:
    cdef Sequence* sequence = request.sequence
    cdef Sequencer* sequencer = sequence.sequencer
    request.sequence = NULL
    sequence.requests -= 1
    sequence.active_ns = now_ns
    if request.issued:
        request.issued = False
        sequence.issued = False
    # A request that was not given back for a next step is an iterative sequence's last.
    if sequencer.iterative and sequence.open:
        map_remove(sequencer, sequence)
    if sequence.place == SEQUENCE_IN_SLOT:
        if sequence.open or sequence.head != NULL:
            _issue(sequence, now_ns)
        elif not sequence.issued:
            sequence_vacate(sequence, now_ns)
    if sequence.requests:
        return
    if not sequence.open:
        _free(sequence)
    else:
        sequence_reap(sequencer, now_ns + sequencer.idle_ns)


cdef bint sequence_again(Request* request, uint64_t now_ns) noexcept nogil:
    cdef Sequence* sequence = request.sequence
    if request.issued:
        request.issued = False
        sequence.issued = False
    if sequence.place == SEQUENCE_OUT:
        return False
    request.sequence_flags = 0
    request.queue_start = now_ns
    request.batcher_start = now_ns
    sequence.sequencer.model.queue.size += 1
    _append(sequence, request)
    _issue(sequence, now_ns)
    return True


# --- silence -------------------------------------------------------------------------------


cdef void _expire_backlog(
    Sequencer* sequencer, uint64_t now_ns, uint64_t* next_ns, Request** rejected
) noexcept nogil:
    cdef Sequence* sequence = sequencer.backlog
    cdef Sequence* next
    while sequence != NULL:
        next = sequence.next
        if sequence.expires_ns <= now_ns:
            if sequence.open:
                map_remove(sequencer, sequence)
            _leave_backlog(sequencer, sequence)
            _drop(sequencer, sequence, rejected)
        elif sequence.expires_ns < next_ns[0]:
            next_ns[0] = sequence.expires_ns
        sequence = next


cdef Request* sequence_expire(
    Sequencer* sequencer, uint64_t now_ns, uint64_t* next_ns
) noexcept nogil:
    cdef Request* rejected = NULL
    cdef Sequence* sequence
    cdef Sequence* next
    cdef uint64_t until
    cdef uint32_t i
    next_ns[0] = FOREVER_NS
    _expire_backlog(sequencer, now_ns, next_ns, &rejected)
    for i in range(sequencer.bucket_count):
        sequence = sequencer.buckets[i]
        while sequence != NULL:
            next = sequence.next_in_bucket
            # One whose request executes is not idle, however long that takes.
            if sequence.requests == 0:
                until = sequence.active_ns + sequencer.idle_ns
                if until <= now_ns:
                    _log(TRITONSERVER_LOG_VERBOSE, sequencer, sequence.id, sequence.string,
                         b"was idle for longer than max_sequence_idle_microseconds and has ended")
                    map_remove(sequencer, sequence)
                    sequence_vacate(sequence, now_ns)
                    _free(sequence)
                elif until < next_ns[0]:
                    next_ns[0] = until
            sequence = next
    return rejected
