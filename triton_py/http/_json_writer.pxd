# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writing JSON into a ``Buf``. Running out of memory shows in the buffer's ``failed``."""

from libc.stdint cimport int64_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_DataType
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Buf


cdef void put_int(Buf* out, int64_t value) noexcept nogil
cdef void put_uint(Buf* out, uint64_t value) noexcept nogil
# The shortest text that reads back as the same double; the caller checked that it is finite.
cdef void put_double(Buf* out, double value) noexcept nogil
# With quotes. What is not UTF-8 becomes U+FFFD, so that the document stays valid.
cdef void put_string(Buf* out, const char* text, size_t size) noexcept nogil
# A flat list of `count` elements. -1 with the fault set where JSON can't say what the tensor holds
# or its bytes don't add up.
cdef int put_tensor(Buf* out, const char* name, TRITONSERVER_DataType datatype, const void* base,
                    uint64_t byte_size, uint64_t count, Fault* fault) noexcept nogil
