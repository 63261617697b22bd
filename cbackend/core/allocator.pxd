# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_ResponseAllocator: how a client provides the memory of outputs."""

from triton_py.abi.types cimport (
    TRITONSERVER_ResponseAllocatorAllocFn_t,
    TRITONSERVER_ResponseAllocatorBufferAttributesFn_t,
    TRITONSERVER_ResponseAllocatorQueryFn_t,
    TRITONSERVER_ResponseAllocatorReleaseFn_t,
    TRITONSERVER_ResponseAllocatorStartFn_t,
)

# Owned by the client, who must keep it until the last response that it allocated for is deleted.
cdef struct Allocator:
    TRITONSERVER_ResponseAllocatorAllocFn_t alloc_fn
    TRITONSERVER_ResponseAllocatorReleaseFn_t release_fn
    TRITONSERVER_ResponseAllocatorStartFn_t start_fn                        # may be NULL
    TRITONSERVER_ResponseAllocatorBufferAttributesFn_t attributes_fn        # may be NULL
    TRITONSERVER_ResponseAllocatorQueryFn_t query_fn                        # may be NULL
