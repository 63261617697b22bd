# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Data types by their protocol names, without a call into the core."""

from libc.stdint cimport uint32_t
from libc.string cimport memcmp

from triton_py.abi.types cimport (
    TRITONSERVER_TYPE_BF16,
    TRITONSERVER_TYPE_BOOL,
    TRITONSERVER_TYPE_BYTES,
    TRITONSERVER_TYPE_FP16,
    TRITONSERVER_TYPE_FP32,
    TRITONSERVER_TYPE_FP64,
    TRITONSERVER_TYPE_INT8,
    TRITONSERVER_TYPE_INT16,
    TRITONSERVER_TYPE_INT32,
    TRITONSERVER_TYPE_INT64,
    TRITONSERVER_TYPE_INVALID,
    TRITONSERVER_TYPE_UINT8,
    TRITONSERVER_TYPE_UINT16,
    TRITONSERVER_TYPE_UINT32,
    TRITONSERVER_TYPE_UINT64,
    TRITONSERVER_DataType,
)


cdef extern from * nogil:
    """
    /* In the order of TRITONSERVER_DataType. */
    static const struct { const char* name; unsigned char length, size; } tp_datatypes[] = {
        {"INVALID", 7, 0}, {"BOOL", 4, 1}, {"UINT8", 5, 1}, {"UINT16", 6, 2}, {"UINT32", 6, 4},
        {"UINT64", 6, 8}, {"INT8", 4, 1}, {"INT16", 5, 2}, {"INT32", 5, 4}, {"INT64", 5, 8},
        {"FP16", 4, 2}, {"FP32", 4, 4}, {"FP64", 4, 8}, {"BYTES", 5, 0}, {"BF16", 4, 2},
    };
    static const int tp_datatype_count = sizeof(tp_datatypes) / sizeof(tp_datatypes[0]);
    """
    struct DatatypeRow "":
        const char* name
        unsigned char length
        unsigned char size
    DatatypeRow[15] DATATYPES "tp_datatypes"
    int DATATYPE_COUNT "tp_datatype_count"


cdef inline const char* datatype_name(TRITONSERVER_DataType datatype) noexcept nogil:
    return DATATYPES[<int> datatype if 0 <= <int> datatype < DATATYPE_COUNT else 0].name


cdef inline uint32_t datatype_size(TRITONSERVER_DataType datatype) noexcept nogil:
    """Bytes of an element; 0 for BYTES and for what is no data type."""
    return DATATYPES[<int> datatype if 0 <= <int> datatype < DATATYPE_COUNT else 0].size


cdef inline TRITONSERVER_DataType datatype_of(const char* name, size_t size) noexcept nogil:
    """TRITONSERVER_TYPE_INVALID for what is no data type."""
    cdef int i
    for i in range(1, DATATYPE_COUNT):
        if DATATYPES[i].length == size and memcmp(DATATYPES[i].name, name, size) == 0:
            return <TRITONSERVER_DataType> i
    return TRITONSERVER_TYPE_INVALID
