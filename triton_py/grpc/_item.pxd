# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One request of a ModelStreamInfer call, and its responses on their way to the event loop.

Who holds an item (``refs``): the stream, until the item is settled or the stream is over; the core
once until the release callback and once until the final response was drained; each result before
that. Fields belong to the event loop unless marked as in _call.pxd.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport uint32_t

from triton_py.abi.types cimport (
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_Server,
)
from triton_py.frontend._backlog cimport Backlog
from triton_py.frontend._completions cimport Completions, Finished
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Arena, Block
from triton_py.grpc._outgoing cimport Outgoing
from triton_py.grpc._wire cimport View
from triton_py.tracing._record cimport Recording

cdef enum:
    ITEM_ROOM = 512         # of the arena, inside the item


# A response, encoded on the thread that sent it; or what is to be said instead.
cdef struct Result:
    Finished finished       # in the list of finished ones; first, so that one is the other
    Item* item              # counted
    bint embedded           # in its item, which is freed with it
    bint final
    Outgoing* message       # owned; or NULL
    TRITONSERVER_InferenceResponse* response    # owned: an error, or one to be classified; or NULL
    Fault fault             # why there is no message
    bint overflow           # that is: too much waits already, the request is to be cancelled


cdef struct Item:
    int refs
    Completions* completions    # counted
    Backlog* backlog            # counted: the stream's
    int muted                   # atomic: responses are not kept any more
    PyObject* stream            # borrowed; NULL once the stream is over
    Item* previous              # of the stream's items of its kind
    Item* next
    bint ordered                # its messages wait for those of earlier requests
    bint bounded                # a decoupled model's: its responses may become too many [flight]
    bint done                   # no further message
    bint in_flight              # the core has it
    bint empty_final            # the client wants to hear of an end without a response
    bint classified             # responses are encoded by the loop [flight]
    TRITONSERVER_InferenceRequest* request
    Block* block                # counted: the message, where inputs lie [flight]
    Recording* trace            # held; NULL: the request is not traced
    bint send_noted             # the trace knows when its first message was sent
    View model_name             # these three in the arena
    View model_version
    View id
    Outgoing* waiting           # messages that wait for earlier requests', oldest first; owned
    Outgoing* last_waiting
    Arena arena
    Result last                 # the final one, which therefore can't be lost for want of memory
    char first[ITEM_ROOM]


# Held once; NULL without memory.
cdef Item* item_new(Completions* completions, Backlog* backlog) noexcept nogil
cdef void item_drop(Item* item) noexcept nogil
# Gives up the messages that wait; on the loop, since some are Python's.
cdef void item_forget_waiting(Item* item) noexcept nogil
# Sends the item's request, which then holds it twice more. An error: nothing is in flight.
cdef TRITONSERVER_Error* item_send(Item* item, TRITONSERVER_Server* server) noexcept nogil
# Nobody wants its further responses.
cdef void item_mute(Item* item) noexcept nogil
# Asks the core to cancel the item's request, if it has it.
cdef void item_cancel(Item* item) noexcept nogil
# Gives up a drained result, with its hold on the item.
cdef void result_drop(Result* result) noexcept nogil
