# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""JSON text out of C values: numbers in their shortest exact form, strings escaped, tensors.

Tensors may lie at any address (a BYTES element's length usually does), so elements are copied out
before they are read.
"""

from libc.math cimport isfinite
from libc.stdint cimport (
    int8_t,
    int16_t,
    int32_t,
    int64_t,
    uint8_t,
    uint16_t,
    uint32_t,
    uint64_t,
)
from libc.string cimport memchr, memcpy

from triton_py.abi.types cimport (
    TRITONSERVER_TYPE_BF16,
    TRITONSERVER_TYPE_BOOL,
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
    TRITONSERVER_DataType,
)
from triton_py.http._datatype cimport datatype_name, datatype_of, datatype_size
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.http._json_scan cimport utf8_valid
from triton_py.frontend._memory cimport Buf, buf_char, buf_free, buf_put, buf_room


cdef extern from * nogil:
    """
    #include <charconv>
    template <typename T> static char* tp_to_text(char* at, T value) {
        return std::to_chars(at, at + 32, value).ptr;
    }
    """
    char* to_text "tp_to_text"[T](char* at, T value)


cdef void put_int(Buf* out, int64_t value) noexcept nogil:
    cdef char* place = buf_room(out, 32)
    if place != NULL:
        out.size += to_text(place, value) - place


cdef void put_uint(Buf* out, uint64_t value) noexcept nogil:
    cdef char* place = buf_room(out, 32)
    if place != NULL:
        out.size += to_text(place, value) - place


cdef inline void _point(Buf* out, char* place, char* end) noexcept nogil:
    """Keeps a real number a real number for readers who care: 1 is written 1.0."""
    cdef size_t size = end - place
    if memchr(place, c'.', size) == NULL and memchr(place, c'e', size) == NULL:
        end[0] = c'.'
        end[1] = c'0'
        size += 2
    out.size += size


cdef void put_double(Buf* out, double value) noexcept nogil:
    cdef char* place = buf_room(out, 40)
    if place != NULL:
        _point(out, place, to_text(place, value))


cdef void put_string(Buf* out, const char* text, size_t size) noexcept nogil:
    cdef size_t i = 0
    cdef size_t run = 0             # where what is copied as it stands began
    cdef size_t step
    cdef uint8_t c
    cdef bint valid = utf8_valid(text, size)
    cdef char* place
    buf_char(out, c'"')
    while i < size:
        c = <uint8_t> text[i]
        if c >= 0x20 and c != c'"' and c != c'\\' and (c < 0x80 or valid):
            i += 1
            continue
        buf_put(out, text + run, i - run)
        if c >= 0x80:
            # Not the fast path: find out whether this one character is at fault.
            step = 2
            while step <= 4 and i + step <= size and not utf8_valid(text + i, step):
                step += 1
            if step <= 4 and i + step <= size:
                buf_put(out, text + i, step)
            else:
                buf_put(out, b"\xef\xbf\xbd", 3)
                step = 1
            i += step
            run = i
            continue
        place = buf_room(out, 6)
        if place == NULL:
            return
        place[0] = c'\\'
        if c == c'"' or c == c'\\':
            place[1] = <char> c
            out.size += 2
        elif c == c'\n':
            place[1] = c'n'
            out.size += 2
        elif c == c'\t':
            place[1] = c't'
            out.size += 2
        elif c == c'\r':
            place[1] = c'r'
            out.size += 2
        else:
            memcpy(place + 1, b"u00", 3)
            place[4] = b"0123456789abcdef"[c >> 4]
            place[5] = b"0123456789abcdef"[c & 15]
            out.size += 6
        i += 1
        run = i
    buf_put(out, text + run, i - run)
    buf_char(out, c'"')


# --- tensors ---------------------------------------------------------------------------------


cdef int _mismatch(const char* name, Fault* fault) noexcept nogil:
    return fault_set(fault, 500, "Failed to write 'data' field: output tensor shape does not match "
                     "size of output for '%s'", name)


cdef int _not_finite(const char* name, uint64_t index, Fault* fault) noexcept nogil:
    return fault_set(fault, 400, "output '%s', element %llu is not a finite number, which JSON "
                     "can't express. Please use the binary data format for output '%s'", name,
                     <unsigned long long> index, name)


cdef int _put_strings(Buf* out, const char* name, const char* base, uint64_t byte_size,
                      uint64_t count, Fault* fault) noexcept nogil:
    cdef uint64_t at = 0
    cdef uint64_t i
    cdef uint32_t length
    for i in range(count):
        if byte_size - at < 4:
            return _mismatch(name, fault)
        memcpy(&length, base + at, 4)
        at += 4
        if byte_size - at < length:
            return _mismatch(name, fault)
        if not utf8_valid(base + at, length):
            return fault_set(fault, 400, "output '%s', element %llu is not UTF-8 text, which JSON "
                             "can't express. Please use the binary data format for output '%s'",
                             name, <unsigned long long> i, name)
        if i:
            buf_char(out, c',')
        put_string(out, base + at, length)
        at += length
    return 0 if at == byte_size else _mismatch(name, fault)


cdef inline char* _put_element(char* place, TRITONSERVER_DataType datatype, const char* at
                               ) noexcept nogil:
    """One integer or boolean; returns where the text ends."""
    cdef int8_t i8
    cdef int16_t i16
    cdef int32_t i32
    cdef int64_t i64
    cdef uint16_t u16
    cdef uint32_t u32
    cdef uint64_t u64
    if datatype == TRITONSERVER_TYPE_INT32:
        memcpy(&i32, at, 4)
        return to_text(place, i32)
    if datatype == TRITONSERVER_TYPE_INT64:
        memcpy(&i64, at, 8)
        return to_text(place, i64)
    if datatype == TRITONSERVER_TYPE_UINT8:
        return to_text(place, <uint32_t> <uint8_t> at[0])
    if datatype == TRITONSERVER_TYPE_INT8:
        i8 = <int8_t> at[0]
        return to_text(place, <int32_t> i8)
    if datatype == TRITONSERVER_TYPE_UINT16:
        memcpy(&u16, at, 2)
        return to_text(place, <uint32_t> u16)
    if datatype == TRITONSERVER_TYPE_INT16:
        memcpy(&i16, at, 2)
        return to_text(place, <int32_t> i16)
    if datatype == TRITONSERVER_TYPE_UINT32:
        memcpy(&u32, at, 4)
        return to_text(place, u32)
    if datatype == TRITONSERVER_TYPE_BOOL:
        if at[0] != 0:
            memcpy(place, b"true", 4)
            return place + 4
        memcpy(place, b"false", 5)
        return place + 5
    memcpy(&u64, at, 8)
    return to_text(place, u64)


cdef int put_tensor(Buf* out, const char* name, TRITONSERVER_DataType datatype, const void* base,
                    uint64_t byte_size, uint64_t count, Fault* fault) noexcept nogil:
    cdef uint64_t each = datatype_size(datatype)
    cdef const char* at = <const char*> base
    cdef uint64_t i
    cdef float single
    cdef double real
    cdef char* place
    cdef char* end
    if datatype == TRITONSERVER_TYPE_FP16 or datatype == TRITONSERVER_TYPE_BF16:
        return fault_set(fault, 400, "sending %s data via JSON is not supported. Please use the "
                         "binary data format for output", datatype_name(datatype))
    buf_char(out, c'[')
    if datatype == TRITONSERVER_TYPE_BYTES:
        if _put_strings(out, name, at, byte_size, count, fault) != 0:
            return -1
        buf_char(out, c']')
        return 0
    if each == 0:
        return fault_set(fault, 500, "Invalid data type for output tensor")
    if byte_size / each != count or byte_size % each != 0:
        return _mismatch(name, fault)
    for i in range(count):
        # 40 bytes hold any number, its comma and the ".0" that may follow.
        place = buf_room(out, 40)
        if place == NULL:
            return fault_set(fault, 503, "out of memory while writing output '%s'", name)
        if i:
            place[0] = c','
            place += 1
            out.size += 1
        if datatype == TRITONSERVER_TYPE_FP32:
            memcpy(&single, at, 4)
            if not isfinite(<double> single):
                return _not_finite(name, i, fault)
            _point(out, place, to_text(place, single))
        elif datatype == TRITONSERVER_TYPE_FP64:
            memcpy(&real, at, 8)
            if not isfinite(real):
                return _not_finite(name, i, fault)
            _point(out, place, to_text(place, real))
        else:
            end = _put_element(place, datatype, at)
            out.size += end - place
        at += each
    buf_char(out, c']')
    return 0


# --- for tests and tools ---------------------------------------------------------------------


def tensor_json(str datatype, bytes data, count: int, name: str = "output") -> bytes:
    """A tensor's JSON text as the server writes it; raises ``HttpError`` as it would answer."""
    from triton_py.http._parser import HttpError

    cdef Buf out
    cdef Fault fault
    cdef bytes type_name = datatype.encode()
    cdef bytes output_name = name.encode()
    cdef const char* base = data
    cdef uint64_t elements = count
    out.data = NULL
    out.size = 0
    out.capacity = 0
    out.failed = False
    fault.status = 0
    try:
        if put_tensor(&out, output_name, datatype_of(type_name, <size_t> len(type_name)), base,
                      <uint64_t> len(data), elements, &fault) != 0:
            raise HttpError(fault.status, (<bytes> fault.text).decode("utf-8", "replace"))
        if out.failed:
            raise MemoryError
        return out.data[:out.size]
    finally:
        buf_free(&out)


def string_json(bytes text) -> bytes:
    """A string's JSON text as the server writes it."""
    cdef Buf out
    out.data = NULL
    out.size = 0
    out.capacity = 0
    out.failed = False
    try:
        put_string(&out, text, <size_t> len(text))
        if out.failed:
            raise MemoryError
        return out.data[:out.size]
    finally:
        buf_free(&out)
