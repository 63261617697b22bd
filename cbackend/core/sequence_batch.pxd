# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""How an instance gets a batch from the sequences in its slots.

Direct: the request at the head of each slot, at the slot's place in the batch; a slot that has none
gets a request that nobody sent. Oldest: one request of each sequence queues for the batcher.
"""

from libc.stdint cimport uint32_t, uint64_t

from triton_py.core.objects cimport Request, SequenceSlots
from triton_py.core.queue cimport Taken
from triton_py.core.statistics cimport CloseReason

cdef struct SlotDecision:
    uint32_t count          # slots in the batch, from the first on; 0: wait
    uint32_t reference      # the slot whose request the others have to match
    CloseReason reason
    uint64_t wait_until_ns  # FOREVER, or when to look again

# What a direct batch of these slots would be at that time; needs the queue's mutex.
cdef void form_slots(
    const SequenceSlots* slots, uint64_t now_ns, SlotDecision* decision
) noexcept nogil
# Takes a batch; needs the queue's mutex.
cdef void sequence_take(
    SequenceSlots* slots, uint64_t now_ns, Request** batch, Taken* taken
) noexcept nogil
