# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A look into the sequence batcher for tests: no threads, no clock, no backend."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free

from triton_py.abi.types cimport (
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_END,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_START,
)
from triton_py.core.error cimport check
from triton_py.core.model cimport model_free, model_new
from triton_py.core.native cimport FOREVER_NS, tp_store
from triton_py.core.objects cimport (
    REQUEST_EXECUTING,
    REQUEST_RELEASED,
    Model,
    Request,
    Sequence,
    SequenceSlots,
)
from triton_py.core.queue cimport Taken
from triton_py.core.request cimport request_free, request_new, request_release
from triton_py.core.sequence cimport (
    sequence_accept,
    sequence_add_slots,
    sequence_again,
    sequence_expire,
    sequence_fill,
    sequence_released,
    sequence_remove_slots,
)
from triton_py.core.sequence_batch cimport sequence_take
from triton_py.core.sequence_inputs cimport sequence_inputs_drop
from triton_py.core.sequencer cimport sequencer_new
from triton_py.core.statistics cimport CLOSE_REASONS

REASONS = ("single", "preferred", "full", "shape", "delay", "idle", "drain", "strategy")
assert len(REASONS) == CLOSE_REASONS


# The collector must not take the dict away before __dealloc__ has freed what it names.
@cython.no_gc_clear
cdef class SequenceProbe:
    """A sequence batcher whose requests are numbers, in the order in which they were sent."""

    cdef Model* model
    cdef dict requests  # number -> address
    cdef uint64_t sent
    cdef Request** batch

    def __cinit__(self, *, str strategy="direct", int64_t max_batch_size=4, int instances=1,
                  uint64_t delay_ns=0, double utilization=0.0, uint64_t idle_us=1000000,
                  int64_t candidates=0, bint iterative=False, list preferred=None):
        sequence = {
            "strategy": strategy, "iterative": iterative, "controls": [], "max_idle_us": idle_us,
            "max_queue_delay_ns": delay_ns, "minimum_slot_utilization": utilization,
            "max_candidates": candidates, "preferred_batch_sizes": preferred or [],
        }
        self.requests = {}
        self.model = model_new(NULL, NULL, "probe", 1, "", "{}", False)
        self.model.sequencer = sequencer_new(
            self.model, {"sequence": sequence, "states": [], "max_batch_size": max_batch_size})
        self.batch = <Request**>calloc(max(1, max_batch_size), sizeof(Request*))
        for _ in range(instances):
            if sequence_add_slots(self.model.sequencer, 0) == NULL or self.batch == NULL:
                raise MemoryError

    def __dealloc__(self):
        for address in self.requests.values():
            request_free(<Request*><uintptr_t>address)
        if self.model != NULL:
            model_free(self.model)
        free(self.batch)

    cdef Request* _request(self, number) except NULL:
        return <Request*><uintptr_t>self.requests[number]

    def send(self, uint64_t correlation_id, uint64_t now_ns=0, *, bint start=False,
             bint end=False, uint64_t timeout_us=0) -> int:
        """Sends a request and returns its number; raises what the client would get."""
        cdef Request* request = request_new(NULL)
        if request == NULL:
            raise MemoryError
        request.priority = self.sent
        request.sequence_id = correlation_id
        request.timeout_us = timeout_us
        request.batch_size = 1
        if start:
            request.sequence_flags |= <uint32_t>TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
        if end:
            request.sequence_flags |= <uint32_t>TRITONSERVER_REQUEST_FLAG_SEQUENCE_END
        try:
            check(sequence_accept(self.model.sequencer, request, now_ns))
        except BaseException:
            request_free(request)
            raise
        number = self.sent
        self.requests[number] = <uintptr_t>request
        self.sent += 1
        return number

    def cancel(self, number) -> None:
        tp_store(&self._request(number).cancelled, 1)

    cdef list _drop(self, Request* request, uint64_t now_ns):
        """Releases the requests of a list, as whoever answers them does; their numbers."""
        cdef Request* next
        numbers = []
        while request != NULL:
            next = request.next
            numbers.append(request.priority)
            self.release(request.priority, now_ns)
            request = next
        return numbers

    def take(self, uint32_t instance=0, uint64_t now_ns=0) -> dict:
        """What the instance's worker takes: `batch` (None: a request that nobody sent), `reason`,
        `wait_until`, and the cancelled requests, which are released already."""
        cdef Taken taken
        cdef Request* request
        cdef uint32_t i
        sequence_take(self.model.sequencer.slots[instance], now_ns, self.batch, &taken)
        batch = []
        for i in range(taken.count):
            request = self.batch[i]
            batch.append(None if request.is_null else request.priority)
            if request.is_null:
                tp_store(&request.state, REQUEST_RELEASED)
                request_release(request, 1)
            else:
                tp_store(&request.state, REQUEST_EXECUTING)
        return {
            "batch": batch, "reason": REASONS[<int>taken.reason] if batch else None,
            "wait_until": taken.wait_until_ns, "cancelled": self._drop(taken.cancelled, now_ns),
        }

    def release(self, number, uint64_t now_ns=0) -> None:
        """The backend gives the request back, or it is answered without one."""
        cdef Request* request = self._request(number)
        sequence_inputs_drop(request)
        sequence_released(request, now_ns)
        request_free(request)
        del self.requests[number]

    def again(self, number, uint64_t now_ns=0) -> bool:
        """The backend gives it back for its next step. False: its sequence was cancelled."""
        cdef Request* request = self._request(number)
        sequence_inputs_drop(request)
        return True if sequence_again(request, now_ns) else False

    def expire(self, uint64_t now_ns) -> tuple:
        """What the reaper does: the rejected requests, released already; when it looks again (None:
        when it is told to)."""
        cdef uint64_t next
        cdef Request* rejected = sequence_expire(self.model.sequencer, now_ns, &next)
        return self._drop(rejected, now_ns), None if next == FOREVER_NS else next

    def dropped(self, uint64_t now_ns=0) -> list:
        """The cancelled requests that the reaper answers."""
        cdef Request* request = self.model.sequencer.dropped
        self.model.sequencer.dropped = NULL
        return self._drop(request, now_ns)

    def add_instance(self, uint64_t now_ns=0) -> int:
        """One more instance, which takes sequences of the backlog; its number."""
        cdef SequenceSlots* slots = sequence_add_slots(self.model.sequencer, 0)
        if slots == NULL:
            raise MemoryError
        sequence_fill(slots, now_ns)
        return self.model.sequencer.slots_count - 1

    def leave(self, uint32_t instance) -> None:
        """The instance is to go: it gets no further sequences."""
        self.model.sequencer.slots[instance].leaving = True

    def remove_instance(self, uint32_t instance) -> None:
        """It has gone; those behind it move up. Its slots have to be empty."""
        assert self.model.sequencer.slots[instance].used == 0
        sequence_remove_slots(self.model.sequencer.slots[instance])

    def close(self) -> None:
        """What the model's close does to its queue."""
        self.model.queue.closing = True

    def slots(self, uint32_t instance=0) -> list:
        """The correlation ids of the sequences in an instance's slots; None: free."""
        cdef SequenceSlots* slots = self.model.sequencer.slots[instance]
        return [None if slots.at[i] == NULL else slots.at[i].id for i in range(slots.count)]

    @property
    def open(self) -> int:
        """Sequences that a correlation id leads to."""
        return self.model.sequencer.open_count

    @property
    def backlog(self) -> list:
        """The correlation ids of the sequences that wait for a slot, the oldest first."""
        cdef Sequence* sequence = self.model.sequencer.backlog
        ids = []
        while sequence != NULL:
            ids.append(sequence.id)
            sequence = sequence.next
        return ids

    @property
    def waiting(self) -> int:
        """Requests that no batch has taken."""
        return self.model.queue.size
