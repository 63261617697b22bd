# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Results made by hand, with all that a library may put into a report's text."""

from __future__ import annotations

from triton_py.conformance.clauses import Clause, clauses
from triton_py.conformance.results import (
    BLOCKED,
    ERROR,
    FAIL,
    NOT_RUN,
    PASS,
    ClauseResult,
    RunResult,
    Violation,
)

#: Ends of sections, tags, quotes, control characters, a turned direction of writing, half a character.
HOSTILE = "]]> <script>alert('x')</script> \"&amp;\" \x00\x1b[2J\x07\r\n\x85 \u202e \ud800 \ufffe \U0001f600"
EVENTS = [
    "  server -> backend TRITONBACKEND_ModelInstanceExecute(modelinstance#1, &requests, 1)",
    "    request 'id' is request#1",
    "    TRITONBACKEND_ResponseNew(&response, request#1)  [thread 2]",
    "      -> response = response#1  [thread 2]",
    "    found: 4: bytes behind an output's buffer were written",
    f'    TRITONBACKEND_RequestInput(request#1, "{HOSTILE}", &input)',
    "      -> error INVALID_ARG: no",
    "    TRITONBACKEND_RequestRelease(request#1, 1)",
]
CASE = {
    "models": [{"name": HOSTILE, "config": f'name: "{HOSTILE}"\nbackend: "x"\n', "folder": ""}],
    "steps": [{"do": "infer", "value": float("nan"), "more": [float("inf"), -float("inf"), 1.5]}],
    "faults": [],
}


def clause(id: str) -> Clause:
    return clauses()[id]


def hostile() -> RunResult:
    """Each status, and each kind of failure."""
    violation = Violation(f"it was {HOSTILE}", EVENTS, CASE, f"SIGSEGV {HOSTILE}",
                          {"python": f"r/{HOSTILE}.py", "c": "r/a.c"})  # fmt: skip
    tolerated = ClauseResult(clause("statistics.truthful"), FAIL, "", 3, [Violation("a lie")],
                             f"known {HOSTILE}", "2999-12-31")  # fmt: skip
    advice = next(c for c in clauses().values() if c.level == "SHOULD")
    return RunResult(
        library=f"/somewhere/{HOSTILE.replace('/', '')}/libtriton_x.so",
        sha256="ab" * 32,
        backend="x",
        models={f"m{HOSTILE}": f'name: "{HOSTILE}"'},
        api_version="1.19",
        seed=7,
        examples=25,
        time_budget=float("inf"),
        seconds=12.25,
        cases=1234,
        workers=5,
        settings_file="conformance.toml",
        settings=f"# {HOSTILE}",
        results=[
            ClauseResult(clause("requests.released-once"), FAIL, "", 20, [violation, violation]),
            ClauseResult(clause("responses.final"), PASS, "", 99),
            tolerated,
            ClauseResult(advice, FAIL, "", 2, [Violation("better not")]),
            ClauseResult(clause("batching.as-alone"), ERROR, f"the harness {HOSTILE}"),
            ClauseResult(clause("loading.reload"), BLOCKED, "model 'm' can't be loaded"),
            ClauseResult(clause("gpu.outputs"), NOT_RUN, "not run: no GPU"),
        ],
        environment={"machine": f"x86_64 {HOSTILE}", "date": "2026-01-02T03:04:05Z"},
        problems=[f"a problem {HOSTILE}"],
        warnings=[f"a warning {HOSTILE}"],
    )


def conformant() -> RunResult:
    """A run without a flaw, over one clause of each of two profiles."""
    return RunResult(
        "libtriton_x.so", "cd" * 32, "x", {"m": 'backend: "x"'}, "1.19", 1, 25, 80.0, 3.0, 50, 2,
        results=[
            ClauseResult(clause("responses.final"), PASS, "", 20),
            ClauseResult(clause("gpu.outputs"), NOT_RUN, "not run: no GPU"),
        ],
        environment={"triton-py": "0.1.0", "date": "2026-01-02T03:04:05Z"},
    )  # fmt: skip
