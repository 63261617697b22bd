# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Calls to the server that fail: each one that the backend was seen to make, in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ..cases import Answer, Case, CaseRequest, FaultAt, Load, Outcome, Unload
from ..cuda import PINNED
from ..examiner import Examiner, Violated
from ..log import CALL, ENTER, LEAVE, LogEvent, functions
from ..rules import Context, Finding, check
from ..story import EXECUTE
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import infer, one_model, plain, same_answers, shown
from .growth import certain_growth

NAMES = ("faults.survives", "faults.answers", "faults.leaks-nothing", "faults.recovers")
CLEANS_UP = "lifecycle.failed-initialize-cleans-up"
#: Of each function, the first and a later call.
NTH = (1, 2, 3)
#: Requests, or loads, of one case that looks for what grows.
MANY = 200
#: Each function is a case of its own, and they share a process: the first of them warms up for all.
WARM_UP = 1
#: Their failure says nothing: a backend can only go on, or has no way to tell.
_SPARED = {"TRITONBACKEND_RequestRelease", "TRITONSERVER_LogMessage", "TRITONSERVER_LogIsEnabled"}
_LEAKS = ("hygiene.errors-deleted", "hygiene.messages-deleted", "responses.sent-or-deleted",
          "hygiene.memory-manager", "decoupled.factory-deleted-once")
_ANSWERS = ("requests.", "responses.", "decoupled.")
#: Where a call failed on purpose these say nothing of the backend.
_MOOT = ("statistics.", "tensors.", "hygiene.valid-calls", "lifecycle.finalize-succeeds",
         "sequences.")
_INITIALIZE = ("TRITONBACKEND_Initialize", "TRITONBACKEND_ModelInitialize",
               "TRITONBACKEND_ModelInstanceInitialize")
_FINALIZE = ("TRITONBACKEND_Finalize", "TRITONBACKEND_ModelFinalize",
             "TRITONBACKEND_ModelInstanceFinalize")
FAILABLE = frozenset(
    f.name for f in functions() if f.by_server and f.returns == "TRITONSERVER_Error*"
) - _SPARED


def translated(finding: Finding) -> Finding | None:
    """What a rule found in a case with faults, as the clause of faults that it amounts to."""
    if finding.clause in ("lifecycle.survives", "responses.timely", "tensors.output-bounds",
                          "tensors.input-bounds"):
        return Finding("faults.survives", finding.summary, finding.seq)
    # To delete something twice is no leak.
    if finding.clause in _LEAKS and ("never" in finding.summary or "neither" in finding.summary):
        return Finding("faults.leaks-nothing", finding.summary, finding.seq)
    if finding.clause.startswith(_MOOT):
        return None
    if finding.clause.startswith(_ANSWERS):
        return Finding("faults.answers", finding.summary, finding.seq)
    return finding


def _what(fault: FaultAt) -> str:
    which = f"from call {fault.nth} on each" if fault.onward else f"call {fault.nth}"
    return f"when {which} of {fault.function} fails: "


def _run(
    ex: Examiner, case: Case, exercises: Sequence[str], clause: str = "", rules: bool = True
) -> Outcome:
    """Runs a case with a fault. What the rules find amounts to ``clause``, if one is named."""
    case = ex.paced(case)
    outcome, events = ex.pool.run(case, rules)
    for name in exercises:
        ex.results[name].cases += 1
    ex.on_progress(exercises[0], ex.pool.cases, ex.violations)
    for finding in check(Context(case, outcome, events)) if rules or outcome.ended else ():
        amounts = translated(finding)
        if amounts is None:
            continue
        name = clause or amounts.clause
        if not ex.found(name):
            told = Finding(name, _what(case.faults[0]) + amounts.summary, amounts.seq)
            raise Violated(told, case, outcome, events)
    ex._last = (case, outcome, events)
    return outcome


def _repeat(ex: Examiner, case: Case, exercises: str, clause: str, first: bool) -> Outcome:
    return _run(ex, case, (exercises,), clause, first)


def _examined(
    ex: Examiner, case: Case, fault: FaultAt, wanted: tuple[Answer, ...] | None
) -> Outcome:
    outcome = _run(ex, case, NAMES)
    steps = [s.answers[0] for s in outcome.steps if s.answers]
    if any(outcome.fired) and len(steps) == 3 and wanted is not None:
        for answer in steps[:2]:
            ex.expect(
                any(a.error for a in answer)
                or same_answers(wanted, answer)
                # Who can't make a response can only say that none follows.
                or ("ResponseNew" in fault.function and all(a.empty for a in answer)),
                "responses.errors-are-errors",
                f"{_what(fault)}the answer was no error, and wrong: {shown(answer)}; right is "
                f"{shown(wanted)}",
            )
        # Where the number of calls depends on time, the one that failed may be the last request's.
        no_measure = fault.onward or not made_before_last(ex._last[2], fault)
        ex.expect(
            no_measure or same_answers(wanted, steps[2]), "faults.recovers",
            f"{_what(fault)}a later request got {shown(steps[2])}, without the fault "
            f"{shown(wanted)}",
        )
    return outcome


def made_before_last(events: Sequence[LogEvent], fault: FaultAt) -> bool:
    """Whether the call that failed was made before the last Execute began."""
    made = before = 0
    for event in events:
        made += event.kind == CALL and event.function == fault.function
        if event.kind == ENTER and event.function == EXECUTE:
            before = made
    return before >= fault.nth


def calls_within(events: Sequence[LogEvent], entries: Sequence[str]) -> dict[str, list[int]]:
    """By function, which of its calls (from 1 on) were made while one of these ran."""
    inside: set[int] = set()
    counts: Counter[str] = Counter()
    found: dict[str, list[int]] = {}
    for event in events:
        if event.kind == ENTER and event.function in entries:
            inside.add(event.thread)
        elif event.kind == LEAVE and event.function in entries:
            inside.discard(event.thread)
        elif event.kind == CALL:
            counts[event.function] += 1
            if event.thread in inside:
                found.setdefault(event.function, []).append(counts[event.function])
    return found


def each_call(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    hung: set[FaultAt] = set()

    def one(fault: FaultAt, request: CaseRequest, wanted: tuple[Answer, ...] | None) -> None:
        if fault in hung or ex.out_of_time:
            return
        case = one_model(model, plain(model), (request,), (request,), (request,), faults=(fault,))
        try:
            _examined(ex, case, fault, wanted)
        except Violated as violated:
            if violated.outcome.ended.startswith("hang") or _slow(violated.outcome):
                hung.add(fault)  # its whole time once is enough
            raise

    def holds(request: CaseRequest) -> None:
        # What failed before must not be what a request that nothing fails for is compared with.
        ex.pool.fresh()
        clean = ex.paced(one_model(model, plain(model), (request,), (request,), (request,)))
        if clean.keep:
            ex.pool.run(clean)  # loads it: the calls that are counted are those of the requests
        outcome, events = ex.pool.run(clean)
        if outcome.ended or any(s.error for s in outcome.steps):
            return
        made = Counter(e.function for e in events if e.kind == CALL)
        infers = [s.answers[0] for s in outcome.steps if s.answers]
        wanted = infers[0] if model.deterministic and len(infers) == 3 else None
        executing = _executing(events)
        # Where Finalize can't get at what it is to free nobody is to blame.
        needed = calls_within(events, _FINALIZE)
        for function in sorted(made):
            if function not in FAILABLE:
                continue
            # Of the calls for the last request none fails: it shows whether the backend recovers.
            most = max(1, made[function] * 2 // 3)
            for nth in sorted({1, (most + 1) // 2, most, *[n for n in NTH if n <= most]}):
                if nth not in needed.get(function, ()):
                    one(FaultAt(function, nth), request, wanted)
            if function in executing and function not in needed:
                one(FaultAt(function, executing[function], onward=True), request, wanted)

    ex.examine(NAMES, requests(model, elements=32), holds, examples=1)
    return ""


def _slow(outcome: Outcome) -> bool:
    return any(step.unanswered for step in outcome.steps)


def _executing(events: Sequence[LogEvent]) -> dict[str, int]:
    """By function, the number of its first call after the first Execute began, on any thread."""
    counts: Counter[str] = Counter()
    found: dict[str, int] = {}
    began = False
    for event in events:
        if event.kind == ENTER:
            began = (began or event.function == EXECUTE) and event.function not in _FINALIZE
        elif event.kind == CALL:
            counts[event.function] += 1
            if began:
                found.setdefault(event.function, counts[event.function])
    return found


def leaks_nothing(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Each function that Execute calls fails for many requests: nothing may grow."""
    name = "faults.leaks-nothing"

    def holds(request: CaseRequest) -> None:
        clean = ex.paced(one_model(model, plain(model), (request,)))
        if clean.keep:
            ex.pool.run(clean)
        outcome, events = ex.pool.run(clean)
        if outcome.ended or any(s.error for s in outcome.steps):
            return
        needed = calls_within(events, _FINALIZE)
        for function, first in sorted(_executing(events).items()):
            if function not in FAILABLE or function in needed or ex.out_of_time:
                continue
            fault = FaultAt(function, first, onward=True)
            case = one_model(model, plain(model), (request,) * MANY, faults=(fault,), timeout_s=30.0)
            grown = certain_growth(ex.pool, partial(_repeat, ex, case, name, ""), MANY, WARM_UP)
            ex.expect(not grown, name,
                      f"{_what(fault)}{MANY} requests take {grown} bytes for good, each time")

    ex.pool.fresh()
    ex.examine((name,), requests(model, elements=32), holds, examples=1)
    return ""


def failed_initialize(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Each call that is made while something is initialized fails, once and always."""
    hung: set[FaultAt] = set()
    failable: set[str] = set()

    def once(request: CaseRequest, fault: FaultAt, wanted: Sequence[Answer]) -> None:
        steps = (Load(model.name), Load(model.name), infer(model, (request,)), Unload(model.name))
        case = Case((model.case_model(plain(model)),), steps, faults=(fault,))
        try:
            outcome = _run(ex, case, (CLEANS_UP,), CLEANS_UP)
        except Violated as violated:
            if violated.outcome.ended.startswith("hang"):
                hung.add(fault)
            raise
        ex.expect(len(outcome.steps) < 2 or not outcome.steps[1].error, CLEANS_UP,
                  f"{_what(fault)}the model can't be loaded later: {outcome.steps[1].error}")
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        if answers and model.deterministic:
            ex.expect(same_answers(wanted, answers[0]), CLEANS_UP,
                      f"{_what(fault)}loaded later it answers {shown(answers[0])}, else "
                      f"{shown(wanted)}")

    def holds(request: CaseRequest) -> None:
        clean = replace(ex.paced(one_model(model, plain(model), (request,))), keep=False)
        outcome, events = ex.pool.run(clean)
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        if not answers:
            return
        needed = calls_within(events, _FINALIZE)
        failable.update(FAILABLE & set(calls_within(events, _INITIALIZE)))
        for function, calls in sorted(calls_within(events, _INITIALIZE).items()):
            if function not in FAILABLE:
                continue
            for nth in calls:
                fault = FaultAt(function, nth)
                if fault not in hung and not ex.out_of_time:
                    once(request, fault, answers[0])
            if function in needed or ex.out_of_time:
                continue
            fault = FaultAt(function, calls[0], onward=True)
            text = plain(model)
            many = ex.loads(MANY // 2)
            case = Case((model.case_model(text),), (Load(model.name),) * many, faults=(fault,),
                        timeout_s=30.0)
            grown = certain_growth(ex.pool, partial(_repeat, ex, case, CLEANS_UP, CLEANS_UP), many,
                                   WARM_UP)
            ex.expect(not grown, CLEANS_UP,
                      f"{_what(fault)}{many} loads take {grown} bytes for good, each time")

    ex.examine((CLEANS_UP,), requests(model, elements=32), holds, examples=1)
    return "" if failable else "the library calls nothing that may fail while it is initialized"


def other_memory(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Pinned memory is memory that any code can write; a backend has to look at what it gets."""

    def holds(request: CaseRequest) -> None:
        there = {n: replace(t, memory_type=PINNED) for n, t in request.inputs.items()}
        usual = ex.run(one_model(model, plain(model), (request,)))
        wanted = [s.answers[0] for s in usual.steps if s.answers]
        for what, case in (
            ("into pinned memory it wrote",
             one_model(model, plain(model), (request,), output_memory=PINNED)),
            ("of inputs in pinned memory it made",
             one_model(model, plain(model), (replace(request, inputs=there),))),
        ):  # fmt: skip
            outcome = ex.run(case, ("faults.other-memory",))
            got = [s.answers[0] for s in outcome.steps if s.answers]
            if wanted and got and not any(a.error for a in got[0]) and model.deterministic:
                ex.expect(same_answers(wanted[0], got[0]), "faults.other-memory",
                          f"{what} {shown(got[0])}, else {shown(wanted[0])}")

    ex.examine(("faults.other-memory",), requests(model, elements=64), holds, examples=3)
    return ""


PROPERTIES = (
    Property(NAMES, each_call),
    Property((CLEANS_UP,), failed_initialize),
    Property(("faults.leaks-nothing",), leaks_nothing),
    Property(("faults.other-memory",), other_memory),
)
