# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a report is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from ..comparison import Comparison
from ..figures import FIGURES, Figure
from ..results import Case, Run
from ..statistics.ratios import usable


@dataclass(frozen=True)
class Values:
    """The samples of one figure of one case and subject, in the figure's unit."""

    case: Case
    subject: str
    figure: Figure
    median: float
    least: float
    most: float
    samples: int

    @property
    def spread(self) -> float | None:
        """From the least to the most, as a part of the median; None where that is zero."""
        return (self.most - self.least) / self.median if self.median else None


@dataclass
class Document:
    """Runs, the last of which is the one that is looked at, and its comparison."""

    runs: list[Run]
    #: None where there is nothing to compare: values are shown, and no verdicts.
    comparison: Comparison | None = None
    #: What each run is called, as long as ``runs``.
    names: list[str] = field(default_factory=list)

    @property
    def run(self) -> Run:
        return self.runs[-1]

    @property
    def history(self) -> list[Run]:
        """Runs over time, where more than two were given."""
        return self.runs if len(self.runs) > 2 else []

    @property
    def exit_code(self) -> int:
        """The comparison's; without one, 2 where the run is not whole."""
        if self.comparison is not None:
            return self.comparison.exit_code
        whole = self.run.complete and not self.run.not_run and not self.run.crashes
        return 0 if whole and self.run.samples else 2

    @property
    def incomplete(self) -> list[str]:
        """Why the run is not whole."""
        if self.comparison is not None:
            return self.comparison.incomplete
        out = [] if self.run.complete else ["the run was stopped before its plan was carried out"]
        if not self.run.samples:
            out.append("the run has no samples")
        out += [f"{name} did not run: {why}" for name, why in self.run.not_run.items()]
        return out + [f"{crash.scenario}, run again: {crash.words}" for crash in self.run.crashes]

    def values(self) -> list[Values]:
        """Of the run that is looked at."""
        return values(self.run)

    def label(self, key: str) -> str:
        subject = self.run.subjects.get(key)
        return subject.label if subject else key


def values(run: Run) -> list[Values]:
    """By case, figure and subject, in the order of reports."""
    out = []
    for case in run.cases():
        samples = run.of(case)
        for figure in FIGURES.values():
            for key in dict.fromkeys(sample.subject for sample in samples):
                found = [v for s in samples
                         if s.subject == key and (v := usable(s, figure)) is not None]
                if found:
                    out.append(Values(case, key, figure, median(found), min(found), max(found),
                                      len(found)))
    return out
