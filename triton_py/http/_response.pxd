# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport uint32_t

from triton_py.abi.types cimport (
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_ResponseAllocator,
)


# One for the process, made on the first call and never deleted; NULL without memory.
cdef TRITONSERVER_ResponseAllocator* response_allocator() noexcept nogil

# The callbacks of a request; `userp` is its Exchange.
cdef void on_response(TRITONSERVER_InferenceResponse* response, uint32_t flags, void* userp
                      ) noexcept nogil
cdef void on_release(TRITONSERVER_InferenceRequest* request, uint32_t flags, void* userp
                     ) noexcept nogil
