# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_BufferAttributes: where a buffer lies and how large it is."""

from libc.stdint cimport int64_t

from triton_py.abi.types cimport TRITONSERVER_MemoryType

cdef struct BufferAttributes:
    TRITONSERVER_MemoryType memory_type
    int64_t memory_type_id
    size_t byte_size
    void* cuda_ipc_handle  # borrowed from whoever set it

cdef void buffer_attributes_set(
    BufferAttributes* a, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
    size_t byte_size
) noexcept nogil
