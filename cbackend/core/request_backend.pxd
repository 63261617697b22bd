# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the backend's side of requests and of their inputs share."""

from triton_py.abi.types cimport TRITONSERVER_Error

# INVALID_ARG "<function>: <what> index out of bounds".
cdef TRITONSERVER_Error* request_bounds(const char* function, const char* what) noexcept nogil
