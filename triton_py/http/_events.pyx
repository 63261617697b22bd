# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Life and death of streams and their events."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from triton_py.frontend._completions cimport Completions, completions_drop, completions_hold
from triton_py.frontend._memory cimport ATOMIC_ACQ_REL, atomic_add, buf_free


cdef extern from * nogil:
    """
    #include <stdint.h>
    static inline int64_t tp_event_add(int64_t* value, int64_t by) {
        return __atomic_add_fetch(value, by, __ATOMIC_ACQ_REL);
    }
    static inline void tp_event_set(int* value) { __atomic_store_n(value, 1, __ATOMIC_RELEASE); }
    """
    int64_t add_to "tp_event_add"(int64_t* value, int64_t by)
    void set_flag "tp_event_set"(int* value)


cdef Backlog* backlog_new(int64_t limit) noexcept nogil:
    cdef Backlog* backlog = <Backlog*> calloc(1, sizeof(Backlog))
    if backlog != NULL:
        backlog.refs = 1
        backlog.limit = limit
    return backlog


cdef Backlog* backlog_hold(Backlog* backlog) noexcept nogil:
    atomic_add(&backlog.refs, 1, ATOMIC_ACQ_REL)
    return backlog


cdef void backlog_drop(Backlog* backlog) noexcept nogil:
    if backlog != NULL and atomic_add(&backlog.refs, -1, ATOMIC_ACQ_REL) == 0:
        free(backlog)


cdef int64_t backlog_add(Backlog* backlog, int64_t bytes) noexcept nogil:
    return add_to(&backlog.bytes, bytes)


cdef Stream* stream_new(Backlog* backlog, Completions* completions) noexcept nogil:
    cdef Stream* stream = <Stream*> calloc(1, sizeof(Stream))
    if stream == NULL:
        return NULL
    stream.backlog = backlog_hold(backlog)
    stream.completions = completions_hold(completions)
    return stream


cdef void stream_mute(Stream* stream) noexcept nogil:
    set_flag(&stream.muted)


cdef void event_free(Stream* stream, Event* event) noexcept nogil:
    if event.text.size:
        backlog_add(stream.backlog, -<int64_t> event.text.size)
    buf_free(&event.text)
    if not event.embedded:
        free(event)


cdef void stream_free(Stream* stream) noexcept nogil:
    cdef Event* event
    if stream == NULL:
        return
    while stream.first != NULL:
        event = stream.first
        stream.first = event.next
        event_free(stream, event)
    stream.final.embedded = True
    event_free(stream, &stream.final)
    backlog_drop(stream.backlog)
    completions_drop(stream.completions)
    free(stream)
