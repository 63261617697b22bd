# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Protobuf as the reference of the codec: any requests, and what it makes of bytes."""

from __future__ import annotations

import re
import struct

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from hypothesis import strategies as st

from triton_py.grpc._decode import MalformedMessage, decode_request
from triton_py.proto import grpc_service as pb

INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)
TEXT = st.text(max_size=20)

CHOICES = st.one_of(
    st.tuples(st.just("bool_param"), st.booleans()),
    st.tuples(st.just("int64_param"), INT64),
    st.tuples(st.just("string_param"), TEXT),
    st.tuples(st.just("double_param"), st.floats(allow_nan=False)),
    st.tuples(st.just("uint64_param"), UINT64),
    st.just((None, None)),
)
PARAMS = st.dictionaries(TEXT, CHOICES, max_size=4)

# field of InferTensorContents, its elements, and the struct format that the tensor's bytes have
TYPED = {
    "BOOL": ("bool_contents", st.booleans(), "?"),
    "UINT8": ("uint_contents", st.integers(0, 2**8 - 1), "B"),
    "UINT16": ("uint_contents", st.integers(0, 2**16 - 1), "H"),
    "UINT32": ("uint_contents", st.integers(0, 2**32 - 1), "I"),
    "UINT64": ("uint64_contents", UINT64, "Q"),
    "INT8": ("int_contents", st.integers(-(2**7), 2**7 - 1), "b"),
    "INT16": ("int_contents", st.integers(-(2**15), 2**15 - 1), "h"),
    "INT32": ("int_contents", st.integers(-(2**31), 2**31 - 1), "i"),
    "INT64": ("int64_contents", INT64, "q"),
    "FP32": ("fp32_contents", st.floats(width=32), "f"),
    "FP64": ("fp64_contents", st.floats(), "d"),
    "BYTES": ("bytes_contents", st.binary(max_size=20), None),
}


def fill(target, params: dict) -> None:
    for key, (choice, value) in params.items():
        if choice is None:
            target[key].SetInParent()
        else:
            setattr(target[key], choice, value)


@st.composite
def requests(draw) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest(
        model_name=draw(TEXT), model_version=draw(TEXT), id=draw(TEXT)
    )
    fill(message.parameters, draw(PARAMS))
    for _ in range(draw(st.integers(0, 3))):
        tensor = message.inputs.add(
            name=draw(TEXT), datatype=draw(TEXT), shape=draw(st.lists(INT64, max_size=4))
        )
        fill(tensor.parameters, draw(PARAMS))
        if draw(st.booleans()):
            tensor.contents.SetInParent()
            for field, elements, _ in TYPED.values():
                if draw(st.integers(0, 5)) == 0:
                    getattr(tensor.contents, field).extend(draw(st.lists(elements, max_size=3)))
    for _ in range(draw(st.integers(0, 3))):
        output = message.outputs.add(name=draw(TEXT))
        fill(output.parameters, draw(PARAMS))
    message.raw_input_contents.extend(draw(st.lists(st.binary(max_size=40), max_size=3)))
    return message


class AnyParams:
    """Where protobuf's Python decoder and ours may differ.

    It sets a map entry aside, as an unknown field, when the entry itself holds unknown fields. The
    wire format's rules don't ask for that; we skip those fields and keep the entry.
    """


def params_of(owner, field: int) -> dict | AnyParams:
    if any(unknown.field_number == field for unknown in UnknownFieldSet(owner)):
        return AnyParams()
    out = {}
    for key, value in owner.parameters.items():
        choice = value.WhichOneof("parameter_choice")
        out[key] = (choice, getattr(value, choice) if choice else None)
    return out


def describe(message: pb.ModelInferRequest) -> dict:
    """Protobuf's message in the form that ``InferRequest.describe`` has."""
    return {
        "model_name": message.model_name,
        "model_version": message.model_version,
        "id": message.id,
        "parameters": params_of(message, 4),
        "inputs": [
            {
                "name": tensor.name,
                "datatype": tensor.datatype,
                "shape": list(tensor.shape),
                "parameters": params_of(tensor, 4),
                "has_contents": tensor.HasField("contents"),
            }
            for tensor in message.inputs
        ],
        "outputs": [
            {"name": output.name, "parameters": params_of(output, 2)}
            for output in message.outputs
        ],
        "raw_input_contents": list(message.raw_input_contents),
    }


def same(ours, theirs) -> bool:
    """Equality under which NaN equals itself, and 1 is not True; maps have no order."""
    if isinstance(theirs, AnyParams):
        return True
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return repr(ours) == repr(theirs)


def agree(data: bytes) -> None:
    """We accept exactly what protobuf accepts, and read the same from it."""
    try:
        theirs = pb.ModelInferRequest.FromString(data)
    except DecodeError:
        with pytest.raises(MalformedMessage, match="malformed ModelInferRequest"):
            decode_request(data)
        return
    try:
        ours = decode_request(data)
    except MalformedMessage as error:
        assert _is_field_0(data, str(error)), error
        return
    assert same(ours.describe(), describe(theirs))


def _is_field_0(data: bytes, text: str) -> bool:
    """Whether a refusal is of field 0 inside a group that nobody knows.

    There is no such field, but protobuf's library for Python passes over it there, and only there. That
    for C++, which is Triton's, does not, and neither do we.
    """
    found = re.search(r"an impossible field tag \(at byte (\d+) of", text)
    if found is None:
        return False
    # One byte holds a whole tag of field 0, and what is before it may be anything.
    return data[int(found.group(1)) - 1] < 8


def pack(datatype: str, elements: list) -> bytes:
    code = TYPED[datatype][2]
    if code is None:
        return b"".join(struct.pack("<I", len(e)) + e for e in elements)
    return struct.pack(f"<{len(elements)}{code}", *elements)
