# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Typed tensor contents as the bytes that a backend reads.

A client may write a tensor's elements as protobuf numbers instead of raw bytes. Each data type
has one field that may carry it; INT8 and INT16 share ``int_contents`` with INT32, so a value may
not fit, and that is the client's mistake to hear about, not to be cut to size.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, strlen

from triton_py.abi.types cimport (
    TRITONSERVER_DataType, TRITONSERVER_TYPE_BF16, TRITONSERVER_TYPE_BOOL,
    TRITONSERVER_TYPE_BYTES, TRITONSERVER_TYPE_FP16, TRITONSERVER_TYPE_FP32,
    TRITONSERVER_TYPE_FP64, TRITONSERVER_TYPE_INT8, TRITONSERVER_TYPE_INT16,
    TRITONSERVER_TYPE_INT32, TRITONSERVER_TYPE_INT64, TRITONSERVER_TYPE_INVALID,
    TRITONSERVER_TYPE_UINT8, TRITONSERVER_TYPE_UINT16, TRITONSERVER_TYPE_UINT32,
    TRITONSERVER_TYPE_UINT64,
)
from triton_py.frontend._memory cimport Arena, arena_free, arena_init, arena_take
from triton_py.grpc._decode cimport InferRequest, InputTensor
from triton_py.grpc._wire cimport (
    FIXED32, FIXED64, LENGTH, VARINT, Reader, View, read_tag, read_varint, read_view, reader_of,
)

from triton_py.errors import InvalidArgumentError, UnavailableError

cdef tuple FIELDS = (
    "", "bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents",
    "fp32_contents", "fp64_contents", "bytes_contents",
)


cdef struct DatatypeRow:
    const char *name
    TRITONSERVER_DataType value
    size_t size         # of an element; 0 for BYTES, whose elements differ
    int field           # of InferTensorContents; 0 where only raw contents will do


cdef DatatypeRow[14] ROWS
ROWS[0] = DatatypeRow("BOOL", TRITONSERVER_TYPE_BOOL, 1, 1)
ROWS[1] = DatatypeRow("UINT8", TRITONSERVER_TYPE_UINT8, 1, 4)
ROWS[2] = DatatypeRow("UINT16", TRITONSERVER_TYPE_UINT16, 2, 4)
ROWS[3] = DatatypeRow("UINT32", TRITONSERVER_TYPE_UINT32, 4, 4)
ROWS[4] = DatatypeRow("UINT64", TRITONSERVER_TYPE_UINT64, 8, 5)
ROWS[5] = DatatypeRow("INT8", TRITONSERVER_TYPE_INT8, 1, 2)
ROWS[6] = DatatypeRow("INT16", TRITONSERVER_TYPE_INT16, 2, 2)
ROWS[7] = DatatypeRow("INT32", TRITONSERVER_TYPE_INT32, 4, 2)
ROWS[8] = DatatypeRow("INT64", TRITONSERVER_TYPE_INT64, 8, 3)
ROWS[9] = DatatypeRow("FP16", TRITONSERVER_TYPE_FP16, 2, 0)
ROWS[10] = DatatypeRow("FP32", TRITONSERVER_TYPE_FP32, 4, 6)
ROWS[11] = DatatypeRow("FP64", TRITONSERVER_TYPE_FP64, 8, 7)
ROWS[12] = DatatypeRow("BYTES", TRITONSERVER_TYPE_BYTES, 0, 8)
ROWS[13] = DatatypeRow("BF16", TRITONSERVER_TYPE_BF16, 2, 0)


cdef const DatatypeRow *row_of(View name) noexcept nogil:
    cdef int i
    for i in range(14):
        if strlen(ROWS[i].name) == name.size and memcmp(ROWS[i].name, name.data, name.size) == 0:
            return &ROWS[i]
    return NULL


cdef TRITONSERVER_DataType datatype_of(View name) noexcept nogil:
    """The data type of that KServe name; ``TRITONSERVER_TYPE_INVALID`` where there is none."""
    cdef const DatatypeRow *row = row_of(name)
    return row.value if row != NULL else TRITONSERVER_TYPE_INVALID


cdef size_t element_size(TRITONSERVER_DataType datatype) noexcept nogil:
    """In bytes; 0 for BYTES and for no data type at all."""
    cdef int i
    for i in range(14):
        if ROWS[i].value == datatype:
            return ROWS[i].size
    return 0


# --- counting ------------------------------------------------------------------------------


cdef struct Tally:
    uint64_t[9] elements    # by field number
    uint64_t text_bytes     # in bytes_contents, without the length prefixes
    uint64_t chunks         # parts of the one numeric field, for the case of a single one
    View chunk              # the last such part


cdef void tally(Reader r, Tally *t) noexcept nogil:
    """Counts what the contents hold. The decoder walked the bytes already: no faults are left."""
    cdef uint32_t field = 0
    cdef int wire = 0
    cdef uint64_t number = 0
    cdef View view
    cdef Reader inner
    while r.at < r.end:
        read_tag(&r, &field, &wire)
        if wire == LENGTH:
            read_view(&r, &view)
            if 1 <= field <= 5:
                inner = reader_of(view)
                while inner.at < inner.end:
                    # An element ends at each byte without the continuation bit.
                    t.elements[field] += inner.at[0] < 0x80
                    inner.at += 1
            elif field == 6 or field == 7:
                # An empty one is no element, and may stand beside another field's.
                if view.size:
                    t.elements[field] += view.size // (4 if field == 6 else 8)
                    t.chunks += 1
                    t.chunk = view
            elif field == 8:
                t.elements[8] += 1
                t.text_bytes += view.size
        elif wire == VARINT:
            read_varint(&r, &number)
            if 1 <= field <= 5:
                t.elements[field] += 1
        elif wire == FIXED32:
            if field == 6:
                t.elements[6] += 1
                t.chunks += 2       # lone elements are no chunk to borrow
            r.at += 4
        elif wire == FIXED64:
            if field == 7:
                t.elements[7] += 1
                t.chunks += 2
            r.at += 8
        else:
            skip_group(&r, field)


cdef void skip_group(Reader *r, uint32_t field) noexcept nogil:
    """Passes an unknown group; the decoder has checked that it ends."""
    cdef uint32_t inner = field
    cdef int wire = 3
    cdef int depth = 1
    cdef uint64_t number = 0
    cdef View view
    while depth:
        read_tag(r, &inner, &wire)
        if wire == VARINT:
            read_varint(r, &number)
        elif wire == FIXED64:
            r.at += 8
        elif wire == LENGTH:
            read_view(r, &view)
        elif wire == FIXED32:
            r.at += 4
        else:
            depth += 1 if wire == 3 else -1


# --- converting ----------------------------------------------------------------------------


cdef struct Sink:
    uint8_t *at
    TRITONSERVER_DataType datatype
    uint64_t index          # of the next element
    bint bad                # an element was out of range:
    uint64_t bad_index
    int64_t bad_value


cdef inline void put_integer(Sink *s, uint64_t wire_value) noexcept nogil:
    cdef int64_t value
    cdef int16_t narrow_signed
    cdef uint16_t narrow
    cdef int32_t plain
    # int32 and uint32 travel as up to 64 bits, of which protobuf keeps the low 32.
    if s.datatype == TRITONSERVER_TYPE_BOOL:
        s.at[0] = wire_value != 0
        s.at += 1
    elif s.datatype == TRITONSERVER_TYPE_INT64 or s.datatype == TRITONSERVER_TYPE_UINT64:
        memcpy(s.at, &wire_value, 8)
        s.at += 8
    elif s.datatype == TRITONSERVER_TYPE_INT32 or s.datatype == TRITONSERVER_TYPE_UINT32:
        plain = <int32_t>wire_value
        memcpy(s.at, &plain, 4)
        s.at += 4
    elif s.datatype == TRITONSERVER_TYPE_INT8:
        value = <int32_t>wire_value
        if (value < -128 or value > 127) and not s.bad:
            s.bad, s.bad_index, s.bad_value = True, s.index, value
        s.at[0] = <uint8_t>value
        s.at += 1
    elif s.datatype == TRITONSERVER_TYPE_INT16:
        value = <int32_t>wire_value
        if (value < -32768 or value > 32767) and not s.bad:
            s.bad, s.bad_index, s.bad_value = True, s.index, value
        narrow_signed = <int16_t>value
        memcpy(s.at, &narrow_signed, 2)
        s.at += 2
    elif s.datatype == TRITONSERVER_TYPE_UINT8:
        value = <int64_t><uint32_t>wire_value
        if value > 255 and not s.bad:
            s.bad, s.bad_index, s.bad_value = True, s.index, value
        s.at[0] = <uint8_t>value
        s.at += 1
    else:
        value = <int64_t><uint32_t>wire_value
        if value > 65535 and not s.bad:
            s.bad, s.bad_index, s.bad_value = True, s.index, value
        narrow = <uint16_t>value
        memcpy(s.at, &narrow, 2)
        s.at += 2
    s.index += 1


cdef void convert(Reader r, int wanted, Sink *s) noexcept nogil:
    """Appends the elements of field ``wanted`` to the sink, which has room for all of them."""
    cdef uint32_t field = 0, length
    cdef int wire = 0
    cdef uint64_t number = 0
    cdef View view
    cdef Reader inner
    while r.at < r.end:
        read_tag(&r, &field, &wire)
        if wire == LENGTH:
            read_view(&r, &view)
            if <int>field != wanted:
                continue
            if field == 8:
                length = <uint32_t>view.size
                memcpy(s.at, &length, 4)
                if length:
                    memcpy(s.at + 4, view.data, length)
                s.at += 4 + length
            elif field >= 6:
                if view.size:
                    memcpy(s.at, view.data, view.size)
                s.at += view.size
            else:
                inner = reader_of(view)
                while inner.at < inner.end:
                    read_varint(&inner, &number)
                    put_integer(s, number)
        elif wire == VARINT:
            read_varint(&r, &number)
            if <int>field == wanted and field <= 5:
                put_integer(s, number)
        elif wire == FIXED32:
            if field == 6 and wanted == 6:
                memcpy(s.at, r.at, 4)
                s.at += 4
            r.at += 4
        elif wire == FIXED64:
            if field == 7 and wanted == 7:
                memcpy(s.at, r.at, 8)
                s.at += 8
            r.at += 8
        else:
            skip_group(&r, field)


cdef int typed_data(InferRequest request, size_t index, View *out, Arena *memory) except -1:
    """The bytes of input ``index``'s typed contents.

    Contents without any element are an empty tensor. Raises ``InvalidArgumentError``, naming the
    tensor, for a field that doesn't belong to the data type, for two fields at once, and for a
    value that the data type can't hold.
    """
    cdef InputTensor tensor = request.inputs[index]
    cdef const DatatypeRow *row = row_of(tensor.datatype)
    cdef Tally t
    cdef Sink s
    cdef size_t i, size
    cdef int field, found = 0
    cdef str what = (f"input tensor '{request.text(tensor.name)}' for model "
                     f"'{request.text(request.model_name)}'")
    if row == NULL:
        raise InvalidArgumentError(
            f"invalid datatype '{request.text(tensor.datatype)}' of {what}"
        )
    for field in range(9):
        t.elements[field] = 0
    t.text_bytes = t.chunks = 0
    with nogil:
        for i in range(tensor.contents.at, tensor.contents.at + tensor.contents.count):
            tally(reader_of(request.contents[i]), &t)
    for field in range(1, 9):
        if t.elements[field] == 0:
            continue
        if found:
            raise InvalidArgumentError(
                f"unexpected explicit tensor data for {what}: both {FIELDS[found]} and "
                f"{FIELDS[field]} hold elements"
            )
        found = field
    out.data = NULL
    out.size = 0
    if not found:
        return 0
    if row.field == 0:
        raise InvalidArgumentError(
            f"unexpected explicit tensor data for {what}: datatype {request.text(tensor.datatype)}"
            " has no typed contents, send it in raw_input_contents"
        )
    if found != row.field:
        raise InvalidArgumentError(
            f"unexpected explicit tensor data for {what} in {FIELDS[found]}, expected "
            f"{FIELDS[row.field]} for datatype '{request.text(tensor.datatype)}'"
        )
    if t.chunks == 1:
        # Packed floats are laid out as the tensor is: one chunk needs no copy.
        out[0] = t.chunk
        return 0
    if found == 8:
        size = t.text_bytes + 4 * t.elements[8]
    else:
        size = t.elements[found] * row.size
    out.data = <const char *>arena_take(memory, size + 1)
    if out.data == NULL:
        raise UnavailableError(f"no memory for the data of {what}")
    out.size = size
    s.at = <uint8_t *>out.data
    s.datatype = row.value
    s.index = s.bad_index = 0
    s.bad_value = 0
    s.bad = False
    with nogil:
        for i in range(tensor.contents.at, tensor.contents.at + tensor.contents.count):
            convert(reader_of(request.contents[i]), found, &s)
    if s.bad:
        raise InvalidArgumentError(
            f"value {s.bad_value} at index {s.bad_index} of {FIELDS[found]} is out of range for "
            f"datatype {request.text(tensor.datatype)} of {what}"
        )
    return 0


def typed_bytes(InferRequest request, size_t index) -> bytes:
    """A copy of what ``typed_data`` finds for input ``index``; for tests."""
    cdef View view
    cdef Arena memory
    arena_init(&memory, NULL, 0)
    try:
        typed_data(request, index, &view, &memory)
        return view.data[:view.size] if view.size else b""
    finally:
        arena_free(&memory)
