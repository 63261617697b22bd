# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors written as JSON: nested lists to typed bytes, in one pass and with every value checked.

The nesting need not match the shape (Triton's does not either): the elements count, in row-major
order. A value that its data type can't hold is an error that names tensor and element, never a
silent wrap.
"""

from libc.float cimport FLT_MAX
from libc.stdint cimport (
    UINT32_MAX,
    UINT64_MAX,
    int64_t,
    uint8_t,
    uint16_t,
    uint32_t,
    uint64_t,
)
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from triton_py.abi.types cimport (
    TRITONSERVER_TYPE_BF16,
    TRITONSERVER_TYPE_BYTES,
    TRITONSERVER_TYPE_FP16,
    TRITONSERVER_TYPE_FP32,
    TRITONSERVER_TYPE_FP64,
    TRITONSERVER_TYPE_INT8,
    TRITONSERVER_TYPE_INT16,
    TRITONSERVER_TYPE_INT32,
    TRITONSERVER_TYPE_INT64,
    TRITONSERVER_TYPE_UINT8,
    TRITONSERVER_TYPE_UINT16,
    TRITONSERVER_TYPE_UINT32,
    TRITONSERVER_TYPE_UINT64,
    TRITONSERVER_DataType,
)
from triton_py.http._datatype cimport datatype_name, datatype_size
from triton_py.http._describe cimport Description, Input, Owned
from triton_py.frontend._fault cimport fault_set
from triton_py.http._json_scan cimport (
    MAX_DEPTH,
    Json,
    Number,
    Text,
    json_bad,
    json_bool,
    json_double,
    json_number,
    json_peek,
    json_string,
    json_take,
    json_unescape,
)
from triton_py.frontend._memory cimport Buf, arena_take, buf_free, buf_room


cdef int _out_of_range(Json* j, Input* t, int64_t index, Number* n) noexcept nogil:
    return fault_set(j.fault, 400,
                     "Unable to parse 'data': input '%s', element %lld: %.*s is out of range for "
                     "datatype %s", t.name, <long long> index, <int> min(n.size, <size_t> 40), n.at,
                     datatype_name(t.datatype))


cdef int _wrong_kind(Json* j, Input* t, int64_t index, const char* wanted) noexcept nogil:
    return fault_set(j.fault, 400,
                     "Unable to parse 'data': input '%s', element %lld: datatype %s takes %s",
                     t.name, <long long> index, datatype_name(t.datatype), wanted)


cdef inline bint _starts_number(char c) noexcept nogil:
    return c == c'-' or c'0' <= c <= c'9'


cdef inline int _integer(Json* j, Input* t, int64_t index, uint64_t below, uint64_t above,
                         uint64_t* bits) noexcept nogil:
    """An integer from -below to above, as two's complement."""
    cdef Number n
    if not _starts_number(json_peek(j)):
        return _wrong_kind(j, t, index, "an integer")
    if json_number(j, &n) != 0:
        return -1
    if not n.integral:
        return _wrong_kind(j, t, index, "an integer")
    if n.overflow or n.magnitude > (below if n.negative else above):
        return _out_of_range(j, t, index, &n)
    bits[0] = 0 - n.magnitude if n.negative else n.magnitude
    return 0


cdef inline int _real(Json* j, Input* t, int64_t index, double* value) noexcept nogil:
    cdef Number n
    cdef char c = json_peek(j)
    if not _starts_number(c):
        if c == c'N' or c == c'I':
            return _wrong_kind(j, t, index, "a number; NaN and Infinity are not JSON, use the "
                               "binary data format")
        return _wrong_kind(j, t, index, "a number")
    if json_number(j, &n) != 0:
        return -1
    if json_double(j, &n, value) != 0 or (
            t.datatype == TRITONSERVER_TYPE_FP32 and not -FLT_MAX <= <float> value[0] <= FLT_MAX):
        return _out_of_range(j, t, index, &n)
    return 0


cdef inline int _element(Json* j, Input* t, int64_t i, void* to) noexcept nogil:
    """One element of a data type of fixed size into its place."""
    cdef uint64_t bits
    cdef double real
    cdef bint truth
    cdef TRITONSERVER_DataType datatype = t.datatype
    if datatype == TRITONSERVER_TYPE_FP32:
        if _real(j, t, i, &real) != 0:
            return -1
        (<float*> to)[i] = <float> real
    elif datatype == TRITONSERVER_TYPE_FP64:
        if _real(j, t, i, &real) != 0:
            return -1
        (<double*> to)[i] = real
    elif datatype == TRITONSERVER_TYPE_INT32:
        if _integer(j, t, i, <uint64_t> 1 << 31, (<uint64_t> 1 << 31) - 1, &bits) != 0:
            return -1
        (<uint32_t*> to)[i] = <uint32_t> bits
    elif datatype == TRITONSERVER_TYPE_INT64:
        if _integer(j, t, i, <uint64_t> 1 << 63, (<uint64_t> 1 << 63) - 1, &bits) != 0:
            return -1
        (<uint64_t*> to)[i] = bits
    elif datatype == TRITONSERVER_TYPE_UINT8:
        if _integer(j, t, i, 0, 0xFF, &bits) != 0:
            return -1
        (<uint8_t*> to)[i] = <uint8_t> bits
    elif datatype == TRITONSERVER_TYPE_INT8:
        if _integer(j, t, i, 128, 127, &bits) != 0:
            return -1
        (<uint8_t*> to)[i] = <uint8_t> bits
    elif datatype == TRITONSERVER_TYPE_UINT16:
        if _integer(j, t, i, 0, 0xFFFF, &bits) != 0:
            return -1
        (<uint16_t*> to)[i] = <uint16_t> bits
    elif datatype == TRITONSERVER_TYPE_INT16:
        if _integer(j, t, i, 32768, 32767, &bits) != 0:
            return -1
        (<uint16_t*> to)[i] = <uint16_t> bits
    elif datatype == TRITONSERVER_TYPE_UINT32:
        if _integer(j, t, i, 0, UINT32_MAX, &bits) != 0:
            return -1
        (<uint32_t*> to)[i] = <uint32_t> bits
    elif datatype == TRITONSERVER_TYPE_UINT64:
        if _integer(j, t, i, 0, UINT64_MAX, &bits) != 0:
            return -1
        (<uint64_t*> to)[i] = bits
    else:                                   # BOOL
        if json_peek(j) != c't' and json_peek(j) != c'f':
            return _wrong_kind(j, t, i, "true or false: attempt to access JSON non-boolean as "
                               "boolean")
        if json_bool(j, &truth) != 0:
            return -1
        (<uint8_t*> to)[i] = truth
    return 0


cdef int _string(Json* j, Input* t, int64_t i, Buf* to, uint64_t max_bytes) noexcept nogil:
    """One BYTES element: its length as four bytes, little-endian, and the bytes."""
    cdef Text text
    cdef char* place
    cdef uint32_t length
    if json_peek(j) != c'"':
        return _wrong_kind(j, t, i, "a string: attempt to access JSON non-string as string")
    if json_string(j, &text) != 0:
        return -1
    if text.size > <size_t> UINT32_MAX:
        return fault_set(j.fault, 413, "Unable to parse 'data': input '%s', element %lld is longer "
                         "than a BYTES element can be", t.name, <long long> i)
    if to.size + text.size + 4 > max_bytes:
        return _too_large(j, t, to.size + text.size + 4, max_bytes)
    place = buf_room(to, text.size + 4)
    if place == NULL:
        return fault_set(j.fault, 503, "out of memory for input '%s'", t.name)
    length = <uint32_t> json_unescape(&text, place + 4)
    memcpy(place, &length, 4)
    to.size += length + 4
    return 0


cdef int _too_large(Json* j, Input* t, uint64_t size, uint64_t max_bytes) noexcept nogil:
    return fault_set(j.fault, 413,
                     "JSON input '%s' has a byte_size (%llu bytes) that exceeds the maximum "
                     "allowed value of %llu bytes. Use --http-max-input-size to increase the "
                     "limit.", t.name, <unsigned long long> size, <unsigned long long> max_bytes)


cdef int _miscount(Json* j, Input* t, int64_t found) noexcept nogil:
    return fault_set(j.fault, 400,
                     "Unable to parse 'data': Shape does not match true shape of 'data' field: "
                     "input '%s' has %lld elements by its shape, but 'data' has %s%lld", t.name,
                     <long long> t.elements, b"more than " if found >= t.elements else b"",
                     <long long> found)


cdef int _elements(Json* j, Input* t, void* fixed, Buf* strings, uint64_t max_bytes
                   ) noexcept nogil:
    """Walks the nested lists, or the one element, without recursion."""
    cdef int64_t count = 0
    cdef int depth = 0
    while True:
        # A value is due.
        if json_peek(j) == c'[':
            if depth >= MAX_DEPTH:
                return fault_set(j.fault, 400, "JSON nesting depth exceeds maximum allowed limit "
                                 "(%d): 'data' of input '%s'", <int> MAX_DEPTH, t.name)
            j.p += 1
            depth += 1
            if json_peek(j) != c']':
                continue
        else:
            if count >= t.elements:
                return _miscount(j, t, count)
            if strings != NULL:
                if _string(j, t, count, strings, max_bytes) != 0:
                    return -1
            elif _element(j, t, count, fixed) != 0:
                return -1
            count += 1
            if depth == 0:
                return 0 if count == t.elements else _miscount(j, t, count)
        # A comma, or the ends of lists.
        while True:
            if json_take(j, c','):
                break
            if not json_take(j, c']'):
                return json_bad(j, "Missing a comma or ] after an array element.")
            depth -= 1
            if depth == 0:
                if count != t.elements:
                    return _miscount(j, t, count)
                return 0


cdef int _own(Json* j, Description* d, void* memory) noexcept nogil:
    cdef Owned* owned = <Owned*> arena_take(d.arena, sizeof(Owned))
    if owned == NULL:
        return fault_set(j.fault, 503, "out of memory while parsing the request")
    owned.memory = memory
    owned.next = d.owned
    d.owned = owned
    return 0


cdef int json_tensor(Json* j, Input* tensor, Description* description, uint64_t max_bytes
                     ) noexcept nogil:
    if json_peek(j) != c'[':
        return fault_set(j.fault, 400, "Unable to parse 'data': input '%s': expected an array",
                         tensor.name)
    return _read(j, tensor, description, max_bytes)


cdef int json_value(Json* j, Input* tensor, Description* description, uint64_t max_bytes
                    ) noexcept nogil:
    json_peek(j)
    return _read(j, tensor, description, max_bytes)


cdef int _read(Json* j, Input* tensor, Description* description, uint64_t max_bytes
               ) noexcept nogil:
    cdef uint64_t each = datatype_size(tensor.datatype)
    cdef uint64_t left = <uint64_t> (j.end - j.p)
    cdef Buf strings
    cdef void* fixed
    cdef void* shrunk
    cdef int result
    if tensor.datatype == TRITONSERVER_TYPE_FP16 or tensor.datatype == TRITONSERVER_TYPE_BF16:
        return fault_set(j.fault, 400,
                         "receiving %s data via JSON is not supported. Please use the binary data "
                         "format for input %s", datatype_name(tensor.datatype), tensor.name)
    tensor.data = NULL
    tensor.size = 0
    # Two characters an element are the least: a shape that promises more is answered before
    # anything is allocated for it.
    if <uint64_t> tensor.elements > left / 2 + 1:
        if tensor.datatype != TRITONSERVER_TYPE_BYTES \
                and <uint64_t> tensor.elements > max_bytes / each:
            return fault_set(j.fault, 413, "JSON input '%s' has %lld elements, more than the "
                             "maximum allowed value of %llu bytes holds. Use "
                             "--http-max-input-size to increase the limit.", tensor.name,
                             <long long> tensor.elements, <unsigned long long> max_bytes)
        return fault_set(j.fault, 400,
                         "Unable to parse 'data': Shape does not match true shape of 'data' field:"
                         " input '%s' has %lld elements by its shape, but 'data' has fewer",
                         tensor.name, <long long> tensor.elements)
    if tensor.datatype == TRITONSERVER_TYPE_BYTES:
        strings.data = NULL
        strings.size = 0
        strings.capacity = 0
        strings.failed = False
        result = _elements(j, tensor, NULL, &strings, max_bytes)
        if strings.data != NULL and result == 0:
            # Doubling may have taken twice what is needed, and a tensor may stay for long.
            shrunk = realloc(strings.data, strings.size) if strings.size else NULL
            if shrunk != NULL:
                strings.data = <char*> shrunk
            tensor.data = strings.data
            tensor.size = strings.size
            if _own(j, description, strings.data) == 0:
                return 0
            result = -1
        buf_free(&strings)
        return result
    if <uint64_t> tensor.elements * each > max_bytes:
        return _too_large(j, tensor, <uint64_t> tensor.elements * each, max_bytes)
    tensor.size = <uint64_t> tensor.elements * each
    if tensor.size <= 1024:
        fixed = arena_take(description.arena, tensor.size)
    else:
        fixed = malloc(tensor.size)
        if fixed != NULL and _own(j, description, fixed) != 0:
            free(fixed)
            return -1
    if fixed == NULL:
        return fault_set(j.fault, 503, "out of memory for input '%s'", tensor.name)
    tensor.data = <const char*> fixed
    return _elements(j, tensor, fixed, NULL, max_bytes)
