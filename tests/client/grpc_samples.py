# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Messages of ModelInfer, and what makes nonsense of any message."""

from __future__ import annotations

import random
import struct
from typing import Any

from triton_py.proto import grpc_service as pb


def good_request() -> Any:
    request = pb.ModelInferRequest(model_name="m", id="good")
    request.inputs.add(name="INPUT0", datatype="INT32", shape=[2])
    request.inputs.add(name="INPUT1", datatype="BYTES", shape=[1])
    request.raw_input_contents.extend([struct.pack("<2i", 1, 2), b"\x02\0\0\0ab"])
    request.parameters["p"].int64_param = 5
    request.outputs.add(name="OUTPUT0")
    return request


def typed_request() -> Any:
    request = pb.ModelInferRequest(model_name="b")
    tensor = request.inputs.add(name="INPUT0", datatype="FP32", shape=[1, 3])
    tensor.contents.fp32_contents.extend([1, 2, 3])
    return request


def other_typed_requests() -> list[bytes]:
    """Fields of typed contents that are converted each in a way of its own."""
    out = []
    for datatype, field, elements in (
        ("INT8", "int_contents", [1, -5, 127]), ("UINT16", "uint_contents", [1, 500]),
        ("BYTES", "bytes_contents", [b"abc", b"", b"x" * 20]),
        ("FP64", "fp64_contents", [1, 2]), ("BOOL", "bool_contents", [True, False]),
    ):
        request = pb.ModelInferRequest(model_name=datatype)
        tensor = request.inputs.add(name="INPUT0", datatype=datatype, shape=[len(elements)])
        getattr(tensor.contents, field).extend(elements)
        out.append(request.SerializeToString())
    return out


def mutate(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            out[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 1:
            del out[at : at + rng.randrange(1, 9)]
        elif kind == 2 and at < len(out):
            out[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif kind == 3:
            out[at:at] = out[at : at + rng.randrange(1, 30)]
        elif kind == 4:
            out[at:at] = b"\xff" * rng.randrange(1, 11)
        elif at and rng.random() < 0.3:
            del out[at:]
    return bytes(out)
