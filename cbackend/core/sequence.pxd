# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The life of sequences: begun by a request with the START flag, in a slot or waiting for one,
ended by the END flag, by cancellation, or by silence.

A slot belongs to one instance, so that all requests of a sequence reach the same one. Nothing here
looks at a clock or wakes a thread that isn't waiting; all of it needs the queue's mutex.
"""

from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.core.objects cimport Request, Sequence, Sequencer, SequenceSlots

# Slots for one more instance, on that device, owned by the sequencer. NULL: out of memory.
cdef SequenceSlots* sequence_add_slots(Sequencer* sequencer, int64_t device) noexcept nogil
# Moves sequences that wait into an instance's free slots.
cdef void sequence_fill(SequenceSlots* slots, uint64_t now_ns) noexcept nogil
# Takes away the slots of an instance that is gone: those that were leaving, and are empty.
cdef void sequence_remove_slots(SequenceSlots* slots) noexcept nogil
# Frees slots that no sequencer has any more.
cdef void sequence_free_slots(SequenceSlots* slots) noexcept nogil
# Takes a request into its sequence; the error is the caller's, and the request stays his.
cdef TRITONSERVER_Error* sequence_accept(
    Sequencer* sequencer, Request* request, uint64_t now_ns
) noexcept nogil
# Whether no request of its sequence comes after this one.
cdef bint sequence_ends(const Sequencer* sequencer, const Request* request) noexcept nogil
# The next request of a sequence, out of its list; it counts as unreleased.
cdef Request* sequence_pop(Sequence* sequence) noexcept nogil
# Ends a sequence and moves all its waiting requests to sequencer.dropped.
cdef void sequence_cancel(Sequence* sequence, uint64_t now_ns) noexcept nogil
# The request that ends a sequence was taken: its slot is free for another.
cdef void sequence_vacate(Sequence* sequence, uint64_t now_ns) noexcept nogil
# A request that is not waiting was released; it is in no sequence any more.
cdef void sequence_released(Request* request, uint64_t now_ns) noexcept nogil
# Puts a request that a backend gave back for its next step to the end of its sequence. False: the
# sequence was cancelled.
cdef bint sequence_again(Request* request, uint64_t now_ns) noexcept nogil
# Sees to it that the reaper looks at that time, or before it.
cdef void sequence_reap(Sequencer* sequencer, uint64_t when_ns) noexcept nogil
# Ends sequences that were idle, and those whose requests waited too long for a slot: these requests
# are returned as a list linked by `next`. *next_ns: when there may be others, or FOREVER_NS.
cdef Request* sequence_expire(
    Sequencer* sequencer, uint64_t now_ns, uint64_t* next_ns
) noexcept nogil
