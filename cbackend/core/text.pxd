# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A bounded text buffer on the stack, for error sentences built without the GIL."""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, strlen

cdef struct Text:
    size_t length
    char data[1024]  # a longer sentence is cut and ends in "..."

cdef inline void text_init(Text* t) noexcept nogil:
    t.length = 0
    t.data[0] = 0

cdef inline void text_add_n(Text* t, const char* s, size_t n) noexcept nogil:
    cdef size_t room = sizeof(t.data) - 1 - t.length
    if n <= room:
        memcpy(t.data + t.length, s, n)
        t.length += n
    else:
        memcpy(t.data + t.length, s, room)
        t.length += room
        memcpy(t.data + t.length - 3, b"...", 3)
    t.data[t.length] = 0

cdef inline void text_add(Text* t, const char* s) noexcept nogil:
    if s != NULL:
        text_add_n(t, s, strlen(s))

cdef inline const char* text_str(Text* t) noexcept nogil:
    return t.data

cdef void text_int(Text* t, int64_t value) noexcept nogil
cdef void text_uint(Text* t, uint64_t value) noexcept nogil
# "[1,-1,3]", as Triton prints shapes.
cdef void text_shape(Text* t, const int64_t* dims, uint64_t count) noexcept nogil

# With the GIL: a copy that the caller frees.
cdef char* text_copy(str text) except NULL
