# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the tool itself can see on this machine: the same build against itself, and slowdowns that were
planted.

Nothing here is simulated: each comparison is a run of its own, as ``versus`` makes them, of a model
that works through so many steps, and of one that has some percent more of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import compare, scenarios
from .peers import TritonPy
from .results import BASELINE, CANDIDATE, CONTROL
from .runner.execute import Contestant, Execution
from .runner.plan import Plan
from .statistics.decision import INCONCLUSIVE, SAME, SLOWER
from .statistics.rules import Rules

SCENARIO = "planted"
#: About 100 µs of a core.
STEPS = 80_000


@dataclass
class Series:
    """Comparisons with one planted slowdown; 0: none, the same against itself."""

    slowdown: float
    #: The verdict of each.
    verdicts: list[str] = field(default_factory=list)
    #: What each measured, as a ratio of throughputs' inverse: 1.05 is 5 % slower.
    measured: list[float] = field(default_factory=list)
    #: The slowdown that each said it would have found in 80 % of such runs, as a part.
    declared: list[float] = field(default_factory=list)

    def share(self, verdict: str) -> float:
        return self.verdicts.count(verdict) / len(self.verdicts)

    @property
    def typical_declared(self) -> float:
        """The median of what the comparisons said they could see."""
        return sorted(self.declared)[len(self.declared) // 2]


def tail(successes: int, trials: int, chance: float) -> float:
    """How likely so many successes or more are, by chance alone."""
    return sum(math.comb(trials, k) * chance**k * (1 - chance)**(trials - k)
               for k in range(successes, trials + 1))


@dataclass
class Result:
    """All of a self-test."""

    rules: Rules
    blocks: int
    series: list[Series] = field(default_factory=list)

    def faults(self) -> list[str]:
        """What the tool claims of itself and did not hold; empty where it holds.

        A count is a fault where chance alone would make one as far off in 1 of 100 cases.
        """
        found = []
        for one in self.series:
            trials = len(one.verdicts)
            slower = one.verdicts.count(SLOWER)
            if one.slowdown == 0:
                if tail(slower, trials, self.rules.alpha) < 0.01:
                    found.append(f"{slower} of {trials} comparisons of a build with itself were "
                                 f"called slower; declared are {self.rules.alpha:.0%}")
                continue
            if one.slowdown > self.rules.margin:
                passed = one.verdicts.count(SAME)
                if tail(passed, trials, self.rules.alpha) < 0.01:
                    found.append(f"{passed} of {trials} slowdowns of {one.slowdown:.0%} were called "
                                 f"the same within {self.rules.margin:.0%}")
            # Found four times of five, where the runs themselves say that they can see as much.
            if one.slowdown >= one.typical_declared:
                missed = trials - slower
                if tail(missed, trials, 0.2) < 0.01:
                    found.append(f"{missed} of {trials} slowdowns of {one.slowdown:.0%} were missed; "
                                 f"{one.typical_declared:.1%} was declared to be found in 80 %")
        return found


def _comparison(plan: Plan, backends: Path, slowdown: float, rules: Rules, series: Series) -> None:
    catalogue = scenarios.builtin()
    steps = (("execute_work", str(STEPS)),)
    more = (("execute_work", str(round(STEPS * (1 + slowdown)))),)
    peer = TritonPy()
    baseline = Contestant(peer, backends, parameters=steps)
    run = Execution(catalogue, catalogue.chosen([SCENARIO], []),
                    {BASELINE: baseline, CANDIDATE: Contestant(peer, backends, parameters=more),
                     CONTROL: baseline}, plan, "triton-py bench self-test").execute()
    made = compare.paired(run, rules)
    row = next(row for row in made.rows if row.figure.name == "throughput")
    series.verdicts.append(made.verdict)
    series.measured.append(row.ratio if row.ratio is not None else math.nan)
    series.declared.append(row.detectable if row.detectable is not None else math.inf)


def execute(runs: int, planted: list[float], planted_runs: int, plan: Plan, backends: Path,
            rules: Rules, progress: Callable[[str, int, int], None]) -> Result:
    """:param runs: comparisons of a build with itself.
    :param planted: slowdowns, 0.05 for 5 %.
    :param planted_runs: comparisons with each of them.
    """
    result = Result(rules, plan.blocks)
    todo = [(0.0, runs), *((slowdown, planted_runs) for slowdown in planted)]
    total = sum(count for _, count in todo)
    done = 0
    for slowdown, count in todo:
        series = Series(slowdown)
        result.series.append(series)
        for number in range(count):
            what = f"{slowdown:.0%} planted" if slowdown else "the same build"
            progress(f"{what}, {number + 1} of {count}", done, total)
            own = Plan(plan.blocks, plan.seconds, plan.warmup, plan.seed + done)
            _comparison(own, backends, slowdown, rules, series)
            done += 1
    return result


def table(result: Result) -> list[str]:
    """Markdown."""
    lines = [("| planted | comparisons | slower | same | inconclusive | measured (median) | "
             "declared to be seen (median) |"), "|---|---|---|---|---|---|---|"]
    for one in result.series:
        measured = sorted(one.measured)[len(one.measured) // 2]
        lines.append(
            f"| {one.slowdown:.0%} | {len(one.verdicts)} | {one.share(SLOWER):.0%} | "
            f"{one.share(SAME):.0%} | {one.share(INCONCLUSIVE):.0%} | {measured - 1:+.1%} | "
            f"{one.typical_declared:.1%} |")
    return lines
