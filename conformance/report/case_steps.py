# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A case as what is done, step by step: what a person reads first. The files have it in full, too."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from ..cases import Case, CaseRequest, FaultAt, Infer, TensorData
from .case_text import case_lines, one_line, printable
from .summary import plural

#: As many values of a tensor are shown.
_VALUES = 8
_FORMATS = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "UINT8": "B", "UINT16": "H",
    "UINT32": "I", "UINT64": "Q", "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip


def step_lines(value: Mapping[str, Any]) -> list[str]:
    """The steps of ``Case.to_json()``; whatever has not this form is shown as it is."""
    try:
        case = Case.from_json(value)
        return _case(case)
    except (KeyError, TypeError, ValueError, AttributeError):
        return case_lines(value)


def _case(case: Case) -> list[str]:
    lines: list[str] = []
    for model in case.models:
        lines.append(f"model '{one_line(model.name)}':")
        lines += ["  " + line for line in printable(model.config.strip()).split("\n") if line.strip()]
    lines += [_fault(fault) for fault in case.faults]
    if case.api_version is not None:
        lines.append("the server claims to have version " + ".".join(map(str, case.api_version)))
    if case.keep:
        lines.append("loaded already, and left loaded")
    if case.output_memory >= 0:
        lines.append(f"output buffers claim to be of memory type {case.output_memory}")
    steps: list[list[str]] = []
    for step in case.steps:
        said = f"{type(step).__name__.lower()} '{one_line(step.model)}'"
        if isinstance(step, Infer):
            said += ": " + plural(len(step.requests), "request")
            steps.append([said, *("  " + line for r in step.requests for line in _request(r))])
        else:
            steps.append([said])
    return lines + _folded(steps)


def _folded(steps: list[list[str]]) -> list[str]:
    """The steps; what is done several times in the same way is said once."""
    lines: list[str] = []
    at = 0
    while at < len(steps):
        length, times = _repeated(steps, at)
        block = [line for step in steps[at : at + length] for line in step]
        if times > 1:
            lines.append(f"{times} times:")
            block = ["  " + line for line in block]
        lines += block
        at += length * times
    return lines


def _repeated(steps: list[list[str]], at: int) -> tuple[int, int]:
    """Length and number of the repetitions that begin here and cover most; (1, 1) for none."""
    best = (1, 1)
    for length in range(1, min(8, (len(steps) - at) // 2) + 1):
        times = 1
        while steps[at + times * length : at + (times + 1) * length] == steps[at : at + length]:
            times += 1
        if times > 1 and times * length > best[0] * best[1]:
            best = (length, times)
    return best


def _fault(fault: FaultAt) -> str:
    what = "and all after it fail" if fault.onward else "fails"
    return f"call {fault.nth} of {one_line(fault.function)} {what} with {one_line(fault.code)}"


def _request(request: CaseRequest) -> list[str]:
    marks = [f"to model '{one_line(request.model)}'"] if request.model else []
    if request.correlation_id:
        marks.append(f"sequence {request.correlation_id}")
    marks += [name for name in ("start", "end") if getattr(request, name)]
    if request.cancel_after_ms is not None:
        marks.append(f"cancelled after {request.cancel_after_ms:g} ms")
    if request.outputs is not None:
        marks.append(f"outputs asked for: {', '.join(map(one_line, request.outputs)) or 'none'}")
    marks += [f"{one_line(k)} = {v!r}" for k, v in request.parameters.items()]
    inputs = [f"{one_line(name)}: {_tensor(tensor)}" for name, tensor in request.inputs.items()]
    # One input, the usual case, has the line to itself.
    first = f"- {'; '.join(inputs[:1] + marks) or 'no inputs'}"
    return [first, *("  " + line for line in inputs[1:])]


def _tensor(tensor: TensorData) -> str:
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    said = f"{one_line(tensor.datatype)} {shape}, {_values(tensor)}"
    if tensor.cuts:
        said += f", in {len(tensor.cuts) + 1} buffers, cut at {', '.join(map(str, tensor.cuts))}"
    if tensor.shift:
        said += f", {tensor.shift} bytes off alignment"
    return said


def _values(tensor: TensorData) -> str:
    form = _FORMATS.get(tensor.datatype)
    if not tensor.data:
        return "empty"
    if form is None or len(tensor.data) % struct.calcsize(form):
        head = tensor.data[: 3 * _VALUES].hex(" ")
        return f"bytes {head}" + (" ..." if len(tensor.data) > 3 * _VALUES else "")
    count = len(tensor.data) // struct.calcsize(form)
    shown = struct.unpack_from(f"<{min(count, _VALUES)}{form}", tensor.data)
    text = " ".join(f"{v:.7g}" if isinstance(v, float) else str(v) for v in shown)
    return text + (" ..." if count > _VALUES else "")
