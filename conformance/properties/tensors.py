# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors: whatever fits the configuration is answered, however it lies in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..cases import CaseRequest
from ..examiner import Examiner
from ..strategies import LARGE, array_of, placed, requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import one_model, plain, same_answers, shown

#: What output buffers hold before they are written, one time and the other.
_FILLS = (0xA7, 0x58)
_TYPES = {"FP16": np.float16, "FP32": np.float32, "FP64": np.float64}


def _batches(model: ModelUnderTest) -> st.SearchStrategy[int]:
    # A sequence's requests come one by one.
    most = 1 if model.declared.sequence else max(1, model.declared.max_batch_size)
    return st.sampled_from(sorted({1, min(2, most), min(3, most), most}))


def accepted(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(request: CaseRequest) -> None:
        outcome = ex.run(one_model(model, plain(model), (request,)), ("tensors.accepts-declared",))
        for answer in _answers(outcome):
            ex.expect(not answer.error, "tensors.accepts-declared",
                      f"a request that fits the configuration got the error '{answer.error}'")
        _reference(ex, model, request, outcome)

    names: tuple[str, ...] = ("tensors.accepts-declared", "responses.errors-are-errors")
    if model.reference is not None:
        names += ("tensors.reference",)
    for elements, examples in ((64, None), (LARGE, 4)):
        ex.examine(names, _sized(model, elements), holds, examples)
    return ""


def _sized(model: ModelUnderTest, elements: int) -> st.SearchStrategy[CaseRequest]:
    return _batches(model).flatmap(lambda batch: requests(model, batch=batch, elements=elements))


def _answers(outcome: Any) -> Any:
    return [a for step in outcome.steps for request in step.answers for a in request]


def _reference(ex: Examiner, model: ModelUnderTest, request: CaseRequest, outcome: Any) -> None:
    if model.reference is None:
        return
    ex.results["tensors.reference"].cases += 1
    said = model.reference({n: array_of(t) for n, t in request.inputs.items()})
    answers = [answer for answer in _answers(outcome) if not answer.empty]
    # A decoupled model's may be a list: what each response is to have.
    each = said if isinstance(said, Sequence) else [said] * len(answers)
    ex.expect(len(each) == len(answers) or any(a.error for a in answers), "tensors.reference",
              f"there are {len(answers)} responses; the reference function says {len(each)}")
    for answer, wanted in zip(answers, each, strict=False):
        for output in answer.outputs:
            if output.name not in wanted or answer.error:
                continue
            array = np.asarray(wanted[output.name])
            if output.datatype in _TYPES:
                got = np.frombuffer(output.data, _TYPES[output.datatype])
                same = got.size == array.size and np.allclose(
                    got.astype(np.float64), array.ravel().astype(np.float64), rtol=1e-3,
                    atol=1e-5, equal_nan=True)  # fmt: skip
            else:
                same = output.data == _bytes_of(array, output.datatype)
            ex.expect(bool(same), "tensors.reference",
                      f"output '{output.name}' is not what the reference function says")


def _bytes_of(array: np.ndarray, datatype: str) -> bytes:
    if datatype != "BYTES":
        return bytes(array.tobytes())
    strings = [s if isinstance(s, bytes) else str(s).encode() for s in array.ravel()]
    return b"".join(len(s).to_bytes(4, "little") + s for s in strings)


def split(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(pair: tuple[CaseRequest, CaseRequest]) -> None:
        whole, cut = pair
        case = one_model(model, plain(model), (whole,), (cut,))
        outcome = ex.run(case, ("tensors.split-inputs", "tensors.input-bounds"))
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        if len(answers) == 2 and model.deterministic:
            ex.expect(same_answers(answers[0], answers[1]), "tensors.split-inputs",
                      f"cut into buffers the answer is {shown(answers[1])}, in one "
                      f"{shown(answers[0])}")

    strategy = _batches(model).flatmap(
        lambda batch: requests(model, batch=batch, elements=256).flatmap(
            lambda r: st.tuples(st.just(r), placed(r))
        )
    )
    ex.examine(("tensors.split-inputs", "tensors.input-bounds"), strategy, holds)
    return ""


def empty(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if not any(-1 in t.dims for t in model.declared.inputs.values()):
        return "no input has a variable dimension"

    def holds(request: CaseRequest) -> None:
        outcome = ex.run(one_model(model, plain(model), (request,)), ("tensors.empty",))
        ex.expect(bool(_answers(outcome)), "tensors.empty", "an empty tensor was not answered")

    ex.examine(("tensors.empty",), requests(model, empty=True, elements=64), holds, examples=8)
    return ""


def requested(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    names = sorted(model.declared.outputs)

    def holds(pair: tuple[CaseRequest, tuple[str, ...]]) -> None:
        request, asked = pair
        some = CaseRequest(request.inputs, asked, request.parameters)
        ex.run(one_model(model, plain(model), (request,), (some,)), ("tensors.requested-outputs",))

    subsets = st.sets(st.sampled_from(names), min_size=1).map(lambda s: tuple(sorted(s)))
    strategy = st.tuples(requests(model, elements=64), subsets)
    ex.examine(("tensors.requested-outputs",), strategy, holds, examples=2 + 4 * (len(names) > 1))
    return ""


def filled(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """The same request into buffers that hold something else: what is as it was is unwritten."""
    if not model.deterministic:
        return ""

    def holds(request: CaseRequest) -> None:
        found = [
            [a for a in _answers(ex.run(case, ("tensors.output-filled",))) if not a.error]
            for case in (one_model(model, plain(model), (request,), fill=byte) for byte in _FILLS)
        ]
        for answers in zip(*found, strict=False):
            for output in answers[0].outputs:
                other = answers[1].output(output.name)
                if other is None or len(other.data) != len(output.data):
                    continue
                unwritten = [
                    i for i, pair in enumerate(zip(output.data, other.data, strict=True))
                    if pair == _FILLS
                ]
                ex.expect(
                    not unwritten, "tensors.output-filled",
                    f"of output '{output.name}' {len(unwritten)} of {len(output.data)} bytes were "
                    f"never written, the first of them byte {unwritten[0] if unwritten else 0}",
                )

    ex.examine(("tensors.output-filled",), _sized(model, 64), holds, examples=8)
    return ""


def repeats(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if not model.deterministic:
        return "determinism is not claimed"
    def holds(pair: tuple[CaseRequest, CaseRequest]) -> None:
        request, other = pair
        groups = ((request,), (other,), (request,), (request,))
        outcome = ex.run(one_model(model, plain(model), *groups), ("determinism.repeats",))
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        for number, answer in zip((3, 4), answers[2:], strict=False):
            ex.expect(same_answers(answers[0], answer), "determinism.repeats",
                      f"request {number}, the same as the first, got {shown(answer)}; the first "
                      f"one {shown(answers[0])}")

    strategy = st.tuples(requests(model, elements=300), requests(model, elements=300))
    ex.examine(("determinism.repeats",), strategy, holds)
    return ""


PROPERTIES = (
    Property(("tensors.accepts-declared", "responses.errors-are-errors", "tensors.reference"),
             accepted),
    Property(("determinism.repeats",), repeats),
    Property(("tensors.output-filled",), filled),
    Property(("tensors.split-inputs", "tensors.input-bounds"), split),
    Property(("tensors.empty",), empty),
    Property(("tensors.requested-outputs",), requested),
)
