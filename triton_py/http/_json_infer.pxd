# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.http._describe cimport DescribeLimits, Description
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Arena


# Empties a description and ties it to the arena that will hold it.
cdef void description_init(Description* d, Arena* arena) noexcept nogil

# Reads an inference request's JSON. The description borrows nothing from `text`. 0, or -1 with the
# fault set; free the description either way.
cdef int describe(const char* text, size_t size, const DescribeLimits* limits, Description* d,
                  Fault* fault) noexcept nogil

# What a description says, as Python objects; for tests and tools.
cdef dict description_dict(Description* d)
