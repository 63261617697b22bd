# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a client puts into a request, as the core does it where it is the client itself.

Errors are the caller's.
"""

from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.types cimport (
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
)
from triton_py.core.buffer_attributes cimport BufferAttributes
from triton_py.core.objects cimport Request

# Copies name and shape. With `raw`, datatype and shape are to be deduced.
cdef TRITONSERVER_Error* request_add_input(
    Request* r, const char* name, TRITONSERVER_DataType datatype, const int64_t* shape,
    uint64_t dim_count, bint raw
) noexcept nogil
# Borrows `base` until the request is released, copies the rest. `function` is who is asked, in
# errors.
cdef TRITONSERVER_Error* request_append(
    TRITONSERVER_InferenceRequest* inference_request, const char* function, const char* name,
    const void* base, const BufferAttributes* attributes, const char* host_policy
) noexcept nogil
