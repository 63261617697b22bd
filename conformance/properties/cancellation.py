# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests that are cancelled still end."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ..cases import CaseRequest
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import one_model, plain


def answered(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if model.declared.sequence:
        return "the model takes sequences"

    def holds(pair: tuple[CaseRequest, float]) -> None:
        request, after = pair
        cancelled = replace(request, cancel_after_ms=after)
        case = one_model(model, plain(model), (cancelled, request, cancelled), (request,))
        outcome = ex.run(case, ("cancellation.answered",))
        for step in outcome.steps:
            ex.expect(not step.unanswered, "cancellation.answered",
                      f"requests {list(step.unanswered)} got no final response")

    strategy = st.tuples(requests(model, elements=64), st.sampled_from([0.0, 1.0, 5.0]))
    ex.examine(("cancellation.answered",), strategy, holds, examples=6)
    return ""


PROPERTIES = (Property(("cancellation.answered",), answered),)
