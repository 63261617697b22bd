# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport uint32_t

from triton_py.abi.types cimport TRITONSERVER_InferenceResponse
from triton_py.http._events cimport Event
from triton_py.http._exchange cimport Exchange


# The response callback of a generate_stream request; `userp` is its Exchange.
cdef void on_event(TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
                   ) noexcept nogil

# Event loop: takes over a drained event, but not its hold on the exchange.
cdef void stream_take(Exchange* ex, Event* event) noexcept
# Event loop: appends what is to be sent now, of many events the first ones. `close`: the connection
# is closed behind this answer. True: that was the end.
cdef bint stream_append(list parts, Exchange* ex, bint close) except -1


cdef inline bint answer_ready(Exchange* ex) noexcept:
    """Whether there is something of the answer to be sent."""
    if ex.stream == NULL:
        return ex.done
    return not ex.reporting and (ex.stream.first != NULL or ex.stream.ended)
