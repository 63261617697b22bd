# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Nothing grows: memory and descriptors over requests and reloads."""

from __future__ import annotations

from dataclasses import replace

from ..cases import Case, CaseRequest, Load, Outcome, Unload
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import instances, one_model, plain, same_answers, shown
from .growth import certain_growth

#: Requests of one case, whose answers all lie in memory at a time.
GROUP = 50
GROUPS = 8
RELOADS = 100


def _grows(
    ex: Examiner, case: Case, clause: str, what: str, amount: int, deterministic: bool
) -> None:
    def run(first: bool) -> Outcome:
        outcome = ex.run(case, (clause, "hygiene.descriptors-steady"), rules=first)
        ex.expect(
            outcome.descriptors_left == 0, "hygiene.descriptors-steady",
            f"{outcome.descriptors_left} file descriptors are open that were not before",
        )
        answers = [answer for step in outcome.steps for answer in step.answers]
        for number, answer in enumerate(answers if deterministic else (), 1):
            ex.expect(
                same_answers(answers[0], answer), "determinism.repeats",
                f"request {number} of many that are the same got {shown(answer)}, the first "
                f"{shown(answers[0])}",
            )
        return outcome

    grown = certain_growth(ex.pool, run, amount)
    ex.expect(
        grown == 0, clause, f"{amount} {what} take {grown} bytes for good, each time they are repeated"
    )


def requests_steady(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(request: CaseRequest) -> None:
        groups = [(request,) * GROUP for _ in range(GROUPS)]
        case = one_model(model, plain(model), *groups, timeout_s=60.0)
        _grows(ex, case, "hygiene.memory-steady", "requests", GROUP * GROUPS, model.deterministic)

    names = ("hygiene.memory-steady", "hygiene.descriptors-steady")
    ex.pool.fresh()
    ex.examine(names, requests(model, elements=512), holds, examples=1)
    return ""


def reloads_steady(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(request: CaseRequest) -> None:
        once = one_model(model, plain(model), (request,))
        loads = ex.loads(RELOADS)
        case = replace(once, steps=once.steps * loads, timeout_s=60.0)
        _grows(ex, case, "hygiene.reload-steady", "loads and unloads", loads, model.deterministic)

    ex.pool.fresh()
    ex.examine(("hygiene.reload-steady",), requests(model, elements=16), holds, examples=1)
    return ""


def states_freed(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Loads and unloads alone, of two instances: what is left was not requests' doing."""

    def holds() -> None:
        loads = ex.loads(RELOADS)
        steps = (Load(model.name), Unload(model.name)) * loads
        case = Case((model.case_model(instances(model, 2)),), steps, timeout_s=60.0)
        _grows(ex, case, "lifecycle.state-freed", "loads and unloads", loads, False)

    ex.pool.fresh()
    ex.single(("lifecycle.state-freed",), holds)
    return ""


PROPERTIES = (
    Property(("hygiene.memory-steady", "hygiene.descriptors-steady"), requests_steady),
    Property(("lifecycle.state-freed",), states_freed),
    Property(("hygiene.reload-steady",), reloads_steady),
)
