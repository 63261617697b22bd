# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Decoupled models: any number of responses, the same ones each time."""

from __future__ import annotations

from ..cases import CaseRequest
from ..examiner import Examiner
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import one_model, plain, same_answers, shown

NAMES = ("decoupled.final-once", "decoupled.factory-deleted-once", "decoupled.responses-repeat")


def repeat(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if not model.declared.decoupled:
        return "no model is decoupled"

    def holds(request: CaseRequest) -> None:
        outcome = ex.run(one_model(model, plain(model), (request,), (request,)), NAMES)
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        if len(answers) == 2 and model.deterministic:
            ex.expect(same_answers(answers[0], answers[1]), "decoupled.responses-repeat",
                      f"the second time it got {shown(answers[1])}, the first {shown(answers[0])}")

    ex.examine(NAMES, requests(model, elements=64), holds)
    return ""


PROPERTIES = (Property(NAMES, repeat),)
