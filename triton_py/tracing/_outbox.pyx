# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Outboxes (see _outbox.pxd)."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free
from posix.unistd cimport close, read, write

cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_mutex_t:
        pass
    int pthread_mutex_init(pthread_mutex_t*, void*)
    int pthread_mutex_destroy(pthread_mutex_t*)
    int pthread_mutex_lock(pthread_mutex_t*)
    int pthread_mutex_unlock(pthread_mutex_t*)

cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int, int)
    enum:
        EFD_CLOEXEC

cdef extern from * nogil:
    int atomic_add "__atomic_add_fetch"(int* value, int by, int order)
    int64_t atomic_add_long "__atomic_add_fetch"(int64_t* value, int64_t by, int order)
    int64_t atomic_load_long "__atomic_load_n"(int64_t* value, int order)
    enum: ATOMIC_ACQ_REL "__ATOMIC_ACQ_REL"
    enum: ATOMIC_ACQUIRE "__ATOMIC_ACQUIRE"

cdef struct Outbox:
    int refs
    int fd                      # an eventfd: readable once something came
    int64_t backlog             # atomic: bytes
    pthread_mutex_t lock
    Sent* head
    Sent* tail
    bint closed


cdef Outbox* outbox_new() noexcept nogil:
    cdef Outbox* outbox = <Outbox*> calloc(1, sizeof(Outbox))
    if outbox == NULL:
        return NULL
    outbox.fd = eventfd(0, EFD_CLOEXEC)
    if outbox.fd < 0:
        free(outbox)
        return NULL
    pthread_mutex_init(&outbox.lock, NULL)
    outbox.refs = 1
    return outbox


cdef Outbox* outbox_hold(Outbox* outbox) noexcept nogil:
    atomic_add(&outbox.refs, 1, ATOMIC_ACQ_REL)
    return outbox


cdef void outbox_drop(Outbox* outbox) noexcept nogil:
    if atomic_add(&outbox.refs, -1, ATOMIC_ACQ_REL) == 0:
        close(outbox.fd)
        pthread_mutex_destroy(&outbox.lock)
        free(outbox)


cdef void outbox_wake(Outbox* outbox) noexcept nogil:
    cdef uint64_t one = 1
    cdef ssize_t _written = write(outbox.fd, &one, sizeof(one))


cdef int64_t outbox_backlog(Outbox* outbox) noexcept nogil:
    return atomic_load_long(&outbox.backlog, ATOMIC_ACQUIRE)


cdef void outbox_done(Outbox* outbox, int64_t bytes) noexcept nogil:
    atomic_add_long(&outbox.backlog, -bytes, ATOMIC_ACQ_REL)


cdef bint outbox_push(Outbox* outbox, Sent* sent) noexcept nogil:
    cdef bint first
    pthread_mutex_lock(&outbox.lock)
    if outbox.closed:
        pthread_mutex_unlock(&outbox.lock)
        return False
    first = outbox.head == NULL
    sent.next = NULL
    atomic_add_long(&outbox.backlog, sent.bytes, ATOMIC_ACQ_REL)
    if first:
        outbox.head = sent
    else:
        outbox.tail.next = sent
    outbox.tail = sent
    if first:
        # Under the lock: what was sent may hold the outbox, and be gone afterwards.
        outbox_wake(outbox)
    pthread_mutex_unlock(&outbox.lock)
    return True


cdef Sent* _take(Outbox* outbox, bint close_it) noexcept nogil:
    cdef Sent* head
    pthread_mutex_lock(&outbox.lock)
    head = outbox.head
    outbox.head = NULL
    outbox.tail = NULL
    if close_it:
        outbox.closed = True
    pthread_mutex_unlock(&outbox.lock)
    return head


cdef Sent* outbox_wait(Outbox* outbox) noexcept nogil:
    cdef uint64_t count
    # A signal may cut it short: then nothing is there, and the caller comes again.
    cdef ssize_t _got = read(outbox.fd, &count, sizeof(count))
    return _take(outbox, False)


cdef Sent* outbox_close(Outbox* outbox) noexcept nogil:
    return _take(outbox, True)
