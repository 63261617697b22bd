# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where backend threads leave responses and released requests for Python to pick up.

C level, in the order of a request's life:

    ticket = ticket_new(queue, cookie, ...)        GIL; the ticket counts on the queue
    submit(ticket, server, request, ...)           no GIL needed; sets both callbacks, InferAsync
    ... backend threads call push() through the callbacks, never with the GIL ...
    event = take(queue)                            GIL; the whole list, oldest first
    event = finish(event)                          GIL; once per event, returns the next one

A ticket is freed by ``finish`` once its release *and* its final response have been finished. The
request is *owned* by the ticket from a successful ``submit`` on and deleted by the ``finish`` of
its release event, after the ``on_released`` hook ran: so the holder of the GIL may cancel it at any
time before that without a race.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t, uint32_t

from triton_py.abi.types cimport (
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_InferenceTrace,
    TRITONSERVER_ResponseAllocator,
    TRITONSERVER_Server,
)

cdef enum EventKind:
    EVENT_RESPONSE
    EVENT_RELEASE

cdef struct Ticket
cdef struct Queue

# Called with the GIL by whoever settles the ticket (the owner of the queue or, where that died
# first, `collect`). It must not raise and must not free the ticket.
ctypedef void (*TicketFn)(Ticket* ticket) noexcept

cdef struct Event:
    Event* next
    Ticket* ticket
    # EVENT_RESPONSE: owned by the event until whoever drains sets it to NULL to take it over;
    # NULL with TRITONSERVER_RESPONSE_COMPLETE_FINAL in flags closes a request without data.
    TRITONSERVER_InferenceResponse* response
    # TRITONSERVER_ResponseCompleteFlag or TRITONSERVER_RequestReleaseFlag bits
    uint32_t flags
    uint8_t kind
    uint8_t embedded

cdef struct Ticket:
    Queue* queue
    # Valid from submit until the release event is finished; NULL before and after.
    TRITONSERVER_InferenceRequest* request
    # The owner's; never touched here.
    void* cookie
    # What CompletionQueue.drain reports for this ticket's responses (borrowed; keep it alive until
    # on_settled); NULL for tickets whose owner goes through take() itself.
    PyObject* token
    # The core gave the request back: free what its inputs borrow from. The request is still valid.
    TicketFn on_released
    # Nothing will come any more; the ticket is freed right after.
    TicketFn on_settled
    # Embedded, so that a one-to-one model allocates nothing per response and the last event of a
    # request can't be lost for want of memory.
    Event first
    Event last
    Event release
    int first_taken
    uint8_t is_released
    uint8_t is_final

# --- with the GIL ---
# The hooks may be NULL.
cdef Ticket* ticket_new(
    Queue* queue, void* cookie, TicketFn on_released, TicketFn on_settled) except NULL
# For a ticket that was never submitted, or whose submit failed. Calls no hook.
cdef void ticket_drop(Ticket* ticket) noexcept
# Everything that has arrived, oldest first, or NULL; resets the eventfd.
cdef Event* take(Queue* queue) noexcept
# Settles one event and returns the one after it. Deletes a response nobody took over.
cdef Event* finish(Event* event) noexcept
# Settles what arrived for queues whose owner is gone; called from time to time by this package.
cpdef void collect() noexcept

# --- from any thread, without the GIL ---
# Sets allocator and callbacks on `request` and sends it. allocator NULL: this package's own,
# malloc-backed one. NULL result: the ticket owns the request and is in flight, perhaps settled
# already (don't touch it but from the draining side). An error: the caller keeps both; no callback
# ran or will run. A trace in *trace is sent along: NULL is left there once it is the core's.
cdef TRITONSERVER_Error* submit(
    Ticket* ticket,
    TRITONSERVER_Server* server,
    TRITONSERVER_InferenceRequest* request,
    TRITONSERVER_ResponseAllocator* allocator,
    void* allocator_userp,
    TRITONSERVER_InferenceTrace** trace,
) noexcept nogil
# What the callbacks do. Takes the event over.
cdef void push(Queue* queue, Event* event) noexcept nogil


cdef class CompletionQueue:
    cdef Queue* ptr          # owned: a count on it
    cdef int made_in         # process generation
    cdef object __weakref__

    cdef Queue* queue(self) except NULL
    cpdef list drain(self)
    cpdef bint wait(self, object timeout=*) except -1
