# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_InferenceResponseCompleteFn_t
from triton_py.http._describe cimport DescribeLimits
from triton_py.http._exchange cimport Exchange


cdef enum RouteKind:
    ROUTE_INFER
    ROUTE_GENERATE
    ROUTE_GENERATE_STREAM


# Where an inference request goes, out of the request's target.
cdef struct Route:
    RouteKind kind
    const char* model       # in the exchange's arena
    int64_t version         # -1: the server chooses


# What was said about the body.
cdef struct BodyShape:
    const char* bytes
    uint64_t size
    # The value of Inference-Header-Content-Length; NULL if it was not given.
    const char* header_length
    size_t header_length_size


# 1 and the route, 0 if the target is not an inference, -1 with the fault set (a bad version, say).
cdef int infer_route(const char* target, size_t size, Exchange* ex, Route* route) noexcept nogil

# Reads the body and hands the request to the core, which then holds the exchange twice more; its
# block must hold the body's bytes. -1 with the fault set: nothing is in flight.
cdef int infer_submit(Exchange* ex, const Route* route, const BodyShape* body,
                      const DescribeLimits* limits) noexcept nogil

# The steps of that, which generate has in common with it. Each returns 0, or -1 with the fault set.
# The JSON is not larger than it may be.
cdef int infer_fits(Exchange* ex, uint64_t json_size, const DescribeLimits* limits) noexcept nogil
# Makes the core's request, with all that was described but for tensors.
cdef int infer_new(Exchange* ex, const Route* route, uint64_t wire_bytes) noexcept nogil
# Adds the inputs; `left` bytes at `bytes` are the body's binary part.
cdef int infer_inputs(Exchange* ex, const Route* route, const char* bytes, uint64_t left,
                      bint has_header_length) noexcept nogil
# Hands the request to the core.
cdef int infer_send(Exchange* ex, TRITONSERVER_InferenceResponseCompleteFn_t callback
                    ) noexcept nogil
