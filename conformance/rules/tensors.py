# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Outputs as they were written, inputs as they were left."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from ..cases import Answer, CaseRequest, Infer, OutputData
from ..configs import Declared, declared
from ..log import NOTE, NOTE_AFTER_BUFFER, NOTE_BEFORE_BUFFER, NOTE_UNWRITTEN
from . import Context, Finding

SIZES = {
    "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2,
    "INT32": 4, "INT64": 8, "FP16": 2, "BF16": 2, "FP32": 4, "FP64": 8,
}  # fmt: skip


def guards(context: Context) -> Iterator[Finding]:
    for event in context.events:
        if event.kind != NOTE:
            continue
        note, detail = event.args[-1], event.args[1]
        if note == NOTE_BEFORE_BUFFER:
            yield Finding(
                "tensors.output-bounds",
                f"the byte {detail} bytes before an output's buffer was written", event.seq,
            )
        elif note == NOTE_AFTER_BUFFER:
            yield Finding(
                "tensors.output-bounds",
                f"the byte {detail} bytes behind an output's buffer was written", event.seq,
            )
        elif note == NOTE_UNWRITTEN:
            yield Finding(
                "tensors.output-filled",
                f"{detail} bytes of an output's buffer were never written", event.seq,
            )


def inputs(context: Context) -> Iterator[Finding]:
    for step in context.outcome.steps:
        for index, name, offset in step.modified:
            yield Finding(
                "tensors.inputs-unmodified",
                f"byte {offset} of input '{name}' of request 'case-{index}' was changed",
            )


def outputs(context: Context) -> Iterator[Finding]:
    for step, result in zip(context.case.steps, context.outcome.steps, strict=False):
        if not isinstance(step, Infer):
            continue
        configs = {m.name: m.config for m in context.case.models}
        for index, (request, answers) in enumerate(
            zip(step.requests, result.answers, strict=False)
        ):
            facts = declared(configs[request.model or step.model])
            for answer in answers:
                yield from _answer(facts, request, index, answer)


def _answer(
    facts: Declared, request: CaseRequest, index: int, answer: Answer
) -> Iterator[Finding]:
    if answer.error or answer.empty:
        return
    names = [output.name for output in answer.outputs]
    for name in sorted(set(names)):
        if name not in facts.outputs:
            yield Finding(
                "tensors.declared-outputs",
                f"the response to 'case-{index}' has an output '{name}', which is not declared",
            )
        elif names.count(name) > 1:
            yield Finding(
                "tensors.declared-outputs",
                f"the response to 'case-{index}' has the output '{name}' {names.count(name)} times",
            )
        elif request.outputs is not None and name not in request.outputs:
            yield Finding(
                "tensors.requested-outputs",
                f"the response to 'case-{index}' has the output '{name}', which was not asked for",
            )
    wanted = facts.outputs if request.outputs is None else request.outputs
    for name in wanted:
        # What depends on an optional input may be missing with it.
        whole = all(t.name in request.inputs for t in facts.inputs.values() if t.optional)
        if name not in names and not facts.decoupled and whole:
            yield Finding(
                "tensors.requested-outputs",
                f"the response to 'case-{index}' lacks the output '{name}'",
            )
    for output in answer.outputs:
        if output.name in facts.outputs:
            yield from _output(facts, request, index, output)


def _output(
    facts: Declared, request: CaseRequest, index: int, output: OutputData
) -> Iterator[Finding]:
    tensor = facts.outputs[output.name]
    what = f"output '{output.name}' of 'case-{index}'"
    if output.datatype != tensor.datatype:
        yield Finding(
            "tensors.output-datatype",
            f"{what} is of type {output.datatype}; {tensor.datatype} is declared",
        )
    shape = list(output.shape)
    if facts.max_batch_size > 0:
        sizes = {t.shape[0] for t in request.inputs.values() if t.shape}
        batch = next(iter(sizes)) if len(sizes) == 1 else None
        if not shape or (batch is not None and shape[0] != batch and not facts.decoupled):
            yield Finding(
                "tensors.output-shape",
                f"{what} has the shape {list(output.shape)}; the batch has {batch} members",
            )
        shape = shape[1:]
    fits = len(shape) == len(tensor.dims) and all(
        dim in (-1, size) for dim, size in zip(tensor.dims, shape, strict=True)
    )
    if not fits:
        yield Finding(
            "tensors.output-shape",
            f"{what} has the shape {list(output.shape)}; the declared dims are {tensor.dims}",
        )
    elements = math.prod(output.shape)
    if output.datatype == "BYTES":
        problem = _strings(output.data, elements)
        if problem:
            yield Finding("tensors.bytes-well-formed", f"{what}: {problem}")
    elif output.datatype in SIZES and len(output.data) != elements * SIZES[output.datatype]:
        yield Finding(
            "tensors.output-size",
            f"{what} has {len(output.data)} bytes; its shape {list(output.shape)} and type "
            f"{output.datatype} need {elements * SIZES[output.datatype]}",
        )


def _strings(data: bytes, elements: int) -> str:
    """What is wrong with so many strings, each behind its length."""
    at = count = 0
    while at < len(data):
        if at + 4 > len(data):
            return f"{len(data) - at} bytes are left where a string's length should be"
        (length,) = struct.unpack_from("<I", data, at)
        at += 4 + length
        count += 1
        if at > len(data):
            return f"string {count - 1} is to have {length} bytes, {at - len(data)} are missing"
    return "" if count == elements else f"it has {count} strings, its shape asks for {elements}"


RULES = (guards, inputs, outputs)
