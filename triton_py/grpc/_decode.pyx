# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Decodes ``ModelInferRequest`` without copying a tensor.

Protobuf's own decoder copies every ``raw_input_contents`` entry into a bytes object of its own,
and makes an object per field. Here the received message stays where it is; what comes out are
views into it. The rules are protobuf's: unknown fields are skipped, the last value of a singular
field wins, sub-messages that occur twice are merged, repeated numbers may be packed or not.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy
from libcpp.vector cimport vector

from triton_py.grpc._received cimport Received
from triton_py.grpc._wire cimport (
    BAD_TAG, BAD_UTF8, BAD_WIRE_TYPE, FINE, FIXED32, FIXED64, GROUP_END, GROUP_START, LENGTH,
    LENGTH_TOO_BIG, PACKED_LENGTH, TOO_DEEP, TRUNCATED, UNMATCHED_GROUP, VARINT,
    VARINT_TOO_LONG, Reader, View, read_fixed64, read_tag, read_varint, read_view, reader_of,
)

from triton_py.errors import InvalidArgumentError

# How deep unknown groups may nest; protobuf's own limit.
cdef int MAX_DEPTH = 100

cdef dict REASONS = {
    TRUNCATED: "a field ends beyond the end of the message",
    VARINT_TOO_LONG: "a number takes more than 10 bytes",
    BAD_TAG: "an impossible field tag",
    BAD_WIRE_TYPE: "an unknown wire type",
    UNMATCHED_GROUP: "a group that ends without having begun",
    TOO_DEEP: "groups nested too deep",
    BAD_UTF8: "a string that is not UTF-8",
    PACKED_LENGTH: "a packed field whose length is no multiple of its elements' size",
    LENGTH_TOO_BIG: "a length that is above 2 GiB, or written in more than 5 bytes",
}


class MalformedMessage(InvalidArgumentError):
    """The bytes are no ``ModelInferRequest``; the text says what and where."""


cdef class InferRequest:
    """One decoded request: views into a message."""

    def __init__(self):
        raise TypeError("use decode_request()")

    cdef str text(self, View view):
        return view.data[:view.size].decode("utf-8", "replace") if view.size else ""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.text(self.model_name)

    @property
    def version(self) -> str:
        """The model version as the client wrote it; empty for "the server's choice"."""
        return self.text(self.model_version)

    @property
    def request_id(self) -> str:
        return self.text(self.id)

    cdef object describe_params(self, vector[Param] &params, Range part):
        cdef dict out = {}
        cdef double real
        cdef Param p
        cdef size_t i
        for i in range(part.at, part.at + part.count):
            p = params[i]
            key = self.text(p.key)
            if p.kind == PARAM_NONE:
                out[key] = (None, None)
            elif p.kind == PARAM_BOOL:
                out[key] = ("bool_param", p.bits != 0)
            elif p.kind == PARAM_INT64:
                out[key] = ("int64_param", <int64_t>p.bits)
            elif p.kind == PARAM_UINT64:
                out[key] = ("uint64_param", p.bits)
            elif p.kind == PARAM_STRING:
                out[key] = ("string_param", self.text(p.text))
            else:
                memcpy(&real, &p.bits, sizeof(real))
                out[key] = ("double_param", real)
        return out

    def describe(self) -> dict:
        """The request as plain Python values (raw contents copied); for tests and logs."""
        cdef Range everything
        cdef size_t i, k
        everything.at = 0
        everything.count = self.params.size()
        inputs, outputs, raw = [], [], []
        for i in range(self.inputs.size()):
            inputs.append({
                "name": self.text(self.inputs[i].name),
                "datatype": self.text(self.inputs[i].datatype),
                "shape": [self.dims[self.inputs[i].shape.at + k]
                          for k in range(self.inputs[i].shape.count)],
                "parameters": self.describe_params(self.tensor_params, self.inputs[i].params),
                "has_contents": bool(self.inputs[i].has_contents),
            })
        for i in range(self.outputs.size()):
            outputs.append({
                "name": self.text(self.outputs[i].name),
                "parameters": self.describe_params(self.tensor_params, self.outputs[i].params),
            })
        for i in range(self.raw.size()):
            raw.append(self.raw[i].data[:self.raw[i].size] if self.raw[i].size else b"")
        return {
            "model_name": self.name, "model_version": self.version, "id": self.request_id,
            "parameters": self.describe_params(self.params, everything),
            "inputs": inputs, "outputs": outputs, "raw_input_contents": raw,
        }


cdef InferRequest new_request(size_t max_tensors, size_t max_parameters):
    cdef InferRequest request = InferRequest.__new__(InferRequest)
    request.max_tensors = max_tensors
    request.max_parameters = max_parameters
    return request


cdef void forget(InferRequest request) noexcept nogil:
    """Empties the request; the vectors keep their memory for the next message."""
    request.model_name.data = NULL
    request.model_name.size = 0
    request.model_version = request.model_name
    request.id = request.model_name
    request.accounted = False
    request.copied = 0
    request.params.clear()
    request.tensor_params.clear()
    request.inputs.clear()
    request.outputs.clear()
    request.raw.clear()
    request.contents.clear()
    request.dims.clear()


cdef int decode_into(InferRequest request, const uint8_t *data, size_t size) except -1:
    cdef Reader r
    forget(request)
    request.start = r.at = data
    request.length = size
    r.end = data + size
    with nogil:
        parse_request(request, &r)
    return 0


cpdef InferRequest decode_request(
    object message, size_t max_tensors=4096, size_t max_parameters=1024
):
    """Decodes a ``ModelInferRequest``.

    ``message`` is a bytes object or a ``Received``; the result borrows from it and keeps it alive.
    Raises ``MalformedMessage`` for bytes that protobuf would refuse, and ``InvalidArgumentError``
    for more than ``max_tensors`` inputs, outputs or raw contents, or more than ``max_parameters``
    parameters in one map.
    """
    cdef InferRequest request = new_request(max_tensors, max_parameters)
    cdef bytes plain
    request.message = message
    if isinstance(message, Received):
        decode_into(request, <const uint8_t *>(<Received>message).data(),
                    (<Received>message).size)
    else:
        plain = message
        decode_into(request, <const uint8_t *><const char *>plain, len(plain))
    return request


# --- faults --------------------------------------------------------------------------------


cdef int malformed(InferRequest request, Reader *r, int fault) except -1 nogil:
    with gil:
        where = r.at - request.start
        raise MalformedMessage(
            f"malformed ModelInferRequest: {REASONS[fault]} (at byte {where} of {request.length})"
        )


cdef int too_many(str what, size_t limit) except -1 with gil:
    raise InvalidArgumentError(f"request has too many {what}: the server accepts at most {limit}")


cdef inline int check(InferRequest request, Reader *r, int fault) except -1 nogil:
    if fault:
        return malformed(request, r, fault)
    return 0


# --- pieces --------------------------------------------------------------------------------


cdef int utf8_fault(View view) noexcept nogil:
    """Well-formed UTF-8 as Unicode defines it: no surrogates, no overlong forms."""
    cdef const uint8_t *at = <const uint8_t *>view.data
    cdef const uint8_t *end = at + view.size
    cdef uint8_t lead, low, high
    cdef int more
    while at < end:
        lead = at[0]
        at += 1
        if lead < 0x80:
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= lead <= 0xDF:
            more = 1
        elif 0xE0 <= lead <= 0xEF:
            more = 2
            if lead == 0xE0:
                low = 0xA0
            elif lead == 0xED:
                high = 0x9F
        elif 0xF0 <= lead <= 0xF4:
            more = 3
            if lead == 0xF0:
                low = 0x90
            elif lead == 0xF4:
                high = 0x8F
        else:
            return BAD_UTF8
        if end - at < more:
            return BAD_UTF8
        # Only the first continuation byte has a narrower range.
        if at[0] < low or at[0] > high:
            return BAD_UTF8
        at += 1
        more -= 1
        while more:
            if at[0] < 0x80 or at[0] > 0xBF:
                return BAD_UTF8
            at += 1
            more -= 1
    return FINE


cdef int read_string(Reader *r, View *view) noexcept nogil:
    cdef int fault = read_view(r, view)
    return fault if fault else utf8_fault(view[0])


cdef int skip(Reader *r, uint32_t field, int wire, int depth) noexcept nogil:
    """Passes over a field whose tag was read; groups with all that is in them."""
    cdef uint64_t number = 0
    cdef View view
    cdef uint32_t inner = 0
    cdef int inner_wire = 0
    cdef int fault
    if wire == VARINT:
        return read_varint(r, &number)
    if wire == FIXED64:
        return read_fixed64(r, &number)
    if wire == LENGTH:
        return read_view(r, &view)
    if wire == FIXED32:
        if r.end - r.at < 4:
            return TRUNCATED
        r.at += 4
        return FINE
    if wire == GROUP_END:
        return UNMATCHED_GROUP
    if wire != GROUP_START:
        return BAD_WIRE_TYPE
    if depth >= MAX_DEPTH:
        return TOO_DEEP
    while True:
        fault = read_tag(r, &inner, &inner_wire)
        if fault:
            return fault
        if inner_wire == GROUP_END:
            return FINE if inner == field else UNMATCHED_GROUP
        fault = skip(r, inner, inner_wire, depth + 1)
        if fault:
            return fault


cdef int read_dims(InferRequest request, Reader *r, int wire) except -1 nogil:
    cdef uint64_t number = 0
    cdef View packed
    cdef Reader inner
    if wire == VARINT:
        check(request, r, read_varint(r, &number))
        request.dims.push_back(<int64_t>number)
        return 0
    check(request, r, read_view(r, &packed))
    inner = reader_of(packed)
    while inner.at < inner.end:
        check(request, &inner, read_varint(&inner, &number))
        request.dims.push_back(<int64_t>number)
    return 0


# --- messages ------------------------------------------------------------------------------


cdef int parse_choice(InferRequest request, Reader r, Param *out) except -1 nogil:
    """``InferParameter``: a oneof, so the last choice on the wire is the one that counts."""
    cdef uint32_t field = 0
    cdef int wire = 0
    while r.at < r.end:
        check(request, &r, read_tag(&r, &field, &wire))
        if wire == VARINT and (field == 1 or field == 2 or field == 5):
            check(request, &r, read_varint(&r, &out.bits))
            out.kind = (PARAM_BOOL if field == 1 else
                        PARAM_INT64 if field == 2 else PARAM_UINT64)
        elif field == 3 and wire == LENGTH:
            check(request, &r, read_string(&r, &out.text))
            out.kind = PARAM_STRING
        elif field == 4 and wire == FIXED64:
            check(request, &r, read_fixed64(&r, &out.bits))
            out.kind = PARAM_DOUBLE
        else:
            check(request, &r, skip(&r, field, wire, 0))
    return 0


cdef int parse_param(
    InferRequest request, Reader r, vector[Param] *params, Range *part
) except -1 nogil:
    """One entry of a parameters map, appended to the map that ``part`` covers."""
    cdef uint32_t field = 0
    cdef int wire = 0
    cdef View value
    cdef size_t i
    cdef Param param
    param.key.data = NULL
    param.key.size = 0
    param.text.data = NULL
    param.text.size = 0
    param.kind = PARAM_NONE
    param.bits = 0
    while r.at < r.end:
        check(request, &r, read_tag(&r, &field, &wire))
        if field == 1 and wire == LENGTH:
            check(request, &r, read_string(&r, &param.key))
        elif field == 2 and wire == LENGTH:
            check(request, &r, read_view(&r, &value))
            parse_choice(request, reader_of(value), &param)
        else:
            check(request, &r, skip(&r, field, wire, 0))
    # In a map the last value of a key wins. Maps are short: `max_parameters` bounds the search.
    for i in range(part.at, part.at + part.count):
        if params[0][i].key.size == param.key.size and (
            param.key.size == 0
            or memcmp(params[0][i].key.data, param.key.data, param.key.size) == 0
        ):
            params[0][i] = param
            return 0
    if part.count == request.max_parameters:
        with gil:
            too_many("parameters", request.max_parameters)
    params.push_back(param)
    part.count += 1
    return 0


cdef int parse_input(InferRequest request, Reader r) except -1 nogil:
    cdef uint32_t field = 0
    cdef int wire = 0
    cdef View view
    cdef InputTensor tensor
    tensor.name.data = NULL
    tensor.name.size = 0
    tensor.datatype = tensor.name
    tensor.has_contents = False
    tensor.shape.at = request.dims.size()
    tensor.shape.count = 0
    tensor.params.at = request.tensor_params.size()
    tensor.params.count = 0
    tensor.contents.at = request.contents.size()
    tensor.contents.count = 0
    while r.at < r.end:
        check(request, &r, read_tag(&r, &field, &wire))
        if field == 1 and wire == LENGTH:
            check(request, &r, read_string(&r, &tensor.name))
        elif field == 2 and wire == LENGTH:
            check(request, &r, read_string(&r, &tensor.datatype))
        elif field == 3 and (wire == LENGTH or wire == VARINT):
            read_dims(request, &r, wire)
        elif field == 4 and wire == LENGTH:
            check(request, &r, read_view(&r, &view))
            parse_param(request, reader_of(view), &request.tensor_params, &tensor.params)
        elif field == 5 and wire == LENGTH:
            check(request, &r, read_view(&r, &view))
            check_contents(request, reader_of(view))
            request.contents.push_back(view)
            tensor.has_contents = True
        else:
            check(request, &r, skip(&r, field, wire, 0))
    tensor.shape.count = request.dims.size() - tensor.shape.at
    tensor.contents.count = request.contents.size() - tensor.contents.at
    request.inputs.push_back(tensor)
    return 0


cdef int check_contents(InferRequest request, Reader r) except -1 nogil:
    """Walks an ``InferTensorContents`` so that later passes over it can't meet a fault."""
    cdef uint32_t field = 0
    cdef int wire = 0
    cdef uint64_t number = 0
    cdef View packed
    cdef Reader inner
    while r.at < r.end:
        check(request, &r, read_tag(&r, &field, &wire))
        if wire == LENGTH and 1 <= field <= 5:
            check(request, &r, read_view(&r, &packed))
            inner = reader_of(packed)
            while inner.at < inner.end:
                check(request, &inner, read_varint(&inner, &number))
        elif wire == LENGTH and (field == 6 or field == 7):
            check(request, &r, read_view(&r, &packed))
            if packed.size % (4 if field == 6 else 8):
                malformed(request, &r, PACKED_LENGTH)
        else:
            check(request, &r, skip(&r, field, wire, 0))
    return 0


cdef int parse_output(InferRequest request, Reader r) except -1 nogil:
    cdef uint32_t field = 0
    cdef int wire = 0
    cdef View view
    cdef OutputTensor tensor
    tensor.name.data = NULL
    tensor.name.size = 0
    tensor.params.at = request.tensor_params.size()
    tensor.params.count = 0
    while r.at < r.end:
        check(request, &r, read_tag(&r, &field, &wire))
        if field == 1 and wire == LENGTH:
            check(request, &r, read_string(&r, &tensor.name))
        elif field == 2 and wire == LENGTH:
            check(request, &r, read_view(&r, &view))
            parse_param(request, reader_of(view), &request.tensor_params, &tensor.params)
        else:
            check(request, &r, skip(&r, field, wire, 0))
    request.outputs.push_back(tensor)
    return 0


cdef int parse_request(InferRequest request, Reader *r) except -1 nogil:
    cdef uint32_t field = 0
    cdef int wire = 0
    cdef View view
    cdef Range params
    params.at = 0
    params.count = 0
    while r.at < r.end:
        check(request, r, read_tag(r, &field, &wire))
        if wire != LENGTH:
            check(request, r, skip(r, field, wire, 0))
        elif field == 1:
            check(request, r, read_string(r, &request.model_name))
        elif field == 2:
            check(request, r, read_string(r, &request.model_version))
        elif field == 3:
            check(request, r, read_string(r, &request.id))
        elif field == 4:
            check(request, r, read_view(r, &view))
            parse_param(request, reader_of(view), &request.params, &params)
        elif field == 5:
            check(request, r, read_view(r, &view))
            if request.inputs.size() == request.max_tensors:
                with gil:
                    too_many("inputs", request.max_tensors)
            parse_input(request, reader_of(view))
        elif field == 6:
            check(request, r, read_view(r, &view))
            if request.outputs.size() == request.max_tensors:
                with gil:
                    too_many("requested outputs", request.max_tensors)
            parse_output(request, reader_of(view))
        elif field == 7:
            check(request, r, read_view(r, &view))
            if request.raw.size() == request.max_tensors:
                with gil:
                    too_many("raw_input_contents", request.max_tensors)
            request.raw.push_back(view)
        else:
            check(request, r, skip(r, field, wire, 0))
    return 0
