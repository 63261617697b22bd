# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_InferenceResponse
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Buf


# Appends the response's parameter `index` as "name":value. 0, or -1 with the fault set. `copied`:
# the bytes of outputs that the answer has a copy of, for the request's account; -1: there is none.
cdef int put_parameter(Buf* out, TRITONSERVER_InferenceResponse* response, uint32_t index,
                       int64_t copied, Fault* fault) noexcept nogil
# The elements of an output's shape. 0, or -1 with the fault set where it is none.
cdef int element_count(const char* name, const int64_t* shape, uint64_t dims, uint64_t* count,
                       Fault* fault) noexcept nogil
# Deletes a response that is owned; NULL is none.
cdef void response_delete(TRITONSERVER_InferenceResponse* response) noexcept nogil
