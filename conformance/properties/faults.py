# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Calls to the server that fail: each one that the backend was seen to make, in turn."""

from __future__ import annotations

from collections import Counter

from ..cases import Answer, Case, CaseRequest, FaultAt
from ..examiner import Examiner, Violated
from ..log import CALL, functions
from ..rules import Context, Finding, check
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import one_model, plain, same_answers, shown

NAMES = ("faults.survives", "faults.answers", "faults.leaks-nothing", "faults.recovers",
         "lifecycle.failed-initialize-cleans-up")
#: Of each function, the first and a later call.
NTH = (1, 2, 3)
#: Their failure says nothing: a backend can only go on, or has no way to tell.
_SPARED = {"TRITONBACKEND_RequestRelease", "TRITONSERVER_LogMessage", "TRITONSERVER_LogIsEnabled"}
_LEAKS = ("hygiene.errors-deleted", "hygiene.messages-deleted", "responses.sent-or-deleted",
          "hygiene.memory-manager", "decoupled.factory-deleted-once")
_ANSWERS = ("requests.", "responses.", "decoupled.")
#: Where a call failed on purpose these say nothing of the backend.
_MOOT = ("statistics.", "tensors.", "hygiene.valid-calls", "lifecycle.finalize-succeeds",
         "sequences.")


def translated(finding: Finding) -> Finding | None:
    """What a rule found in a case with faults, as the clause of faults that it amounts to."""
    if finding.clause in ("lifecycle.survives", "responses.timely"):
        return Finding("faults.survives", finding.summary, finding.seq)
    if finding.clause in _LEAKS:
        return Finding("faults.leaks-nothing", finding.summary, finding.seq)
    if finding.clause.startswith(_MOOT):
        return None
    if finding.clause.startswith(_ANSWERS):
        return Finding("faults.answers", finding.summary, finding.seq)
    return finding


def _examined(
    ex: Examiner, case: Case, fault: FaultAt, wanted: tuple[Answer, ...] | None
) -> None:
    outcome, events = ex.pool.run(case)
    for name in NAMES[:4]:
        ex.results[name].cases += 1
    ex.on_progress("faults.survives", ex.pool.cases, ex.violations)
    what = f"when call {fault.nth} of {fault.function} fails: "
    for finding in check(Context(case, outcome, events)):
        amounts = translated(finding)
        if amounts is not None and not ex.found(amounts.clause):
            told = Finding(amounts.clause, what + amounts.summary, amounts.seq)
            raise Violated(told, case, outcome, events)
    ex._last = (case, outcome, events)
    if not any(outcome.fired):
        return
    steps = [s.answers[0] for s in outcome.steps if s.answers]
    if len(steps) == 3 and wanted is not None:
        for answer in steps[:2]:
            ex.expect(
                any(a.error for a in answer) or same_answers(wanted, answer),
                "responses.errors-are-errors",
                f"{what}the answer was no error, and wrong: {shown(answer)}; right is "
                f"{shown(wanted)}",
            )
        ex.expect(
            same_answers(wanted, steps[2]), "faults.recovers",
            f"{what}a later request got {shown(steps[2])}, without the fault {shown(wanted)}",
        )


def each_call(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    if model.declared.sequence:
        return "the model takes sequences"
    failable = {f.name for f in functions()
                if f.by_server and f.returns == "TRITONSERVER_Error*"} - _SPARED

    def holds(request: CaseRequest) -> None:
        clean = one_model(model, plain(model), (request,), (request,), (request,))
        outcome, events = ex.pool.run(clean)
        if outcome.ended or any(s.error for s in outcome.steps):
            return
        made = Counter(e.function for e in events if e.kind == CALL)
        infers = [s.answers[0] for s in outcome.steps if s.answers]
        wanted = infers[0] if model.deterministic and len(infers) == 3 else None
        for function in sorted(made):
            if function not in failable or ex.out_of_time:
                continue
            total = made[function]
            # Of the calls for the last request none fails: it shows whether the backend recovers.
            most = max(1, total * 2 // 3)
            for nth in sorted({1, (most + 1) // 2, most, *[n for n in NTH if n <= most]}):
                fault = FaultAt(function, nth)
                case = one_model(
                    model, plain(model), (request,), (request,), (request,), faults=(fault,)
                )
                _examined(ex, case, fault, wanted)

    ex.examine(NAMES[:4], requests(model, elements=32), holds, examples=1)
    return ""


def other_memory(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Pinned memory is memory that any code can write; a backend has to look at what it gets."""
    if model.declared.sequence:
        return "the model takes sequences"

    def holds(request: CaseRequest) -> None:
        usual = ex.run(one_model(model, plain(model), (request,)))
        pinned = ex.run(
            one_model(model, plain(model), (request,), output_memory=1), ("faults.other-memory",)
        )
        wanted, got = (
            [s.answers[0] for s in o.steps if s.answers] for o in (usual, pinned)
        )
        if wanted and got and not any(a.error for a in got[0]) and model.deterministic:
            ex.expect(same_answers(wanted[0], got[0]), "faults.other-memory",
                      f"into pinned memory it wrote {shown(got[0])}, else {shown(wanted[0])}")

    ex.examine(("faults.other-memory",), requests(model, elements=64), holds, examples=3)
    return ""


PROPERTIES = (
    Property(NAMES[:4], each_call),
    Property(("faults.other-memory",), other_memory),
)
