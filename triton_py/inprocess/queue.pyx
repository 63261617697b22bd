# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where backend threads leave responses and released requests for Python to pick up."""

from cpython.exc cimport PyErr_CheckSignals
from libc.errno cimport errno
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec
from posix.unistd cimport close, read, write

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorNew,
    TRITONSERVER_InferenceRequestDelete,
    TRITONSERVER_InferenceRequestSetReleaseCallback,
    TRITONSERVER_InferenceRequestSetResponseCallback,
    TRITONSERVER_InferenceResponseDelete,
    TRITONSERVER_ServerInferAsync,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_REQUEST_RELEASE_ALL,
    TRITONSERVER_RESPONSE_COMPLETE_FINAL,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_InferenceTrace,
    TRITONSERVER_ResponseAllocator,
    TRITONSERVER_Server,
)
from triton_py.inprocess.allocator cimport default_allocator
from triton_py.inprocess.response cimport NativeResponse, wrap
from triton_py.inprocess.status cimport check_process, generation, may_free, swallow

import os

from triton_py.errors import UnavailableError

FINAL = <int> TRITONSERVER_RESPONSE_COMPLETE_FINAL

cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct pthread_cond_t:
        pass
    ctypedef struct pthread_condattr_t:
        pass
    int pthread_mutex_init(pthread_mutex_t*, void*)
    int pthread_mutex_destroy(pthread_mutex_t*)
    int pthread_mutex_lock(pthread_mutex_t*)
    int pthread_mutex_unlock(pthread_mutex_t*)
    int pthread_condattr_init(pthread_condattr_t*)
    int pthread_condattr_setclock(pthread_condattr_t*, int)
    int pthread_condattr_destroy(pthread_condattr_t*)
    int pthread_cond_init(pthread_cond_t*, pthread_condattr_t*)
    int pthread_cond_destroy(pthread_cond_t*)
    int pthread_cond_broadcast(pthread_cond_t*)
    int pthread_cond_timedwait(pthread_cond_t*, pthread_mutex_t*, const timespec*)

cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int, int)
    enum:
        EFD_CLOEXEC
        EFD_NONBLOCK

cdef extern from "Python.h":
    int Py_AddPendingCall(int (*)(void*) noexcept, void*) nogil

cdef extern from *:
    """
    static inline int tp_exchange(int *place, int value) {
      return __atomic_exchange_n(place, value, __ATOMIC_ACQ_REL);
    }
    /* A queue's head changes under its lock; whether there is one may be asked without. */
    static inline int tp_is_empty(void *head) {
      return __atomic_load_n((void **)head, __ATOMIC_RELAXED) == NULL;
    }
    static inline void tp_set_head(void *head, void *value) {
      __atomic_store_n((void **)head, value, __ATOMIC_RELAXED);
    }
    """
    int tp_exchange(int* place, int value) noexcept nogil
    bint tp_is_empty(void* head) noexcept nogil
    void tp_set_head(void* head, void* value) noexcept nogil

# How long a blocking wait goes without looking for signals (Ctrl-C in a notebook).
cdef enum:
    SIGNAL_CHECK_NS = 100_000_000

cdef struct Queue:
    pthread_mutex_t lock
    pthread_cond_t arrived
    Event* head
    Event* tail
    Py_ssize_t length
    int fd                  # eventfd, -1 until somebody asks for it
    bint armed              # the eventfd is readable
    bint closed             # the owner is gone: events go to the graveyard
    int waiters
    uint64_t wakeups
    # Both only with the GIL.
    Py_ssize_t tickets      # requests that are not settled
    Py_ssize_t counts       # what keeps this struct: the owner, tickets, waits

# What arrives for a queue whose owner is gone. Never closed, never freed.
cdef Queue* _graveyard = NULL


cdef Queue* queue_new() except NULL:
    cdef Queue* queue = <Queue*> calloc(1, sizeof(Queue))
    if queue == NULL:
        raise MemoryError()
    cdef pthread_condattr_t attributes
    pthread_mutex_init(&queue.lock, NULL)
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(&queue.arrived, &attributes)
    pthread_condattr_destroy(&attributes)
    queue.fd = -1
    queue.counts = 1
    return queue


cdef void queue_uncount(Queue* queue) noexcept:
    queue.counts -= 1
    if queue.counts == 0:
        pthread_cond_destroy(&queue.arrived)
        pthread_mutex_destroy(&queue.lock)
        free(queue)


cdef void queue_close(Queue* queue) noexcept:
    """Ends the owner's part: later events go to the graveyard, those here are settled unseen."""
    pthread_mutex_lock(&queue.lock)
    cdef int fd = queue.fd
    cdef Event* event = queue.head
    queue.closed = True
    queue.fd = -1
    queue.armed = False
    tp_set_head(&queue.head, NULL)
    queue.tail = NULL
    queue.length = 0
    pthread_cond_broadcast(&queue.arrived)
    pthread_mutex_unlock(&queue.lock)
    if fd >= 0:
        close(fd)
    while event != NULL:
        event = finish(event)


cdef void push(Queue* queue, Event* event) noexcept nogil:
    cdef uint64_t one = 1
    cdef bint first_in_graveyard = False
    pthread_mutex_lock(&queue.lock)
    if queue.closed:
        pthread_mutex_unlock(&queue.lock)
        # Nobody will look at the data; free it now and keep only the news that it came.
        if event.response != NULL:
            swallow(TRITONSERVER_InferenceResponseDelete(event.response))
            event.response = NULL
        queue = _graveyard
        pthread_mutex_lock(&queue.lock)
        first_in_graveyard = queue.head == NULL
    event.next = NULL
    queue.length += 1
    if queue.head == NULL:
        tp_set_head(&queue.head, event)
        queue.tail = event
        if queue.fd >= 0:
            # Fails only when the counter is full, and then the descriptor is readable anyway.
            write(queue.fd, &one, sizeof(one))
            queue.armed = True
            queue.wakeups += 1
        if queue.waiters > 0:
            pthread_cond_broadcast(&queue.arrived)
            queue.wakeups += 1
    else:
        queue.tail.next = event
        queue.tail = event
    # Nothing of the queue or the event may be touched from here on: whoever drains may have
    # settled the ticket, and with it freed both.
    pthread_mutex_unlock(&queue.lock)
    if first_in_graveyard and may_free(generation()):
        # Asks the main thread to let go of what the inputs borrowed from when it next runs Python
        # code. A full list of such calls is no loss: collect() is called from elsewhere too.
        Py_AddPendingCall(_collect_later, NULL)


cdef int _collect_later(void* nothing) noexcept:
    collect()
    return 0


cdef Event* take(Queue* queue) noexcept:
    cdef uint64_t count = 0
    pthread_mutex_lock(&queue.lock)
    cdef Event* head = queue.head
    tp_set_head(&queue.head, NULL)
    queue.tail = NULL
    queue.length = 0
    if queue.armed:
        read(queue.fd, &count, sizeof(count))
        queue.armed = False
    pthread_mutex_unlock(&queue.lock)
    return head


cdef Event* finish(Event* event) noexcept:
    cdef Event* following = event.next
    cdef Ticket* ticket = event.ticket
    cdef TRITONSERVER_InferenceRequest* request
    cdef TRITONSERVER_InferenceResponse* response = event.response
    event.response = NULL
    if response != NULL:
        with nogil:
            swallow(TRITONSERVER_InferenceResponseDelete(response))
    if event.kind == EVENT_RELEASE:
        if ticket.on_released != NULL:
            ticket.on_released(ticket)
        ticket.is_released = True
    elif event.flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        ticket.is_final = True
    if not event.embedded:
        free(event)
    if ticket.is_released and ticket.is_final:
        if ticket.on_settled != NULL:
            ticket.on_settled(ticket)
        # Not before: what was released can still be cancelled while its responses come. The last
        # request of an unloaded model may free the model: never under the GIL.
        request = ticket.request
        ticket.request = NULL
        with nogil:
            swallow(TRITONSERVER_InferenceRequestDelete(request))
        ticket_drop(ticket)
    return following


cpdef void collect() noexcept:
    # Unlocked look: a stale answer only postpones the work to the next call.
    if tp_is_empty(&_graveyard.head):
        return
    cdef Event* event = take(_graveyard)
    while event != NULL:
        event = finish(event)


cdef Ticket* ticket_new(
    Queue* queue, void* cookie, TicketFn on_released, TicketFn on_settled
) except NULL:
    cdef Ticket* ticket = <Ticket*> calloc(1, sizeof(Ticket))
    if ticket == NULL:
        raise MemoryError()
    ticket.queue = queue
    ticket.cookie = cookie
    ticket.on_released = on_released
    ticket.on_settled = on_settled
    ticket.first.ticket = ticket.last.ticket = ticket.release.ticket = ticket
    ticket.first.embedded = ticket.last.embedded = ticket.release.embedded = True
    queue.counts += 1
    queue.tickets += 1
    return ticket


cdef void ticket_drop(Ticket* ticket) noexcept:
    ticket.queue.tickets -= 1
    queue_uncount(ticket.queue)
    free(ticket)


cdef void _on_release(
    TRITONSERVER_InferenceRequest* request, uint32_t flags, void* userp
) noexcept nogil:
    cdef Ticket* ticket = <Ticket*> userp
    # A request that is only put back into its queue is still the core's.
    if not flags & TRITONSERVER_REQUEST_RELEASE_ALL:
        return
    ticket.release.kind = EVENT_RELEASE
    ticket.release.flags = flags
    push(ticket.queue, &ticket.release)


cdef void _on_response(
    TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
) noexcept nogil:
    cdef Ticket* ticket = <Ticket*> userp
    cdef Event* event
    if not tp_exchange(&ticket.first_taken, 1):
        event = &ticket.first
    elif flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL:
        event = &ticket.last
    else:
        event = <Event*> malloc(sizeof(Event))
        if event == NULL:
            swallow(TRITONSERVER_ErrorNew(
                TRITONSERVER_ERROR_UNAVAILABLE, b"no memory left: a response was dropped"))
            swallow(TRITONSERVER_InferenceResponseDelete(response))
            return
        memset(event, 0, sizeof(Event))
        event.ticket = ticket
    event.kind = EVENT_RESPONSE
    event.flags = flags
    event.response = response
    push(ticket.queue, event)


cdef TRITONSERVER_Error* submit(
    Ticket* ticket,
    TRITONSERVER_Server* server,
    TRITONSERVER_InferenceRequest* request,
    TRITONSERVER_ResponseAllocator* allocator,
    void* allocator_userp,
    TRITONSERVER_InferenceTrace** trace,
) noexcept nogil:
    if allocator == NULL:
        allocator = default_allocator()
    ticket.request = request
    cdef TRITONSERVER_Error* error = TRITONSERVER_InferenceRequestSetReleaseCallback(
        request, _on_release, ticket)
    if error == NULL:
        error = TRITONSERVER_InferenceRequestSetResponseCallback(
            request, allocator, allocator_userp, _on_response, ticket)
    if error == NULL:
        error = TRITONSERVER_ServerInferAsync(server, request, trace[0])
        trace[0] = NULL
    if error != NULL:
        ticket.request = NULL
    return error


cdef bint _wait(Queue* queue, uint64_t nanoseconds) noexcept nogil:
    """True when something is there, after at most that long."""
    cdef timespec until
    clock_gettime(CLOCK_MONOTONIC, &until)
    nanoseconds += until.tv_nsec
    until.tv_sec += nanoseconds // 1_000_000_000
    until.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(&queue.lock)
    queue.waiters += 1
    while queue.head == NULL and not queue.closed:
        if pthread_cond_timedwait(&queue.arrived, &queue.lock, &until) != 0:
            break
    queue.waiters -= 1
    cdef bint there = queue.head != NULL
    pthread_mutex_unlock(&queue.lock)
    return there


cdef uint64_t _now() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return <uint64_t> now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef class CompletionQueue:
    """Where the responses of submitted requests arrive."""

    def __cinit__(self):
        self.made_in = generation()
        self.ptr = queue_new()

    def __dealloc__(self):
        if self.ptr != NULL and may_free(self.made_in):
            queue_close(self.ptr)
            queue_uncount(self.ptr)

    cdef Queue* queue(self) except NULL:
        check_process(self.made_in, "the completion queue")
        if self.ptr == NULL:
            raise UnavailableError("the completion queue is closed")
        return self.ptr

    def fileno(self):
        """An eventfd for an event loop, owned by the queue; made on first use."""
        cdef Queue* queue = self.queue()
        cdef uint64_t one = 1
        pthread_mutex_lock(&queue.lock)
        if queue.fd < 0:
            queue.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
            if queue.fd >= 0 and queue.head != NULL:
                write(queue.fd, &one, sizeof(one))
                queue.armed = True
        cdef int fd = queue.fd
        cdef int code = errno
        pthread_mutex_unlock(&queue.lock)
        if fd < 0:
            raise OSError(code, f"no eventfd for the completion queue: {os.strerror(code)}")
        return fd

    cpdef bint wait(self, object timeout=None) except -1:
        """Blocks without the GIL until something is there (True) or the seconds are over."""
        cdef Queue* queue = self.queue()
        cdef bint endless = timeout is None
        cdef uint64_t left = SIGNAL_CHECK_NS
        cdef uint64_t deadline = 0
        cdef bint there = False
        if not endless:
            # A year is as good as for ever, and does not overflow.
            deadline = _now() + <uint64_t> (max(0.0, min(float(timeout), 3.2e7)) * 1e9)
        queue.counts += 1  # close() in another thread must not free it under the wait
        try:
            while True:
                if not endless:
                    left = _now()
                    left = 0 if left >= deadline else deadline - left
                with nogil:
                    there = _wait(queue, min(left, <uint64_t> SIGNAL_CHECK_NS))
                if there:
                    return True
                PyErr_CheckSignals()
                if queue.closed:
                    raise UnavailableError("the completion queue was closed during a wait")
                if not endless and left <= SIGNAL_CHECK_NS:
                    return False
        finally:
            queue_uncount(queue)

    cpdef list drain(self):
        """All that arrived, oldest first, as (cookie, response or None, flags)."""
        cdef Queue* queue = self.queue()
        cdef list arrived = []
        cdef NativeResponse response
        cdef TRITONSERVER_InferenceResponse* raw
        cdef Event* event
        collect()
        event = take(queue)
        try:
            while event != NULL:
                if event.kind == EVENT_RESPONSE and event.ticket.token != NULL:
                    response = None
                    if event.response != NULL:
                        raw = event.response
                        event.response = NULL
                        response = wrap(raw)
                    arrived.append((<object> event.ticket.token, response, event.flags))
                event = finish(event)
        finally:
            # Only after MemoryError: the rest is settled, not left to hang for ever.
            while event != NULL:
                event = finish(event)
        return arrived

    def __len__(self):
        cdef Queue* queue = self.queue()
        pthread_mutex_lock(&queue.lock)
        cdef Py_ssize_t length = queue.length
        pthread_mutex_unlock(&queue.lock)
        return length

    @property
    def in_flight(self):
        """Requests submitted to this queue that are not settled yet."""
        return self.queue().tickets

    @property
    def wakeups(self):
        """How often a burst woke the owner."""
        cdef Queue* queue = self.queue()
        pthread_mutex_lock(&queue.lock)
        cdef uint64_t wakeups = queue.wakeups
        pthread_mutex_unlock(&queue.lock)
        return wakeups

    def close(self):
        """Drops what is waiting; what is in flight is settled later and not reported."""
        cdef Queue* queue = self.ptr
        if queue == NULL:
            return
        check_process(self.made_in, "the completion queue")
        self.ptr = NULL
        queue_close(queue)
        queue_uncount(queue)


def _new_graveyard():
    # In a fork: a thread of the parent may have held the lock of the old one for ever.
    global _graveyard
    _graveyard = queue_new()


_new_graveyard()
os.register_at_fork(after_in_child=_new_graveyard)
