# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Certifies the corpus: each fault has to fail the clause that it was made for, and the sound backend
none. A fault that never took effect proves nothing: it makes the self-test invalid."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from ..cuda import devices
from ..pool import HarnessError
from ..results import CONFORMANT, ERROR, FAIL
from ..run import DEFAULT_EXAMPLES, certify
from ..target import open_target
from .build import build
from .corpus import CLASSES, Specimen, corpus, models, sound

#: For one specimen; those that hang take their time.
BUDGET_S = 150.0
#: A violation of the corpus is not made smaller for long: nobody reads it.
SHRINK_S = 0.5
EFFECT = "TRITON_PY_SPECIMEN_EFFECT"


@dataclass
class Verdict:
    """What became of one specimen."""

    specimen: Specimen
    seed: int
    #: The clause that it was made for failed; of the sound one, nothing did.
    right: bool = False
    took_effect: bool = False
    #: What failed, and what was observed.
    found: dict[str, str] = field(default_factory=dict)
    #: Why it could not be examined.
    error: str = ""
    seconds: float = 0.0
    cases: int = 0

    @property
    def valid(self) -> bool:
        return not self.error and self.took_effect


def examine(specimen: Specimen, seed: int, examples: int, folder: Path) -> Verdict:
    """Builds one and certifies it. ``folder`` is empty and stays the caller's."""
    verdict = Verdict(specimen, seed)
    mark = folder / "effect"
    began = time.monotonic()
    os.environ[EFFECT] = str(mark)
    try:
        library = build(specimen, folder)
        began = time.monotonic()
        result = certify(
            open_target(library, [models()[specimen.model]]), seed=seed, examples=examples,
            budget_s=BUDGET_S, until=specimen.clause, shrink_s=SHRINK_S,
            again=False,
        )  # fmt: skip
    except HarnessError as error:
        verdict.error = str(error)
        return verdict
    finally:
        del os.environ[EFFECT]
        verdict.seconds = time.monotonic() - began
    verdict.cases = result.cases
    verdict.error = "; ".join(
        f"{r.clause.id}: {r.reason}" for r in result.results if r.status == ERROR
    )
    verdict.found = {
        r.clause.id: r.violations[0].summary for r in result.results if r.status == FAIL
    }
    if specimen.clause:
        verdict.right = specimen.clause in verdict.found
        seen = verdict.found.get(specimen.clause, "")
        verdict.took_effect = specimen.effect in seen if specimen.effect else mark.exists()
    else:
        verdict.right = not verdict.found and result.verdict == CONFORMANT
        verdict.took_effect = True
        verdict.error = verdict.error or "; ".join(result.problems)
    return verdict


def _in_process(specimen: Specimen, seed: int, examples: int) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="triton-py-specimen-") as folder:
        return examine(specimen, seed, examples, Path(folder))


def chosen(names: Sequence[str]) -> list[Specimen]:
    """The specimens of these names, or that begin with them; none named: all, the sound ones first.

    Raises HarnessError for a name that nothing has.
    """
    every = {s.name: s for s in (*map(sound, models()), *corpus().values())}
    if not names:
        return list(every.values())
    found: dict[str, Specimen] = {}
    for name in names:
        fitting = {k: s for k, s in every.items() if k == name or k.startswith(name.rstrip("/") + "/")}
        if not fitting:
            raise HarnessError(f"there is no specimen '{name}'; their names are like {next(iter(every))}")
        found |= fitting
    return list(found.values())


def runs(specimen: Specimen) -> bool:
    """Whether this machine has what its fault needs to show."""
    return not specimen.needs_gpu or devices() > 0


def run(
    specimens: Iterable[Specimen], *, seeds: Sequence[int] = (1,), examples: int = DEFAULT_EXAMPLES,
    jobs: int = 1, done: Callable[[Verdict], None] = lambda verdict: None,
) -> list[Verdict]:  # fmt: skip
    """Examines specimens, several at a time; ``done`` is told of each as it is finished."""
    work = [(specimen, seed) for seed in seeds for specimen in specimens if runs(specimen)]
    # Not by fork: the workers' parents have threads and libraries by then.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
        futures = [executor.submit(_in_process, s, seed, examples) for s, seed in work]
        for future in as_completed(futures):
            done(future.result())
        return [future.result() for future in futures]


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """0: all were found and nothing was said of the sound ones; 1: not; 2: it proves nothing."""
    if any(not v.valid for v in verdicts) or not verdicts:
        return 2
    return 0 if all(v.right for v in verdicts) else 1


def score(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, int, int]]:
    """By class: its name, how many were found, of how many."""
    for kind in CLASSES:
        of_kind = [v for v in verdicts if v.specimen.kind == kind]
        if of_kind:
            yield kind, sum(v.right for v in of_kind), len(of_kind)
