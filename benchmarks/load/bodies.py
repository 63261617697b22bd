# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A scenario's request as the bytes that are sent."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from triton_py.errors import InvalidArgumentError

from ..scenarios import Scenario, Tensor
from ..scenarios.answers import ANSWERS, Values

GRPC_PATH = "/inference.GRPCInferenceService/ModelInfer"
GRPC_STREAM_PATH = "/inference.GRPCInferenceService/ModelStreamInfer"

_NUMPY = {"BOOL": "?", "INT8": "i1", "UINT8": "u1", "INT16": "<i2", "UINT16": "<u2", "FP16": "<f2",
          "INT32": "<i4", "UINT32": "<u4", "FP32": "<f4", "INT64": "<i8", "UINT64": "<u8",
          "FP64": "<f8", "BF16": "<u2"}
_CONTENTS = {"BOOL": "bool", "INT8": "int", "INT16": "int", "INT32": "int", "INT64": "int64",
             "UINT8": "uint", "UINT16": "uint", "UINT32": "uint", "UINT64": "uint64",
             "FP32": "fp32", "FP64": "fp64", "BYTES": "bytes"}


@dataclass(frozen=True)
class Body:
    """Of an HTTP request, or gRPC messages, each with its five bytes in front."""

    data: bytes
    #: Of the JSON, where binary tensors follow; else 0.
    header_length: int = 0
    #: Of the gRPC method; over HTTP empty for the one that Triton has.
    path: str = ""

    def headers(self) -> dict[str, str]:
        """What a request needs beside what its protocol asks for."""
        if self.path in (GRPC_PATH, GRPC_STREAM_PATH):
            return {}
        if not self.header_length:
            return {"Content-Type": "application/json"}
        return {"Content-Type": "application/octet-stream",
                "Inference-Header-Content-Length": str(self.header_length)}


def values(tensor: Tensor) -> Values:
    """The elements, flat. INPUT1 has others than INPUT0, so that a server that takes one for the other
    is found out."""
    count = tensor.elements
    digits = re.search(r"\d+$", tensor.name)
    first = int(digits[0]) if digits else 0
    if tensor.datatype == "BYTES":
        length = tensor.size // count - 4 if count else 0
        return [bytes([ord("a") + (first + i) % 26]) * length for i in range(count)]
    numbers = (first + np.arange(count)) % 61
    if tensor.datatype == "BOOL":
        numbers = numbers % 2
    if tensor.datatype == "BF16":
        return (numbers.astype("<f4").view("<u4") >> 16).astype("<u2")
    # Fractions, so that JSON has something to print.
    scaled = numbers * 1.37 if tensor.datatype in ("FP32", "FP64") else numbers
    return scaled.astype(_NUMPY[tensor.datatype])


def raw(tensor: Tensor) -> bytes:
    """The tensor as the protocols' binary form has it."""
    return packed(values(tensor))


def packed(elements: Values) -> bytes:
    """As the protocols' binary form has them."""
    if isinstance(elements, list):
        return b"".join(len(e).to_bytes(4, "little") + e for e in elements)
    return elements.tobytes()


def from_json(datatype: str, data: list[Any]) -> Values:
    """A tensor's elements as JSON has them. Raises ``KeyError`` for a type there is not."""
    if datatype == "BYTES":
        return [text.encode() for text in data]
    return np.array(data, _NUMPY[datatype])


def plain_json(inputs: Sequence[Tensor], path: str) -> Body:
    """For servers without a form for tensors: the elements by the tensor's name, and nothing else."""
    return Body(json.dumps({tensor.name: _plain(tensor) for tensor in inputs},
                           separators=(",", ":")).encode(), path=path)


def of_plain_json(scenario: Scenario, answer: dict[str, list[Any]]) -> bytes:
    """The outputs of such a server, one behind the other, of the type that the first input has."""
    datatype = scenario.inputs[0].datatype
    return b"".join(packed(from_json(datatype, answer[name])) for name in outputs(scenario))


def outputs(scenario: Scenario) -> list[str]:
    """The names of what is asked for."""
    named: list[str] = scenario.settings.get("outputs") or [
        tensor.name.replace("INPUT", "OUTPUT") for tensor in scenario.inputs]
    return named


def of(scenario: Scenario) -> Body:
    """The request that makes its load, in the protocol that Triton has.

    Raises ``InvalidArgumentError``.
    """
    encoding = scenario.settings.get("encoding")
    if scenario.kind == "grpc":
        return grpc(scenario.model, scenario.inputs, encoding or "raw",
                    int(scenario.settings.get("stream", 0)))
    return http(scenario.inputs, outputs(scenario), encoding or "binary")


def expected(scenario: Scenario) -> list[bytes] | None:
    """The outputs of each response to that request, one behind the other; None where nobody knows."""
    settings = scenario.settings
    if "answer" not in settings and not settings.get("identity", True):
        return None
    answer = ANSWERS[settings.get("answer", "identity")]
    return [b"".join(map(packed, response))
            for response in answer([values(tensor) for tensor in scenario.inputs])]


def _plain(tensor: Tensor) -> list[Any]:
    elements = values(tensor)
    if isinstance(elements, list):
        return [element.decode() for element in elements]
    if tensor.datatype in ("FP16", "BF16"):
        raise InvalidArgumentError(f"{tensor}: {tensor.datatype} has no form in JSON or in typed "
                                   "contents")
    return list(elements.tolist())


def http(inputs: Sequence[Tensor], outputs: Sequence[str], encoding: str = "binary") -> Body:
    """:param encoding: ``binary`` or ``json``, for inputs and outputs.

    Raises ``InvalidArgumentError``.
    """
    described: list[dict[str, Any]] = []
    for tensor in inputs:
        entry: dict[str, Any] = {
            "name": tensor.name, "shape": list(tensor.shape), "datatype": tensor.datatype}
        if encoding == "binary":
            entry["parameters"] = {"binary_data_size": tensor.size}
        else:
            entry["data"] = _plain(tensor)
        described.append(entry)
    wanted: list[dict[str, Any]] = [{"name": name} for name in outputs]
    if encoding == "binary":
        for want in wanted:
            want["parameters"] = {"binary_data": True}
    elif encoding != "json":
        raise InvalidArgumentError(f"encoding '{encoding}' of an HTTP scenario is neither binary "
                                   "nor json")
    header = json.dumps({"inputs": described, "outputs": wanted}, separators=(",", ":")).encode()
    if encoding == "json":
        return Body(header)
    return Body(header + b"".join(raw(tensor) for tensor in inputs), len(header))


def grpc(model: str, inputs: Sequence[Tensor], encoding: str = "raw", stream: int = 0) -> Body:
    """:param encoding: ``raw`` or ``typed``, for the inputs; outputs are always raw.
    :param stream: so many requests on a stream of ``ModelStreamInfer``; 0: one ``ModelInfer``.

    Raises ``InvalidArgumentError``.
    """
    from triton_py.proto import grpc_service as pb

    request = pb.ModelInferRequest(model_name=model)
    for tensor in inputs:
        entry = request.inputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
        if encoding == "raw":
            request.raw_input_contents.append(raw(tensor))
        elif encoding == "typed":
            plain = values(tensor) if tensor.datatype == "BYTES" else _plain(tensor)
            getattr(entry.contents, f"{_CONTENTS[tensor.datatype]}_contents").extend(plain)
        else:
            raise InvalidArgumentError(f"encoding '{encoding}' of a gRPC scenario is neither raw "
                                       "nor typed")
    message = request.SerializeToString()
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    return Body(framed * stream, path=GRPC_STREAM_PATH) if stream else Body(framed, path=GRPC_PATH)
