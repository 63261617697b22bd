# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loads, unloads, requests and cancellations of two models, in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from ..cases import Case, CaseRequest, Infer, Load, Step, Unload
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import infer, one_model, plain, same_answers, shown

CLAUSE = "lifecycle.any-order"
#: What one case does at most; beyond that little is new.
MOST_STEPS = 14
NAMES = ("first", "second")


@dataclass(frozen=True)
class _Plan:
    """The steps of a case, and for those that have answers to compare, which requests were sent."""

    steps: tuple[Step, ...]
    #: Step -> its requests that were not cancelled, while the model was loaded.
    compared: dict[int, list[int]]


def _programs() -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """What is done, with which of the models, and with which of the requests."""
    actions = st.sampled_from(["infer", "cancel", "load or unload"])
    # Mostly the first: what happens to one model after the other is what is remembered wrongly.
    step = st.tuples(actions, st.sampled_from([0, 0, 0, 1]), st.integers(0, 1))
    return st.lists(step, min_size=4, max_size=MOST_STEPS)


def _plan(
    model: ModelUnderTest, program: list[tuple[str, int, int]], kinds: list[CaseRequest]
) -> _Plan:
    steps: list[Step] = [Load(NAMES[0])]
    compared: dict[int, list[int]] = {}
    loaded = {NAMES[0]}
    for number, (action, which, kind) in enumerate(program):
        name = NAMES[which]
        if action == "load or unload" and name in loaded:
            steps.append(Unload(name))
            loaded.discard(name)
        elif name not in loaded:
            steps.append(Load(name))
            loaded.add(name)
        else:
            group = [kinds[kind], kinds[1 - kind]]
            if action == "cancel":
                group = [replace(kinds[kind], cancel_after_ms=float(number % 3)), *group]
            sent = infer(model, group, 1000 * (number + 1))
            compared[len(steps)] = [k for k, r in enumerate(group) if r.cancel_after_ms is None]
            steps.append(Infer(name, sent.requests))
    # What is left is unloaded, so that everything comes to its end within the case.
    steps += [Unload(name) for name in sorted(loaded)]
    return _Plan(tuple(steps), compared)


def any_order(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(value: tuple[list[tuple[str, int, int]], list[CaseRequest]]) -> None:
        program, kinds = value
        plan = _plan(model, program, kinds)
        if not plan.compared:
            return
        alone = ex.run(one_model(model, plain(model), *[(kind,) for kind in kinds]))
        wanted = [s.answers[0] for s in alone.steps if s.answers]
        text = plain(model)
        models = tuple(model.case_model(text, name) for name in NAMES)
        outcome = ex.run(Case(models, plan.steps), (CLAUSE,))
        for number, step in enumerate(outcome.steps):
            ex.expect(not step.error, CLAUSE, f"step {number + 1} failed: {step.error}")
            if number not in plan.compared or len(wanted) < len(kinds) or not model.deterministic:
                continue
            sent = plan.steps[number]
            assert isinstance(sent, Infer)
            for k in plan.compared[number]:
                same = next(i for i, kind in enumerate(kinds)
                            if kind.inputs == sent.requests[k].inputs)  # fmt: skip
                ex.expect(
                    k < len(step.answers)
                    and same_answers(wanted[same], step.answers[k], exact=False),
                    CLAUSE,
                    f"in step {number + 1} a request got "
                    f"{shown(step.answers[k] if k < len(step.answers) else ())}, alone "
                    f"{shown(wanted[same])}",
                )

    two = st.tuples(requests(model, elements=64), requests(model, elements=64)).map(list)
    # A process of its own: what earlier cases may have spoilt is no measure.
    ex.pool.fresh()
    ex.examine((CLAUSE,), st.tuples(_programs(), two), holds, examples=min(25, ex.examples))
    return ""


PROPERTIES = (Property((CLAUSE,), any_order),)
