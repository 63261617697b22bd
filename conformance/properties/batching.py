# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Batches answer as their members alone do."""

from __future__ import annotations

from hypothesis import strategies as st

from ..cases import CaseRequest, FaultAt
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import batched, one_model, plain, same_answers, shown

Batch = tuple[list[CaseRequest], list[int]]


def _why_not(model: ModelUnderTest) -> str:
    facts = model.declared
    if facts.max_batch_size < 2:
        return "no model has a maximum batch size above 1"
    if facts.sequence:
        return "the model takes sequences"
    return "" if model.deterministic else "determinism is not claimed"


def batches(model: ModelUnderTest, most: int) -> st.SearchStrategy[Batch]:
    """Requests of one member each that may share a batch, and an order of theirs."""

    def others(first: CaseRequest) -> st.SearchStrategy[Batch]:
        rest = st.lists(requests(model, elements=64, like=first), min_size=1, max_size=most - 1)
        return rest.flatmap(
            lambda r: st.tuples(
                st.just([first, *r]), st.permutations(range(len(r) + 1)).map(list)
            )
        )

    return requests(model, elements=64).flatmap(others)


def together(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if why := _why_not(model):
        return why
    names = ("batching.as-alone", "batching.order-free", "batching.none-lost")

    def holds(batch: Batch) -> None:
        members, order = batch
        alone = ex.run(one_model(model, plain(model), *[(m,) for m in members]))
        text = batched(model, len(members))
        reordered = [members[i] for i in order]
        outcome = ex.run(one_model(model, text, members, reordered), names)
        groups = [s.answers for s in outcome.steps if s.answers]
        wanted = [s.answers[0] for s in alone.steps if s.answers]
        for k, answer in enumerate(groups[0] if groups else ()):
            ex.expect(bool(answer), "batching.none-lost", f"member {k} of a batch got no answer")
        if len(groups) < 2 or len(wanted) < len(members):
            return
        for k, answer in enumerate(groups[0]):
            ex.expect(
                same_answers(wanted[k], answer, exact=False), "batching.as-alone",
                f"member {k} of a batch of {len(members)} got {shown(answer)}, alone "
                f"{shown(wanted[k])}",
            )
        for place, k in enumerate(order):
            ex.expect(
                same_answers(groups[0][k], groups[1][place], exact=False), "batching.order-free",
                f"at place {place} of the batch it got {shown(groups[1][place])}, at {k} "
                f"{shown(groups[0][k])}",
            )

    ex.examine(names, batches(model, min(model.declared.max_batch_size, 8)), holds)
    return ""


def full(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if why := _why_not(model):
        return why
    size = min(model.declared.max_batch_size, 64)

    def holds(request: CaseRequest) -> None:
        outcome = ex.run(
            one_model(model, batched(model, size), [request] * size), ("batching.full",)
        )
        answers = [a for s in outcome.steps for r in s.answers for a in r]
        errors = [a.error for a in answers if a.error]
        ex.expect(not errors, "batching.full", f"in a full batch: '{''.join(errors[:1])}'")

    ex.examine(("batching.full",), requests(model, elements=64), holds, examples=3)
    return ""


def neighbours(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """One member's input can't be read: the server says so to that one alone."""
    if why := _why_not(model):
        return why

    def holds(case: tuple[Batch, int]) -> None:
        (members, _), nth = case
        text = batched(model, len(members))
        fault = FaultAt("TRITONBACKEND_InputBuffer", nth)
        good = ex.run(one_model(model, text, members))
        bad = ex.run(one_model(model, text, members, faults=(fault,)), ("batching.bad-neighbour",))
        wanted = [s.answers for s in good.steps if s.answers]
        got = [s.answers for s in bad.steps if s.answers]
        if not wanted or not got:
            return
        # Whose input it was has the call's own error. The batch may fail as a whole, in which case
        # all have that.
        errors = [{a.error for a in y if a.error} for y in got[0]]
        of_fault = next((e for e in errors if any("on purpose" in text for text in e)), set())
        whole = bool(of_fault) and all(e == of_fault for e in errors)
        for k, (x, y) in enumerate(zip(wanted[0], got[0], strict=True)):
            if whole or errors[k] == of_fault != set():
                continue
            ex.expect(
                same_answers(x, y, exact=False), "batching.bad-neighbour",
                f"beside one that failed, member {k} got {shown(y)} and not {shown(x)}",
            )

    strategy = st.tuples(batches(model, 4), st.integers(1, 4))
    ex.examine(("batching.bad-neighbour",), strategy, holds, examples=6)
    return ""


PROPERTIES = (
    Property(("batching.as-alone", "batching.order-free", "batching.none-lost"), together),
    Property(("batching.full",), full),
    Property(("batching.bad-neighbour",), neighbours),
)
