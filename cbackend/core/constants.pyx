# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Versions, and the strings and sizes of the ABI's enumerations."""

from libc.stdint cimport uint32_t
from libc.string cimport strcmp

from triton_py.abi.types cimport *
from triton_py.core.error cimport error_null

cdef const char* _DATATYPES[15]
_DATATYPES[:] = [
    b"<invalid>", b"BOOL", b"UINT8", b"UINT16", b"UINT32", b"UINT64", b"INT8", b"INT16",
    b"INT32", b"INT64", b"FP16", b"FP32", b"FP64", b"BYTES", b"BF16",
]
cdef uint32_t _SIZES[15]
_SIZES[:] = [0, 1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 0, 2]


cdef uint32_t datatype_size(TRITONSERVER_DataType datatype) noexcept nogil:
    return _SIZES[<int>datatype] if 0 <= <int>datatype < 15 else 0


cdef const char* datatype_string(TRITONSERVER_DataType datatype) noexcept nogil:
    return _DATATYPES[<int>datatype] if 0 <= <int>datatype < 15 else _DATATYPES[0]


cdef public const char* TRITONSERVER_DataTypeString(
    TRITONSERVER_DataType datatype
) noexcept nogil:
    return datatype_string(datatype)


cdef public TRITONSERVER_DataType TRITONSERVER_StringToDataType(
    const char* dtype
) noexcept nogil:
    cdef int i
    if dtype != NULL:
        for i in range(1, 15):
            if strcmp(dtype, _DATATYPES[i]) == 0:
                return <TRITONSERVER_DataType>i
    return TRITONSERVER_TYPE_INVALID


cdef public uint32_t TRITONSERVER_DataTypeByteSize(
    TRITONSERVER_DataType datatype
) noexcept nogil:
    return datatype_size(datatype)


cdef public const char* TRITONSERVER_MemoryTypeString(
    TRITONSERVER_MemoryType memtype
) noexcept nogil:
    if memtype == TRITONSERVER_MEMORY_CPU:
        return b"CPU"
    if memtype == TRITONSERVER_MEMORY_CPU_PINNED:
        return b"CPU_PINNED"
    if memtype == TRITONSERVER_MEMORY_GPU:
        return b"GPU"
    return b"<invalid>"


cdef public const char* TRITONSERVER_ParameterTypeString(
    TRITONSERVER_ParameterType paramtype
) noexcept nogil:
    if paramtype == TRITONSERVER_PARAMETER_STRING:
        return b"STRING"
    if paramtype == TRITONSERVER_PARAMETER_INT:
        return b"INT"
    if paramtype == TRITONSERVER_PARAMETER_BOOL:
        return b"BOOL"
    if paramtype == TRITONSERVER_PARAMETER_DOUBLE:
        return b"DOUBLE"
    if paramtype == TRITONSERVER_PARAMETER_BYTES:
        return b"BYTES"
    return b"<invalid>"


cdef public const char* TRITONSERVER_InstanceGroupKindString(
    TRITONSERVER_InstanceGroupKind kind
) noexcept nogil:
    if kind == TRITONSERVER_INSTANCEGROUPKIND_AUTO:
        return b"AUTO"
    if kind == TRITONSERVER_INSTANCEGROUPKIND_CPU:
        return b"CPU"
    if kind == TRITONSERVER_INSTANCEGROUPKIND_GPU:
        return b"GPU"
    if kind == TRITONSERVER_INSTANCEGROUPKIND_MODEL:
        return b"MODEL"
    return b"<invalid>"


cdef public const char* TRITONSERVER_InferenceTraceLevelString(
    TRITONSERVER_InferenceTraceLevel level
) noexcept nogil:
    if level == TRITONSERVER_TRACE_LEVEL_DISABLED:
        return b"DISABLED"
    if level == TRITONSERVER_TRACE_LEVEL_MIN:
        return b"MIN"
    if level == TRITONSERVER_TRACE_LEVEL_MAX:
        return b"MAX"
    if level == TRITONSERVER_TRACE_LEVEL_TIMESTAMPS:
        return b"TIMESTAMPS"
    if level == TRITONSERVER_TRACE_LEVEL_TENSORS:
        return b"TENSORS"
    return b"<unknown>"


cdef public const char* TRITONSERVER_InferenceTraceActivityString(
    TRITONSERVER_InferenceTraceActivity activity
) noexcept nogil:
    if activity == TRITONSERVER_TRACE_REQUEST_START:
        return b"REQUEST_START"
    if activity == TRITONSERVER_TRACE_QUEUE_START:
        return b"QUEUE_START"
    if activity == TRITONSERVER_TRACE_COMPUTE_START:
        return b"COMPUTE_START"
    if activity == TRITONSERVER_TRACE_COMPUTE_INPUT_END:
        return b"COMPUTE_INPUT_END"
    if activity == TRITONSERVER_TRACE_COMPUTE_OUTPUT_START:
        return b"COMPUTE_OUTPUT_START"
    if activity == TRITONSERVER_TRACE_COMPUTE_END:
        return b"COMPUTE_END"
    if activity == TRITONSERVER_TRACE_REQUEST_END:
        return b"REQUEST_END"
    if activity == TRITONSERVER_TRACE_TENSOR_QUEUE_INPUT:
        return b"TENSOR_QUEUE_INPUT"
    if activity == TRITONSERVER_TRACE_TENSOR_BACKEND_INPUT:
        return b"TENSOR_BACKEND_INPUT"
    if activity == TRITONSERVER_TRACE_TENSOR_BACKEND_OUTPUT:
        return b"TENSOR_BACKEND_OUTPUT"
    if activity == TRITONSERVER_TRACE_CUSTOM_ACTIVITY:
        return b"CUSTOM_ACTIVITY"
    return b"<unknown>"


cdef TRITONSERVER_Error* _versions(
    const char* function, uint32_t* major, uint32_t* minor, uint32_t a, uint32_t b
) noexcept nogil:
    if major == NULL or minor == NULL:
        return error_null(function, b"major and minor")
    major[0] = a
    minor[0] = b
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_ApiVersion(
    uint32_t* major, uint32_t* minor
) noexcept nogil:
    return _versions(b"TRITONSERVER_ApiVersion", major, minor,
                     TRITONSERVER_API_VERSION_MAJOR, TRITONSERVER_API_VERSION_MINOR)


cdef public TRITONSERVER_Error* TRITONBACKEND_ApiVersion(
    uint32_t* major, uint32_t* minor
) noexcept nogil:
    return _versions(b"TRITONBACKEND_ApiVersion", major, minor,
                     TRITONBACKEND_API_VERSION_MAJOR, TRITONBACKEND_API_VERSION_MINOR)


cdef public TRITONSERVER_Error* TRITONCACHE_ApiVersion(
    uint32_t* major, uint32_t* minor
) noexcept nogil:
    return _versions(b"TRITONCACHE_ApiVersion", major, minor,
                     TRITONCACHE_API_VERSION_MAJOR, TRITONCACHE_API_VERSION_MINOR)


cdef public TRITONSERVER_Error* TRITONREPOAGENT_ApiVersion(
    uint32_t* major, uint32_t* minor
) noexcept nogil:
    return _versions(b"TRITONREPOAGENT_ApiVersion", major, minor,
                     TRITONREPOAGENT_API_VERSION_MAJOR, TRITONREPOAGENT_API_VERSION_MINOR)
