# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The bytes that a scenario sends, read back by the front ends' own decoders."""

from __future__ import annotations

import json

import numpy as np
import pytest

from triton_py.benchmarks.load import bodies
from triton_py.benchmarks.scenarios import tensor, tensors
from triton_py.errors import InvalidArgumentError
from triton_py.grpc._decode import decode_request
from triton_py.grpc._typed import typed_bytes
from triton_py.http._json_infer import describe_json
from triton_py.proto import grpc_service as pb

NUMERIC = ["BOOL", "INT8", "UINT8", "INT16", "UINT16", "FP16", "BF16", "INT32", "UINT32", "FP32",
           "INT64", "UINT64", "FP64"]
PLAIN = [name for name in NUMERIC if name not in ("FP16", "BF16")]


def of(datatype):
    return tensor("X:BYTES:3,2:48" if datatype == "BYTES" else f"X:{datatype}:3,2")


@pytest.mark.parametrize("datatype", [*NUMERIC, "BYTES"])
def test_raw_has_the_size_that_the_tensor_says(datatype):
    assert len(bodies.raw(of(datatype))) == of(datatype).size


def test_values_differ_from_each_other():
    """An answer that repeats its first element is not its input."""
    for datatype in [*NUMERIC, "BYTES"]:
        assert len({bytes(v) if isinstance(v, bytes) else v.item()
                    for v in bodies.values(of(datatype))}) > 1, datatype


def test_bfloat16_is_the_upper_half_of_a_float():
    raw = np.frombuffer(bodies.raw(tensor("X:BF16:4")), "<u2").astype("<u4") << 16
    assert raw.view("<f4").tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("datatype", [*NUMERIC, "BYTES"])
def test_http_binary(datatype):
    one, other = of(datatype), tensor("Y:INT8:2")
    body = bodies.http([one, other], ["P", "Q"])
    described = describe_json(body.data[:body.header_length])
    assert [(i["name"], i["datatype"], list(i["shape"]), i["binary_data_size"])
            for i in described["inputs"]] == [("X", datatype, [3, 2], one.size),
                                              ("Y", "INT8", [2], 2)]
    assert body.data[body.header_length:] == bodies.raw(one) + bodies.raw(other)
    assert body.headers()["Inference-Header-Content-Length"] == str(body.header_length)
    wanted = json.loads(body.data[:body.header_length])["outputs"]
    assert wanted == [{"name": n, "parameters": {"binary_data": True}} for n in ("P", "Q")]


@pytest.mark.parametrize("datatype", [*PLAIN, "BYTES"])
def test_http_json(datatype):
    body = bodies.http([of(datatype)], ["P"], "json")
    described = describe_json(body.data)
    assert described["inputs"][0]["data"] == bodies.raw(of(datatype))
    assert body.header_length == 0
    assert body.headers() == {"Content-Type": "application/json"}
    assert json.loads(body.data)["outputs"] == [{"name": "P"}]


@pytest.mark.parametrize("datatype", [*NUMERIC, "BYTES"])
def test_grpc_raw(datatype):
    body = bodies.grpc("model", [of(datatype)])
    message = body.data[5:]
    assert body.data[:5] == b"\0" + len(message).to_bytes(4, "big")
    decoded = decode_request(message)
    assert decoded.name == "model"
    read = pb.ModelInferRequest.FromString(message)
    assert list(read.raw_input_contents) == [bodies.raw(of(datatype))]
    assert (read.inputs[0].datatype, list(read.inputs[0].shape)) == (datatype, [3, 2])
    assert body.headers() == {}


@pytest.mark.parametrize("datatype", [*PLAIN, "BYTES"])
def test_grpc_typed(datatype):
    message = bodies.grpc("model", [of(datatype)], "typed").data[5:]
    assert typed_bytes(decode_request(message), 0) == bodies.raw(of(datatype))
    assert not pb.ModelInferRequest.FromString(message).raw_input_contents


@pytest.mark.parametrize("datatype", ["FP16", "BF16"])
def test_halves_have_no_plain_form(datatype):
    for make in (lambda t: bodies.http([t], [], "json"), lambda t: bodies.grpc("m", [t], "typed")):
        with pytest.raises(InvalidArgumentError, match=f"{datatype} has no form in JSON"):
            make(of(datatype))


def test_unknown_encodings():
    with pytest.raises(InvalidArgumentError, match="'raw' of an HTTP scenario is neither"):
        bodies.http(tensors(["X:FP32:1"]), ["Y"], "raw")
    with pytest.raises(InvalidArgumentError, match="'json' of a gRPC scenario is neither"):
        bodies.grpc("m", tensors(["X:FP32:1"]), "json")
