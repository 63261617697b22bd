# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A whole run: all properties over all models, within a time budget."""

from __future__ import annotations

import platform
import re
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from triton_py import get_include

from .clauses import clauses
from .confirm import confirm
from .coverage import features
from .defaults import DEFAULT_BUDGET_S, DEFAULT_EXAMPLES, DEFAULT_SEED
from .examiner import LOADING_S, SHRINK_S, Examiner
from .pool import HarnessError, Pool
from .properties import Property, all_properties
from .results import BLOCKED, ERROR, FAIL, NOT_RUN, PASS, ClauseResult, RunResult
from .target import ModelUnderTest, Target

#: Without it nothing can be examined.
_FIRST = "lifecycle.initialize-succeeds"
_NOT_LOADED = "can't be loaded"
_NO_TIME = "the time budget was used up before"
_CUT = "the time budget was used up while it was examined"

#: Told of the clause that is examined, and of cases and violations so far.
Progress = Callable[[str, int, int], None]


def certify(
    target: Target,
    *,
    seed: int = DEFAULT_SEED,
    examples: int = DEFAULT_EXAMPLES,
    budget_s: float = DEFAULT_BUDGET_S,
    profiles: Sequence[str] = (),
    strict: bool = False,
    fail_fast: bool = False,
    until: str = "",
    shrink_s: float = SHRINK_S,
    loading_s: float = LOADING_S,
    again: bool = True,
    progress: Progress | None = None,
) -> RunResult:
    """Hold a library against the clauses of the profiles, all where none is named.

    ``until``: end as soon as this clause was found to be violated. ``loading_s``: what many loads in a row may take;
    a model that can't be loaded often in it stays loaded from case to case. ``again``: look at each violation
    once more in a fresh process.
    Raises HarnessError where the harness can't do its work at all.
    """
    began = time.monotonic()
    with Pool(target.library, target.backend) as pool:
        ex = Examiner(pool, seed, examples, began + budget_s, shrink_s, loading_s)
        if progress is not None:
            ex.on_progress = progress
        reasons = _run(ex, target, profiles, fail_fast, until)
        ex.finish_rules()
        if again:
            confirm(ex, target)
        problems = _settle(ex, reasons, profiles)
        whole = not profiles and not problems and not (fail_fast and ex.violations) and not until
        if whole and not ex.out_of_time:
            problems += _unexercised(ex, target)
        return RunResult(
            library=str(target.library),
            sha256=target.sha256,
            backend=target.backend,
            models={m.name: m.config for m in target.models},
            api_version=_api_version(),
            seed=seed,
            examples=examples,
            time_budget=budget_s,
            seconds=time.monotonic() - began,
            cases=pool.cases,
            workers=pool.workers,
            strict=strict,
            profiles=list(profiles),
            results=[r for r in ex.results.values() if _wanted(r, profiles)],
            environment=_environment(),
            problems=problems,
        )


def _wanted(result: ClauseResult, profiles: Sequence[str]) -> bool:
    return not profiles or result.clause.profile in profiles


def _run(
    ex: Examiner, target: Target, profiles: Sequence[str], fail_fast: bool, until: str
) -> dict[str, str]:
    """Runs the properties; for each clause that none could examine, why."""
    reasons: dict[str, str] = {}
    blocked: set[str] = set()
    work = [
        (entry, model)
        for entry in all_properties()
        if _FIRST in entry.clauses or _examines(entry, profiles)
        for model in (target.models[:1] if entry.once else target.models)
    ]
    for entry, model in work:
        if model.name in blocked:
            for clause in entry.clauses:
                reasons.setdefault(clause, f"model '{model.name}' {_NOT_LOADED}")
            continue
        ex.on_progress(entry.clauses[0], ex.pool.cases, ex.violations)
        _one(ex, entry, target, model, reasons)
        if ex.found(_FIRST) and _FIRST in entry.clauses:
            blocked.add(model.name)
        if (fail_fast and ex.violations) or (until and ex.found(until)):
            break
    return reasons


def _examines(entry: Property, profiles: Sequence[str]) -> bool:
    return not profiles or any(clauses()[c].profile in profiles for c in entry.clauses)


def _one(
    ex: Examiner, entry: Property, target: Target, model: ModelUnderTest, reasons: dict[str, str]
) -> None:
    if ex.out_of_time:
        for clause in entry.clauses:
            reasons.setdefault(clause, _NO_TIME)
        return
    ex.begin(entry.name, model.name)
    before = ex.pool.cases
    try:
        why = entry.run(ex, target, model)
    except HarnessError as error:
        _failed(ex, entry, str(error))
        return
    except Exception as error:  # noqa: BLE001 a fault of ours is no finding, and not the end
        place = traceback.extract_tb(error.__traceback__)[-1]
        _failed(ex, entry, f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {error}")
        return
    if ex.cut:
        # With another model it may have been whole; with this one it was not.
        ex.cut_short(entry.clauses)
        reasons.update(dict.fromkeys(entry.clauses, _CUT))
    elif why and ex.pool.cases > before:
        # With this model some of them were examined: it has more to say of the others than one with none.
        reasons.update(dict.fromkeys(entry.clauses, why))
    elif why:
        for clause in entry.clauses:
            reasons.setdefault(clause, why)


def _failed(ex: Examiner, entry: Property, why: str) -> None:
    """The harness could not do its work: neither a pass nor a finding."""
    for clause in entry.clauses:
        if ex.results[clause].status != FAIL:
            ex.results[clause].status, ex.results[clause].reason = ERROR, why


def _settle(ex: Examiner, reasons: dict[str, str], profiles: Sequence[str]) -> list[str]:
    """Says of each clause without a status why it has none."""
    problems = []
    reasons.setdefault("tensors.reference", "no reference function is given")
    for clause, result in ex.results.items():
        if result.status != NOT_RUN or not _wanted(result, profiles):
            continue
        result.reason = reasons.get(clause, "no case exercised it")
        if result.reason.endswith(_NOT_LOADED):
            result.status = BLOCKED
        if result.reason in (_NO_TIME, _CUT):
            problems.append(f"{clause}: {result.reason}")
    if not any(r.status == PASS for r in ex.results.values()) and not problems:
        problems.append("no clause could be examined")
    return problems


def _unexercised(ex: Examiner, target: Target) -> list[str]:
    """What models declare that no case exercised: a run without it is not whole."""
    return [
        f"model '{model}' declares what no case exercised: {what}"
        for entry in target.models
        for model, what in features(entry)
        if (model, what) not in ex.exercised and not ex.found(_FIRST)
    ]


def _api_version() -> str:
    """The backend API's version that this package has, by its headers."""
    header = Path(get_include(), "triton", "core", "tritonbackend.h").read_text()
    found = dict(re.findall(r"#define TRITONBACKEND_API_VERSION_(MAJOR|MINOR) (\d+)", header))
    return f"{found['MAJOR']}.{found['MINOR']}"


def _environment() -> dict[str, str]:
    try:
        package = version("triton-py")
    except PackageNotFoundError:
        package = "a source tree"
    return {
        "triton-py": package,
        "hypothesis": version("hypothesis"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kernel": f"{platform.system()} {platform.release()}",
        "C library": " ".join(platform.libc_ver()),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
