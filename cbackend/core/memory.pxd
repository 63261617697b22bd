# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Memory of every type, and the memory manager that every backend gets."""

from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.types cimport (
    TRITONBACKEND_MemoryManager,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
)
from triton_py.core.buffer_attributes cimport BufferAttributes

cdef TRITONBACKEND_MemoryManager* memory_manager() noexcept nogil
# A buffer of at least one byte, owned by the caller, for memory_free with the same type and id.
cdef TRITONSERVER_Error* memory_allocate(
    void** buffer, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id, uint64_t byte_size
) noexcept nogil
cdef TRITONSERVER_Error* memory_free(
    void* buffer, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil
# Copies between buffers that may each be the CPU's or a GPU's.
cdef TRITONSERVER_Error* memory_copy(
    void* to, const BufferAttributes* to_attributes, const void* source,
    const BufferAttributes* source_attributes, uint64_t byte_size
) noexcept nogil
