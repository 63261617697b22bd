# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Between the wire and the C API, for both ways of inference."""

from libc.stdint cimport uint64_t

from triton_py.abi.types cimport TRITONSERVER_InferenceRequest, TRITONSERVER_InferenceResponse
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Arena
from triton_py.grpc._decode cimport InferRequest
from triton_py.grpc._encode cimport ResponseParts


cdef enum:
    VERSION_DIGITS = 24     # room for a model version as text


# Gives `request` everything that `message` asks for, and returns how many classes are wanted of
# which outputs. The inputs borrow from the message's bytes and from `memory`, both of which must
# live until the core releases the request. Raises triton_py.errors; the request is then of no use.
# What else belongs to a request's account, once it is filled: when it began to be received.
cdef int set_wire(TRITONSERVER_InferenceRequest *request, InferRequest message,
                  uint64_t received_ns) except -1
cdef dict fill_request(TRITONSERVER_InferenceRequest *request, InferRequest message,
                       Arena *memory, bint *empty_final)
# Whether an output is to be classified.
cdef bint wants_classes(InferRequest message) noexcept

# Collects the parts of a response without an error. They borrow from the response and from
# `digits`, which has room for VERSION_DIGITS. `joined`: all outputs are going to be copied. -1
# with the fault set; its status is the TRITONSERVER_Error_Code plus one.
cdef int take_response(TRITONSERVER_InferenceResponse *response, ResponseParts &parts,
                       char *digits, bint joined, Fault *fault) noexcept nogil
# The exception for such a fault.
cdef object fault_error(const Fault *fault)
