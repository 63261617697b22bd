# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests that fit a model's configuration, for Hypothesis to make and to shrink."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .cases import CaseRequest, TensorData
from .configs import DeclaredTensor
from .target import ModelUnderTest

#: Elements of one tensor at most, unless a property asks for large ones.
ORDINARY = 4096
LARGE = 1 << 18

_NUMPY: dict[str, Any] = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32,
    "UINT64": np.uint64, "INT8": np.int8, "INT16": np.int16, "INT32": np.int32,
    "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
    "BF16": np.uint16,
}  # fmt: skip
#: Sizes of a variable dimension: small ones, and the neighbours of vector and page sizes.
_SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, 257, 1000, 1025, 4096)
#: The largest first, which is what Hypothesis tries first.
_LARGE_SIZES = (262144, 131073, 65536, 16385, 4096)


def array_of(tensor: TensorData) -> np.ndarray:
    """A tensor's content as numpy has it; BYTES as an array of bytes objects."""
    if tensor.datatype == "BYTES":
        strings, at = [], 0
        while at < len(tensor.data):
            (length,) = struct.unpack_from("<I", tensor.data, at)
            strings.append(tensor.data[at + 4 : at + 4 + length])
            at += 4 + length
        return np.array(strings, object).reshape(tensor.shape)
    return np.frombuffer(tensor.data, _NUMPY[tensor.datatype]).reshape(tensor.shape)


@st.composite
def shapes(
    draw: st.DrawFn, tensor: DeclaredTensor, largest: int, elements: int, empty: bool
) -> tuple[int, ...]:
    """Dims that fit the declared ones, of so many elements at most."""
    dims: list[int] = []
    room = max(1, elements // max(1, math.prod(d for d in tensor.dims if d > 0)))
    for dim in tensor.dims:
        if dim >= 0:
            dims.append(dim)
            continue
        known = _LARGE_SIZES if room > ORDINARY else _SIZES
        sizes = [s for s in known if s <= min(room, largest)] or [min(room, largest)]
        size = draw(st.sampled_from(sizes))
        dims.append(size)
        room = max(1, room // size)
    if empty:
        variable = [i for i, dim in enumerate(tensor.dims) if dim < 0]
        dims[draw(st.sampled_from(variable))] = 0
    return tuple(dims)


def _numbers(draw: st.DrawFn, datatype: str, count: int, bounds: tuple[float, float] | None) -> bytes:
    """Content from a seed: Hypothesis shrinks the seed and the kind, not each element."""
    kind = draw(st.sampled_from(["small", "zeros", "ones", "any", "extremes"]))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    dtype = np.dtype(_NUMPY[datatype])
    if datatype == "BOOL":
        return (rng.integers(0, 2, count).astype(np.bool_)).tobytes()
    if bounds is not None:
        low, high = bounds
        if datatype == "BF16":
            return _bf16(rng.uniform(low, high, count))
        if dtype.kind == "f":
            return rng.uniform(low, high, count).astype(dtype).tobytes()
        return rng.integers(int(low), int(high), count, dtype=dtype, endpoint=True).tobytes()
    if kind == "zeros":
        return bytes(count * dtype.itemsize)
    if kind == "ones":
        return np.ones(count, dtype).tobytes()
    if dtype.kind == "f" or datatype == "BF16":
        values = rng.standard_normal(count)
        if kind == "any":
            values = values * 1000
        if datatype == "BF16":
            return _bf16(values)
        return values.astype(dtype).tobytes()
    info = np.iinfo(dtype)
    if kind == "extremes":
        return rng.choice(np.array([info.min, info.max, 0], dtype), count).tobytes()
    high = 100 if kind == "small" else info.max
    return rng.integers(0, high, count, dtype=dtype, endpoint=True).tobytes()


def _bf16(values: np.ndarray) -> bytes:
    """The upper halves of FP32 values, which are nearer to zero than these."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()


def _strings(draw: st.DrawFn, count: int) -> bytes:
    pool = draw(st.lists(st.binary(max_size=24), min_size=1, max_size=4))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    chosen = [pool[i] for i in rng.integers(0, len(pool), count)]
    return b"".join(struct.pack("<I", len(s)) + s for s in chosen)


@st.composite
def tensors(
    draw: st.DrawFn, model: ModelUnderTest, tensor: DeclaredTensor, batch: int, elements: int, empty: bool
) -> TensorData:
    largest = model.largest.get(tensor.name, model.largest.get("", 1 << 30))
    dims = draw(shapes(tensor, largest, elements // batch, empty and -1 in tensor.dims))
    shape = (batch, *dims) if model.declared.max_batch_size > 0 else dims
    count = math.prod(shape)
    if tensor.datatype == "BYTES":
        data = _strings(draw, count)
    else:
        data = _numbers(draw, tensor.datatype, count, model.ranges.get(tensor.name))
    return TensorData(tensor.datatype, shape, data)


@st.composite
def requests(
    draw: st.DrawFn,
    model: ModelUnderTest,
    *,
    batch: int = 1,
    elements: int = ORDINARY,
    empty: bool = False,
    like: CaseRequest | None = None,
) -> CaseRequest:
    """A request of so many batch members. ``like``: one that may share a batch with another, with its
    shapes but for inputs that may be ragged."""
    inputs: dict[str, TensorData] = {}
    for tensor in model.declared.inputs.values():
        if tensor.optional and (tensor.name not in like.inputs if like else draw(st.booleans())):
            continue
        if like is None or tensor.ragged:
            inputs[tensor.name] = draw(tensors(model, tensor, batch, elements, empty))
            continue
        shape = like.inputs[tensor.name].shape
        count = math.prod(shape)
        data = (
            _strings(draw, count)
            if tensor.datatype == "BYTES"
            else _numbers(draw, tensor.datatype, count, model.ranges.get(tensor.name))
        )
        inputs[tensor.name] = TensorData(tensor.datatype, shape, data)
    parameters = {
        name: draw(st.sampled_from(list(values))) for name, values in model.parameters.items()
    }
    return CaseRequest(inputs, parameters=parameters)


@st.composite
def placed(draw: st.DrawFn, request: CaseRequest) -> CaseRequest:
    """The same request with its inputs cut into buffers, at odd places and addresses."""
    inputs = {}
    for name, tensor in request.inputs.items():
        size = len(tensor.data)
        cuts: Sequence[int] = ()
        if size > 1:
            cuts = sorted(draw(st.sets(st.integers(1, size - 1), max_size=4)))
        shift = draw(st.integers(0, 15))
        inputs[name] = TensorData(tensor.datatype, tensor.shape, tensor.data, tuple(cuts), shift)
    return CaseRequest(inputs, request.outputs, request.parameters)
