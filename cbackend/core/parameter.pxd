# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Named values: TRITONSERVER_Parameter objects, and the lists that requests and responses carry."""

from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool

from triton_py.abi.types cimport TRITONSERVER_ParameterType
from triton_py.core.arena cimport Arena

cdef struct Parameter:
    const char* name
    TRITONSERVER_ParameterType type
    const char* string  # STRING, and the bytes of BYTES
    uint64_t size       # of BYTES
    int64_t integer
    cbool boolean
    double real

# Everything a list holds lives in the arena it was built with.
cdef struct ParameterList:
    Parameter* items
    uint64_t count
    uint64_t capacity

cdef void parameters_init(ParameterList* list) noexcept nogil
# A new entry whose name is copied, or the entry of that name to be set again; NULL: no memory.
cdef Parameter* parameters_put(ParameterList* list, Arena* arena, const char* name) noexcept nogil
# What the ABI hands out as `const void*`.
cdef const void* parameter_value(Parameter* parameter) noexcept nogil
# With the GIL: (name, value) of a TRITONSERVER_Parameter.
cdef tuple parameter_python(const Parameter* parameter)
