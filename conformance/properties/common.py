# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the properties share: cases of one model, and comparing answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..cases import Answer, Case, CaseRequest, FaultAt, Infer, Load, OutputData, Unload
from ..target import ModelUnderTest


def without_batching(config: str) -> str:
    """A configuration's text without its dynamic batcher and instance groups."""
    return _without(_without(config, "dynamic_batching"), "instance_group")


def _without(config: str, field: str) -> str:
    """The text without a field that is a message, however deep its braces go."""
    while True:
        match = re.search(rf"\b{field}\s*:?\s*([\[{{])", config)
        if match is None:
            return config
        depth, at = 0, match.start(1)
        while at < len(config):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(config[at], 0)
            at += 1
            if depth == 0:
                break
        config = config[: match.start()] + config[at:]


def patient(config: str) -> str:
    """The configuration with sequences that do not end because a busy machine pauses between two of
    their requests."""
    if "max_sequence_idle_microseconds" in config:
        return config
    return re.sub(
        r"\bsequence_batching\s*:?\s*\{",
        "sequence_batching { max_sequence_idle_microseconds: 60000000",
        config,
    )


def plain(model: ModelUnderTest) -> str:
    """One instance, no dynamic batcher: each request is executed alone."""
    text = patient(without_batching(model.config))
    return text + "\ninstance_group { count: 1 kind: KIND_CPU }\n"


def batched(model: ModelUnderTest, count: int) -> str:
    """One instance whose batcher waits for so many requests of one member each."""
    text = without_batching(model.config)
    return text + (
        "\ninstance_group { count: 1 kind: KIND_CPU }\n"
        f"dynamic_batching {{ preferred_batch_size: [ {count} ] "
        "max_queue_delay_microseconds: 2000000 }\n"
    )


def instances(model: ModelUnderTest, count: int) -> str:
    text = patient(without_batching(model.config))
    return text + f"\ninstance_group {{ count: {count} kind: KIND_CPU }}\n"


def one_model(
    model: ModelUnderTest, config: str, *groups: Sequence[CaseRequest], faults: Sequence[FaultAt] = (),
    **options: Any,
) -> Case:  # fmt: skip
    """Load, the groups of requests one after the other, unload.

    To a model of sequences each request is a sequence of its own.
    """
    steps = [infer(model, group, 1000 * (k + 1)) for k, group in enumerate(groups)]
    return Case(
        (model.case_model(config),),
        (Load(model.name), *steps, Unload(model.name)),
        tuple(faults),
        **options,
    )


def infer(model: ModelUnderTest, group: Sequence[CaseRequest], first: int = 1) -> Infer:
    """The step that sends these requests at the same time. To a model of sequences each is one that
    begins and ends with it; their ids are ``first`` and those after it."""
    if model.declared.sequence:
        group = [
            replace(r, correlation_id=first + k, start=True, end=True) for k, r in enumerate(group)
        ]
    return Infer(model.name, tuple(group))


def same_output(a: OutputData, b: OutputData, exact: bool = True) -> bool:
    """Bit by bit; not exact: floating point within what another order of summation makes."""
    if (a.name, a.datatype, a.shape) != (b.name, b.datatype, b.shape):
        return False
    if a.data == b.data:
        return True
    if exact or a.datatype not in ("FP16", "FP32", "FP64") or len(a.data) != len(b.data):
        return False
    dtype = {"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}[a.datatype]
    tolerance = {"FP16": 1e-2, "FP32": 1e-4, "FP64": 1e-9}[a.datatype]
    x, y = (np.frombuffer(o.data, dtype).astype(np.float64) for o in (a, b))
    return bool(np.allclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True))


def same_answers(a: Sequence[Answer], b: Sequence[Answer], exact: bool = True) -> bool:
    """The same responses: outputs, or errors both. Empty ones only end a request."""
    left = [answer for answer in a if not answer.empty]
    right = [answer for answer in b if not answer.empty]
    if len(left) != len(right):
        return False
    for x, y in zip(left, right, strict=True):
        if bool(x.error) != bool(y.error):
            return False
        if {o.name for o in x.outputs} != {o.name for o in y.outputs}:
            return False
        for output in x.outputs:
            other = y.output(output.name)
            if other is None or not same_output(output, other, exact):
                return False
    return True


def shown(answers: Sequence[Answer]) -> str:
    """Answers in a few words."""
    parts = []
    for answer in answers:
        if answer.error:
            parts.append(f"the error '{answer.error}'")
        elif not answer.empty:
            parts.append(
                ", ".join(
                    f"{o.name} {o.datatype}{list(o.shape)} = {o.data[:16].hex(' ', 4)}"
                    + ("..." if len(o.data) > 16 else "")
                    for o in answer.outputs
                )
                or "a response without outputs"
            )
    return "; ".join(parts) or "nothing"
