# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a scenario wants to reach against a peer, and whether a run reached it.

A scenario's ``goals`` are ratios, candidate to baseline, of figures:

.. code-block:: toml

    goals = { cpu = 0.5, "throughput@32" = 2.0, p99 = 1.0 }

A figure where less is better has to stay at or below its ratio, one where more is better to reach it;
``@LEVEL`` is for one level of load. The ratio is the geometric mean over blocks, as in the verdicts;
a goal says what is aimed at, so no interval excuses it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from triton_py.errors import InvalidArgumentError

from .figures import FIGURES, LESS, Figure
from .results import BASELINE, CANDIDATE, Case, Run
from .scenarios import Scenario


@dataclass(frozen=True)
class Outcome:
    """A goal, and what became of it."""

    case: Case
    figure: Figure
    goal: float
    #: Candidate to baseline; None where one of them has no such figure.
    ratio: float | None
    baseline: float | None
    candidate: float | None

    @property
    def met(self) -> bool | None:
        """None where it could not be measured."""
        if self.ratio is None:
            return None
        # The ratio comes out of logarithms, which round.
        if self.figure.better == LESS:
            return self.ratio <= self.goal * (1 + 1e-9)
        return self.ratio >= self.goal * (1 - 1e-9)

    def sentence(self) -> str:
        aim = "at most" if self.figure.better == LESS else "at least"
        if self.ratio is None or self.baseline is None or self.candidate is None:
            return f"{self.case}: {self.figure.title} {aim} {self.goal:g} times: not measured"
        said = "met" if self.met else "missed"
        return (f"{self.case}: {self.figure.title} {aim} {self.goal:g} times: {said}, "
                f"{self.ratio:.2f} ({self.baseline:.4g} -> {self.candidate:.4g} {self.figure.unit})")


def _mean(run: Run, case: Case, subject: str, figure: str) -> float | None:
    values = [s.figures[figure] for s in run.of(case, subject) if s.figures.get(figure, 0) > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def outcomes(scenarios: Sequence[Scenario], run: Run) -> list[Outcome]:
    """In the order of the scenarios. Raises ``InvalidArgumentError`` for a figure there is not."""
    found = []
    for scenario in scenarios:
        for key, goal in scenario.settings.get("goals", {}).items():
            name, _, level = key.partition("@")
            if name not in FIGURES:
                raise InvalidArgumentError(f"scenario '{scenario.name}' has a goal for '{name}', "
                                           "which is no figure")
            for case in scenario.cases():
                if level and case.level != level:
                    continue
                a = _mean(run, case, BASELINE, name)
                b = _mean(run, case, CANDIDATE, name)
                # An open loop has no throughput of its own: what it lacks on both sides is no goal.
                if a is None and b is None and run.of(case):
                    continue
                found.append(Outcome(case, FIGURES[name], float(goal),
                                     b / a if a and b else None, a, b))
    return found


def summary(found: Sequence[Outcome]) -> list[str]:
    """Lines for people: what was missed first, then how many were met."""
    missed = [outcome for outcome in found if outcome.met is False]
    unknown = [outcome for outcome in found if outcome.met is None]
    lines = [f"goals: {sum(outcome.met is True for outcome in found)} of {len(found)} met"]
    lines += [f"  {outcome.sentence()}" for outcome in [*missed, *unknown]]
    return lines
