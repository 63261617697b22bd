# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether bounds make sense for an input as it is declared."""

from __future__ import annotations

from .configs import DeclaredTensor

#: Of FP64 the half: the distance of two bounds must be a number as well.
_LARGEST_FLOAT = {"FP16": 65504.0, "BF16": 3.3895e38, "FP32": 3.4028e38, "FP64": 8.98e307}


def range_problem(tensor: DeclaredTensor, bounds: tuple[float, float]) -> str:
    """Why its values can't be kept within the bounds; "" where they can."""
    low, high = bounds
    datatype = tensor.datatype
    if datatype in _LARGEST_FLOAT:
        most = _LARGEST_FLOAT[datatype]
        lowest: float = -most
        highest: float = most
    elif datatype.startswith(("INT", "UINT")):
        if low != int(low) or high != int(high):
            return f"the input is of {datatype}: its bounds are whole numbers"
        bits = int(datatype.lstrip("UINT"))
        signed = datatype.startswith("INT")
        lowest = -(1 << (bits - 1)) if signed else 0
        highest = (1 << (bits - signed)) - 1
    else:
        return f"the input is of {datatype}, which has no range of numbers"
    if low < lowest or high > highest:
        return f"{low} to {high} goes beyond {datatype}"
    return ""


def largest_problem(tensor: DeclaredTensor) -> str:
    """Why a largest size has no effect; "" where it has one."""
    return "" if any(dim < 0 for dim in tensor.dims) else "the input has no variable dimension"
