# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which header fields mean something to the server, and what."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcmp, memcpy

from triton_py.frontend._memory cimport arena_take
from triton_py.grpc._call cimport (
    CODING_DEFLATE,
    CODING_GZIP,
    CODING_IDENTITY,
    CODING_UNKNOWN,
    KIND_INFER,
    Coding,
    Field,
)

import base64
import binascii

cdef const char* INFER = b"/inference.GRPCInferenceService/ModelInfer"
cdef enum:
    INFER_SIZE = 42
    TIMEOUT_DIGITS = 8      # that the protocol allows


cdef inline bint _is(const uint8_t* text, size_t size, const char* word, size_t word_size
                     ) noexcept nogil:
    return size == word_size and memcmp(text, word, size) == 0


cdef int64_t _timeout(const uint8_t* text, size_t size) noexcept nogil:
    """Microseconds, rounded up, so that a deadline is never early; -1 for what is no time-out."""
    cdef int64_t value = 0
    cdef int64_t unit
    cdef size_t i
    if size < 2 or size > TIMEOUT_DIGITS + 1:
        return -1
    for i in range(size - 1):
        if not c'0' <= text[i] <= c'9':
            return -1
        value = value * 10 + (text[i] - c'0')
    if text[size - 1] == c'n':
        return (value + 999) // 1000
    if text[size - 1] == c'u':
        unit = 1
    elif text[size - 1] == c'm':
        unit = 1000
    elif text[size - 1] == c'S':
        unit = 1000000
    elif text[size - 1] == c'M':
        unit = 60000000
    elif text[size - 1] == c'H':
        unit = 3600000000
    else:
        return -1
    return value * unit


cdef Coding _coding(const uint8_t* text, size_t size) noexcept nogil:
    if _is(text, size, b"identity", 8):
        return CODING_IDENTITY
    if _is(text, size, b"gzip", 4):
        return CODING_GZIP
    if _is(text, size, b"deflate", 7):
        return CODING_DEFLATE
    return CODING_UNKNOWN


cdef int _accepted(const uint8_t* text, size_t size) noexcept nogil:
    """The set of the codings that are named and that we have."""
    cdef int out = 0
    cdef size_t start = 0
    cdef size_t end, next
    while start < size:
        next = start
        while next < size and text[next] != c',':
            next += 1
        end = next
        while start < end and text[start] == c' ':
            start += 1
        while end > start and text[end - 1] == c' ':
            end -= 1
        out |= _coding(text + start, end - start)
        start = next + 1
    return out & (CODING_GZIP | CODING_DEFLATE)


cdef bint _grpc_type(const uint8_t* text, size_t size) noexcept nogil:
    """``application/grpc``, alone or with a suffix or parameters."""
    return size >= 16 and memcmp(text, b"application/grpc", 16) == 0 and (
        size == 16 or text[16] == c'+' or text[16] == c';')


cdef int _keep(Call* call, const uint8_t* name, size_t name_size, const uint8_t* value,
               size_t value_size) noexcept nogil:
    cdef Field* field = <Field*> arena_take(
        &call.arena, sizeof(Field) + name_size + value_size)
    cdef uint8_t* text
    if field == NULL:
        return -1
    text = <uint8_t*> (field + 1)
    memcpy(text, name, name_size)
    if value_size:
        memcpy(text + name_size, value, value_size)
    field.name = text
    field.name_size = name_size
    field.value = text + name_size
    field.value_size = value_size
    field.next = NULL
    if call.last_field == NULL:
        call.metadata = field
    else:
        call.last_field.next = field
    call.last_field = field
    return 0


cdef int take_field(Call* call, const uint8_t* name, size_t name_size, const uint8_t* value,
                    size_t value_size, bint keep) noexcept nogil:
    cdef uint8_t* path
    if name[0] == c':':
        if _is(name, name_size, b":path", 5):
            if value_size == INFER_SIZE and memcmp(value, INFER, INFER_SIZE) == 0:
                call.kind = KIND_INFER
            else:
                path = <uint8_t*> arena_take(&call.arena, value_size + 1)
                if path == NULL:
                    return -1
                memcpy(path, value, value_size)
                call.path = path
                call.path_size = value_size
        elif _is(name, name_size, b":method", 7):
            call.is_post = _is(value, value_size, b"POST", 4)
        return 0
    if name_size == 12:
        if memcmp(name, b"content-type", 12) == 0:
            call.is_grpc = _grpc_type(value, value_size)
            return 0
        if memcmp(name, b"grpc-timeout", 12) == 0:
            call.timeout_us = _timeout(value, value_size)
            call.bad_timeout = call.timeout_us < 0
            return 0
    elif name_size == 13 and memcmp(name, b"grpc-encoding", 13) == 0:
        call.encoding = _coding(value, value_size)
        return 0
    elif name_size == 20 and memcmp(name, b"grpc-accept-encoding", 20) == 0:
        call.accept = _accepted(value, value_size)
        return 0
    elif name_size == 2 and memcmp(name, b"te", 2) == 0:
        return 0
    if (keep or call.kind != KIND_INFER) and (
            name_size < 5 or memcmp(name, b"grpc-", 5) != 0):
        return _keep(call, name, name_size, value, value_size)
    return 0


cdef list _values(bytes name, bytes value):
    if not name.endswith(b"-bin"):
        return [value.decode("latin-1")]
    out = []
    # Several binary values may share a field, and need not be padded.
    for part in value.split(b","):
        part = part.strip()
        try:
            out.append(base64.b64decode(part + b"=" * ((4 - len(part) % 4) % 4), validate=True))
        except binascii.Error:
            continue
    return out


cdef list metadata_list(Call* call):
    cdef list out = []
    cdef Field* field = call.metadata
    cdef bytes name
    while field != NULL:
        name = (<const char*> field.name)[:field.name_size]
        for value in _values(name, (<const char*> field.value)[:field.value_size]):
            out.append((name.decode("latin-1"), value))
        field = field.next
    return out


# --- for tests -------------------------------------------------------------------------------


def timeout_us(bytes text) -> object:
    """The microseconds of a grpc-timeout; None for what is none."""
    cdef int64_t value = _timeout(<const uint8_t*> <const char*> text, len(text))
    return None if value < 0 else value


def accepted_codings(bytes text) -> list:
    """Which of our codings a grpc-accept-encoding names."""
    cdef int found = _accepted(<const uint8_t*> <const char*> text, len(text))
    return [name for bit, name in ((CODING_DEFLATE, "deflate"), (CODING_GZIP, "gzip"))
            if found & bit]


def metadata_value(bytes name, bytes value) -> list:
    """The values that one header field carries."""
    return _values(name, value)
