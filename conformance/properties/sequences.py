# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Sequences: answered, apart from each other, with their states made for the next request."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ..cases import Answer, Case, CaseRequest, Infer, Load, Unload
from ..examiner import Examiner
from ..log import RETURN
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import patient, same_answers, shown

STATE_UPDATED = "sequences.state-updated"
NAMES = ("sequences.answers", "sequences.isolated", "sequences.starts-fresh", STATE_UPDATED)


def isolated(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if not model.declared.sequence:
        return "no model takes sequences"
    states = model.declared.states
    names = tuple(name for name in NAMES if states or name != STATE_UPDATED)

    def numbered(items: list[CaseRequest], identity: int) -> list[CaseRequest]:
        last = len(items) - 1
        return [
            replace(r, correlation_id=identity, start=k == 0, end=k == last)
            for k, r in enumerate(items)
        ]

    def run(
        groups: list[list[CaseRequest]], together: bool = True
    ) -> list[list[tuple[Answer, ...]]]:
        """Step k of all sequences is sent at the same time; or one sequence after the other."""
        # For each step of the case, which request of which sequence it has.
        plan: list[list[tuple[int, int]]] = []
        if together:
            for k in range(max(len(g) for g in groups)):
                plan.append([(i, k) for i, g in enumerate(groups) if k < len(g)])
        else:
            plan = [[(i, k)] for i, g in enumerate(groups) for k in range(len(g))]
        steps = [Infer(model.name, tuple(groups[i][k] for i, k in step)) for step in plan]
        text = patient(model.config)
        case = Case((model.case_model(text),), (Load(model.name), *steps, Unload(model.name)))
        outcome = ex.run(case, names)
        answers: list[list[tuple[Answer, ...]]] = [[] for _ in groups]
        for present, step in zip(plan, outcome.steps[1 : 1 + len(steps)], strict=False):
            for (i, k), answer in zip(present, step.answers, strict=False):
                answers[i].append(answer)
                for a in answer:
                    ex.expect(not a.error, "sequences.answers",
                              f"request {k} of a sequence got the error '{a.error}'")
        return answers

    def holds(sequences: list[list[CaseRequest]]) -> None:
        groups = [numbered(items, 100 + i) for i, items in enumerate(sequences)]
        alone = [run([group])[0] for group in groups]
        _, _, events = ex._last
        if states:
            made = {e.args[0] for e in events if e.kind == RETURN
                    and e.function == "TRITONBACKEND_StateUpdate" and not e.error}
            ex.expect(bool(made), STATE_UPDATED,
                      "the states that are configured were not updated")
        if len(groups) > 1 and model.deterministic:
            compare(alone, run(groups, together=False), "sequences.starts-fresh", "after others")
            compare(alone, run(groups), "sequences.isolated", "beside others")

    def compare(
        alone: list[list[tuple[Answer, ...]]], found: list[list[tuple[Answer, ...]]], clause: str,
        where: str,
    ) -> None:  # fmt: skip
        for k, (x, y) in enumerate(zip(alone, found, strict=True)):
            for step, (wanted, got) in enumerate(zip(x, y, strict=False)):
                ex.expect(
                    same_answers(wanted, got, exact=False), clause,
                    f"{where}, request {step} of sequence {k} got {shown(got)}, alone "
                    f"{shown(wanted)}",
                )

    def like(first: CaseRequest) -> st.SearchStrategy[list[list[CaseRequest]]]:
        one = st.lists(requests(model, elements=32, like=first), min_size=1, max_size=3)
        return st.lists(one, min_size=1, max_size=3)

    ex.examine(names, requests(model, elements=32).flatmap(like), holds, examples=12)
    return "" if states else "no model of sequences declares a state"


PROPERTIES = (Property(NAMES, isolated),)
