# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The data of a model's warm-up samples."""

from __future__ import annotations

import math
import os
import random
from typing import Any

from triton_py.errors import InvalidArgumentError
from triton_py.proto import model_config
from triton_py.proto.model_config import ModelConfig, ModelWarmup
from triton_py.repository.paths import escapes

FOLDER = "warmup"

#: Bytes of an element, the bits that are drawn, and those that are set in each.
_DRAWN = {
    model_config.TYPE_BOOL: (1, 0x01, 0),
    model_config.TYPE_UINT8: (1, 0xFF, 0),
    model_config.TYPE_INT8: (1, 0xFF, 0),
    model_config.TYPE_UINT16: (2, 0xFFFF, 0),
    model_config.TYPE_INT16: (2, 0xFFFF, 0),
    model_config.TYPE_UINT32: (4, 0xFFFFFFFF, 0),
    model_config.TYPE_INT32: (4, 0xFFFFFFFF, 0),
    model_config.TYPE_UINT64: (8, 0xFFFFFFFFFFFFFFFF, 0),
    model_config.TYPE_INT64: (8, 0xFFFFFFFFFFFFFFFF, 0),
    # A sign and an exponent of 1: values from 1 up to 2. Random bits would be no numbers at times.
    model_config.TYPE_FP16: (2, 0x03FF, 0x3C00),
    model_config.TYPE_BF16: (2, 0x007F, 0x3F80),
    model_config.TYPE_FP32: (4, 0x007FFFFF, 0x3F800000),
    model_config.TYPE_FP64: (8, 0x000FFFFFFFFFFFFF, 0x3FF0000000000000),
}


def read_warmup(config: ModelConfig, model_directory: str) -> list[dict[str, Any]]:
    """The samples of a validated configuration, with their data; those of batch size 0 are left out.

    Each has `name`, `batch_size`, `count` (1 where none is given) and `inputs`: a list of dicts with
    `name`, `datatype` (TRITONSERVER_DataType), `shape` (with a batch dimension of 1 where the model
    batches) and `data`, bytes. Inputs that the sequence batcher adds are left out: a warm-up request
    is a sequence of its own, with the values that this has.

    Raises:
        InvalidArgumentError: a file lies outside the folder ``warmup``, can't be read or is too short.
    """
    added = {control.name for control in config.sequence_batching.control_input}
    added |= {state.input_name for state in config.sequence_batching.state}
    batch = [1] if config.max_batch_size > 0 else []
    return [
        {
            "name": sample.name,
            "batch_size": sample.batch_size,
            "count": max(1, sample.count),
            "inputs": [
                {
                    "name": name,
                    "datatype": int(sample.inputs[name].data_type),
                    "shape": batch + list(sample.inputs[name].dims),
                    "data": _data(config.name, name, sample.inputs[name], model_directory),
                }
                for name in sorted(sample.inputs)
                if name not in added
            ],
        }
        for sample in config.model_warmup
        if sample.batch_size
    ]


def _data(model: str, name: str, tensor: ModelWarmup.Input, model_directory: str) -> bytes:
    elements = math.prod(tensor.dims)
    strings = tensor.data_type == model_config.TYPE_STRING
    size, mask, fixed = _DRAWN.get(tensor.data_type, (4, 0, 0))
    if tensor.WhichOneof("input_data_type") == "input_data_file":
        return _from_file(model, name, tensor.input_data_file, model_directory, strings,
                          elements * size)  # fmt: skip
    # Empty strings are their lengths alone.
    if not tensor.random_data:
        return bytes(elements * size)
    draw = random.Random(f"{model} {name}")
    if strings:
        return b"".join(_string(draw) for _ in range(elements))
    # All elements at a time, as one number: tensors may be large.
    drawn = int.from_bytes(draw.randbytes(elements * size), "little")
    drawn &= int.from_bytes(mask.to_bytes(size, "little") * elements, "little")
    drawn |= int.from_bytes(fixed.to_bytes(size, "little") * elements, "little")
    return drawn.to_bytes(elements * size, "little")


def _string(draw: random.Random) -> bytes:
    """As the protocol has it: the length, and some letters."""
    text = bytes(draw.choices(range(ord("a"), ord("z") + 1), k=draw.randrange(16)))
    return len(text).to_bytes(4, "little") + text


def _from_file(
    model: str, name: str, file: str, model_directory: str, strings: bool, byte_size: int
) -> bytes:
    folder = os.path.join(model_directory, FOLDER)
    path = os.path.join(folder, file)
    if escapes(path, folder):
        raise InvalidArgumentError(
            f"warmup data file '{path}' of input '{name}' in model '{model}' is outside its folder"
        )
    try:
        with open(path, "rb") as opened:
            data = opened.read() if strings else opened.read(byte_size)
    except OSError as error:
        raise InvalidArgumentError(
            f"failed to open warmup data file '{path}' of input '{name}' in model '{model}': "
            f"{error.strerror}"
        ) from error
    if not strings and len(data) < byte_size:
        raise InvalidArgumentError(
            f"warmup setting expects {byte_size} bytes for input '{name}' of model '{model}', but "
            f"the data provided from '{path}' only has {len(data)} bytes"
        )
    return data
