# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The responses of a generate_stream request between the thread that sends them and the socket.

What waits is counted for each connection, and bounded.

Fields belong to the event loop unless marked: [core] is the response callback's.
"""

from triton_py.frontend._backlog cimport Backlog
from triton_py.frontend._completions cimport Completions, Finished
from triton_py.frontend._memory cimport Buf


# One response as it is sent, or the end.
cdef struct Event:
    Finished finished       # in the list of finished ones; first, so that one is the other
    void* exchange          # counted, until the event is drained
    Event* next             # of the stream's events
    bint embedded           # in its stream, which is freed with the exchange
    bint final
    bint overflow           # the responses went beyond the bound: the request is to be cancelled
    int status              # of the answer, if this is its first event
    Buf text                # empty: an end without a response, or out of memory if not status 200


cdef struct Stream:
    Backlog* backlog            # counted
    Completions* completions    # counted: of all streams of the port
    int muted                   # atomic: responses are not written any more
    bint lost                   # [core] one could not be kept for want of memory
    bint began                  # the head is sent
    bint closes                 # and said that the connection will be closed
    bint ended                  # no further event
    Event* first                # those that are not sent yet, the oldest first
    Event* last
    Event final                 # the last one, which therefore can't be lost


# Holds both; NULL without memory.
cdef Stream* stream_new(Backlog* backlog, Completions* completions) noexcept nogil
cdef void stream_free(Stream* stream) noexcept nogil
# Nobody reads its responses any more.
cdef void stream_mute(Stream* stream) noexcept nogil
# Frees an event that is in no list, and what it counts for.
cdef void event_free(Stream* stream, Event* event) noexcept nogil
