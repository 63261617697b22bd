# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The classification extension: an output's largest values, with their places and labels."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.grpc._encode import encode_response
from triton_py.inprocess import NativeResponse

#: Of one part of an output; more to rank is a mistake.
MAX_ELEMENTS = 1_000_000

_NUMPY = {
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "FP32": np.float32, "FP64": np.float64,
}


def largest(values: np.ndarray, classes: int) -> np.ndarray:
    """The places of the largest values, largest first; equal ones in order, NaN last."""
    # Ascending order of this key is descending order of the values. ~x is -x - 1, which no
    # integer type overflows.
    key = -values if values.dtype.kind == "f" else ~values
    if classes * 16 < len(key):
        # Sorting a million values for five of them would hold up every other call.
        bound = np.partition(key, classes - 1)[classes - 1]
        if not np.isnan(bound):
            places = np.flatnonzero(key <= bound)
            return places[np.argsort(key[places], kind="stable")][:classes]
    return np.argsort(key, kind="stable")[:classes]


def _text(value: np.generic) -> str:
    return f"{value:f}" if value.dtype.kind == "f" else str(value)


def classify(
    name: str, datatype: str, shape: tuple[int, ...], data: memoryview, classes: int,
    batched: bool, label: Callable[[int], str | None],
) -> tuple[list[int], bytes]:
    """The shape and the BYTES data, ``value:index[:label]``, of one output.

    Each item of a batch is ranked by itself. Raises ``InvalidArgumentError`` for a data type that
    has no order, and for too many elements.
    """
    dtype = _NUMPY.get(datatype)
    if dtype is None:
        raise InvalidArgumentError(
            f"class result not available for output '{name}' due to unsupported type '{datatype}'"
        )
    batched = batched and len(shape) > 0
    parts = shape[0] if batched else 1
    values = np.frombuffer(data, dtype)
    count = len(values) // parts if parts else 0
    if count > MAX_ELEMENTS:
        raise InvalidArgumentError(
            f"classification output tensor too large: output '{name}' has {count} elements"
        )
    top = min(classes, count)
    out = []
    for part in values.reshape(parts, count) if top else ():
        for place in largest(part, top).tolist():
            text = f"{_text(part[place])}:{place}"
            found = label(place)
            if found:
                text += f":{found}"
            encoded = text.encode()
            out.append(struct.pack("<I", len(encoded)) + encoded)
    return ([parts, top] if batched else [top]), b"".join(out)


def classified_bytes(
    response: NativeResponse, classes: dict[str, int], batched: bool,
    stream: bool = False, final: bool | None = None,
) -> bytes:
    """As ``_infer.response_bytes``, with the outputs that ``classes`` names classified."""
    outputs: list[tuple[str, str, list[int], bytes]] = []
    for index, output in enumerate(response.outputs):
        data = memoryview(output)
        if output.name in classes:
            shape, ranked = classify(
                output.name, output.datatype, output.shape, data, classes[output.name], batched,
                _labels(response, index))
            outputs.append((output.name, "BYTES", shape, ranked))
        else:
            outputs.append((output.name, output.datatype, list(output.shape), bytes(data)))
    parameters = {}
    for name, value in response.parameters.items():
        if isinstance(value, bytes):
            raise UnsupportedError(
                f"response parameter '{name}' has a type that gRPC parameters don't have"
            )
        parameters[name] = value
    if final is not None:
        parameters["triton_final_response"] = final
    return encode_response(response.model_name, str(response.model_version), response.id,
                           parameters, outputs, stream=stream)


def _labels(response: NativeResponse, index: int) -> Callable[[int], str | None]:
    return lambda place: response.classification_label(index, place)
