# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The protobuf wire format, as far as an inference request needs it.

Inline primitives over a borrowed range of bytes: no allocation, no Python object, no GIL. A
reader never looks past ``end``; every primitive answers ``FINE`` (0) or, where it can't, another
``Fault``, and leaves ``at`` where it found it.
"""

from libc.stdint cimport INT32_MAX, UINT32_MAX, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef enum Fault:
    FINE = 0
    TRUNCATED = 1
    VARINT_TOO_LONG = 2
    BAD_TAG = 3
    BAD_WIRE_TYPE = 4
    UNMATCHED_GROUP = 5
    TOO_DEEP = 6
    BAD_UTF8 = 7
    PACKED_LENGTH = 8
    LENGTH_TOO_BIG = 9


cdef enum WireType:
    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    GROUP_START = 3
    GROUP_END = 4
    FIXED32 = 5


cdef struct Reader:
    const uint8_t *at
    const uint8_t *end


# A string, bytes field or sub-message; borrowed from the received message.
cdef struct View:
    const char *data
    size_t size


cdef inline int read_varint(Reader *r, uint64_t *value) noexcept nogil:
    """At most 10 bytes; bits above the 64th are dropped, as protobuf does."""
    cdef uint64_t out = 0
    cdef int shift = 0
    cdef uint8_t byte
    while shift < 70:
        if r.at == r.end:
            return TRUNCATED
        byte = r.at[0]
        r.at += 1
        out |= <uint64_t>(byte & 0x7F) << shift
        if byte < 0x80:
            value[0] = out
            return FINE
        shift += 7
    return VARINT_TOO_LONG


cdef inline int read_tag(Reader *r, uint32_t *field, int *wire) noexcept nogil:
    cdef uint64_t tag = 0
    cdef const uint8_t *start = r.at
    cdef int fault = read_varint(r, &tag)
    if fault:
        return fault
    # A tag is a 32-bit number: five bytes hold it, and field 0 doesn't exist.
    if tag > UINT32_MAX or r.at - start > 5 or (tag >> 3) == 0:
        return BAD_TAG
    field[0] = <uint32_t>(tag >> 3)
    wire[0] = <int>(tag & 7)
    return FINE


cdef inline int read_length(Reader *r, size_t *length) noexcept nogil:
    cdef uint64_t value = 0
    cdef const uint8_t *start = r.at
    cdef int fault = read_varint(r, &value)
    if fault:
        return fault
    if value > INT32_MAX or r.at - start > 5:
        return LENGTH_TOO_BIG
    # Compared as a difference: `at + value` could pass the end of the address space.
    if value > <uint64_t>(r.end - r.at):
        return TRUNCATED
    length[0] = <size_t>value
    return FINE


cdef inline int read_view(Reader *r, View *view) noexcept nogil:
    cdef size_t length = 0
    cdef int fault = read_length(r, &length)
    view.data = <const char *>r.at
    view.size = 0
    if fault:
        return fault
    view.size = length
    r.at += length
    return FINE


cdef inline int read_fixed64(Reader *r, uint64_t *value) noexcept nogil:
    if r.end - r.at < 8:
        return TRUNCATED
    memcpy(value, r.at, 8)
    r.at += 8
    return FINE


cdef inline Reader reader_of(View view) noexcept nogil:
    cdef Reader r
    r.at = <const uint8_t *>view.data
    r.end = r.at + view.size
    return r


# --- writing -------------------------------------------------------------------------------


cdef inline size_t varint_size(uint64_t value) noexcept nogil:
    cdef size_t size = 1
    while value >= 0x80:
        value >>= 7
        size += 1
    return size


cdef inline uint8_t *put_varint(uint8_t *at, uint64_t value) noexcept nogil:
    while value >= 0x80:
        at[0] = <uint8_t>(value | 0x80)
        at += 1
        value >>= 7
    at[0] = <uint8_t>value
    return at + 1


cdef inline size_t field_size(size_t length) noexcept nogil:
    """Of a length-delimited field whose number is below 16 (as all of ours are)."""
    return 1 + varint_size(length) + length


cdef inline uint8_t *put_head(uint8_t *at, int field, size_t length) noexcept nogil:
    at[0] = <uint8_t>((field << 3) | LENGTH)
    return put_varint(at + 1, length)


cdef inline uint8_t *put_view(uint8_t *at, int field, View view) noexcept nogil:
    at = put_head(at, field, view.size)
    if view.size:
        memcpy(at, view.data, view.size)
    return at + view.size
