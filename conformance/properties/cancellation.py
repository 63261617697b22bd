# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests that are cancelled still end."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from hypothesis import strategies as st

from ..cases import CaseRequest
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import one_model, plain

#: What is quicker than this can't be seen to end early.
LONG_S = 0.015
CANDIDATES = 20
#: Of those that are long so many are looked at.
LONG_ONES = 2
TRIES = 5
#: Of its usual time a request that is cancelled at once may take so much.
EARLY = 0.8


def answered(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(pair: tuple[CaseRequest, float]) -> None:
        request, after = pair
        cancelled = replace(request, cancel_after_ms=after)
        case = one_model(model, plain(model), (cancelled, request, cancelled), (request,))
        outcome = ex.run(case, ("cancellation.answered",))
        for step in outcome.steps:
            ex.expect(not step.unanswered, "cancellation.answered",
                      f"requests {list(step.unanswered)} got no final response")

    strategy = st.tuples(requests(model, elements=64), st.sampled_from([0.0, 1.0, 5.0]))
    # Many: a cancellation has to meet a request while it is executed.
    ex.examine(("cancellation.answered",), strategy, holds, examples=20)
    return ""


def stops_early(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Requests that take long, and the same ones cancelled soon."""
    name = "cancellation.stops-early"

    def seconds(request: CaseRequest) -> float:
        outcome = ex.run(one_model(model, plain(model), (request,)))
        return max((s.seconds for s in outcome.steps if s.answers), default=0.0)

    def holds(request: CaseRequest) -> None:
        if ex.results[name].cases >= LONG_ONES or seconds(request) < LONG_S:
            return
        whole = median(seconds(request) for _ in range(TRIES))
        cancelled = replace(request, cancel_after_ms=1.0)
        early = median(seconds(cancelled) for _ in range(TRIES))
        if whole < LONG_S:
            return  # it was an accident
        ex.results[name].cases += 1
        ex.expect(
            early < whole * EARLY, name,
            f"cancelled after 1 ms a request took {early * 1000:.0f} ms, else "
            f"{whole * 1000:.0f} ms",
        )

    ex.examine((name,), requests(model, elements=4096), holds, examples=CANDIDATES)
    if not ex.results[name].cases:
        return f"no request of {CANDIDATES} took {LONG_S * 1000:.0f} ms or longer"
    return ""


PROPERTIES = (
    Property(("cancellation.answered",), answered),
    Property(("cancellation.stops-early",), stops_early),
)
