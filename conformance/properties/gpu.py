# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors in GPU and pinned memory: the answers are those with CPU memory, or it says that it can't."""

from __future__ import annotations

from dataclasses import replace

from ..cases import Answer, Case, CaseRequest, Load, Outcome, Unload
from ..cuda import GPU, PINNED, devices
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import infer, one_model, plain, same_answers, shown, without_batching

NO_GPU = "not run: no GPU"


def _answer(outcome: Outcome) -> tuple[Answer, ...]:
    return next((s.answers[0] for s in outcome.steps if s.answers), ())


def _placed(request: CaseRequest, memory_type: int, device: int) -> CaseRequest:
    inputs = {
        name: replace(tensor, memory_type=memory_type, device=device)
        for name, tensor in request.inputs.items()
    }
    return replace(request, inputs=inputs)


def _compare(
    ex: Examiner, model: ModelUnderTest, clause: str, request: CaseRequest, case: Case, what: str
) -> None:
    """The case, which has the request in other memory, is answered as the request is, or with an error."""
    wanted = _answer(ex.run(one_model(model, plain(model), (request,))))
    got = _answer(ex.run(case, (clause,)))
    refused = any(a.error for a in got)
    ex.expect(
        refused or not model.deterministic or same_answers(wanted, got, exact=False), clause,
        f"with {what} it answers {shown(got)}, with CPU memory {shown(wanted)}",
    )


def inputs(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    found = devices()
    if not found:
        return NO_GPU

    def holds(request: CaseRequest) -> None:
        for memory_type, device in [(PINNED, 0), *((GPU, device) for device in range(found))]:
            case = one_model(model, plain(model), (_placed(request, memory_type, device),))
            place = "pinned memory" if memory_type == PINNED else f"the memory of GPU {device}"
            _compare(ex, model, "gpu.inputs", request, case, f"inputs in {place}")

    ex.examine(("gpu.inputs",), requests(model, elements=512), holds, examples=8)
    return ""


def outputs(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if not devices():
        return NO_GPU

    def holds(request: CaseRequest) -> None:
        case = one_model(model, plain(model), (request,), output_memory=GPU)
        _compare(ex, model, "gpu.outputs", request, case, "outputs in the memory of GPU 0")

    ex.examine(("gpu.outputs",), requests(model, elements=512), holds, examples=8)
    return ""


def every_device(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """The instance of each device alone, beside the one of the CPU if there is one."""
    found = devices()
    if not found:
        return NO_GPU

    def text(device: int) -> str:
        kind = f"KIND_GPU gpus: [ {device} ]" if device >= 0 else "KIND_CPU"
        return without_batching(model.config) + f"\ninstance_group {{ count: 1 kind: {kind} }}\n"

    def holds(request: CaseRequest) -> None:
        first: tuple[Answer, ...] | None = None
        where = ""
        for device in range(-1, found):
            case = Case((model.case_model(text(device)),),
                        (Load(model.name), infer(model, (request,)), Unload(model.name)))
            outcome = ex.run(case, ("gpu.every-device",))
            if outcome.steps and outcome.steps[0].error:
                continue  # it may be for the one kind of instances alone
            got = _answer(outcome)
            name = f"device {device}" if device >= 0 else "the CPU"
            if first is None:
                first, where = got, name
            ex.expect(
                not model.deterministic or same_answers(first, got, exact=False),
                "gpu.every-device",
                f"an instance on {name} answers {shown(got)}, one on {where} {shown(first)}",
            )
        ex.expect(first is not None, "gpu.every-device", "no instance could be loaded anywhere")

    ex.examine(("gpu.every-device",), requests(model, elements=512), holds, examples=4)
    return ""


PROPERTIES = (
    Property(("gpu.inputs",), inputs),
    Property(("gpu.outputs",), outputs),
    Property(("gpu.every-device",), every_device),
)
