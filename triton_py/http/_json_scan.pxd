# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reading JSON text in place: a cursor, and one function per kind of token.

Functions that return an int return 0, or -1 with the fault set. Nothing reads past ``end``.
"""

from libc.stdint cimport uint64_t

from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Arena


cdef enum:
    MAX_DEPTH = 100         # of nested lists and objects, as in Triton


cdef struct Json:
    const char* start
    const char* p           # the next character
    const char* end
    Fault* fault


# A string as it stands between its quotes; valid as long as the JSON text is.
cdef struct Text:
    const char* at
    size_t size
    bint escaped            # has backslashes: decode before use


cdef struct Number:
    const char* at
    size_t size
    bint integral           # no fraction and no exponent
    bint negative
    bint overflow           # the magnitude is past 64 bits
    uint64_t magnitude      # of an integral number


cdef inline char json_peek(Json* j) noexcept nogil:
    """The next character that is no white space, or NUL at the end."""
    cdef char c
    while j.p < j.end:
        c = j.p[0]
        if c != c' ' and c != c'\n' and c != c'\r' and c != c'\t':
            return c
        j.p += 1
    return 0


cdef inline bint json_take(Json* j, char c) noexcept nogil:
    """Steps over ``c`` if it is next."""
    if json_peek(j) != c or j.p == j.end:
        return False
    j.p += 1
    return True


cdef int json_bad(Json* j, const char* what) noexcept nogil
cdef int json_string(Json* j, Text* text) noexcept nogil
cdef size_t json_unescape(const Text* text, char* to) noexcept nogil
cdef char* json_copy(Json* j, const Text* text, Arena* arena) noexcept nogil
cdef int json_number(Json* j, Number* number) noexcept nogil
cdef int json_double(Json* j, const Number* number, double* value) noexcept nogil
cdef int json_word(Json* j, const char* word, size_t size) noexcept nogil
cdef int json_bool(Json* j, bint* value) noexcept nogil
cdef int json_skip(Json* j, int depth) noexcept nogil
cdef bint text_is(const Text* text, const char* word, size_t size) noexcept nogil
cdef bint utf8_valid(const char* at, size_t size) noexcept nogil
