# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the events of any case must obey, whatever the case was made for.

A rule reads the events of one case from beginning to end and yields what it found. It names a clause,
the event at which that showed, and says in a sentence what was observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..cases import Case, Outcome
from ..configs import declared
from ..log import LogEvent
from ..story import Story


@dataclass(frozen=True)
class Context:
    """A case and what became of it."""

    case: Case
    outcome: Outcome
    events: Sequence[LogEvent]

    @cached_property
    def story(self) -> Story:
        return Story(self.events)

    @property
    def whole(self) -> bool:
        """The case came to its end: what was not given back by then never will be."""
        return not self.outcome.ended

    @property
    def hangs(self) -> bool:
        """It came to no end: something is waited for that does not come."""
        return self.outcome.ended.startswith("hang")


@dataclass(frozen=True)
class Finding:
    """A clause that did not hold."""

    clause: str
    summary: str
    #: The event at which it showed; 0: none, the absence of one.
    seq: int = 0


Rule = Callable[[Context], Iterator[Finding]]


def check(context: Context) -> list[Finding]:
    """What all rules find, in the order of the events."""
    from . import calls, ends, errors, requests, responses, statistics, tensors

    found: list[Finding] = []
    for module in (requests, responses, tensors, errors, statistics, calls, ends):
        for rule in module.RULES:
            found += rule(context)
    return sorted(found, key=lambda finding: finding.seq or 1 << 62)


#: The clauses that rules look at.
CLAUSES = frozenset(
    {
        "requests.released", "requests.released-once", "requests.untouched-after-release",
        "requests.kept-on-error", "requests.release-flags", "responses.exactly-one",
        "responses.final", "responses.none-after-final", "responses.sent-or-deleted",
        "responses.untouched-after-send", "responses.errors-are-errors", "responses.timely",
        "tensors.declared-outputs", "tensors.requested-outputs", "tensors.output-filled",
        "tensors.output-bounds", "tensors.output-size", "tensors.inputs-unmodified",
        "tensors.input-bounds", "tensors.bytes-well-formed", "tensors.output-datatype",
        "tensors.output-shape", "hygiene.errors-deleted", "hygiene.messages-deleted",
        "hygiene.memory-manager", "hygiene.valid-calls", "statistics.once-per-request",
        "statistics.truthful", "statistics.monotonic", "statistics.reported",
        "lifecycle.set-config-in-initialize", "lifecycle.no-call-after-finalize",
        "lifecycle.finalize-succeeds", "lifecycle.survives", "lifecycle.no-thread-left",
        "lifecycle.no-process-left", "decoupled.final-once", "decoupled.factory-deleted-once",
    }
)  # fmt: skip


def exercised_by(case: Case) -> frozenset[str]:
    """Those of them that a case can say something about."""
    if any(declared(model.config).decoupled for model in case.models):
        return CLAUSES
    return frozenset(c for c in CLAUSES if not c.startswith("decoupled."))
