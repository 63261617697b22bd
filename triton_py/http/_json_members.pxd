# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Objects of a JSON text, member by member, and values of one kind.

Functions that return an int return 0, or -1 with the fault set, unless they say otherwise; ``what``
is the member's name, for the fault. Inline, because every member of every request passes here.
"""

from libc.stdint cimport uint64_t
from libc.string cimport strlen

from triton_py.frontend._fault cimport fault_set
from triton_py.frontend._memory cimport Arena
from triton_py.http._json_scan cimport (
    Json,
    Number,
    Text,
    json_bad,
    json_bool,
    json_copy,
    json_number,
    json_peek,
    json_skip,
    json_string,
    json_take,
)


cdef inline int json_root(Json* j) noexcept nogil:
    """Steps into the request's object, the whole document."""
    if json_peek(j) == 0 and j.p == j.end:
        return json_bad(j, "The document is empty.")
    if json_peek(j) != c'{':
        # Valid JSON of another kind and no JSON at all are different mistakes.
        if json_skip(j, 0) != 0:
            return -1
        return fault_set(j.fault, 400, "the request JSON must be an object")
    j.p += 1
    return 0


cdef inline int json_open(Json* j, const char* what) noexcept nogil:
    """Steps into an object."""
    if not json_take(j, c'{'):
        return fault_set(j.fault, 400, "Unable to parse %s: expected an object", what)
    return 0


cdef inline int json_member(Json* j, Arena* arena, Text* key, bint first) noexcept nogil:
    """1 with the cursor at a member's value, 0 behind the object's end, -1 with the fault set."""
    if json_take(j, c'}'):
        return 0
    if not first and not json_take(j, c','):
        return json_bad(j, "Missing a comma or } after an object member.")
    if json_peek(j) != c'"':
        return json_bad(j, "Missing a name for object member.")
    if json_string(j, key) != 0:
        return -1
    if key.escaped:
        # Nobody writes the names we know with escapes, but they would be the same names.
        key.at = json_copy(j, key, arena)
        if key.at == NULL:
            return -1
        key.size = strlen(key.at)
        key.escaped = False
    if not json_take(j, c':'):
        return json_bad(j, "Missing a colon after a name of object member.")
    return 1


cdef inline int json_once(Json* j, int* seen, int bit, const char* name) noexcept nogil:
    """The member of this bit comes for the first time."""
    if seen[0] & bit:
        return fault_set(j.fault, 400, "Unable to parse '%s': the member is given twice", name)
    seen[0] |= bit
    return 0


cdef inline int json_missing(Json* j, const char* member) noexcept nogil:
    return fault_set(j.fault, 400, "Unable to parse '%s': attempt to access non-existing object "
                     "member '%s'", member, member)


cdef inline int json_ended(Json* j) noexcept nogil:
    """Nothing follows the document."""
    if json_peek(j) != 0 or j.p != j.end:
        return json_bad(j, "The document root must not be followed by other values.")
    return 0


cdef inline const char* json_text(Json* j, Arena* arena, const char* what) noexcept nogil:
    """A string value as a C string, or NULL with the fault set."""
    cdef Text text
    if json_peek(j) != c'"':
        fault_set(j.fault, 400, "Unable to parse '%s': attempt to access JSON non-string as "
                  "string", what)
        return NULL
    if json_string(j, &text) != 0:
        return NULL
    return json_copy(j, &text, arena)


cdef inline int json_unsigned(Json* j, const char* what, uint64_t* value) noexcept nogil:
    cdef Number n
    cdef char c = json_peek(j)
    if not (c == c'-' or c'0' <= c <= c'9'):
        return fault_set(j.fault, 400, "Unable to parse '%s': attempt to access JSON "
                         "non-unsigned-integer as unsigned-integer", what)
    if json_number(j, &n) != 0:
        return -1
    if not n.integral or n.overflow or (n.negative and n.magnitude != 0):
        return fault_set(j.fault, 400, "Unable to parse '%s': %.*s is not an unsigned 64-bit "
                         "integer", what, <int> min(n.size, <size_t> 40), n.at)
    value[0] = n.magnitude
    return 0


cdef inline int json_truth(Json* j, const char* what, bint* value) noexcept nogil:
    cdef char c = json_peek(j)
    if c != c't' and c != c'f':
        return fault_set(j.fault, 400, "Unable to parse '%s': attempt to access JSON "
                         "non-boolean as boolean", what)
    return json_bool(j, value)
