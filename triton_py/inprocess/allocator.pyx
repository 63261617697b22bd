# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where output tensors are written unless the caller brings an allocator of its own."""

from libc.stdint cimport int64_t

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorNew,
    TRITONSERVER_ResponseAllocatorNew,
    TRITONSERVER_ResponseAllocatorSetQueryFunction,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
    TRITONSERVER_ResponseAllocator,
)
from triton_py.frontend._large cimport LARGE_FROM, large_free, large_malloc
from triton_py.inprocess.status cimport check

cdef extern from "<stdlib.h>" nogil:
    int posix_memalign(void** place, size_t alignment, size_t size)

# One cache line, and enough for AVX-512 loads.
cdef enum:
    ALIGNMENT = 64

cdef TRITONSERVER_ResponseAllocator* _allocator = NULL


cdef TRITONSERVER_ResponseAllocator* default_allocator() noexcept nogil:
    return _allocator


cdef TRITONSERVER_Error* _allocate(
    TRITONSERVER_ResponseAllocator* allocator, const char* tensor_name, size_t byte_size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id, void* userp,
    void** buffer, void** buffer_userp,
    TRITONSERVER_MemoryType* actual_memory_type, int64_t* actual_memory_type_id,
) noexcept nogil:
    # Whatever memory the backend prefers, the answer is CPU memory: it copies if it must.
    actual_memory_type[0] = TRITONSERVER_MEMORY_CPU
    actual_memory_type_id[0] = 0
    buffer_userp[0] = NULL
    buffer[0] = NULL
    if byte_size == 0:
        return NULL
    if byte_size >= LARGE_FROM:
        buffer[0] = large_malloc(byte_size)
    elif posix_memalign(buffer, ALIGNMENT, byte_size) != 0:
        buffer[0] = NULL
    if buffer[0] == NULL:
        return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE,
                                     b"no memory left for an output tensor")
    return NULL


cdef TRITONSERVER_Error* _release(
    TRITONSERVER_ResponseAllocator* allocator, void* buffer, void* buffer_userp, size_t byte_size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
) noexcept nogil:
    large_free(buffer, byte_size)
    return NULL


cdef TRITONSERVER_Error* _query(
    TRITONSERVER_ResponseAllocator* allocator, void* userp, const char* tensor_name,
    size_t* byte_size, TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id,
) noexcept nogil:
    memory_type[0] = TRITONSERVER_MEMORY_CPU
    memory_type_id[0] = 0
    return NULL


check(TRITONSERVER_ResponseAllocatorNew(&_allocator, _allocate, _release, NULL))
check(TRITONSERVER_ResponseAllocatorSetQueryFunction(_allocator, _query))
