# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a ``ModelInferResponse`` into one bytes object.

Two passes over the parts: the first adds up sizes, the second writes. So the object has its final
size from the start and each tensor is copied once, from the backend's buffer into the message.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport INT32_MAX, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from triton_py.grpc._decode cimport (
    PARAM_BOOL, PARAM_DOUBLE, PARAM_INT64, PARAM_NONE, PARAM_STRING, PARAM_UINT64, Param,
)
from triton_py.grpc._wire cimport View, field_size, put_head, put_varint, put_view, varint_size

from triton_py.errors import InternalError

# Above this much to copy, the GIL is let go meanwhile.
cdef size_t LONG_COPY = 256 * 1024


cdef size_t choice_size(const Param *p) noexcept nogil:
    if p.kind == PARAM_NONE:
        return 0
    if p.kind == PARAM_STRING:
        return field_size(p.text.size)
    if p.kind == PARAM_DOUBLE:
        return 9
    if p.kind == PARAM_BOOL:
        return 2
    return 1 + varint_size(p.bits)


cdef size_t param_size(const Param *p) noexcept nogil:
    return field_size(p.key.size) + field_size(choice_size(p))


cdef uint8_t *put_param(uint8_t *at, int field, const Param *p) noexcept nogil:
    at = put_head(at, field, param_size(p))
    at = put_view(at, 1, p.key)
    at = put_head(at, 2, choice_size(p))
    if p.kind == PARAM_STRING:
        return put_view(at, 3, p.text)
    if p.kind == PARAM_DOUBLE:
        at[0] = (4 << 3) | 1
        memcpy(at + 1, &p.bits, 8)
        return at + 9
    if p.kind == PARAM_BOOL:
        at[0] = 1 << 3
        at[1] = p.bits != 0
        return at + 2
    if p.kind == PARAM_NONE:
        return at
    at[0] = (2 << 3) if p.kind == PARAM_INT64 else (5 << 3)
    return put_varint(at + 1, p.bits)


cdef size_t shape_size(const OutputParts *o) noexcept nogil:
    cdef size_t i, size = 0
    for i in range(o.rank):
        size += varint_size(<uint64_t>o.shape[i])
    return size


cdef size_t output_size(const OutputParts *o) noexcept nogil:
    cdef size_t size = field_size(o.name.size) + field_size(o.datatype.size)
    if o.rank:
        size += field_size(shape_size(o))
    return size


cdef uint8_t *put_output(uint8_t *at, const OutputParts *o) noexcept nogil:
    cdef size_t i
    at = put_head(at, 5, output_size(o))
    at = put_view(at, 1, o.name)
    at = put_view(at, 2, o.datatype)
    if o.rank:
        at = put_head(at, 3, shape_size(o))
        for i in range(o.rank):
            at = put_varint(at, <uint64_t>o.shape[i])
    return at


cdef size_t text_size(View view) noexcept nogil:
    """Of a string field, which is left out when empty."""
    return field_size(view.size) if view.size else 0


cdef uint64_t body_size(ResponseParts &parts) noexcept nogil:
    cdef uint64_t size = text_size(parts.model_name) + text_size(parts.model_version)
    cdef size_t i
    size += text_size(parts.id)
    for i in range(parts.params.size()):
        size += field_size(param_size(&parts.params[i]))
    for i in range(parts.outputs.size()):
        size += field_size(output_size(&parts.outputs[i]))
        # Every output has its entry, empty ones too: clients pair the two lists by position.
        size += field_size(parts.outputs[i].data.size)
    return size


cdef uint64_t message_size(ResponseParts &parts, bint stream, View error) noexcept nogil:
    cdef uint64_t body = body_size(parts)
    return field_size(body) + text_size(error) if stream else body


cdef uint8_t *put_before_data(uint8_t *at, ResponseParts &parts, bint stream, View error
                              ) noexcept nogil:
    cdef size_t i
    if stream:
        if error.size:
            at = put_view(at, 1, error)
        at = put_head(at, 2, body_size(parts))
    if parts.model_name.size:
        at = put_view(at, 1, parts.model_name)
    if parts.model_version.size:
        at = put_view(at, 2, parts.model_version)
    if parts.id.size:
        at = put_view(at, 3, parts.id)
    for i in range(parts.params.size()):
        at = put_param(at, 4, &parts.params[i])
    for i in range(parts.outputs.size()):
        at = put_output(at, &parts.outputs[i])
    return at


cdef uint8_t *put_data_head(uint8_t *at, const OutputParts *output) noexcept nogil:
    return put_head(at, 6, output.data.size)


cdef void put_data(uint8_t *at, ResponseParts &parts) noexcept nogil:
    cdef size_t i
    for i in range(parts.outputs.size()):
        at = put_view(at, 6, parts.outputs[i].data)


cdef bytes encode(ResponseParts &parts, bint stream, View error):
    """The encoded message.

    Raises ``InternalError`` for more than 2 GiB, which no protobuf reader would take.
    """
    cdef uint64_t size = message_size(parts, stream, error)
    cdef bytes message
    cdef uint8_t *at
    if size > INT32_MAX:
        raise InternalError(
            f"Response has byte size {size} which exceeds gRPC's byte size limit {INT32_MAX}."
        )
    message = PyBytes_FromStringAndSize(NULL, size)
    at = put_before_data(<uint8_t *>PyBytes_AS_STRING(message), parts, stream, error)
    if size > LONG_COPY:
        with nogil:
            put_data(at, parts)
    else:
        put_data(at, parts)
    return message


# --- from Python ---------------------------------------------------------------------------


cdef View view_of(bytes value, list keep):
    cdef View view
    keep.append(value)
    view.data = PyBytes_AS_STRING(value)
    view.size = len(value)
    return view


def encode_response(
    model_name: str, model_version: str, request_id: str, params: dict, outputs: list,
    *, stream: bool = False, error: str = "",
) -> bytes:
    """The same from Python values.

    ``params`` maps names to bool, int, float, str or None; ``outputs`` lists
    ``(name, datatype, shape, data)``. For messages that no response of the core stands behind
    (a stream's errors), and for tests.
    """
    cdef ResponseParts parts
    cdef Param p
    cdef OutputParts o
    cdef double real
    cdef vector[vector[int64_t]] shapes
    cdef list keep = []
    parts.model_name = view_of(model_name.encode(), keep)
    parts.model_version = view_of(model_version.encode(), keep)
    parts.id = view_of(request_id.encode(), keep)
    for key, value in params.items():
        p.key = view_of(key.encode(), keep)
        p.text.data = NULL
        p.text.size = 0
        p.bits = 0
        if value is None:
            p.kind = PARAM_NONE
        elif isinstance(value, bool):
            p.kind, p.bits = PARAM_BOOL, value
        elif isinstance(value, int):
            if value > 0x7FFFFFFFFFFFFFFF:
                p.kind, p.bits = PARAM_UINT64, <uint64_t>value
            else:
                p.kind, p.bits = PARAM_INT64, <uint64_t><int64_t>value
        elif isinstance(value, float):
            p.kind, real = PARAM_DOUBLE, value
            memcpy(&p.bits, &real, 8)
        else:
            p.kind, p.text = PARAM_STRING, view_of(value.encode(), keep)
        parts.params.push_back(p)
    for _, _, shape, _ in outputs:
        shapes.push_back(shape)
    for i, (name, datatype, _, data) in enumerate(outputs):
        o.name = view_of(name.encode(), keep)
        o.datatype = view_of(datatype.encode(), keep)
        o.data = view_of(data, keep)
        o.shape, o.rank = shapes[i].data(), shapes[i].size()
        parts.outputs.push_back(o)
    return encode(parts, stream, view_of(error.encode(), keep))
