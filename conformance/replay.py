# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A violation once more: the same check with the same value, without the search that found it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis.strategies import SearchStrategy

from .cases import Case, Load, Outcome, Unload
from .examiner import Examiner, Violated
from .literal import value_from
from .pool import Pool
from .properties import Property, all_properties
from .results import Origin
from .target import ModelUnderTest, Target

#: A check is given up after so long.
LONGEST_S = 60.0


class _Done(Exception):
    """The check was made; what the property would do next is not wanted."""


class _Replayer(Examiner):
    """Makes one of a property's checks, with one value."""

    def __init__(self, pool: Pool, number: int, value: Any) -> None:
        super().__init__(pool, 0, 1, time.monotonic() + LONGEST_S, shrink_s=0)
        self.number = number
        self.value = value
        #: Every clause that the check showed to be violated.
        self.shown: list[Violated] = []

    def run(self, case: Case, exercises: Sequence[str] = (), rules: bool = True) -> Outcome:
        while True:
            try:
                return super().run(case, exercises, rules)
            except Violated as violated:
                # Another clause than the one that is looked for may come first: it is left out then.
                self._keep(violated)

    def _keep(self, violated: Violated) -> None:
        self.shown.append(violated)
        self._note(violated)

    def _check(self, holds: Callable[[], None]) -> None:
        self._checks += 1
        if self._checks - 1 != self.number:
            return
        # As the examiner does: what was found is left out when it is looked again.
        for _ in range(10):
            try:
                holds()
            except Violated as violated:
                self._keep(violated)
                continue
            break
        raise _Done

    def examine(
        self, names: Sequence[str], strategy: SearchStrategy[Any], holds: Callable[[Any], None],
        examples: int | None = None,
    ) -> None:  # fmt: skip
        self._check(lambda: holds(self.value))

    def single(self, names: Sequence[str], holds: Callable[[], None]) -> None:
        self._check(holds)


def property_of(name: str) -> Property:
    """Raises LookupError where this version has none of that name."""
    for entry in all_properties():
        if entry.name == name:
            return entry
    raise LookupError(f"there is no property '{name}' in this version of triton-py")


def replay(
    pool: Pool, target: Target, model: ModelUnderTest, origin: Origin, clause: str
) -> Violated | None:
    """How the clause is violated, this time; None: it is not. Raises HarnessError, LookupError."""
    before = [Case.from_json(case) for case in origin.before]
    return replay_value(
        pool, target, model, origin.property, origin.number, value_from(origin.value), before, clause
    )


def replay_value(
    pool: Pool, target: Target, model: ModelUnderTest, name: str, number: int, value: Any,
    before: Sequence[Case], clause: str,
) -> Violated | None:  # fmt: skip
    """The same, with the origin's parts."""
    for case in before:
        pool.run(case, with_events=False)
    replayer = _Replayer(pool, number, value)
    # What the run's first property measures: cases are paced by it.
    load = Case((model.case_model(),), (Load(model.name), Unload(model.name)), timeout_s=LONGEST_S)
    outcome, _ = pool.run(load, with_events=False)
    replayer.begin(name, model.name)
    replayer.load_s = outcome.steps[0].seconds if outcome.steps else 0.0
    try:
        property_of(name).run(replayer, target, model)
    except _Done:
        pass  # the rest of the property is not what was asked for
    return next((v for v in replayer.shown if v.finding.clause == clause), None)
