# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Life and death of streams and their events."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from triton_py.frontend._backlog cimport Backlog, backlog_add, backlog_drop, backlog_hold, flag_set
from triton_py.frontend._completions cimport Completions, completions_drop, completions_hold
from triton_py.frontend._memory cimport buf_free


cdef Stream* stream_new(Backlog* backlog, Completions* completions) noexcept nogil:
    cdef Stream* stream = <Stream*> calloc(1, sizeof(Stream))
    if stream == NULL:
        return NULL
    stream.backlog = backlog_hold(backlog)
    stream.completions = completions_hold(completions)
    return stream


cdef void stream_mute(Stream* stream) noexcept nogil:
    flag_set(&stream.muted)


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
