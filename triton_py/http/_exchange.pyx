# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Life and death of exchanges, and the one list between backend threads and the event loop."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset, strlen
from posix.unistd cimport close, read, write

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorCode,
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_ErrorMessage,
    TRITONSERVER_InferenceRequestDelete,
    TRITONSERVER_InferenceResponseDelete,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_NOT_FOUND,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
)
from triton_py.http._describe cimport description_free
from triton_py.http._fault cimport Fault, fault_set
from triton_py.http._json_writer cimport put_string
from triton_py.http._memory cimport (
    ATOMIC_ACQ_REL,
    ATOMIC_ACQUIRE,
    arena_free,
    arena_init,
    atomic_add,
    atomic_load,
    block_drop,
    buf_char,
    buf_free,
    buf_text,
)


cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int, int)
    enum:
        EFD_CLOEXEC
        EFD_NONBLOCK


# --- finished exchanges ----------------------------------------------------------------------


cdef extern from * nogil:
    """
    /* A stack without a lock: many push, one takes all. A head of 1 means closed. */
    static inline void* tp_head(void** head) { return __atomic_load_n(head, __ATOMIC_RELAXED); }
    static inline bool tp_swap_if(void** head, void** old, void* fresh) {
        return __atomic_compare_exchange_n(head, old, fresh, true, __ATOMIC_RELEASE,
                                           __ATOMIC_RELAXED);
    }
    static inline void* tp_swap(void** head, void* fresh) {
        return __atomic_exchange_n(head, fresh, __ATOMIC_ACQUIRE);
    }
    """
    void* load_head "tp_head"(void** head)
    bint swap_if "tp_swap_if"(void** head, void** old, void* fresh)
    void* swap "tp_swap"(void** head, void* fresh)


cdef struct Completions:
    int refs
    int fd
    void* head                  # the newest Exchange, NULL, or CLOSED

cdef void* CLOSED = <void*> 1


cdef Completions* completions_new() noexcept nogil:
    """NULL without memory or descriptors."""
    cdef Completions* completions = <Completions*> calloc(1, sizeof(Completions))
    if completions == NULL:
        return NULL
    completions.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
    if completions.fd < 0:
        free(completions)
        return NULL
    completions.refs = 1
    return completions


cdef int completions_fd(Completions* completions) noexcept nogil:
    return completions.fd


cdef Completions* completions_hold(Completions* completions) noexcept nogil:
    atomic_add(&completions.refs, 1, ATOMIC_ACQ_REL)
    return completions


cdef void completions_drop(Completions* completions) noexcept nogil:
    if completions != NULL and atomic_add(&completions.refs, -1, ATOMIC_ACQ_REL) == 0:
        close(completions.fd)
        free(completions)


cdef void completions_close(Completions* completions) noexcept nogil:
    cdef void* head = swap(&completions.head, CLOSED)
    cdef Exchange* exchange = NULL
    cdef Exchange* following
    if head != CLOSED:
        exchange = <Exchange*> head
    while exchange != NULL:
        following = exchange.next_done
        exchange_drop(exchange)
        exchange = following


cdef void completions_push(Completions* completions, Exchange* exchange) noexcept nogil:
    cdef uint64_t one = 1
    cdef void* old = load_head(&completions.head)
    cdef ssize_t _written
    # The loop may have finished with the exchange, and with it the port, before we write.
    completions_hold(completions)
    while True:
        if old == CLOSED:
            exchange_drop(exchange)
            break
        exchange.next_done = <Exchange*> old
        if swap_if(&completions.head, &old, exchange):
            if old == NULL:
                # One wake-up a burst; the counter can't overflow.
                _written = write(completions.fd, &one, sizeof(one))
            break
    completions_drop(completions)


cdef Exchange* completions_take(Completions* completions) noexcept nogil:
    cdef uint64_t count
    cdef void* head
    cdef Exchange* newest
    cdef Exchange* oldest = NULL
    cdef Exchange* following
    cdef ssize_t _got
    # In this order: what is pushed behind the swap wakes the loop again.
    _got = read(completions.fd, &count, sizeof(count))
    head = load_head(&completions.head)
    if head == NULL or head == CLOSED:
        return NULL
    newest = <Exchange*> swap(&completions.head, NULL)
    while newest != NULL:
        following = newest.next_done
        newest.next_done = oldest
        oldest = newest
        newest = following
    return oldest


# --- exchanges -------------------------------------------------------------------------------

cdef int _alive = 0


cdef int exchanges_alive() noexcept nogil:
    return atomic_load(&_alive, ATOMIC_ACQUIRE)


cdef Exchange* exchange_new(Completions* completions) noexcept nogil:
    cdef Exchange* exchange = <Exchange*> malloc(sizeof(Exchange))
    if exchange == NULL:
        return NULL
    atomic_add(&_alive, 1, ATOMIC_ACQ_REL)
    # The arena's first room needs no clearing, nor does the text of a fault that is not set.
    memset(exchange, 0, <size_t> (<char*> &exchange.fault - <char*> exchange))
    exchange.fault.status = 0
    exchange.fault.text[0] = 0
    memset(&exchange.responses, 0,
           <size_t> (<char*> exchange.first - <char*> &exchange.responses))
    exchange.refs = 1
    exchange.completions = completions_hold(completions)
    arena_init(&exchange.arena, exchange.first, FIRST_ROOM)
    return exchange


cdef void exchange_hold(Exchange* exchange) noexcept nogil:
    atomic_add(&exchange.refs, 1, ATOMIC_ACQ_REL)


cdef void _forget(TRITONSERVER_Error* error) noexcept nogil:
    # Nobody is left to be told.
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef void exchange_drop(Exchange* exchange) noexcept nogil:
    if atomic_add(&exchange.refs, -1, ATOMIC_ACQ_REL) != 0:
        return
    # payload and extra were taken by the event loop, which needs the GIL for them.
    if exchange.response != NULL:
        _forget(TRITONSERVER_InferenceResponseDelete(exchange.response))
    if exchange.request != NULL:
        _forget(TRITONSERVER_InferenceRequestDelete(exchange.request))
    block_drop(exchange.block)
    description_free(&exchange.description)
    buf_free(&exchange.text)
    buf_free(&exchange.classes)
    arena_free(&exchange.arena)
    completions_drop(exchange.completions)
    free(exchange)
    atomic_add(&_alive, -1, ATOMIC_ACQ_REL)


# --- errors ----------------------------------------------------------------------------------


cdef int status_of(TRITONSERVER_Error* error) noexcept nogil:
    cdef TRITONSERVER_Error_Code code = TRITONSERVER_ErrorCode(error)
    if code == TRITONSERVER_ERROR_INTERNAL:
        return 500
    if code == TRITONSERVER_ERROR_NOT_FOUND:
        return 404
    if code == TRITONSERVER_ERROR_UNAVAILABLE:
        return 503
    if code == TRITONSERVER_ERROR_UNSUPPORTED:
        return 501
    return 400


cdef int fault_from(Fault* fault, TRITONSERVER_Error* error) noexcept nogil:
    fault_from_borrowed(fault, error)
    TRITONSERVER_ErrorDelete(error)
    return -1


cdef int fault_from_borrowed(Fault* fault, TRITONSERVER_Error* error) noexcept nogil:
    return fault_set(fault, status_of(error), "%s", TRITONSERVER_ErrorMessage(error))


cdef void answer_fault(Exchange* exchange) noexcept nogil:
    exchange.status = exchange.fault.status
    exchange.binary = False
    exchange.piece_count = 0
    exchange.text.size = 0
    buf_text(&exchange.text, b'{"error":')
    put_string(&exchange.text, exchange.fault.text, strlen(exchange.fault.text))
    buf_char(&exchange.text, c'}')
    exchange.body_size = exchange.text.size


def alive() -> int:
    """HTTP requests that are not finished and freed yet, in this process."""
    return exchanges_alive()
