# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory of every type (see memory.pxd) and TRITONBACKEND_MemoryManager."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from triton_py.abi.types cimport (
    TRITONBACKEND_MemoryManager,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_ERROR_UNSUPPORTED,
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_MEMORY_CPU_PINNED,
    TRITONSERVER_MEMORY_GPU,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
)
from triton_py.core.buffer_attributes cimport BufferAttributes
from triton_py.core.counters cimport LIVE_BACKEND_MEMORY, live
from triton_py.core.cuda cimport (
    cuda_copy,
    cuda_device_count,
    cuda_error_string,
    cuda_free,
    cuda_host_alloc,
    cuda_host_free,
    cuda_malloc,
)
from triton_py.core.error cimport error_new, error_null
from triton_py.core.pinned cimport pinned_forget, pinned_give, pinned_note, pinned_take
from triton_py.core.text cimport Text, text_add, text_init, text_str, text_uint

cdef extern from "<stdlib.h>" nogil:
    int posix_memalign(void** pointer, size_t alignment, size_t size)

# There is one manager; its address is the handle.
cdef char _manager


cdef TRITONBACKEND_MemoryManager* memory_manager() noexcept nogil:
    return <TRITONBACKEND_MemoryManager*>&_manager


cdef TRITONSERVER_Error* _no_memory(
    uint64_t size, const char* kind, const char* why
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"failed to allocate ")
    text_uint(&text, size)
    text_add(&text, b" bytes of ")
    text_add(&text, kind)
    text_add(&text, b" memory: ")
    text_add(&text, why)
    # Without a device there never will be such memory; with one it may only be short.
    if kind[0] != b"C" and cuda_device_count() == 0:
        return error_new(TRITONSERVER_ERROR_UNSUPPORTED, text_str(&text))
    return error_new(TRITONSERVER_ERROR_UNAVAILABLE, text_str(&text))


cdef TRITONSERVER_Error* _allocate_pinned(void** buffer, uint64_t byte_size) noexcept nogil:
    cdef int code
    # Without a device the answer is not that the pool is too small.
    if cuda_device_count() and not pinned_take(byte_size):
        return _no_memory(byte_size, b"pinned", b"the pinned memory pool has not that much left "
                                                b"(--pinned-memory-pool-byte-size)")
    code = cuda_host_alloc(buffer, byte_size)
    if code == 0:
        pinned_note(buffer[0], byte_size)
        return NULL
    if cuda_device_count():
        pinned_give(byte_size)
    return _no_memory(byte_size, b"pinned", cuda_error_string(code))


cdef TRITONSERVER_Error* memory_allocate(
    void** buffer, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id, uint64_t byte_size
) noexcept nogil:
    cdef int code
    buffer[0] = NULL
    if byte_size == 0:
        byte_size = 1
    if memory_type == TRITONSERVER_MEMORY_CPU:
        # 64: the widest vector registers, and a cache line.
        if posix_memalign(buffer, 64, byte_size) != 0:
            return _no_memory(byte_size, b"CPU", b"out of memory")
    elif memory_type == TRITONSERVER_MEMORY_CPU_PINNED:
        return _allocate_pinned(buffer, byte_size)
    elif memory_type == TRITONSERVER_MEMORY_GPU:
        code = cuda_malloc(buffer, memory_type_id, byte_size)
        if code != 0:
            return _no_memory(byte_size, b"GPU", cuda_error_string(code))
    else:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, b"unknown memory type")
    return NULL


cdef TRITONSERVER_Error* memory_free(
    void* buffer, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    cdef uint64_t byte_size
    cdef int code = 0
    if memory_type == TRITONSERVER_MEMORY_CPU:
        free(buffer)
    elif memory_type == TRITONSERVER_MEMORY_CPU_PINNED:
        byte_size = pinned_forget(buffer)
        code = cuda_host_free(buffer)
        if code == 0:
            pinned_give(byte_size)
        elif byte_size:
            pinned_note(buffer, byte_size)
    elif memory_type == TRITONSERVER_MEMORY_GPU:
        code = cuda_free(buffer, memory_type_id)
    else:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, b"unknown memory type")
    if code != 0:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG, cuda_error_string(code))
    return NULL


cdef TRITONSERVER_Error* memory_copy(
    void* to, const BufferAttributes* to_attributes, const void* source,
    const BufferAttributes* source_attributes, uint64_t byte_size
) noexcept nogil:
    cdef int code
    if byte_size == 0:
        return NULL
    if (to_attributes.memory_type == TRITONSERVER_MEMORY_GPU
            or source_attributes.memory_type == TRITONSERVER_MEMORY_GPU):
        code = cuda_copy(to, source, byte_size)
        if code != 0:
            return error_new(TRITONSERVER_ERROR_INTERNAL, cuda_error_string(code))
        return NULL
    memcpy(to, source, byte_size)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_MemoryManagerAllocate(
    TRITONBACKEND_MemoryManager* manager, void** buffer,
    const TRITONSERVER_MemoryType memory_type, const int64_t memory_type_id,
    const uint64_t byte_size
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef void* memory = NULL
    if manager != memory_manager() or buffer == NULL:
        return error_null(b"TRITONBACKEND_MemoryManagerAllocate", b"manager and buffer")
    error = memory_allocate(&memory, memory_type, memory_type_id, byte_size)
    if error != NULL:
        return error
    live(LIVE_BACKEND_MEMORY, 1)
    buffer[0] = memory
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_MemoryManagerFree(
    TRITONBACKEND_MemoryManager* manager, void* buffer,
    const TRITONSERVER_MemoryType memory_type, const int64_t memory_type_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    if manager != memory_manager():
        return error_null(b"TRITONBACKEND_MemoryManagerFree", b"manager")
    if buffer == NULL:
        return NULL
    error = memory_free(buffer, memory_type, memory_type_id)
    if error == NULL:
        live(LIVE_BACKEND_MEMORY, -1)
    return error
