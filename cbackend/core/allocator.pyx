# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_ResponseAllocator (see allocator.pxd)."""

from libc.stdlib cimport calloc, free

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_Error,
    TRITONSERVER_ResponseAllocator,
    TRITONSERVER_ResponseAllocatorAllocFn_t,
    TRITONSERVER_ResponseAllocatorBufferAttributesFn_t,
    TRITONSERVER_ResponseAllocatorQueryFn_t,
    TRITONSERVER_ResponseAllocatorReleaseFn_t,
    TRITONSERVER_ResponseAllocatorStartFn_t,
)
from triton_py.core.counters cimport LIVE_ALLOCATOR, live
from triton_py.core.error cimport error_new, error_null


cdef public TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorNew(
    TRITONSERVER_ResponseAllocator** allocator,
    TRITONSERVER_ResponseAllocatorAllocFn_t alloc_fn,
    TRITONSERVER_ResponseAllocatorReleaseFn_t release_fn,
    TRITONSERVER_ResponseAllocatorStartFn_t start_fn,
) noexcept nogil:
    cdef Allocator* a
    if allocator == NULL or alloc_fn == NULL or release_fn == NULL:
        return error_null(b"TRITONSERVER_ResponseAllocatorNew",
                          b"allocator, alloc_fn and release_fn")
    a = <Allocator*>calloc(1, sizeof(Allocator))
    if a == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a response allocator")
    a.alloc_fn = alloc_fn
    a.release_fn = release_fn
    a.start_fn = start_fn
    live(LIVE_ALLOCATOR, 1)
    allocator[0] = <TRITONSERVER_ResponseAllocator*>a
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorSetBufferAttributesFunction(
    TRITONSERVER_ResponseAllocator* allocator,
    TRITONSERVER_ResponseAllocatorBufferAttributesFn_t buffer_attributes_fn,
) noexcept nogil:
    if allocator == NULL:
        return error_null(b"TRITONSERVER_ResponseAllocatorSetBufferAttributesFunction",
                          b"allocator")
    (<Allocator*>allocator).attributes_fn = buffer_attributes_fn
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorSetQueryFunction(
    TRITONSERVER_ResponseAllocator* allocator, TRITONSERVER_ResponseAllocatorQueryFn_t query_fn
) noexcept nogil:
    if allocator == NULL:
        return error_null(b"TRITONSERVER_ResponseAllocatorSetQueryFunction", b"allocator")
    (<Allocator*>allocator).query_fn = query_fn
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ResponseAllocatorDelete(
    TRITONSERVER_ResponseAllocator* allocator
) noexcept nogil:
    if allocator != NULL:
        live(LIVE_ALLOCATOR, -1)
        free(allocator)
    return NULL
