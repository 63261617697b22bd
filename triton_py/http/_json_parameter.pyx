# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Request parameters that the server has no use for itself: they keep their type."""

from libc.stdint cimport INT64_MAX, int64_t, uint64_t
from libc.string cimport memcmp, memset

from triton_py.frontend._fault cimport fault_set
from triton_py.frontend._memory cimport Arena, arena_take
from triton_py.http._describe cimport PARAM_BOOL, PARAM_DOUBLE, PARAM_INT, PARAM_STRING, Param
from triton_py.http._json_members cimport json_text
from triton_py.http._json_scan cimport (
    Json,
    Number,
    Text,
    json_bool,
    json_copy,
    json_double,
    json_number,
    json_peek,
)


cdef int _number(Json* j, Param* param) noexcept nogil:
    cdef Number n
    if json_number(j, &n) != 0:
        return -1
    if n.integral:
        param.kind = PARAM_INT
        if n.overflow or n.magnitude > <uint64_t> INT64_MAX + (1 if n.negative else 0):
            return fault_set(j.fault, 400, "parameter '%s': %.*s is out of range for int64",
                             param.name, <int> min(n.size, <size_t> 40), n.at)
        param.integer = <int64_t> (0 - n.magnitude if n.negative else n.magnitude)
        return 0
    param.kind = PARAM_DOUBLE
    if json_double(j, &n, &param.real) != 0:
        return fault_set(j.fault, 400, "parameter '%s': %.*s is out of range for double",
                         param.name, <int> min(n.size, <size_t> 40), n.at)
    return 0


cdef int _value(Json* j, Param* param, Arena* arena) noexcept nogil:
    cdef char c = json_peek(j)
    if c == c'"':
        param.kind = PARAM_STRING
        param.text = json_text(j, arena, param.name)
        return 0 if param.text != NULL else -1
    if c == c't' or c == c'f':
        param.kind = PARAM_BOOL
        return json_bool(j, &param.truth)
    if c == c'-' or c'0' <= c <= c'9':
        return _number(j, param)
    return fault_set(j.fault, 400, "parameter '%s' has invalid type. It should be either 'int', "
                     "'bool', 'double', or 'string'.", param.name)


cdef Param* json_parameter(Json* j, const Text* key, Arena* arena) noexcept nogil:
    cdef Param* param
    cdef bint account = key.size == 14 and memcmp(key.at, b"triton_account", 14) == 0
    if not account and key.size >= 7 and memcmp(key.at, b"triton_", 7) == 0:
        fault_set(j.fault, 400, "parameter keys starting with 'triton_' are reserved for Triton "
                  "usage and should not be specified.")
        return NULL
    param = <Param*> arena_take(arena, sizeof(Param))
    if param == NULL:
        fault_set(j.fault, 503, "out of memory while parsing the request")
        return NULL
    memset(param, 0, sizeof(Param))
    param.name = json_copy(j, key, arena)
    if param.name == NULL or _value(j, param, arena) != 0:
        return NULL
    if account and param.kind != PARAM_BOOL:
        fault_set(j.fault, 400, "parameter 'triton_account' has invalid type. It should be 'bool'.")
        return NULL
    return param
