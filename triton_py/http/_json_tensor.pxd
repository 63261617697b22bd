# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from libc.stdint cimport uint64_t

from triton_py.http._describe cimport Description, Input
from triton_py.http._json_scan cimport Json


# Reads the value of an input's "data" into bytes of its data type, which `description` owns.
# The input's name, data type and shape are known. 0, or -1 with the fault set.
cdef int json_tensor(Json* j, Input* tensor, Description* description, uint64_t max_bytes
                     ) noexcept nogil
# As json_tensor, for a value that may also be one element without a list.
cdef int json_value(Json* j, Input* tensor, Description* description, uint64_t max_bytes
                    ) noexcept nogil
