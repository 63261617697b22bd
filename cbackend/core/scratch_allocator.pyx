# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The allocator of outputs that nobody reads (see scratch_allocator.pxd)."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

from triton_py.abi.types cimport *
from triton_py.core.allocator cimport Allocator
from triton_py.core.error cimport error_new

cdef Allocator _allocator


cdef TRITONSERVER_Error* _allocate(
    TRITONSERVER_ResponseAllocator* allocator, const char* tensor_name, size_t byte_size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id, void* userp, void** buffer,
    void** buffer_userp, TRITONSERVER_MemoryType* actual_memory_type,
    int64_t* actual_memory_type_id
) noexcept nogil:
    buffer[0] = malloc(byte_size + 1)
    buffer_userp[0] = NULL
    actual_memory_type[0] = TRITONSERVER_MEMORY_CPU
    actual_memory_type_id[0] = 0
    if buffer[0] == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for an output")
    return NULL


cdef TRITONSERVER_Error* _release(
    TRITONSERVER_ResponseAllocator* allocator, void* buffer, void* buffer_userp,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    free(buffer)
    return NULL


_allocator.alloc_fn = _allocate
_allocator.release_fn = _release


cdef Allocator* scratch_allocator() noexcept nogil:
    return &_allocator
