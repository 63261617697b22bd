# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a run found, as data: the reports are made of this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .clauses import Clause

PASS = "pass"
FAIL = "fail"
#: The harness itself failed: neither a pass nor a finding.
ERROR = "error"
NOT_RUN = "not-run"
#: Something that must hold first did not.
BLOCKED = "blocked"
STATUSES = (PASS, FAIL, ERROR, NOT_RUN, BLOCKED)

CONFORMANT = "conformant"
VIOLATIONS = "violations"
INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Origin:
    """A property's check, and the value that it failed with."""

    #: ``<module>.<function>`` of conformance/properties.
    property: str
    #: The model's name.
    model: str
    #: Which of the checks of that function, from 0 on.
    number: int
    #: A Python expression with the names of cases.py; "None" where the check takes no value.
    value: str
    #: Cases that have to be run first, in the same process, as JSON; mostly none.
    before: tuple[Mapping[str, Any], ...] = ()


@dataclass
class Violation:
    """One example of a clause that does not hold, as small as it could be made."""

    #: What was observed, in one sentence.
    summary: str
    #: The events that led to it, in words, the violating one last.
    events: list[str] = field(default_factory=list)
    #: The case that shows it: ``Case.to_json()``; None where no case does.
    case: Mapping[str, Any] | None = None
    #: How the process ended, where it did: "SIGSEGV", "hang", "out of memory", ...
    ended: str = ""
    #: Stand-alone reproducers that were written: "python", "c" -> path.
    reproducers: dict[str, str] = field(default_factory=dict)
    #: What found it, and with what: enough to look again (replay.py).
    origin: Origin | None = None
    #: Whether it showed again in a fresh process: "yes", "no", or "" where nobody looked.
    again: str = ""


@dataclass
class ClauseResult:
    """What became of one clause."""

    clause: Clause
    status: str = NOT_RUN
    #: Why the status is not pass: of a fail, what was observed first.
    reason: str = ""
    #: Cases that exercised the clause.
    cases: int = 0
    violations: list[Violation] = field(default_factory=list)
    #: Tolerated by the conformance.toml: the reason given there. The status stays what it is.
    waived: str = ""
    #: The last day on which it is tolerated: YYYY-MM-DD.
    waived_until: str = ""


@dataclass
class RunResult:
    """One run over one library."""

    library: str
    sha256: str
    backend: str
    #: The models it was run with: name -> config.pbtxt's text.
    models: dict[str, str] = field(default_factory=dict)
    api_version: str = ""
    seed: int = 0
    examples: int = 0
    time_budget: float = 0.0
    seconds: float = 0.0
    #: Cases run in all, and processes that were needed for them.
    cases: int = 0
    workers: int = 0
    strict: bool = False
    profiles: list[str] = field(default_factory=list)
    #: The conformance.toml that was used, its name and its text; "" for none.
    settings_file: str = ""
    settings: str = ""
    results: list[ClauseResult] = field(default_factory=list)
    #: Versions, machine, kernel, time: what a reader needs to judge the run.
    environment: dict[str, str] = field(default_factory=dict)
    #: What kept the run from being whole: a declared feature that no case exercised, say.
    problems: list[str] = field(default_factory=list)
    #: What decides nothing and should be read all the same: a waiver that has expired, say.
    warnings: list[str] = field(default_factory=list)

    def counts(self, result: ClauseResult) -> bool:
        """Whether this clause decides about the verdict."""
        return not result.waived and (self.strict or result.clause.level == "MUST")

    @property
    def verdict(self) -> str:
        """CONFORMANT, VIOLATIONS or INCOMPLETE. A violation is one however the rest went."""
        decisive = [r for r in self.results if self.counts(r)]
        if any(r.status == FAIL for r in decisive):
            return VIOLATIONS
        if self.problems or not any(r.status == PASS for r in decisive):
            return INCOMPLETE
        if any(r.status in (ERROR, BLOCKED) for r in self.results):
            return INCOMPLETE
        return CONFORMANT

    @property
    def exit_code(self) -> int:
        return {CONFORMANT: 0, VIOLATIONS: 1, INCOMPLETE: 2}[self.verdict]
