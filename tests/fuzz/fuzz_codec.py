# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The codec of gRPC's inference messages, beside protobuf's.

An input is a message, of ``ModelInferRequest`` if its first byte is even, else what a response is made
of. What must hold: the decoder accepts exactly what protobuf does and reads the same; typed contents
become the bytes that protobuf's elements say, or a sentence; protobuf reads what the encoder writes.
"""

from __future__ import annotations

import math
import random
import struct
from typing import Any

from codec_support import TYPED, agree, describe, pack, same
from fuzz_loop import Violation
from google.protobuf.message import DecodeError
from grpc_samples import good_request, other_typed_requests, typed_request
from grpc_samples import mutate as make_nonsense

import triton_py.core  # noqa: F401
from triton_py.errors import InvalidArgumentError
from triton_py.grpc._decode import MalformedMessage, decode_request
from triton_py.grpc._encode import encode_response
from triton_py.grpc._typed import typed_bytes
from triton_py.proto import grpc_service as pb

FIELDS = sorted({field for field, _, _ in TYPED.values()})


# --- requests --------------------------------------------------------------------------------


def _expected(tensor: Any) -> bytes | None:
    """The tensor's bytes out of protobuf's elements; None where only a sentence will do."""
    filled = [field for field in FIELDS if len(getattr(tensor.contents, field))]
    row = TYPED.get(tensor.datatype)
    if row is None and tensor.datatype not in ("FP16", "BF16"):
        return None
    if not filled:
        return b""
    if row is None or filled != [row[0]]:
        return None
    elements = list(getattr(tensor.contents, row[0]))
    if row[2] in ("f", "d"):
        # Not by way of Python's floats, which don't keep the payload of a NaN.
        return getattr(tensor.contents, row[0]) and _raw_reals(tensor, row[0])
    try:
        return pack(tensor.datatype, elements)
    except struct.error:
        return None


def _raw_reals(tensor: Any, field: str) -> bytes:
    """As protobuf writes them: packed, behind a tag and a length."""
    contents = pb.InferTensorContents()
    getattr(contents, field).extend(getattr(tensor.contents, field))
    wire = contents.SerializeToString()
    at = 1
    while wire[at] & 0x80:
        at += 1
    return wire[at + 1:]


def _same_reals(ours: bytes, theirs: bytes, code: str) -> bool:
    """NaN is NaN: on its way through Python's floats a signalling one becomes quiet."""
    if len(ours) != len(theirs):
        return False
    size = struct.calcsize(code)
    for at in range(0, len(ours), size):
        a, b = ours[at:at + size], theirs[at:at + size]
        if a != b:
            (x,), (y,) = struct.unpack(f"<{code}", a), struct.unpack(f"<{code}", b)
            if not math.isnan(x) or not math.isnan(y):
                return False
    return True


def _request(data: bytes) -> None:
    agree(data)
    try:
        theirs = pb.ModelInferRequest.FromString(data)
    except DecodeError:
        return
    try:
        request = decode_request(data)
    except MalformedMessage:
        return      # of which agree() knows that it may be
    for index, tensor in enumerate(theirs.inputs):
        expected = _expected(tensor)
        try:
            ours = typed_bytes(request, index)
        except InvalidArgumentError as error:
            if expected is not None:
                raise Violation(f"{error}: {expected!r} was due") from None
            continue
        code = TYPED[tensor.datatype][2] if tensor.datatype in TYPED else None
        if expected is None:
            raise Violation(f"{tensor} becomes {ours!r}")
        if ours != expected and not (code in ("f", "d") and _same_reals(ours, expected, code)):
            raise Violation(f"{tensor} becomes {ours!r}, not {expected!r}")
    again = theirs.SerializeToString()
    if not same(decode_request(again).describe(), describe(pb.ModelInferRequest.FromString(again))):
        raise Violation("written again by protobuf it is read otherwise")


# --- responses -------------------------------------------------------------------------------


def _response(data: bytes) -> None:
    """Encodes what a request's fields give, and has protobuf read it."""
    try:
        source = pb.ModelInferRequest.FromString(data)
    except DecodeError:
        return
    params: dict[str, Any] = {}
    for key, value in source.parameters.items():
        choice = value.WhichOneof("parameter_choice")
        number = getattr(value, choice) if choice else None
        if isinstance(number, float) and math.isnan(number):
            number = 0.0
        params[key] = number
    raw = list(source.raw_input_contents)
    outputs = [(tensor.name, tensor.datatype, list(tensor.shape), raw[i] if i < len(raw) else b"")
               for i, tensor in enumerate(source.inputs)]
    for stream in (False, True):
        wire = encode_response(source.model_name, source.model_version, source.id, params, outputs,
                               stream=stream, error=source.id if stream else "")
        message = pb.ModelStreamInferResponse.FromString(wire) if stream else None
        response = message.infer_response if message is not None else (
            pb.ModelInferResponse.FromString(wire))
        if message is not None and message.error_message != source.id:
            raise Violation(f"the error became {message.error_message!r}")
        got = {key: getattr(value, value.WhichOneof("parameter_choice"))
               if value.WhichOneof("parameter_choice") else None
               for key, value in response.parameters.items()}
        if (response.model_name, response.model_version, response.id) != (
                source.model_name, source.model_version, source.id) or not same(got, params):
            raise Violation(f"{source} became {response}")
        if [(o.name, o.datatype, list(o.shape)) for o in response.outputs] != [
                output[:3] for output in outputs] or list(response.raw_output_contents) != [
                output[3] for output in outputs]:
            raise Violation(f"{outputs} became {response}")


def one_input(data: bytes) -> None:
    if data:
        (_response if data[0] & 1 else _request)(data[1:])


def open_target() -> None:
    """Nothing is shared."""


def close_target() -> None:
    """Nothing is shared."""


# --- seeds and mutations ---------------------------------------------------------------------


def messages() -> list[bytes]:
    full = pb.ModelInferRequest(model_name="m", model_version="1", id="\u00e9")
    for choice, value in (("bool_param", True), ("int64_param", -5), ("string_param", "x"),
                          ("double_param", 1.5), ("uint64_param", 2**63)):
        setattr(full.parameters[choice], choice, value)
    full.parameters["none"].SetInParent()
    tensor = full.inputs.add(name="IN", datatype="INT16", shape=[-1, 2, 2**40])
    tensor.contents.int_contents.extend([1, -32768])
    tensor.parameters["p"].int64_param = 1
    full.outputs.add(name="OUT").parameters["classification"].int64_param = 3
    full.raw_input_contents.extend([b"", b"abc"])
    numbers = []
    for datatype, (field, _, code) in TYPED.items():
        message = pb.ModelInferRequest(model_name=datatype)
        tensor = message.inputs.add(name="INPUT0", datatype=datatype, shape=[2])
        getattr(tensor.contents, field).extend([b"ab", b""] if code is None else [1, 0])
        numbers.append(message.SerializeToString())
    # Elements one by one, and a group that nobody knows.
    odd = bytes.fromhex("2a190a02494e1205464650333222000000").ljust(4, b"\0") + b"\x7b\x08\x01\x7c"
    return [good_request().SerializeToString(), typed_request().SerializeToString(),
            full.SerializeToString(), *numbers, *other_typed_requests(), odd,
            b"\x2a\x16\x0a\x02IN\x12\x05INT32\x2a\x09\x10\x01\x10\xff\xff\xff\xff\x0f\x10\x02"]


def seeds() -> list[bytes]:
    return [bytes([kind]) + message for message in messages() for kind in (0, 1)]


def mutate(data: bytes, random_seed: int, generic: Any) -> bytes:
    """The generic one; nonsense; two messages behind each other, which is one message again."""
    rng = random.Random(random_seed)
    choice = rng.random()
    if choice < 0.6:
        return generic(data)
    if choice < 0.75:
        return data[:1] + make_nonsense(rng, data[1:])
    if choice < 0.9:
        return data + rng.choice(messages())
    # A field whose length fits around what was there.
    return data[:1] + _field(rng.choice((5, 6, 7, 4, 1)), data[1:])


def _field(number: int, data: bytes) -> bytes:
    size, out = len(data), bytearray([number << 3 | 2])
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(out) + bytes([size]) + data


DICTIONARY = [
    b"\x0a", b"\x12", b"\x1a", b"\x22", b"\x2a", b"\x32", b"\x3a", b"\x42", b"\x7b", b"\x7c",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80\x80\x80\x80\x08", b"\xed\xa0\x80", b"\xc0\x80",
    *(name.encode() for name in TYPED), b"FP16", b"BF16",
]
