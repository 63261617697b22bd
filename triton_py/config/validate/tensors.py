# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rules about the tensors: inputs, outputs, what the backend derives from them for a batch."""

from __future__ import annotations

from collections.abc import Sequence

from triton_py.proto import model_config
from triton_py.proto.model_config import (
    BatchInput,
    BatchOutput,
    ModelConfig,
    ModelInput,
    ModelOutput,
)

from ..names import TENSORRT_PLATFORM
from .problem import (
    MAX_ELEMENTS,
    VARIABLE,
    Problem,
    Problems,
    duplicates,
    element_count,
    enum_name,
    escapes,
    problem,
)

_VARIABLE_HINT = f"must be integer >= 1, or {VARIABLE} to indicate a variable-size dimension"


def io_problems(config: ModelConfig) -> Problems:
    """Problems of inputs, outputs, batch inputs and batch outputs."""
    for index, tensor in enumerate(config.input):
        for found in _input(tensor, f"input[{index}]", config):
            yield found._replace(reason=f"{found.reason} for {config.name}")
    for index, output in enumerate(config.output):
        for found in _output(output, f"output[{index}]", config):
            yield found._replace(reason=f"{found.reason} for {config.name}")
    for kind, tensors in (("input", config.input), ("output", config.output)):
        for index, name in duplicates(tensor.name for tensor in tensors):
            yield Problem(
                f"model {kind} '{name}' is specified more than once for {config.name}",
                f"{kind}[{index}].name",
            )
    for found in _batch_io(config):
        yield found._replace(reason=f"{found.reason} for {config.name}")


def _input(tensor: ModelInput, path: str, config: ModelConfig) -> Problems:
    yield from _tensor(tensor, path, config, "model input")
    if tensor.format != ModelInput.FORMAT_NONE and len(tensor.dims) != 3:
        yield Problem(
            "model input NHWC/NCHW require 3 dims",
            f"{path}.format",
            f"'{tensor.name}' has {len(tensor.dims)} and format {enum_name(tensor, 'format')}",
        )
    yield from _tensorrt_only(tensor, path, config.platform, "input")


def _output(tensor: ModelOutput, path: str, config: ModelConfig) -> Problems:
    yield from _tensor(tensor, path, config, "model output")
    yield from _tensorrt_only(tensor, path, config.platform, "output")
    if escapes(tensor.label_filename):
        yield Problem(
            f"label file path '{tensor.label_filename}' for output '{tensor.name}' in model "
            f"'{config.name}' is outside model directory",
            f"{path}.label_filename",
        )


def _tensor(
    tensor: ModelInput | ModelOutput, path: str, config: ModelConfig, kind: str
) -> Problems:
    if not tensor.name:
        yield Problem(f"{kind} must specify 'name'", path)
        return
    title = f"{kind} '{tensor.name}'"
    if tensor.data_type == model_config.TYPE_INVALID:
        yield Problem(f"{title} must specify 'data_type'", path)
    if not tensor.dims:
        yield Problem(f"{title} must specify 'dims'", path)
        return
    bad = False
    for index, dim in enumerate(tensor.dims):
        if dim < 1 and dim != VARIABLE:
            bad = True
            yield problem(f"{title} dimension {_VARIABLE_HINT}", f"{path}.dims[{index}]", dim)
    if tensor.HasField("reshape"):
        for index, dim in enumerate(tensor.reshape.shape):
            if dim < 1 and dim != VARIABLE:
                bad = True
                where = f"{path}.reshape.shape[{index}]"
                yield problem(f"{title} reshape dimensions {_VARIABLE_HINT}", where, dim)
    if bad:
        return
    if element_count(tensor.dims) > MAX_ELEMENTS:
        yield problem(
            f"{title}: element count for tensor '{tensor.name}' exceeds maximum size of "
            f"{MAX_ELEMENTS}",
            f"{path}.dims",
            list(tensor.dims),
        )
    elif tensor.HasField("reshape"):
        yield from _reshape(tensor, path, config.max_batch_size, title)


def _reshape(
    tensor: ModelInput | ModelOutput, path: str, max_batch_size: int, title: str
) -> Problems:
    dims, shape = list(tensor.dims), list(tensor.reshape.shape)
    where = f"{path}.reshape"
    if not shape and max_batch_size == 0:
        yield Problem(
            f"{title} cannot have empty reshape for non-batching model as scalar tensors are not "
            "supported",
            where,
        )
        return
    # What stands between variable dimensions has to stay between them.
    before, after = _chunks(dims), _chunks(shape)
    detail = f"{dims} to {shape}"
    if len(before) != len(after):
        if VARIABLE in dims and VARIABLE in shape:
            yield problem(
                f"{title} has different number of variable-size dimensions for dims and reshape",
                where,
                detail,
            )
        else:
            yield problem(f"{title} has different size for dims and reshape", where, detail)
    elif before != after:
        yield problem(f"{title} has different size for dims and reshape", where, detail)


def _chunks(dims: Sequence[int]) -> list[int]:
    """Element counts of the runs between variable dimensions: [2, 4, -1, 6] -> [8, 6]."""
    counts = [1]
    for dim in dims:
        if dim == VARIABLE:
            counts.append(1)
        else:
            counts[-1] *= dim
    return counts


def _tensorrt_only(
    tensor: ModelInput | ModelOutput, path: str, platform: str, kind: str
) -> Problems:
    if tensor.is_shape_tensor and platform != TENSORRT_PLATFORM:
        yield Problem(
            "shape tensors are only supported for TensorRT platform",
            f"{path}.is_shape_tensor",
            f"{kind} '{tensor.name}' is one on platform '{platform}'",
        )
    if not tensor.is_non_linear_format_io:
        return
    where = f"{path}.is_non_linear_format_io"
    if platform != TENSORRT_PLATFORM:
        yield Problem(
            "Non-linear IO format is only supported for the TensorRT platform",
            where,
            f"{kind} '{tensor.name}' has it on platform '{platform}'",
        )
    elif len(tensor.dims) != 3:
        yield Problem(
            f"Non-linear IO format {kind} requires 3 dims",
            where,
            f"'{tensor.name}' has {len(tensor.dims)}",
        )


def _batch_io(config: ModelConfig) -> Problems:
    inputs = {tensor.name for tensor in config.input}
    outputs = {tensor.name for tensor in config.output}
    for index, item in enumerate(config.batch_input):
        path = f"batch_input[{index}]"
        yield from _sources(item, path, inputs, "batch input")
        if item.data_type not in (model_config.TYPE_INT32, model_config.TYPE_FP32):
            yield problem(
                "batch input data type must be TYPE_INT32 or TYPE_FP32",
                f"{path}.data_type",
                enum_name(item, "data_type"),
            )
    for index, target in enumerate(config.batch_output):
        path = f"batch_output[{index}]"
        yield from _sources(target, path, inputs, "batch output")
        for at, name in enumerate(target.target_name):
            if name not in outputs:
                yield Problem(f"unknown target output name '{name}'", f"{path}.target_name[{at}]")
        for at, name in duplicates(target.target_name):
            yield Problem(
                f"target output name '{name}' can only be specified once",
                f"{path}.target_name[{at}]",
            )


def _sources(item: BatchInput | BatchOutput, path: str, inputs: set[str], kind: str) -> Problems:
    if len(item.source_input) != 1:
        yield Problem(
            f"{kind} kind '{enum_name(item, 'kind')}' expects 1 source input, got "
            f"{len(item.source_input)}",
            f"{path}.source_input",
        )
    for at, name in enumerate(item.source_input):
        if name not in inputs:
            yield Problem(f"unknown source input name '{name}'", f"{path}.source_input[{at}]")
