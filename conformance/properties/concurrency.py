# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Several instances and models at a time give what one gives."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ..cases import Case, CaseRequest, Infer, Load, Unload
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import infer, instances, one_model, plain, same_answers, shown

INSTANCES = 4
ROUNDS = 8


def _why_not(model: ModelUnderTest) -> str:
    return "" if model.deterministic else "determinism is not claimed"


def many_instances(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if why := _why_not(model):
        return why

    def holds(different: list[CaseRequest]) -> None:
        alone = ex.run(one_model(model, plain(model), *[(r,) for r in different]))
        wanted = [s.answers[0] for s in alone.steps if s.answers]
        load = different * ROUNDS
        text = instances(model, INSTANCES)
        outcome = ex.run(one_model(model, text, load), ("concurrency.instances",))
        answers = [r for s in outcome.steps for r in s.answers]
        for k, answer in enumerate(answers):
            if k % len(different) >= len(wanted):
                continue
            ex.expect(
                same_answers(wanted[k % len(different)], answer, exact=False),
                "concurrency.instances",
                f"with {INSTANCES} instances request {k} got {shown(answer)}, with one "
                f"{shown(wanted[k % len(different)])}",
            )

    strategy = st.lists(requests(model, elements=2000), min_size=2, max_size=4)
    ex.examine(("concurrency.instances",), strategy, holds, examples=4)
    return ""


def many_models(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if why := _why_not(model):
        return why

    def holds(request: CaseRequest) -> None:
        text = instances(model, 2)
        names = [model.name, "second", "third"]
        # All at the same time, in turn.
        alike = infer(model, (request,) * (ROUNDS * len(names))).requests
        load = [replace(r, model=names[k % len(names)]) for k, r in enumerate(alike)]
        quiet = ex.run(one_model(model, plain(model), (request,)))
        alone = next((s.answers[0] for s in quiet.steps if s.answers), ())
        case = Case(
            tuple(model.case_model(text, name) for name in names),
            (
                *(Load(name) for name in names),
                Infer(model.name, tuple(load)),
                *(Unload(name) for name in names),
            ),
        )
        outcome = ex.run(case, ("concurrency.models",))
        answers = [r for s in outcome.steps for r in s.answers]
        for answer in answers:
            ex.expect(same_answers(alone, answer, exact=False), "concurrency.models",
                      f"beside two other models it got {shown(answer)}, alone {shown(alone)}")

    ex.examine(("concurrency.models",), requests(model, elements=500), holds, examples=2)
    return ""


PROPERTIES = (
    Property(("concurrency.instances",), many_instances),
    Property(("concurrency.models",), many_models),
)
