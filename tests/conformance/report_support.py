# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A run's results, made by hand, with what a hostile library might bring into them."""

from __future__ import annotations

from triton_py.conformance.clauses import clauses
from triton_py.conformance.results import (
    BLOCKED,
    ERROR,
    FAIL,
    NOT_RUN,
    PASS,
    ClauseResult,
    Origin,
    RunResult,
    Violation,
)

HOSTILE = "a\x1b[31m red ]]> <script>alert(1)</script> & \ud800 \x00 \u202e 'quoted' \"twice\""
CASE = {
    "models": [{"name": "m", "config": 'backend: "x"\n# <b>', "folder": ""}],
    "steps": [{"do": "infer", "model": HOSTILE, "requests": [], "timeout_s": float("nan")}],
    "faults": [],
}


def violation(**options) -> Violation:
    return Violation(
        HOSTILE, ["  server -> backend TRITONBACKEND_ModelInstanceExecute(x)", f"    {HOSTILE}"],
        CASE, "SIGSEGV", Origin("tensors.accepted", "m", 0, "None"), "no",
        {"python": "somewhere/reproduce.py"}, **options,
    )  # fmt: skip


def run_of(statuses: dict[str, str], **options) -> RunResult:
    """All clauses passed but for these."""
    results = []
    for id, clause in clauses().items():
        status = statuses.get(id, PASS)
        result = ClauseResult(clause, status, cases=3 if status in (PASS, FAIL) else 0)
        if status == FAIL:
            result.violations.append(violation())
        if status in (FAIL, ERROR, BLOCKED, NOT_RUN):
            result.reason = HOSTILE
        results.append(result)
    return RunResult(
        library="/somewhere/libtriton_x.so", sha256="ab" * 32, backend="x",
        models={"m": CASE["models"][0]["config"]}, api_version="1.19", seed=7, examples=25,
        time_budget=80.0, seconds=1.5, cases=99, workers=2, results=results,
        environment={"python": HOSTILE}, **options,
    )  # fmt: skip


EVERY_STATUS = {
    "requests.released": FAIL, "cancellation.stops-early": FAIL, "tensors.empty": ERROR,
    "batching.full": BLOCKED, "gpu.outputs": NOT_RUN,
}  # fmt: skip
