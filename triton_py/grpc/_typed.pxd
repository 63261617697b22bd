# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Typed tensor contents (``InferTensorContents``) as the bytes that a backend reads."""

from triton_py.abi.types cimport TRITONSERVER_DataType
from triton_py.frontend._memory cimport Arena
from triton_py.grpc._decode cimport InferRequest
from triton_py.grpc._wire cimport View


cdef TRITONSERVER_DataType datatype_of(View name) noexcept nogil
cdef size_t element_size(TRITONSERVER_DataType datatype) noexcept nogil
# Fills `out`, which borrows from the request's own message or from `memory`.
cdef int typed_data(InferRequest request, size_t index, View *out, Arena *memory) except -1
