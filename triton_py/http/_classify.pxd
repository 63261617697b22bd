# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_DataType, TRITONSERVER_InferenceResponse
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Buf


# The classification extension: appends to `out`, as BYTES elements, the `classes` largest values
# of each of `batch` equal parts of an output, each written "value:index[:label]". Sets how many
# there are of a part. 0, or -1 with the fault set.
cdef int classify(TRITONSERVER_InferenceResponse* response, uint32_t index, const char* name,
                  TRITONSERVER_DataType datatype, const void* base, uint64_t byte_size,
                  uint64_t batch, uint64_t classes, Buf* out, uint64_t* each, Fault* fault
                  ) noexcept nogil
