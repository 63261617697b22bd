# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_BufferAttributes (see buffer_attributes.pxd)."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_BufferAttributes,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
)
from triton_py.core.counters cimport LIVE_BUFFER_ATTRIBUTES, live
from triton_py.core.error cimport error_new, error_null


cdef void buffer_attributes_set(
    BufferAttributes* a, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
    size_t byte_size
) noexcept nogil:
    a.memory_type = memory_type
    a.memory_type_id = memory_type_id
    a.byte_size = byte_size
    a.cuda_ipc_handle = NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesNew(
    TRITONSERVER_BufferAttributes** buffer_attributes
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesNew", b"buffer_attributes")
    # Zeros mean CPU memory 0, no bytes, no IPC handle.
    buffer_attributes[0] = <TRITONSERVER_BufferAttributes*>calloc(1, sizeof(BufferAttributes))
    if buffer_attributes[0] == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for buffer attributes")
    live(LIVE_BUFFER_ATTRIBUTES, 1)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesDelete(
    TRITONSERVER_BufferAttributes* buffer_attributes
) noexcept nogil:
    if buffer_attributes != NULL:
        live(LIVE_BUFFER_ATTRIBUTES, -1)
        free(buffer_attributes)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetMemoryTypeId(
    TRITONSERVER_BufferAttributes* buffer_attributes, int64_t memory_type_id
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesSetMemoryTypeId", b"buffer_attributes")
    (<BufferAttributes*>buffer_attributes).memory_type_id = memory_type_id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesMemoryTypeId(
    TRITONSERVER_BufferAttributes* buffer_attributes, int64_t* memory_type_id
) noexcept nogil:
    if buffer_attributes == NULL or memory_type_id == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesMemoryTypeId",
                          b"buffer_attributes and memory_type_id")
    memory_type_id[0] = (<BufferAttributes*>buffer_attributes).memory_type_id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetMemoryType(
    TRITONSERVER_BufferAttributes* buffer_attributes, TRITONSERVER_MemoryType memory_type
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesSetMemoryType", b"buffer_attributes")
    (<BufferAttributes*>buffer_attributes).memory_type = memory_type
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesMemoryType(
    TRITONSERVER_BufferAttributes* buffer_attributes, TRITONSERVER_MemoryType* memory_type
) noexcept nogil:
    if buffer_attributes == NULL or memory_type == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesMemoryType",
                          b"buffer_attributes and memory_type")
    memory_type[0] = (<BufferAttributes*>buffer_attributes).memory_type
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetCudaIpcHandle(
    TRITONSERVER_BufferAttributes* buffer_attributes, void* cuda_ipc_handle
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesSetCudaIpcHandle", b"buffer_attributes")
    (<BufferAttributes*>buffer_attributes).cuda_ipc_handle = cuda_ipc_handle
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesCudaIpcHandle(
    TRITONSERVER_BufferAttributes* buffer_attributes, void** cuda_ipc_handle
) noexcept nogil:
    if buffer_attributes == NULL or cuda_ipc_handle == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesCudaIpcHandle",
                          b"buffer_attributes and cuda_ipc_handle")
    cuda_ipc_handle[0] = (<BufferAttributes*>buffer_attributes).cuda_ipc_handle
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesSetByteSize(
    TRITONSERVER_BufferAttributes* buffer_attributes, size_t byte_size
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesSetByteSize", b"buffer_attributes")
    (<BufferAttributes*>buffer_attributes).byte_size = byte_size
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_BufferAttributesByteSize(
    TRITONSERVER_BufferAttributes* buffer_attributes, size_t* byte_size
) noexcept nogil:
    if buffer_attributes == NULL or byte_size == NULL:
        return error_null(b"TRITONSERVER_BufferAttributesByteSize",
                          b"buffer_attributes and byte_size")
    byte_size[0] = (<BufferAttributes*>buffer_attributes).byte_size
    return NULL
