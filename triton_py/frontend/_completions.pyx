# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The one list between backend threads and the event loop."""

from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free
from posix.unistd cimport close, read, write

from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, ATOMIC_ACQUIRE, atomic_add, atomic_load


cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int, int)
    enum:
        EFD_CLOEXEC
        EFD_NONBLOCK


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
    int under_way
    void* head                  # the newest Finished, NULL, or CLOSED

cdef void* CLOSED = <void*> 1


cdef Completions* completions_new() noexcept nogil:
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


cdef void completions_begin(Completions* completions) noexcept nogil:
    atomic_add(&completions.under_way, 1, ATOMIC_ACQ_REL)


cdef void completions_end(Completions* completions) noexcept nogil:
    atomic_add(&completions.under_way, -1, ATOMIC_ACQ_REL)


cdef int completions_under_way(Completions* completions) noexcept nogil:
    return atomic_load(&completions.under_way, ATOMIC_ACQUIRE)


cdef void completions_close(Completions* completions) noexcept nogil:
    cdef void* head = swap(&completions.head, CLOSED)
    cdef Finished* finished = NULL
    cdef Finished* following
    if head != CLOSED:
        finished = <Finished*> head
    while finished != NULL:
        following = finished.next
        finished.drop(finished)
        finished = following


cdef void completions_push(Completions* completions, Finished* finished) noexcept nogil:
    cdef uint64_t one = 1
    cdef void* old = load_head(&completions.head)
    cdef ssize_t _written
    # The loop may have finished with it, and with it the port, before we write.
    completions_hold(completions)
    while True:
        if old == CLOSED:
            finished.drop(finished)
            break
        finished.next = <Finished*> old
        if swap_if(&completions.head, &old, finished):
            if old == NULL:
                # One wake-up a burst; the counter can't overflow.
                _written = write(completions.fd, &one, sizeof(one))
            break
    completions_drop(completions)


cdef Finished* completions_take(Completions* completions) noexcept nogil:
    cdef uint64_t count
    cdef void* head
    cdef Finished* newest
    cdef Finished* oldest = NULL
    cdef Finished* following
    cdef ssize_t _got
    # In this order: what is pushed behind the swap wakes the loop again.
    _got = read(completions.fd, &count, sizeof(count))
    head = load_head(&completions.head)
    if head == NULL or head == CLOSED:
        return NULL
    newest = <Finished*> swap(&completions.head, NULL)
    while newest != NULL:
        following = newest.next
        newest.next = oldest
        oldest = newest
        newest = following
    return oldest
