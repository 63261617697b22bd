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
from .common import same_answers, shown

NAMES = ("sequences.answers", "sequences.isolated", "sequences.state-updated")


def isolated(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if not model.declared.sequence:
        return "no model takes sequences"

    def numbered(items: list[CaseRequest], identity: int) -> list[CaseRequest]:
        last = len(items) - 1
        return [
            replace(r, correlation_id=identity, start=k == 0, end=k == last)
            for k, r in enumerate(items)
        ]

    def run(groups: list[list[CaseRequest]]) -> list[list[tuple[Answer, ...]]]:
        """Step k of all sequences is sent at the same time."""
        steps = []
        for k in range(max(len(g) for g in groups)):
            steps.append(Infer(model.name, tuple(g[k] for g in groups if k < len(g))))
        case = Case((model.case_model(),), (Load(model.name), *steps, Unload(model.name)))
        outcome = ex.run(case, NAMES)
        answers: list[list[tuple[Answer, ...]]] = [[] for _ in groups]
        for k, step in enumerate(outcome.steps[1 : 1 + len(steps)]):
            present = [i for i, g in enumerate(groups) if k < len(g)]
            for i, answer in zip(present, step.answers, strict=False):
                answers[i].append(answer)
                for a in answer:
                    ex.expect(not a.error, "sequences.answers",
                              f"request {k} of a sequence got the error '{a.error}'")
        return answers

    def holds(sequences: list[list[CaseRequest]]) -> None:
        groups = [numbered(items, 100 + i) for i, items in enumerate(sequences)]
        alone = [run([group])[0] for group in groups]
        _, _, events = ex._last
        if model.declared.states:
            made = {e.args[0] for e in events if e.kind == RETURN
                    and e.function == "TRITONBACKEND_StateUpdate" and not e.error}
            ex.expect(bool(made), "sequences.state-updated",
                      "the states that are configured were not updated")
        if len(groups) > 1 and model.deterministic:
            for k, (x, y) in enumerate(zip(alone, run(groups), strict=True)):
                for step, (wanted, got) in enumerate(zip(x, y, strict=False)):
                    ex.expect(
                        same_answers(wanted, got, exact=False),
                        "sequences.isolated",
                        f"beside others, request {step} of sequence {k} got "
                        f"{shown(got)}, alone {shown(wanted)}",
                    )

    def like(first: CaseRequest) -> st.SearchStrategy[list[list[CaseRequest]]]:
        one = st.lists(requests(model, elements=32, like=first), min_size=1, max_size=3)
        return st.lists(one, min_size=1, max_size=3)

    ex.examine(NAMES, requests(model, elements=32).flatmap(like), holds, examples=12)
    return ""


PROPERTIES = (Property(NAMES, isolated),)
