# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One gRPC message on its way out: the 5-byte prefix and the encoded bytes, in segments.

Small messages are one segment. Large output tensors are segments of their own, which lie where the
backend wrote them. Counted: the call holds its messages until they are sent, and so does
each buffer that shows a piece to the transport. Dropped with the GIL, unless ``owner`` is NULL.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_InferenceResponse
from triton_py.frontend._backlog cimport Backlog
from triton_py.frontend._fault cimport Fault
from triton_py.grpc._encode cimport ResponseParts
from triton_py.grpc._wire cimport View

cdef enum:
    PREFIX = 5              # of a message: whether it is compressed, and its size, big-endian


cdef struct Segment:
    const char *at
    size_t size


cdef struct Outgoing:
    int refs
    Outgoing *next                              # of the same call
    size_t left                                 # bytes not handed to HTTP/2 yet
    uint32_t index                              # of the segment that is being sent
    size_t offset                               # in that segment
    TRITONSERVER_InferenceResponse *response    # owned: what segments lie in; or NULL
    PyObject *owner                             # owned: likewise; or NULL
    Backlog *backlog                            # counted: where it is counted; or NULL
    size_t counted                              # bytes of it
    uint32_t count
    Segment *segments


# What stands before `size` bytes of message.
cdef void put_prefix(uint8_t *to, bint compressed, size_t size) noexcept nogil
# An encoded response. `response` is transferred to it, or deleted where nothing lies in it any
# more; on a fault (NULL) it stays the caller's. `error` as for encode().
cdef Outgoing *outgoing_response(TRITONSERVER_InferenceResponse *response, ResponseParts &parts,
                                 bint stream, View error, size_t limit, Fault *fault
                                 ) noexcept nogil
# Of the outputs, the bytes that the message will have a copy of.
cdef uint64_t outgoing_copies(ResponseParts &parts) noexcept nogil
# A message that Python encoded.
cdef Outgoing *outgoing_bytes(bytes message, bint compressed) except NULL
# Counts its bytes in a backlog, if they aren't yet, until they are handed to HTTP/2 or it is
# dropped. `bounded`, True: it would go beyond the bound, and is not counted.
cdef bint outgoing_count(Outgoing *message, Backlog *backlog, bint bounded) noexcept nogil
cdef void outgoing_uncount(Outgoing *message) noexcept nogil
cdef void outgoing_drop(Outgoing *message) noexcept nogil
# The message, without its prefix, as one object; for compression.
cdef bytes outgoing_joined(Outgoing *message)
