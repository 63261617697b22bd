# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Holds a request against its model's configuration before it is queued."""

from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.core.objects cimport Model, Request

# Sets batch_size and each input's model_shape; NULL, or an INVALID_ARG error that the caller owns.
cdef TRITONSERVER_Error* normalize(Request* request, Model* model) noexcept nogil
