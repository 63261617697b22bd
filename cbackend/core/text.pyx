# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers and shapes for error sentences (see text.pxd)."""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport strdup


cdef void text_uint(Text* t, uint64_t value) noexcept nogil:
    cdef char digits[24]
    cdef int at = 24
    while True:
        at -= 1
        digits[at] = <char>(48 + value % 10)
        value = value // 10
        if value == 0:
            break
    text_add_n(t, &digits[at], 24 - at)


cdef void text_int(Text* t, int64_t value) noexcept nogil:
    if value < 0:
        text_add_n(t, b"-", 1)
        text_uint(t, ~<uint64_t>value + 1)  # also right for INT64_MIN
    else:
        text_uint(t, <uint64_t>value)


cdef void text_shape(Text* t, const int64_t* dims, uint64_t count) noexcept nogil:
    cdef uint64_t i
    text_add_n(t, b"[", 1)
    for i in range(count):
        if i:
            text_add_n(t, b",", 1)
        text_int(t, dims[i])
    text_add_n(t, b"]", 1)


cdef char* text_copy(str text) except NULL:
    cdef bytes data = text.encode("utf-8", "surrogateescape")
    cdef char* copy = strdup(data)
    if copy == NULL:
        raise MemoryError("out of memory for a copy of a name or a text")
    return copy
