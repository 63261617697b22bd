# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One gRPC call: the HTTP/2 stream's fields, the message that is being received, the answer.

Who holds a call (``refs``): the connection, until the stream is closed; the core twice while an
inference is in flight, once until the release callback and once until the final response was
drained; a Python handler's context; whatever waits on another thread. The last one to let go frees
everything, on whichever thread that is.

Fields belong to the event loop unless marked: [core] is written by the response callback, which
happens before the call is drained; [flight] is read only between submit and release.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from triton_py.abi.types cimport (
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
)
from triton_py.frontend._completions cimport Completions, Finished
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._lone cimport Lone
from triton_py.frontend._memory cimport Arena, Block
from triton_py.grpc._outgoing cimport Outgoing
from triton_py.tracing._record cimport Recording


cdef enum:
    FIRST_ROOM = 1024       # of the arena, inside the call: most requests need no more


cdef enum CallKind:
    KIND_UNKNOWN            # no path yet, or one that nobody serves
    KIND_INFER              # ModelInfer: the fast path, without Python
    KIND_UNARY              # one message in, Python answers
    KIND_STREAM             # Python reads messages as they come


# As grpc-encoding and grpc-accept-encoding name them; also bits of a set.
cdef enum Coding:
    CODING_IDENTITY = 1
    CODING_DEFLATE = 2
    CODING_GZIP = 4
    CODING_UNKNOWN = 8


# A field of the client's metadata; in the arena.
cdef struct Field:
    Field* next
    const uint8_t* name
    const uint8_t* value
    size_t name_size
    size_t value_size


cdef struct Call:
    Finished finished           # in the list of finished ones; first, so that one is the other
    int refs
    Completions* completions    # counted
    PyObject* connection        # borrowed; NULL once the stream is closed
    PyObject* context           # owned: the Python handler's, or NULL
    Call* previous              # of the connection's open calls
    Call* next
    int32_t stream_id
    # What the header said.
    CallKind kind
    bint is_post
    bint is_grpc                # by its content-type
    bint bad_timeout
    bint headers_done           # what follows are trailers
    bint too_much_header
    Coding encoding             # of compressed messages
    int accept                  # Codings that the client takes, besides identity
    int64_t timeout_us          # -1: none
    double deadline             # on the loop's clock; 0: none
    size_t header_size          # as SETTINGS_MAX_HEADER_LIST_SIZE counts it
    const uint8_t* path         # in the arena; NULL for KIND_INFER
    size_t path_size
    Field* metadata             # oldest first
    Field* last_field
    # The message that is being received; a further one follows for KIND_STREAM.
    uint8_t prefix[5]
    uint32_t prefix_size
    bint compressed
    size_t size                 # announced
    size_t have
    size_t unconsumed           # received bytes for which the stream's window is not given back
    uint32_t messages           # complete ones
    bint remote_done            # the client sends nothing more
    bint begun                  # the handler or the core has it
    # The inference.
    bint counted                # among the endpoint's calls
    # For the access log.
    int64_t began               # nanoseconds; 0: not noted
    size_t received             # bytes of messages, their prefixes included
    size_t sent
    int http_status             # of an answer that is no gRPC; else 0
    PyObject* model             # owned: the name in a ModelInfer; or NULL
    bint in_flight              # the core has it
    TRITONSERVER_InferenceRequest* request
    Block* block                # counted: the message, where inputs lie [flight]
    Recording* trace            # held; NULL: the request is not traced
    bint send_noted             # the trace knows when the answer began to be sent
    uint64_t began_ns           # monotonic: when the header began
    Lone lone                   # sending by the thread that has the answer; see _lone.pxd
    size_t lone_room            # of a message, as HTTP/2's windows and one frame take it
    # The answer.
    bint responded              # its header was submitted
    bint waiting                # HTTP/2 waits for the next message
    bint ended                  # no further message; the status is set
    int status                  # a gRPC status code
    const char* details         # percent-encoded, in the arena; NULL: none
    size_t details_size
    Outgoing* outgoing          # messages that wait, oldest first; counted
    Outgoing* last_outgoing
    size_t queued               # their bytes
    double stalled_since        # when the client last took some of them; 0: nothing waits
    Arena arena
    # An inference's result [core].
    uint32_t responses
    TRITONSERVER_InferenceResponse* response    # one with an error
    Outgoing* answer
    Fault fault
    char first[FIRST_ROOM]


# Held once; NULL without memory.
cdef Call* call_new(Completions* completions) noexcept nogil
cdef void call_hold(Call* call) noexcept nogil
cdef void call_drop(Call* call) noexcept nogil
# Asks the core to cancel the inference, if it has it.
cdef void call_cancel(Call* call) noexcept nogil
# Calls alive in this process, for leak checks.
cdef int calls_alive() noexcept nogil

# --- the message that is being received ---
# Takes what it needs of `size` bytes; returns how much that was. The message is complete once
# prefix_size is 5 and have == size. -1: the limit, -2: no memory, -3: a prefix that is none.
cdef ssize_t call_receive(Call* call, const uint8_t* data, size_t size, size_t limit
                          ) noexcept nogil
cdef bint call_has_message(Call* call) noexcept nogil
# Makes room for the next message; the block is the caller's, counted, or NULL for no bytes.
cdef Block* call_take_message(Call* call) noexcept nogil

# --- what waits to be sent ---
cdef void call_push(Call* call, Outgoing* message) noexcept nogil
cdef void call_pop(Call* call) noexcept nogil
