# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Nothing grows: memory and descriptors over requests and reloads."""

from __future__ import annotations

from itertools import pairwise

from ..cases import Case, CaseRequest, Infer, Load, Unload
from ..examiner import Examiner
from ..strategies import requests
from ..target import Target, TestModel
from . import Property
from .common import one_model, plain

#: Requests of one case, whose answers all lie in memory at a time.
GROUP = 50
GROUPS = 8
RELOADS = 30
#: Growth below this is the allocator's, not the backend's.
NOISE_BYTES = 1 << 20


def _growth(readings: list[int]) -> int:
    """Bytes by which memory grew in each of the last rounds, the smallest step of them."""
    steps = [b - a for a, b in pairwise(readings)]
    return min(steps[1:]) if len(steps) > 2 else 0


def _grows(ex: Examiner, case: Case, clause: str, what: str, amount: int) -> None:
    """The same case again and again, in one process: what grows each time is a leak."""
    readings = []
    for _ in range(5):
        outcome = ex.run(case, (clause, "hygiene.descriptors-steady"))
        if outcome.ended:
            return
        ex.expect(
            outcome.descriptors_left == 0, "hygiene.descriptors-steady",
            f"{outcome.descriptors_left} file descriptors are open that were not before",
        )
        readings.append(outcome.rss_bytes)
    grown = _growth(readings)
    ex.expect(grown < NOISE_BYTES, clause, f"{amount} {what} take {grown} bytes for good")


def requests_steady(ex: Examiner, target: Target, model: TestModel) -> str:
    if model.declared.sequence:
        return "the model takes sequences"

    def holds(request: CaseRequest) -> None:
        groups = [(request,) * GROUP for _ in range(GROUPS)]
        case = one_model(model, plain(model), *groups, timeout_s=60.0)
        _grows(ex, case, "hygiene.memory-steady", "requests", GROUP * GROUPS)

    names = ("hygiene.memory-steady", "hygiene.descriptors-steady")
    ex.pool.fresh()
    ex.examine(names, requests(model, elements=512), holds, examples=1)
    return ""


def reloads_steady(ex: Examiner, target: Target, model: TestModel) -> str:
    if model.declared.sequence:
        return "the model takes sequences"

    def holds(request: CaseRequest) -> None:
        steps = (Load(model.name), Infer(model.name, (request,)), Unload(model.name)) * RELOADS
        case = Case((model.case_model(plain(model)),), steps, timeout_s=60.0)
        _grows(ex, case, "hygiene.reload-steady", "loads and unloads", RELOADS)

    ex.pool.fresh()
    ex.examine(("hygiene.reload-steady",), requests(model, elements=16), holds, examples=1)
    return ""


PROPERTIES = (
    Property(("hygiene.memory-steady", "hygiene.descriptors-steady"), requests_steady),
    Property(("hygiene.reload-steady",), reloads_steady),
)
