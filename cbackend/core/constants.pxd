# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Facts about data types that other modules of the core need."""

from libc.stdint cimport uint32_t

from triton_py.abi.types cimport TRITONSERVER_DataType

# Bytes per element; 0 for BYTES and for no type at all.
cdef uint32_t datatype_size(TRITONSERVER_DataType datatype) noexcept nogil
# "FP32"; "<invalid>" for no type at all.
cdef const char* datatype_string(TRITONSERVER_DataType datatype) noexcept nogil
