# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.frontend._fault cimport Fault
from triton_py.http._describe cimport DescribeLimits, Description


# Reads the JSON of a generate request for a model whose metadata is the JSON at `metadata`. The
# description borrows nothing from either. 0, or -1 with the fault set; free the description either
# way.
cdef int describe_generate(const char* metadata, size_t metadata_size, const char* text,
                           size_t size, const DescribeLimits* limits, Description* d, Fault* fault
                           ) noexcept nogil
