# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The codec against protobuf's own encoder and decoder.

Protobuf is the reference: what it writes we read the same, what it refuses we refuse, what we
write it reads the same.
"""

from __future__ import annotations

import math
import struct

import pytest
from codec_support import INT64, TEXT, TYPED, agree, describe, pack, requests, same
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from triton_py.errors import InvalidArgumentError
from triton_py.grpc._decode import MalformedMessage, decode_request
from triton_py.grpc._encode import encode_response
from triton_py.grpc._typed import typed_bytes
from triton_py.proto import grpc_service as pb


@given(requests())
def test_reads_what_protobuf_writes(message):
    assert same(decode_request(message.SerializeToString()).describe(), describe(message))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(requests(), requests())
def test_merges_as_protobuf_does(first, second):
    """Two messages after each other are one in which the later singular fields win."""
    both = first.SerializeToString() + second.SerializeToString()
    assert same(
        decode_request(both).describe(), describe(pb.ModelInferRequest.FromString(both))
    )


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["flip", "drop", "insert", "cut", "dup"]),
              st.integers(0, 255)),
    min_size=1, max_size=6,
)


def mutate(data: bytes, mutations) -> bytes:
    out = bytearray(data)
    for where, what, byte in mutations:
        at = where % (len(out) + 1)
        if what == "insert":
            out.insert(at, byte)
        elif not out:
            continue
        elif what == "flip":
            out[at % len(out)] ^= byte
        elif what == "drop":
            del out[at % len(out)]
        elif what == "dup":
            piece = out[at : at + byte % 16]
            out[at:at] = piece
        else:
            del out[at:]
    return bytes(out)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(requests(), MUTATIONS)
def test_agrees_with_protobuf_on_mutated_messages(message, mutations):
    agree(mutate(message.SerializeToString(), mutations))


@settings(max_examples=400)
@given(st.binary(max_size=64))
@example(b"\x0b\x0c")  # an unknown group around nothing
@example(b"\x0b\x14")  # ended by another group's end
@example(b"\x0c")
@example(b"\x7b\x00\x00\x7c")  # a field 0, which protobuf doesn't mind in a group
@example(b"\x0b" * 200)
@example(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")
@example(b"\x0a\xff\xff\xff\xff\x0f")
@example(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\x80\x80\x80\x80\x10\x00")
@example(b"\x88\x80\x80\x80\x00\x01")  # tags written longer than they need to be
@example(b"\x88\x80\x80\x80\x80\x00\x01")
@example(b"\xf8\xff\xff\xff\x0f\x01")
@example(b"\x0a\x80\x80\x80\x80\x00")
# Not a length in six bytes: protobuf refuses that, as we do, from 7 on only.
@example(b"\x0a\x03\xed\xa0\x80")  # a surrogate
@example(b"\x0a\x02\xc0\x80")  # an overlong form
@example(b"\x00\x00")
def test_agrees_with_protobuf_on_noise(data):
    agree(data)


def test_a_group_may_nest_to_protobufs_limit():
    fine = b"\x7b" * 90 + b"\x7c" * 90
    agree(fine)
    assert decode_request(fine).describe()["inputs"] == []
    agree(b"\x7b" * 5000 + b"\x7c" * 5000)


def test_a_fault_says_where_it_is():
    with pytest.raises(MalformedMessage, match=r"ends beyond the end .*\(at byte 2 of 5\)"):
        decode_request(b"\x0a\x10abc")
    assert issubclass(MalformedMessage, InvalidArgumentError)


def test_limits_are_named():
    message = pb.ModelInferRequest()
    for i in range(5):
        message.inputs.add(name=str(i))
    with pytest.raises(InvalidArgumentError, match="too many inputs: .* at most 4"):
        decode_request(message.SerializeToString(), max_tensors=4)
    message = pb.ModelInferRequest()
    for i in range(5):
        message.parameters[str(i)].int64_param = i
    with pytest.raises(InvalidArgumentError, match="too many parameters: .* at most 4"):
        decode_request(message.SerializeToString(), 4, 4)


# --- typed contents ------------------------------------------------------------------------


def one_input(datatype: str, field: str, elements: list) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(model_name="m")
    tensor = message.inputs.add(name="IN", datatype=datatype, shape=[len(elements)])
    getattr(tensor.contents, field).extend(elements)
    return message


@given(st.data(), st.sampled_from(sorted(TYPED)))
def test_typed_contents_become_the_tensors_bytes(data, datatype):
    field, strategy, _ = TYPED[datatype]
    elements = data.draw(st.lists(strategy, max_size=20))
    request = decode_request(one_input(datatype, field, elements).SerializeToString())
    theirs = pack(datatype, elements)
    ours = typed_bytes(request, 0)
    if datatype in ("FP32", "FP64"):  # a NaN's payload is not kept by Python's struct
        assert len(ours) == len(theirs)
        code = f"<{len(elements)}{TYPED[datatype][2]}"
        for a, b in zip(struct.unpack(code, ours), elements, strict=True):
            assert a == b or (math.isnan(a) and math.isnan(b))
    else:
        assert ours == theirs


@pytest.mark.parametrize("datatype", sorted(TYPED))
def test_contents_in_two_parts_are_joined(datatype):
    """A singular sub-message that occurs twice is merged: its repeated fields are appended."""
    field = TYPED[datatype][0]
    value = {"?": True, None: b"ab", "f": 1.5, "d": 2.5}.get(TYPED[datatype][2], 7)
    part = pb.InferTensorContents()
    getattr(part, field).extend([value, value])
    one = part.SerializeToString()
    tensor = pb.ModelInferRequest.InferInputTensor(name="IN", datatype=datatype)
    wire = tensor.SerializeToString() + (b"\x2a" + bytes([len(one)]) + one) * 2
    message = b"\x2a" + bytes([len(wire)]) + wire
    assert typed_bytes(decode_request(message), 0) == pack(datatype, [value] * 4)


@pytest.mark.parametrize(
    ("field", "wire"),
    [
        # Elements one by one instead of packed: what an old encoder writes.
        ("BOOL", b"\x08\x01\x08\x00"),
        ("INT8", b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x05"),
        ("UINT64", b"\x28\x01\x28\xff\x01"),
        ("FP32", b"\x35\x00\x00\x80\x3f\x35\x00\x00\x00\x40"),
        ("FP64", b"\x39" + struct.pack("<d", 1) + b"\x39" + struct.pack("<d", 2)),
    ],
)
def test_unpacked_elements(field, wire):
    contents = pb.InferTensorContents.FromString(wire)
    elements = list(getattr(contents, TYPED[field][0]))
    assert len(elements) == 2
    tensor = pb.ModelInferRequest.InferInputTensor(name="IN", datatype=field)
    inner = tensor.SerializeToString() + b"\x2a" + bytes([len(wire)]) + wire
    message = b"\x2a" + bytes([len(inner)]) + inner
    assert typed_bytes(decode_request(message), 0) == pack(field, elements)


def with_contents(datatype: str, contents: bytes) -> bytes:
    inner = pb.ModelInferRequest.InferInputTensor(name="IN", datatype=datatype)
    wire = inner.SerializeToString() + b"\x2a" + bytes([len(contents)]) + contents
    return b"\x2a" + bytes([len(wire)]) + wire


@pytest.mark.parametrize("datatype", ["INT32", "FP32", "FP64", "BYTES"])
def test_unknown_fields_among_the_elements(datatype):
    """Groups, groups within groups, and one field of each other wire type."""
    field = TYPED[datatype][0]
    part = pb.InferTensorContents()
    getattr(part, field).extend([b"ab", b""] if datatype == "BYTES" else [3, 4])
    known = part.SerializeToString()
    unknown = (b"\x7b" b"\x73\x08\x01\x74" b"\x0d\0\0\0\0" b"\x09" + bytes(8) + b"\x12\x01x" b"\x7c"
               b"\x78\x05" b"\x79" + bytes(8) + b"\x7a\x02xy" b"\x7d" + bytes(4))
    message = with_contents(datatype, known + unknown + known)
    theirs = pb.ModelInferRequest.FromString(message).inputs[0].contents
    assert typed_bytes(decode_request(message), 0) == pack(datatype, list(getattr(theirs, field)))
    assert len(getattr(theirs, field)) == 4


@pytest.mark.parametrize(("tag", "size"), [(b"\x32", 6), (b"\x3a", 12), (b"\x3a", 4)])
def test_a_packed_field_that_ends_within_an_element(tag, size):
    message = with_contents("FP32", tag + bytes([size]) + bytes(size))
    agree(message)
    with pytest.raises(MalformedMessage, match="no multiple of its elements' size"):
        decode_request(message)


@pytest.mark.parametrize("datatype", sorted(TYPED))
@pytest.mark.parametrize("empty", [b"\x32\x00", b"\x3a\x00"], ids=["fp32", "fp64"])
def test_an_empty_packed_field_beside_the_elements(datatype, empty):
    """A tensor of strings or integers beside fp32_contents or fp64_contents of no element was read as an
    empty tensor: that one empty piece was taken for the piece that needs no copy."""
    part = pb.InferTensorContents()
    value = {"?": True, None: b"ab", "f": 1.5, "d": 2.5}.get(TYPED[datatype][2], 7)
    getattr(part, TYPED[datatype][0]).extend([value, value])
    wire = part.SerializeToString()
    for message in (with_contents(datatype, wire + empty), with_contents(datatype, empty + wire)):
        agree(message)
        assert typed_bytes(decode_request(message), 0) == pack(datatype, [value, value])


def test_empty_contents_are_an_empty_tensor():
    assert typed_bytes(decode_request(one_input("FP32", "fp32_contents", []).SerializeToString()),
                       0) == b""


@pytest.mark.parametrize(
    ("datatype", "field", "elements", "text"),
    [
        ("INT8", "int_contents", [1, 300], r"value 300 at index 1 of int_contents .*INT8.*'IN'"),
        ("INT8", "int_contents", [-129], r"value -129 at index 0"),
        ("INT16", "int_contents", [0, 0, 40000], r"value 40000 at index 2"),
        ("UINT8", "uint_contents", [256], r"value 256 at index 0 of uint_contents"),
        ("UINT16", "uint_contents", [2**32 - 1], r"value 4294967295 at index 0"),
        ("UINT16", "uint_contents", [65535, 65536], r"value 65536 at index 1"),
        ("INT16", "int_contents", [-32768, -32769], r"value -32769 at index 1"),
        ("INT8", "int_contents", [127, 128], r"value 128 at index 1"),
        ("FP32", "fp64_contents", [1.0], r"in fp64_contents, expected fp32_contents"),
        ("FP16", "fp32_contents", [1.0], r"FP16 has no typed contents"),
        ("BF16", "bytes_contents", [b"ab"], r"BF16 has no typed contents"),
        ("FLOAT", "fp32_contents", [1.0], r"invalid datatype 'FLOAT' of input tensor 'IN'"),
    ],
)
def test_wrong_typed_contents(datatype, field, elements, text):
    request = decode_request(one_input(datatype, field, elements).SerializeToString())
    with pytest.raises(InvalidArgumentError, match=text):
        typed_bytes(request, 0)


def test_two_fields_at_once():
    message = one_input("INT32", "int_contents", [1])
    message.inputs[0].contents.fp32_contents.append(1.0)
    with pytest.raises(InvalidArgumentError, match="both int_contents and fp32_contents"):
        typed_bytes(decode_request(message.SerializeToString()), 0)


# --- responses -----------------------------------------------------------------------------

OUTPUTS = st.lists(
    st.tuples(TEXT, st.sampled_from(sorted(TYPED)), st.lists(INT64, max_size=4),
              st.binary(max_size=300)),
    max_size=4,
)
VALUES = st.dictionaries(
    TEXT, st.one_of(st.booleans(), INT64, st.floats(allow_nan=False), TEXT), max_size=4
)


def same_response(message: pb.ModelInferResponse, name, version, id_, params, outputs) -> None:
    assert (message.model_name, message.model_version, message.id) == (name, version, id_)
    got = {k: getattr(v, v.WhichOneof("parameter_choice")) for k, v in message.parameters.items()}
    assert got == params
    for key, value in params.items():  # True == 1, so the kinds are compared too
        assert type(got[key]) is type(value)
    assert [(o.name, o.datatype, list(o.shape)) for o in message.outputs] == [
        (n, d, list(s)) for n, d, s, _ in outputs
    ]
    assert list(message.raw_output_contents) == [data for *_, data in outputs]


@given(TEXT, TEXT, TEXT, VALUES, OUTPUTS)
def test_protobuf_reads_what_we_write(name, version, id_, params, outputs):
    data = encode_response(name, version, id_, params, outputs)
    same_response(pb.ModelInferResponse.FromString(data), name, version, id_, params, outputs)


@given(TEXT, TEXT, VALUES, OUTPUTS, TEXT)
def test_protobuf_reads_our_stream_responses(name, id_, params, outputs, error):
    data = encode_response(name, "1", id_, params, outputs, stream=True, error=error)
    message = pb.ModelStreamInferResponse.FromString(data)
    assert message.error_message == error
    same_response(message.infer_response, name, "1", id_, params, outputs)


def test_a_large_tensor():
    data = bytes(range(256)) * 4096
    message = pb.ModelInferResponse.FromString(
        encode_response("m", "1", "", {}, [("OUT", "UINT8", [len(data)], data)])
    )
    assert message.raw_output_contents[0] == data
