# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""JSON tokens (RFC 8259), strictly: no NaN, no comments, no trailing commas, UTF-8 only."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

from triton_py.frontend._fault cimport fault_set
from triton_py.frontend._memory cimport Arena, arena_take


cdef extern from * nogil:
    """
    #include <charconv>

    /* 0, or 1 when the number is too large for a double; too small is zero. The caller has
       checked that the text is a JSON number, so it always parses as a whole. */
    static int tp_to_double(const char* at, const char* end, double* value) {
        double parsed = 0.0;
        std::from_chars_result result = std::from_chars(at, end, parsed);
        if (result.ec == std::errc::result_out_of_range) {
            /* Too large and too small look the same here. Count where the leading digit stands. */
            const char* p = at + (*at == '-');
            long exponent = 0;
            bool point = false, leading = false;
            for (; p < end && *p != 'e' && *p != 'E'; ++p) {
                if (*p == '.') { point = true; continue; }
                if (*p != '0') leading = true;
                if (leading && !point) ++exponent;
                if (!leading && point) --exponent;
            }
            if (p < end) {
                const char* digits = p + 1 + (p[1] == '+');
                long written = 0;
                if (std::from_chars(digits, end, written).ec != std::errc())
                    written = *digits == '-' ? -1000000000L : 1000000000L;
                exponent += written;
            }
            *value = *at == '-' ? -0.0 : 0.0;
            return exponent > 0;
        }
        *value = parsed;
        return 0;
    }
    """
    int to_double "tp_to_double"(const char* at, const char* end, double* value)


cdef int json_bad(Json* j, const char* what) noexcept nogil:
    return fault_set(j.fault, 400, "failed to parse the request JSON buffer: %s at %zu",
                     what, <size_t> (j.p - j.start))


# --- strings ---------------------------------------------------------------------------------


cdef inline int _hex4(const char* at) noexcept nogil:
    """Four hexadecimal digits, or -1."""
    cdef int value = 0
    cdef int i
    cdef char c
    for i in range(4):
        c = at[i]
        if c'0' <= c <= c'9':
            value = value * 16 + (c - c'0')
        elif c'a' <= (c | 0x20) <= c'f':
            value = value * 16 + ((c | 0x20) - c'a' + 10)
        else:
            return -1
    return value


cdef inline size_t _utf8_step(const uint8_t* at, size_t left) noexcept nogil:
    """Bytes of the character that begins here (not ASCII), or 0 if it is none."""
    cdef uint32_t c = at[0]
    cdef uint32_t code
    if 0xC2 <= c <= 0xDF:
        return 2 if left >= 2 and (at[1] & 0xC0) == 0x80 else 0
    if 0xE0 <= c <= 0xEF:
        if left < 3 or (at[1] & 0xC0) != 0x80 or (at[2] & 0xC0) != 0x80:
            return 0
        code = (c & 0x0F) << 12 | <uint32_t> (at[1] & 0x3F) << 6
        return 3 if code >= 0x800 and not 0xD800 <= code < 0xE000 else 0
    if 0xF0 <= c <= 0xF4:
        if left < 4 or (at[1] & 0xC0) != 0x80 or (at[2] & 0xC0) != 0x80 \
                or (at[3] & 0xC0) != 0x80:
            return 0
        code = (c & 0x07) << 18 | <uint32_t> (at[1] & 0x3F) << 12
        return 4 if 0x10000 <= code < 0x110000 else 0
    return 0


cdef bint utf8_valid(const char* at, size_t size) noexcept nogil:
    cdef size_t i = 0
    cdef size_t step
    while i < size:
        if <uint8_t> at[i] < 0x80:
            i += 1
            continue
        step = _utf8_step(<const uint8_t*> at + i, size - i)
        if step == 0:
            return False
        i += step
    return True


cdef int _escape(Json* j, const char** place) noexcept nogil:
    """Checks one escape sequence; ``place`` is at the backslash and moves behind it."""
    cdef const char* p = place[0] + 1
    cdef int code, low
    if p >= j.end:
        j.p = p
        return json_bad(j, "Missing a closing quotation mark in string.")
    if p[0] == c'u':
        code = _hex4(p + 1) if j.end - p > 4 else -1
        if code < 0:
            j.p = p
            return json_bad(j, "Incorrect hex digit after \\u escape in string.")
        p += 5
        if 0xD800 <= code < 0xE000:
            low = -1
            if code < 0xDC00 and j.end - p > 5 and p[0] == c'\\' and p[1] == c'u':
                low = _hex4(p + 2)
            if not 0xDC00 <= low < 0xE000:
                j.p = p
                return json_bad(j, "The surrogate pair in string is invalid.")
            p += 6
        place[0] = p
        return 0
    if memchr(b"\"\\/bfnrt", p[0], 8) == NULL:
        j.p = p
        return json_bad(j, "Invalid escape character in string.")
    place[0] = p + 1
    return 0


cdef int json_string(Json* j, Text* text) noexcept nogil:
    """Checks a string and steps behind it."""
    cdef const char* p
    cdef uint8_t c
    cdef size_t step
    if json_peek(j) != c'"':
        return json_bad(j, "expected a string")
    p = j.p + 1
    text.at = p
    text.escaped = False
    while p < j.end:
        c = <uint8_t> p[0]
        if c == c'"':
            text.size = p - text.at
            j.p = p + 1
            return 0
        if c == c'\\':
            text.escaped = True
            if _escape(j, &p) != 0:
                return -1
        elif c < 0x20:
            j.p = p
            return json_bad(j, "control character in string")
        elif c < 0x80:
            p += 1
        else:
            step = _utf8_step(<const uint8_t*> p, j.end - p)
            if step == 0:
                j.p = p
                return json_bad(j, "string is not UTF-8")
            p += step
    j.p = p
    return json_bad(j, "Missing a closing quotation mark in string.")


cdef size_t json_unescape(const Text* text, char* to) noexcept nogil:
    """Writes the string that ``text`` denotes (never longer than it) and returns its length."""
    cdef const char* p = text.at
    cdef const char* end = text.at + text.size
    cdef char* q = to
    cdef uint32_t code
    cdef char kind
    if not text.escaped:
        memcpy(to, text.at, text.size)
        return text.size
    while p < end:
        if p[0] != c'\\':
            q[0] = p[0]
            q += 1
            p += 1
            continue
        kind = p[1]
        p += 2
        if kind == c'b':
            q[0] = c'\b'
        elif kind == c'f':
            q[0] = c'\f'
        elif kind == c'n':
            q[0] = c'\n'
        elif kind == c'r':
            q[0] = c'\r'
        elif kind == c't':
            q[0] = c'\t'
        elif kind != c'u':
            q[0] = kind
        else:
            code = <uint32_t> _hex4(p)
            p += 4
            if 0xD800 <= code < 0xDC00:
                code = 0x10000 + ((code - 0xD800) << 10) + (<uint32_t> _hex4(p + 2) - 0xDC00)
                p += 6
            if code < 0x80:
                q[0] = <char> code
            elif code < 0x800:
                q[0] = <char> (0xC0 | code >> 6)
                q[1] = <char> (0x80 | code & 0x3F)
                q += 1
            elif code < 0x10000:
                q[0] = <char> (0xE0 | code >> 12)
                q[1] = <char> (0x80 | code >> 6 & 0x3F)
                q[2] = <char> (0x80 | code & 0x3F)
                q += 2
            else:
                q[0] = <char> (0xF0 | code >> 18)
                q[1] = <char> (0x80 | code >> 12 & 0x3F)
                q[2] = <char> (0x80 | code >> 6 & 0x3F)
                q[3] = <char> (0x80 | code & 0x3F)
                q += 3
        q += 1
    return q - to


cdef char* json_copy(Json* j, const Text* text, Arena* arena) noexcept nogil:
    """The string as C knows strings. One that holds a NUL is refused; NULL with the fault set."""
    cdef char* copy = <char*> arena_take(arena, text.size + 1)
    cdef size_t size
    if copy == NULL:
        fault_set(j.fault, 503, "out of memory while parsing the request")
        return NULL
    size = json_unescape(text, copy)
    if text.escaped and memchr(copy, 0, size) != NULL:
        json_bad(j, "a NUL character is not allowed in this string")
        return NULL
    copy[size] = 0
    return copy


cdef bint text_is(const Text* text, const char* word, size_t size) noexcept nogil:
    """Whether the string, which has no escapes, is ``word``."""
    return text.size == size and memcmp(text.at, word, size) == 0


# --- numbers and words -----------------------------------------------------------------------


cdef int json_number(Json* j, Number* number) noexcept nogil:
    """Checks a number against JSON's grammar and steps behind it."""
    cdef const char* p
    cdef const char* end = j.end
    cdef uint64_t magnitude = 0
    cdef uint32_t digit
    json_peek(j)
    p = j.p
    number.at = p
    number.negative = False
    number.overflow = False
    number.integral = True
    if p < end and p[0] == c'-':
        number.negative = True
        p += 1
    if p >= end or not c'0' <= p[0] <= c'9':
        return json_bad(j, "Invalid value.")
    if p[0] == c'0':
        p += 1
        if p < end and c'0' <= p[0] <= c'9':
            return json_bad(j, "a number must not begin with a zero")
    else:
        while p < end and c'0' <= p[0] <= c'9':
            digit = <uint32_t> (p[0] - c'0')
            if magnitude > <uint64_t> 1844674407370955161 or (
                    magnitude == <uint64_t> 1844674407370955161 and digit > 5):
                number.overflow = True
            magnitude = magnitude * 10 + digit
            p += 1
    number.magnitude = magnitude
    if p < end and p[0] == c'.':
        number.integral = False
        p += 1
        if p >= end or not c'0' <= p[0] <= c'9':
            j.p = p
            return json_bad(j, "Miss fraction part in number.")
        while p < end and c'0' <= p[0] <= c'9':
            p += 1
    if p < end and (p[0] | 0x20) == c'e':
        number.integral = False
        p += 1
        if p < end and (p[0] == c'+' or p[0] == c'-'):
            p += 1
        if p >= end or not c'0' <= p[0] <= c'9':
            j.p = p
            return json_bad(j, "Miss exponent in number.")
        while p < end and c'0' <= p[0] <= c'9':
            p += 1
    number.size = p - number.at
    j.p = p
    return 0


cdef int json_double(Json* j, const Number* number, double* value) noexcept nogil:
    """The nearest double; -1 without a fault if there is none because the number is too large."""
    # Exact and much the commonest: an integer that a double holds.
    if number.integral and not number.overflow and number.magnitude < (<uint64_t> 1 << 53):
        value[0] = <double> <int64_t> number.magnitude
        if number.negative:
            value[0] = -value[0]
        return 0
    return -to_double(number.at, number.at + number.size, value)


cdef int json_word(Json* j, const char* word, size_t size) noexcept nogil:
    json_peek(j)
    if <size_t> (j.end - j.p) < size or memcmp(j.p, word, size) != 0:
        return json_bad(j, "Invalid value.")
    j.p += size
    return 0


cdef int json_bool(Json* j, bint* value) noexcept nogil:
    value[0] = json_peek(j) == c't'
    if value[0]:
        return json_word(j, b"true", 4)
    return json_word(j, b"false", 5)


# --- values nobody asked for -----------------------------------------------------------------


cdef int json_skip(Json* j, int depth) noexcept nogil:
    """Checks one value of any kind and steps behind it; ``depth`` lists or objects are open."""
    cdef Text text
    cdef Number number
    cdef char c = json_peek(j)
    cdef char close
    if c == c'"':
        return json_string(j, &text)
    if c == c't':
        return json_word(j, b"true", 4)
    if c == c'f':
        return json_word(j, b"false", 5)
    if c == c'n':
        return json_word(j, b"null", 4)
    if c != c'[' and c != c'{':
        return json_number(j, &number)
    if depth >= MAX_DEPTH:
        return fault_set(j.fault, 400, "JSON nesting depth exceeds maximum allowed limit (%d)",
                         <int> MAX_DEPTH)
    j.p += 1
    close = <char> (c + 2)          # both pairs stand two apart in ASCII
    if json_take(j, close):
        return 0
    while True:
        if c == c'{':
            if json_string(j, &text) != 0:
                return -1
            if not json_take(j, c':'):
                return json_bad(j, "Missing a colon after a name of object member.")
        if json_skip(j, depth + 1) != 0:
            return -1
        if json_take(j, c','):
            continue
        if json_take(j, close):
            return 0
        if c == c'{':
            return json_bad(j, "Missing a comma or } after an object member.")
        return json_bad(j, "Missing a comma or ] after an array element.")
