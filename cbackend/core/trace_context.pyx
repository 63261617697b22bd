# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Members of a trace's context (see trace_context.pxd)."""

from libc.stdint cimport uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport malloc
from libc.string cimport memcpy, strlen, strstr

cdef enum:
    KEY_ROOM = 32       # of 20 digits, quotes, a colon


cdef size_t _escape(char* to, const char* text) noexcept nogil:
    """As JSON has it; `to` has room for six times the text. Returns how much was written."""
    cdef size_t n = 0
    cdef unsigned char byte
    while text[0] != 0:
        byte = <unsigned char>text[0]
        if byte == c'"' or byte == c'\\':
            to[n] = c'\\'
            to[n + 1] = text[0]
            n += 2
        elif byte < 0x20:
            snprintf(to + n, 7, b"\\u%04x", <unsigned int>byte)
            n += 6
        else:
            to[n] = text[0]
            n += 1
        text += 1
    return n


cdef inline bint _is_space(char c) noexcept nogil:
    return c == c' ' or c == c'\t' or c == c'\n' or c == c'\r'


cdef bint _members(const char** start, const char** end) noexcept nogil:
    """From an object's text to what is between its braces. False: it is no object."""
    while start[0] < end[0] and _is_space(start[0][0]):
        start[0] += 1
    while end[0] > start[0] and _is_space((end[0] - 1)[0]):
        end[0] -= 1
    if end[0] - start[0] < 2 or start[0][0] != c'{' or (end[0] - 1)[0] != c'}':
        return False
    start[0] += 1
    end[0] -= 1
    while start[0] < end[0] and _is_space(start[0][0]):
        start[0] += 1
    while end[0] > start[0] and _is_space((end[0] - 1)[0]):
        end[0] -= 1
    return True


cdef const char* _old(
    const char* start, const char* end, const char* key, const char** after
) noexcept nogil:
    """The member of that key, as this module writes one, and what follows it; or NULL."""
    cdef const char* at = strstr(start, key)
    cdef const char* p
    if at == NULL or at >= end or (at != start and (at - 1)[0] != c','):
        return NULL
    p = at + strlen(key)
    while p < end and p[0] != c'"':
        p += 2 if p[0] == c'\\' else 1
    if p >= end:
        return NULL
    after[0] = p + 1
    return at


cdef char* context_with(
    const char* context, uint64_t ns, const char* name, int* outcome
) noexcept nogil:
    cdef char[KEY_ROOM] key
    cdef const char* start = context
    cdef const char* end
    cdef const char* old
    cdef const char* after = NULL
    cdef size_t size = strlen(context) if context != NULL else 0
    cdef size_t n = 0
    cdef char* fresh = <char*>malloc(size + 6 * strlen(name) + KEY_ROOM + 8)
    outcome[0] = CONTEXT_NO_MEMORY
    if fresh == NULL:
        return NULL
    outcome[0] = CONTEXT_EXTENDED
    snprintf(key, KEY_ROOM, b'"%llu":"', <unsigned long long>ns)
    fresh[n] = c'{'
    n += 1
    if size:
        end = context + size
        if not _members(&start, &end):
            outcome[0] = CONTEXT_REPLACED
        else:
            # Two activities at the same time: the callback of the first is over, its name may go.
            old = _old(start, end, key, &after)
            if old == NULL:
                old = end
                after = end
            elif after < end:
                after += 1      # the comma
            elif old > start:
                old -= 1        # likewise
            memcpy(fresh + n, start, <size_t>(old - start))
            n += <size_t>(old - start)
            memcpy(fresh + n, after, <size_t>(end - after))
            n += <size_t>(end - after)
            if n > 1:
                fresh[n] = c','
                n += 1
    memcpy(fresh + n, key, strlen(key))
    n += strlen(key)
    n += _escape(fresh + n, name)
    memcpy(fresh + n, b'"}', 3)
    return fresh
