# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs properties: Hypothesis makes their cases, workers run them, what does not hold is kept small."""

from __future__ import annotations

import contextlib
import json
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky, HypothesisWarning, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from .cases import Case, Load, Outcome, Unload
from .clauses import clauses
from .coverage import Feature, exercised
from .literal import source
from .log import LogEvent
from .pool import HarnessError, Pool
from .results import BLOCKED, ERROR, FAIL, NOT_RUN, PASS, ClauseResult, Origin, Violation
from .rules import CLAUSES, Context, Finding, check, exercised_by
from .wording import told

#: How long one violation may be made smaller.
SHRINK_S = 8.0
#: Different clauses that one property may find to be violated.
MOST_FINDINGS = 6
#: What many loads in a row may take, one time.
LOADING_S = 4.0
#: A model of which that time is too short for so many loads is not loaded for each case.
QUICK_LOADS = 13
#: Findings of one property that hang: each takes its whole time.
MOST_HANGS = 3


class Violated(Exception):
    """A case that shows that a clause does not hold."""

    def __init__(self, finding: Finding, case: Case, outcome: Outcome, events: Sequence[LogEvent]):
        super().__init__(finding.clause)
        #: What the check was called with; None: nothing, or not known yet.
        self.value: Any = None
        #: What the same process had run before, the newest last.
        self.before: Sequence[Case] = ()
        self.finding = finding
        self.case = case
        self.outcome = outcome
        self.events = events


class Examiner:
    """One run's state: the pool, the results so far, the time that is left."""

    def __init__(
        self, pool: Pool, seed: int, examples: int, deadline: float,
        shrink_s: float = SHRINK_S, loading_s: float = LOADING_S,
    ) -> None:
        self.pool = pool
        self.seed = seed
        self.examples = examples
        self.deadline = deadline
        self.shrink_s = shrink_s
        self.loading_s = loading_s
        self._load_s: dict[str, float] = {}
        self.results = {id: ClauseResult(clause) for id, clause in clauses().items()}
        self.on_progress: Callable[[str, int, int], None] = lambda clause, cases, found: None
        #: The property that runs, the model it runs for, and the checks that it has begun.
        self.property = ""
        self.model = ""
        self._checks = 0
        #: It left something out, for the time was over.
        self.cut = False
        #: Clauses of such properties.
        self.cut_off: set[str] = set()
        #: What models declare and cases have exercised.
        self.exercised: set[Feature] = set()
        #: Everything that was noted, as it was found and as it is reported.
        self.noted: list[tuple[Violated, Violation]] = []
        self._failing: dict[str, Violated] = {}
        self._shrink_until = 0.0

    @property
    def out_of_time(self) -> bool:
        """Who asks leaves something out if it is: the property that runs is not whole then."""
        over = time.monotonic() > self.deadline
        self.cut |= over
        return over

    @property
    def violations(self) -> int:
        return sum(len(r.violations) for r in self.results.values())

    def found(self, clause: str) -> bool:
        return self.results[clause].status == FAIL

    def begin(self, name: str, model: str) -> None:
        """A property begins: ``<module>.<function>``."""
        self.property, self.model, self._checks, self.cut = name, model, 0, False

    def cut_short(self, names: Sequence[str]) -> None:
        """The time was over in the midst of what examines these: so far is not enough for a pass."""
        for name in names:
            if self.results[name].status != FAIL:
                self.results[name].status = NOT_RUN
                self.cut_off.add(name)

    # --- models that take long to load ------------------------------------------------------

    @property
    def load_s(self) -> float:
        """What a load of the model takes that is examined; the first property measures it."""
        return self._load_s.get(self.model, 0.0)

    @load_s.setter
    def load_s(self, seconds: float) -> None:
        self._load_s[self.model] = seconds

    def loads(self, most: int) -> int:
        """So many loads as are worth their time, from 3 to ``most``."""
        return max(3, min(most, int(self.loading_s / max(self.load_s, 1e-3))))

    def paced(self, case: Case) -> Case:
        """The case with the time that its loads need; where they need much, with a model that stays
        loaded from case to case, if it is a matter of one model and its requests."""
        loads = sum(isinstance(step, Load) for step in case.steps)
        case = replace(case, timeout_s=case.timeout_s + 4 * self.load_s * (loads + 1))
        plain = loads == 1 and len(case.models) == 1 and case.api_version is None
        quick = self.load_s * QUICK_LOADS < self.loading_s
        if quick or not plain or not isinstance(case.steps[-1], Unload):
            return case
        return replace(case, keep=True)

    # --- inside a property ------------------------------------------------------------------

    def run(self, case: Case, exercises: Sequence[str] = (), rules: bool = True) -> Outcome:
        """Runs a case under all rules. Raises Violated for what was not found before.

        Not ``rules``: the same case had them before.
        """
        case = self.paced(case)
        outcome, events = self.pool.run(case, rules)
        self.exercised |= exercised(case, outcome)
        for clause in (*exercised_by(case), *exercises):
            self.results[clause].cases += 1
        self.on_progress(exercises[0] if exercises else "", self.pool.cases, self.violations)
        for finding in check(Context(case, outcome, events)) if rules or outcome.ended else ():
            if not self.found(finding.clause):
                raise Violated(finding, case, outcome, events)
        self._last = (case, outcome, events)
        return outcome

    def expect(self, holds: bool, clause: str, summary: str) -> None:
        """Raises Violated, with the last case, unless it holds or was found before."""
        if not holds and not self.found(clause):
            raise Violated(Finding(clause, summary), *self._last)

    @contextlib.contextmanager
    def other_library(self, library: Path) -> Iterator[None]:
        """Cases are run with another file, in a process of its own, until the end of this."""
        usual = self.pool
        with Pool(library, usual.backend) as self.pool:
            self.pool.cases = usual.cases
            try:
                yield
            finally:
                usual.cases, self.pool = self.pool.cases, usual

    # --- around a property ------------------------------------------------------------------

    def examine(
        self,
        names: Sequence[str],
        strategy: SearchStrategy[Any],
        holds: Callable[[Any], None],
        examples: int | None = None,
    ) -> None:
        """Runs ``holds`` with values of the strategy; ``names`` are the clauses it is about.

        A clause that is violated is noted, and the rest is looked for again without it.
        """
        self._checks += 1
        hangs = 0
        for _ in range(MOST_FINDINGS):
            if self.out_of_time:
                return
            try:
                self._once(strategy, holds, examples or self.examples)
            except Violated as violated:
                self._note(violated)
                hangs += violated.outcome.ended.startswith("hang")
                if hangs == MOST_HANGS:
                    self._hung(names)
                    return
                continue
            except Flaky:
                if not self._failing:
                    raise
                # It shows itself only sometimes; once is enough.
                self._note(next(reversed(self._failing.values())))
                continue
            except Unsatisfiable:
                return
            break
        for name in names:
            result = self.results[name]
            if result.status != FAIL and result.cases and result.status != ERROR:
                result.status = PASS

    def _hung(self, names: Sequence[str]) -> None:
        """A case hung: to look for more in the same way would take the whole time again."""
        for name in names:
            result = self.results[name]
            if result.status not in (FAIL, PASS):
                result.status, result.reason = BLOCKED, "a case of it hung; that is a finding of its own"

    def single(self, names: Sequence[str], holds: Callable[[], None]) -> None:
        """A property of one case, without Hypothesis."""
        self._checks += 1
        for _ in range(MOST_FINDINGS):
            if self.out_of_time:
                return
            try:
                holds()
            except Violated as violated:
                self._note(violated)
                continue
            break
        for name in names:
            result = self.results[name]
            if result.status != FAIL and result.cases:
                result.status = PASS

    def _once(
        self, strategy: SearchStrategy[Any], holds: Callable[[Any], None], examples: int
    ) -> None:
        self._failing.clear()
        self._shrink_until = 0.0
        broken: list[HarnessError] = []

        @seed(self.seed)
        @settings(
            max_examples=examples, deadline=None, database=None, print_blob=False,
            report_multiple_bugs=False, phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(strategy)
        def run(value: Any) -> None:
            if broken:
                return
            key = repr(value)
            if key in self._failing:
                raise self._failing[key]
            if self._failing and time.monotonic() > self._shrink_until:
                return  # small enough
            if not self._failing and self.out_of_time:
                return
            try:
                holds(value)
            except HarnessError as error:
                # To be told at once, and not made smaller.
                broken.append(error)
            except Violated as violated:
                violated.value, violated.before = value, tuple(self.pool.history)
                if not self._failing:
                    # What hangs takes its whole time at each try.
                    hangs = violated.outcome.ended.startswith("hang")
                    self._shrink_until = time.monotonic() + (0 if hangs else self.shrink_s)
                first = next(iter(self._failing.values()), violated)
                if violated.finding.clause != first.finding.clause:
                    return  # another one's turn comes later
                self._failing[key] = violated
                raise

        with _quiet():
            run()
        if broken:
            raise broken[0]

    def _note(self, violated: Violated) -> None:
        finding = violated.finding
        result = self.results[finding.clause]
        result.status = FAIL
        result.cases = max(1, result.cases)
        result.reason = result.reason or finding.summary
        violation = Violation(
            finding.summary,
            told(violated.events, finding.seq),
            json.loads(json.dumps(violated.case.to_json())),
            violated.outcome.ended.partition("\n")[0],
            origin=Origin(self.property, self.model, self._checks - 1, source(violated.value)),
        )
        result.violations.append(violation)
        self.noted.append((violated, violation))

    def finish_rules(self) -> None:
        """The clauses that every case exercises and none violated hold."""
        for clause in CLAUSES:
            result = self.results[clause]
            if result.cases and result.status != FAIL and clause not in self.cut_off:
                result.status = PASS


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hypothesis prints falsifying examples; the reports have better words for them."""
    from hypothesis.reporting import with_reporter

    with with_reporter(lambda *_: None), warnings.catch_warnings():
        # That the words for a value are long, which nobody is going to read.
        warnings.simplefilter("ignore", HypothesisWarning)
        yield
