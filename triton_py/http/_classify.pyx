# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The classification extension: the top values of an output, with their labels."""

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
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strlen

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_ErrorMessage,
    TRITONSERVER_InferenceResponseOutputClassificationLabel,
)
from triton_py.abi.types cimport (
    TRITONSERVER_TYPE_BF16,
    TRITONSERVER_TYPE_BOOL,
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
    TRITONSERVER_Error,
    TRITONSERVER_InferenceResponse,
)
from triton_py.http._datatype cimport datatype_name, datatype_of, datatype_size
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport Buf, buf_free, buf_put


cdef extern from * nogil:
    """
    #include <algorithm>
    #include <cstdio>
    #include <cstring>

    template <typename T> struct TpGreater {
        const char* base;
        T at(uint32_t i) const {
            T value;
            memcpy(&value, base + i * sizeof(T), sizeof(T));
            return value;
        }
        bool operator()(uint32_t a, uint32_t b) const {
            T x = at(a), y = at(b);
            /* NaN ranks last; equal values keep their order. */
            bool x_nan = x != x, y_nan = y != y;
            if (x_nan != y_nan) return y_nan;
            if (!x_nan && x != y) return x > y;
            return a < b;
        }
    };

    /* Puts the indices of the `top` largest of `count` values first. */
    template <typename T>
    static void tp_rank(const char* base, uint32_t* order, uint32_t count, uint32_t top) {
        for (uint32_t i = 0; i < count; ++i) order[i] = i;
        std::partial_sort(order, order + top, order + count, TpGreater<T>{base});
    }

    static int tp_print_real(char* to, double value) { return snprintf(to, 400, "%f", value); }
    static int tp_print_int(char* to, long long value) { return snprintf(to, 400, "%lld", value); }
    static int tp_print_uint(char* to, unsigned long long value) {
        return snprintf(to, 400, "%llu", value);
    }
    """
    void rank "tp_rank"[T](const char* base, uint32_t* order, uint32_t count, uint32_t top)
    int print_real "tp_print_real"(char* to, double value)
    int print_int "tp_print_int"(char* to, long long value)
    int print_uint "tp_print_uint"(char* to, unsigned long long value)


cdef enum:
    MAX_ELEMENTS = 1000000


cdef int _ranked(TRITONSERVER_DataType datatype, const char* base, uint32_t* order,
                 uint32_t count, uint32_t top) noexcept nogil:
    if datatype == TRITONSERVER_TYPE_FP32:
        rank[float](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_FP64:
        rank[double](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_INT8:
        rank[int8_t](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_INT16:
        rank[int16_t](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_INT32:
        rank[int32_t](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_INT64:
        rank[int64_t](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_UINT8:
        rank[uint8_t](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_UINT16:
        rank[uint16_t](base, order, count, top)
    elif datatype == TRITONSERVER_TYPE_UINT32:
        rank[uint32_t](base, order, count, top)
    else:
        rank[uint64_t](base, order, count, top)
    return 0


cdef int _print(TRITONSERVER_DataType datatype, const char* at, char* to) noexcept nogil:
    cdef float single
    cdef double real
    cdef int64_t signed_value = 0
    cdef uint64_t value = 0
    cdef uint32_t size = datatype_size(datatype)
    if datatype == TRITONSERVER_TYPE_FP32:
        memcpy(&single, at, 4)
        return print_real(to, single)
    if datatype == TRITONSERVER_TYPE_FP64:
        memcpy(&real, at, 8)
        return print_real(to, real)
    if datatype in (TRITONSERVER_TYPE_INT8, TRITONSERVER_TYPE_INT16, TRITONSERVER_TYPE_INT32,
                    TRITONSERVER_TYPE_INT64):
        # Little-endian: the value stands in the low bytes; the shift brings its sign along.
        memcpy(&signed_value, at, size)
        return print_int(to, <int64_t> (<uint64_t> signed_value << (64 - 8 * size))
                         >> (64 - 8 * size))
    memcpy(&value, at, size)
    return print_uint(to, value)


cdef int _label(TRITONSERVER_InferenceResponse* response, uint32_t index, uint32_t position,
                const char** label, Fault* fault) noexcept nogil:
    cdef TRITONSERVER_Error* error
    label[0] = NULL
    if response == NULL:
        return 0
    error = TRITONSERVER_InferenceResponseOutputClassificationLabel(response, index, position,
                                                                    label)
    if error == NULL:
        return 0
    fault_set(fault, 500, "%s", TRITONSERVER_ErrorMessage(error))
    TRITONSERVER_ErrorDelete(error)
    return -1


cdef int _part(TRITONSERVER_InferenceResponse* response, uint32_t index,
               TRITONSERVER_DataType datatype, const char* base, uint32_t* order, uint32_t count,
               uint32_t top, Buf* out, Fault* fault) noexcept nogil:
    cdef char value[400]
    cdef char place[16]
    cdef const char* label = NULL
    cdef uint32_t k, length
    cdef int value_size, place_size
    _ranked(datatype, base, order, count, top)
    for k in range(top):
        if _label(response, index, order[k], &label, fault) != 0:
            return -1
        value_size = _print(datatype, base + <size_t> order[k] * datatype_size(datatype), value)
        place_size = print_uint(place, order[k])
        length = <uint32_t> (value_size + 1 + place_size)
        if label != NULL:
            length += 1 + <uint32_t> strlen(label)
        buf_put(out, &length, 4)
        buf_put(out, value, value_size)
        buf_put(out, b":", 1)
        buf_put(out, place, place_size)
        if label != NULL:
            buf_put(out, b":", 1)
            buf_put(out, label, strlen(label))
    return 0


cdef int classify(TRITONSERVER_InferenceResponse* response, uint32_t index, const char* name,
                  TRITONSERVER_DataType datatype, const void* base, uint64_t byte_size,
                  uint64_t batch, uint64_t classes, Buf* out, uint64_t* each, Fault* fault
                  ) noexcept nogil:
    cdef uint32_t size = datatype_size(datatype)
    cdef uint64_t count, top, b
    cdef uint32_t* order
    cdef int result = 0
    if size == 0 or datatype in (TRITONSERVER_TYPE_BOOL, TRITONSERVER_TYPE_FP16,
                                 TRITONSERVER_TYPE_BF16):
        return fault_set(fault, 400, "class result not available for output '%s' due to "
                         "unsupported type '%s'", name, datatype_name(datatype))
    count = byte_size / size / batch if batch else 0
    if count > MAX_ELEMENTS:
        return fault_set(fault, 400, "classification output tensor too large: output '%s' has "
                         "%llu elements", name, <unsigned long long> count)
    top = min(count, classes)
    each[0] = top
    if top == 0:
        return 0
    order = <uint32_t*> malloc(count * sizeof(uint32_t))
    if order == NULL:
        return fault_set(fault, 503, "out of memory while classifying output '%s'", name)
    for b in range(batch):
        result = _part(response, index, datatype, <const char*> base + b * count * size, order,
                       <uint32_t> count, <uint32_t> top, out, fault)
        if result != 0:
            break
    free(order)
    return result


def classes_of(str datatype, bytes data, batch: int, classes: int) -> list:
    """The strings that the server answers for an output without labels; for tests."""
    from triton_py.http._parser import HttpError

    cdef Buf out
    cdef Fault fault
    cdef uint64_t each = 0
    cdef bytes type_name = datatype.encode()
    cdef const char* base = data
    out.data = NULL
    out.size = 0
    out.capacity = 0
    out.failed = False
    fault.status = 0
    try:
        if classify(NULL, 0, b"output", datatype_of(type_name, <size_t> len(type_name)), base,
                    <uint64_t> len(data), batch, classes, &out, &each, &fault) != 0:
            raise HttpError(fault.status, (<bytes> fault.text).decode())
        raw = out.data[:out.size] if out.size else b""
    finally:
        buf_free(&out)
    texts = []
    while raw:
        size = int.from_bytes(raw[:4], "little")
        texts.append(raw[4:4 + size].decode())
        raw = raw[4 + size:]
    return texts
