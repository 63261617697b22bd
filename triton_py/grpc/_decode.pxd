# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A ``ModelInferRequest`` as views into the bytes it arrived in.

All pointers here are *borrowed* from the received message: whoever keeps one keeps that alive.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp.vector cimport vector

from triton_py.grpc._wire cimport View


cdef enum ParamKind:
    PARAM_NONE = 0      # an InferParameter in which no choice is set
    PARAM_BOOL = 1
    PARAM_INT64 = 2
    PARAM_STRING = 3
    PARAM_DOUBLE = 4
    PARAM_UINT64 = 5


cdef struct Param:
    View key
    ParamKind kind
    uint64_t bits       # bool, int64, uint64, and double by its bits
    View text


# A part of one of InferRequest's vectors.
cdef struct Range:
    size_t at
    size_t count


cdef struct InputTensor:
    View name
    View datatype
    Range shape         # in dims
    Range params        # in tensor_params
    Range contents      # in contents: one view per occurrence of the field, to be merged
    bint has_contents


cdef struct OutputTensor:
    View name
    Range params        # in tensor_params


cdef class InferRequest:
    # Keeps the message alive; None where whoever called decode_into() does.
    cdef readonly object message
    cdef const uint8_t *start
    cdef size_t length
    cdef View model_name
    cdef View model_version
    cdef View id
    cdef vector[Param] params
    cdef vector[Param] tensor_params
    cdef vector[InputTensor] inputs
    cdef vector[OutputTensor] outputs
    cdef vector[View] raw
    cdef vector[View] contents
    cdef vector[int64_t] dims
    cdef bint accounted         # its parameters ask for an account; known once they are set
    cdef size_t copied          # bytes of inputs that were written anew
    cdef size_t max_tensors
    cdef size_t max_parameters

    cdef str text(self, View view)
    cdef object describe_params(self, vector[Param] &params, Range part)


# An empty request, to be decoded into any number of times.
cdef InferRequest new_request(size_t max_tensors, size_t max_parameters)
# Replaces what `request` held by views into `size` bytes at `data`, borrowed until the next call.
# Raises as decode_request() does; the request is then of no use until the next call.
cdef int decode_into(InferRequest request, const uint8_t *data, size_t size) except -1
cpdef InferRequest decode_request(object message, size_t max_tensors=*, size_t max_parameters=*)
