# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What models declare, and whether a case exercised it: what is declared and never tried is no pass."""

from __future__ import annotations

from collections.abc import Iterator

from .cases import Answer, Case, CaseRequest, Infer, Outcome
from .configs import Declared, declared
from .target import ModelUnderTest

#: A model's name and what it declares.
Feature = tuple[str, str]


def features(model: ModelUnderTest) -> list[Feature]:
    """What a run has to have exercised."""
    facts = model.declared
    found = []
    for tensor in facts.inputs.values():
        found.append(f"input '{tensor.name}'")
        if tensor.optional:
            found.append(f"a request without the optional input '{tensor.name}'")
    found += [f"output '{name}'" for name in facts.outputs]
    if facts.max_batch_size > 1 and not facts.sequence:
        found += ["a request with a batch of its own", "a batch of several requests"]
        if any(t.ragged for t in facts.inputs.values()):
            found.append("a batch of requests with different shapes")
    if facts.decoupled:
        found.append("a decoupled request")
    if facts.sequence:
        found.append("a sequence of several requests")
    return [(model.name, what) for what in found]


def exercised(case: Case, outcome: Outcome) -> set[Feature]:
    """What a case has, of all that models can declare, as far as it was answered."""
    configs = {model.name: model.config for model in case.models}
    found: set[Feature] = set()
    for step, result in zip(case.steps, outcome.steps, strict=False):
        if not isinstance(step, Infer):
            continue
        facts = declared(configs[step.model])
        for request, answers in zip(step.requests, result.answers, strict=False):
            name = request.model or step.model
            found |= {(name, what) for what in _request(facts, request, answers)}
        if len(step.requests) > 1 and "preferred_batch_size" in configs[step.model]:
            found.add((step.model, "a batch of several requests"))
            shapes = {tuple(t.shape for t in r.inputs.values()) for r in step.requests}
            if len(shapes) > 1:
                found.add((step.model, "a batch of requests with different shapes"))
    return found


def _request(
    facts: Declared, request: CaseRequest, answers: tuple[Answer, ...]
) -> Iterator[str]:
    if not answers:
        return
    for name, tensor in facts.inputs.items():
        if name in request.inputs:
            yield f"input '{name}'"
        elif tensor.optional:
            yield f"a request without the optional input '{name}'"
    for answer in answers:
        for output in answer.outputs:
            yield f"output '{output.name}'"
    if facts.max_batch_size > 1 and any(t.shape[:1] > (1,) for t in request.inputs.values()):
        yield "a request with a batch of its own"
    if facts.decoupled:
        yield "a decoupled request"
    if facts.sequence and not (request.start and request.end):
        yield "a sequence of several requests"
