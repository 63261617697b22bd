# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the sound backend answers, in numpy: element.c, batch.c, repeat.c and total.c once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

Arrays = Mapping[str, np.ndarray]


def changed(inputs: Arrays) -> dict[str, np.ndarray]:
    """Each element changed; BIAS, where it is there, added to 32-bit integers row by row."""
    outputs = {}
    for name, array in inputs.items():
        if not name.startswith("IN_"):
            continue
        changed = _element(array)
        bias = inputs.get("BIAS")
        if bias is not None and array.dtype == np.int32:
            changed = changed + bias.reshape(-1, *[1] * (array.ndim - 1))
        outputs["OUT_" + name[3:]] = changed
    return outputs


def _element(array: np.ndarray) -> np.ndarray:
    if array.dtype == object:
        strings = [bytes(s)[::-1] for s in array.ravel()]
        return np.array(strings, object).reshape(array.shape)
    if array.dtype == np.bool_:
        return ~array
    if array.dtype == np.float16:
        return -array
    return array + array.dtype.type(1)


def summed(inputs: Arrays) -> Arrays:
    """The sum of a sequence of one request."""
    return {"OUT_DATA": inputs["IN_DATA"]}


def repeated(inputs: Arrays) -> Sequence[Arrays]:
    """As many answers as the first element says, from 0 to 6, each a number more."""
    data = inputs["IN_DATA"]
    times = int(data.ravel()[0]) % 7 if data.size else 0
    return [{"OUT_DATA": data + np.int32(k + 1)} for k in range(times)]
