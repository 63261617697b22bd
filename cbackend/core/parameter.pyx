# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_Parameter, and parameter lists (see parameter.pxd)."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strcmp, strlen
from libcpp cimport bool as cbool

from triton_py.abi.types cimport (
    TRITONSERVER_PARAMETER_BOOL,
    TRITONSERVER_PARAMETER_BYTES,
    TRITONSERVER_PARAMETER_DOUBLE,
    TRITONSERVER_PARAMETER_INT,
    TRITONSERVER_PARAMETER_STRING,
    TRITONSERVER_Parameter,
    TRITONSERVER_ParameterType,
)
from triton_py.core.arena cimport Arena, arena_grow, arena_string
from triton_py.core.counters cimport LIVE_PARAMETER, live


cdef void parameters_init(ParameterList* list) noexcept nogil:
    list.items = NULL
    list.count = 0
    list.capacity = 0


cdef Parameter* parameters_put(ParameterList* list, Arena* arena, const char* name) noexcept nogil:
    cdef uint64_t i
    cdef void* fresh
    cdef Parameter* entry
    for i in range(list.count):
        if strcmp(list.items[i].name, name) == 0:
            return &list.items[i]
    if list.count == list.capacity:
        fresh = arena_grow(arena, list.items, sizeof(Parameter), list.count,
                           4 if list.capacity == 0 else list.capacity * 2)
        if fresh == NULL:
            return NULL
        list.items = <Parameter*>fresh
        list.capacity = 4 if list.capacity == 0 else list.capacity * 2
    entry = &list.items[list.count]
    entry.name = arena_string(arena, name)
    if entry.name == NULL:
        return NULL
    list.count += 1
    return entry


cdef const void* parameter_value(Parameter* parameter) noexcept nogil:
    if parameter.type == TRITONSERVER_PARAMETER_INT:
        return &parameter.integer
    if parameter.type == TRITONSERVER_PARAMETER_BOOL:
        return &parameter.boolean
    if parameter.type == TRITONSERVER_PARAMETER_DOUBLE:
        return &parameter.real
    return parameter.string


cdef tuple parameter_python(const Parameter* parameter):
    name = parameter.name.decode("utf-8", "surrogateescape")
    if parameter.type == TRITONSERVER_PARAMETER_INT:
        return name, parameter.integer
    if parameter.type == TRITONSERVER_PARAMETER_BOOL:
        return name, bool(parameter.boolean)
    if parameter.type == TRITONSERVER_PARAMETER_DOUBLE:
        return name, parameter.real
    if parameter.type == TRITONSERVER_PARAMETER_BYTES:
        return name, parameter.string[:parameter.size]
    return name, parameter.string.decode("utf-8", "surrogateescape")


cdef TRITONSERVER_Parameter* _new(
    const char* name, TRITONSERVER_ParameterType type, const void* value, uint64_t size
) noexcept nogil:
    cdef size_t name_size
    cdef Parameter* p
    cdef char* tail
    if name == NULL or (value == NULL and size):
        return NULL
    name_size = strlen(name) + 1
    p = <Parameter*>malloc(sizeof(Parameter) + name_size + size + 1)
    if p == NULL:
        return NULL
    tail = <char*>p + sizeof(Parameter)
    memcpy(tail, name, name_size)
    p.name = tail
    p.type = type
    p.string = tail + name_size
    p.size = size
    if size:
        memcpy(tail + name_size, value, size)
    tail[name_size + size] = 0
    live(LIVE_PARAMETER, 1)
    return <TRITONSERVER_Parameter*>p


cdef public TRITONSERVER_Parameter* TRITONSERVER_ParameterNew(
    const char* name, const TRITONSERVER_ParameterType type, const void* value
) noexcept nogil:
    cdef Parameter* p
    if value == NULL:
        return NULL
    if type == TRITONSERVER_PARAMETER_STRING:
        return _new(name, type, value, strlen(<const char*>value))
    p = <Parameter*>_new(name, type, NULL, 0)
    if p == NULL:
        return NULL
    if type == TRITONSERVER_PARAMETER_INT:
        p.integer = (<const int64_t*>value)[0]
    elif type == TRITONSERVER_PARAMETER_BOOL:
        p.boolean = (<const cbool*>value)[0]
    elif type == TRITONSERVER_PARAMETER_DOUBLE:
        p.real = (<const double*>value)[0]
    else:  # BYTES has no size here: ParameterBytesNew is its way
        TRITONSERVER_ParameterDelete(<TRITONSERVER_Parameter*>p)
        return NULL
    return <TRITONSERVER_Parameter*>p


cdef public TRITONSERVER_Parameter* TRITONSERVER_ParameterBytesNew(
    const char* name, const void* byte_ptr, const uint64_t size
) noexcept nogil:
    return _new(name, TRITONSERVER_PARAMETER_BYTES, byte_ptr, size)


cdef public void TRITONSERVER_ParameterDelete(TRITONSERVER_Parameter* parameter) noexcept nogil:
    if parameter != NULL:
        live(LIVE_PARAMETER, -1)
        free(parameter)
