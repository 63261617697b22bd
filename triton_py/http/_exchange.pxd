# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One HTTP request and its answer.

Who holds an exchange (``refs``): the connection, until the answer was handed to the transport or
the client is gone; the core twice while an inference is in flight, once until the release callback
and once until the final response was drained; whoever shows its outputs' memory. The last one to
let go frees everything, on whichever thread that is.

Fields belong to the event loop unless marked: [core] is written by the response callback, which
happens before the exchange is drained; [flight] is read only between submit and release.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport (
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_Server,
)
from triton_py.http._describe cimport Description, Param
from triton_py.http._events cimport Stream
from triton_py.frontend._completions cimport Completions, Finished
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._lone cimport Lone
from triton_py.frontend._memory cimport Arena, Block, Buf
from triton_py.tracing._record cimport Recording


cdef enum:
    FIRST_ROOM = 2048       # of the arena, inside the exchange: most requests need no more


cdef enum Coding:
    CODING_IDENTITY
    CODING_GZIP
    CODING_DEFLATE


# In which of ORCA's formats the client asks for the server's load.
cdef enum LoadFormat:
    LOAD_NONE
    LOAD_TEXT
    LOAD_JSON


# A binary output: bytes that follow the JSON in the answer's body.
cdef struct Piece:
    const char* at
    uint64_t size
    bint in_classes         # `at` is an offset in the exchange's `classes` until all are written


cdef struct Exchange:
    Finished finished           # in the list of finished ones; first, so that one is the other
    int refs
    Completions* completions    # counted
    Exchange* next              # in the connection's queue
    PyObject* connection        # borrowed; NULL once nobody waits for the answer
    PyObject* payload           # owned: the body of an answer that Python wrote, or NULL
    PyObject* extra             # owned: its header lines, or NULL
    PyObject* record            # owned: what the access log says of the request, or NULL
    size_t sent                 # bytes of the answer so far, for that
    bint done                   # the answer is complete
    bint in_flight              # the core has it
    bint unwanted               # the client left: to be cancelled as soon as the core has it
    bint control                # answered by Python: nothing overtakes it
    bint generated              # the answer is to be generate's
    Stream* stream              # owned: of a generate_stream request; else NULL
    Lone lone                   # sending by the thread that has the answer; see _lone.pxd
    # What the request's head said.
    bint minor
    bint keep_alive
    bint head_only              # a HEAD request: no body is sent
    Coding accept
    LoadFormat load
    bint reporting              # it is being asked for: the answer waits
    const char* lines           # header lines besides those of its kind of answer; NULL: none
    # The request.
    TRITONSERVER_InferenceRequest* request
    TRITONSERVER_Server* server
    Block* block                # counted: where binary inputs lie [flight]
    Arena arena
    Description description
    Param* forwarded            # headers that become parameters
    uint64_t received_ns        # monotonic: when its first byte was read
    bint accounted              # the client wants to know where time and bytes went
    uint64_t copied             # of the answer's outputs, the bytes that are written anew [core]
    Recording* trace            # held; NULL: the request is not traced
    bint send_noted             # the trace knows when the answer began to be sent
    Fault fault                 # the first thing that was wrong [core]
    # The answer [core].
    uint32_t responses
    TRITONSERVER_InferenceResponse* response
    int status
    bint binary                 # JSON and then pieces
    Buf text                    # the JSON
    Buf classes                 # what classification wrote for binary outputs
    Piece* pieces
    uint32_t piece_count
    uint64_t body_size
    char first[FIRST_ROOM]


# Held once; NULL without memory.
cdef Exchange* exchange_new(Completions* completions) noexcept nogil
cdef void exchange_hold(Exchange* exchange) noexcept nogil
cdef void exchange_drop(Exchange* exchange) noexcept nogil

# The HTTP status for an error of the core (not NULL), as Triton maps them.
cdef int status_of(TRITONSERVER_Error* error) noexcept nogil
# Makes the core's error the exchange's fault. Takes the error over; -1.
cdef int fault_from(Fault* fault, TRITONSERVER_Error* error) noexcept nogil
# As fault_from, for an error that stays its owner's.
cdef int fault_from_borrowed(Fault* fault, TRITONSERVER_Error* error) noexcept nogil
# Asks the core to cancel the request. One that was just released can't be cancelled, and need not.
cdef void exchange_cancel(Exchange* exchange) noexcept nogil
# Makes the fault the answer of a request that is not in flight; it is an answer like any other
# then, of a stream too.
cdef void exchange_refuse(Exchange* exchange) noexcept nogil
# Makes the fault the answer.
cdef void answer_fault(Exchange* exchange) noexcept nogil

# Exchanges alive in this process, for leak checks.
cdef int exchanges_alive() noexcept nogil
