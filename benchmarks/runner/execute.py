# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Carries a plan out, and keeps on disk what there is so far."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triton_py.errors import TritonError

from .. import machine, results
from ..peers import Peer, ServerEndedError
from ..results import CONTROL, Crash, Run, Sample, Subject
from ..scenarios import Catalogue, Scenario
from ..scenarios.packages import Parts
from .measure import COUNTABLE, Place, Timing, count, measure
from .plan import Plan, order


@dataclass(frozen=True)
class Contestant:
    """A peer with the backends it is to use."""

    peer: Peer
    #: A folder with ``<name>/libtriton_<name>.so``.
    backends: Path
    #: What a report says it is; None: what the peer says of itself.
    about: Subject | None = None
    #: Parameters of the model, for this subject alone.
    parameters: tuple[tuple[str, str], ...] = ()

    def subject(self) -> Subject:
        return self.about or self.peer.subject()


#: How often a process is run whose server crashes.
ATTEMPTS = 3

#: Told before each process, and at the end: what is about to run, processes done, processes in all.
Progress = Callable[[str, int, int], None]


def shipped_backends(folder: Path) -> Path:
    """The backends of this package, alone in a folder of their own as a server expects them."""
    import triton_py.backends

    for library in Path(triton_py.backends.__file__).parent.glob("*/libtriton_*.so"):
        # With what lies beside it: the python backend's worker.
        shutil.copytree(library.parent, folder / library.parent.name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def write_repository(folder: Path, scenario: Scenario, catalogue: Catalogue,
                     parameters: Iterable[tuple[str, str]] = ()) -> None:
    """The scenario's model, and as many copies beside it as it asks for, and the models that it needs;
    or a folder as it is.

    Raises ``UnavailableError`` where a package that the model needs is not installed.
    """
    parts = catalogue.parts.get(scenario.model, Parts())
    parts.check()
    given = scenario.settings.get("folder")
    if given:
        shutil.copytree(given, folder / scenario.model)
        return
    extra = "".join(f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'
                    for key, value in parameters)
    names = {f"{scenario.model}-copy-{copy}" if copy else scenario.model: scenario.model
             for copy in range(int(scenario.settings.get("copies", 1)))}
    for name, model in {**names, **{one: one for one in parts.beside}}.items():
        version = folder / name / "1"
        version.mkdir(parents=True)
        (folder / name / "config.pbtxt").write_text(
            f'name: "{name}"\n{catalogue.models[model]}{extra}')
        own = catalogue.parts.get(model, Parts())
        if own.file:
            shutil.copy(own.path(), version)
        if own.source:
            shutil.copy(own.source, version / "model.py")


@dataclass(frozen=True)
class _Process:
    """A fresh process of one subject within a block."""

    subject: str
    block: int
    position: int
    #: It is counted, not timed.
    counted: bool = False


class Execution:
    """One run.

    :param keep: where the run is written after each block, so that nothing is lost if it is killed;
        None: nowhere.
    """

    def __init__(self, catalogue: Catalogue, scenarios: Sequence[Scenario],
                 contestants: Mapping[str, Contestant], plan: Plan, command: str,
                 keep: Path | None = None, progress: Progress | None = None) -> None:
        self._catalogue = catalogue
        self._scenarios = scenarios
        self._contestants = contestants
        self._plan = plan
        self._keep = keep
        self._progress = progress or (lambda what, done, total: None)
        self._done = 0
        self._total = sum(len(self._order(scenario, block))
                          for scenario in scenarios for block in range(plan.blocks))
        self.run = Run(
            command=command, started=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=plan.seed, machine=machine.fingerprint(),
            subjects={key: one.subject() for key, one in contestants.items()},
            plan={**plan.facts(), "load_average": machine.load_average()})

    def _order(self, scenario: Scenario, block: int) -> list[_Process]:
        """The processes of a block."""
        timed = [_Process(key, block, position) for position, key in enumerate(
            order(list(self._contestants), block, scenario.name, self._plan.seed))]
        if not self._plan.counts or scenario.kind not in COUNTABLE or not all(
                one.peer.countable for one in self._contestants.values()):
            return timed
        # Blocks of their own, after the others: a figure is had by all samples of a block or by none.
        # Not the control: counts are no times, whose noise it shows.
        counted = [_Process(key, self._plan.blocks + block, position, counted=True)
                   for position, key in enumerate(key for key in self._contestants if key != CONTROL)]
        return timed + counted

    def execute(self) -> Run:
        """Until the plan is done. On KeyboardInterrupt, what there is so far is kept, and the
        exception goes on."""
        try:
            with tempfile.TemporaryDirectory(prefix="triton-py-bench-") as scratch:
                # Block by block through all scenarios would spread a case over the whole run, and a
                # noisy minute over all cases; but then a case is known only at the very end.
                for scenario in self._scenarios:
                    folder = Path(scratch, scenario.name)
                    try:
                        repositories = self._repositories(folder, scenario)
                    except TritonError as error:
                        self.run.not_run[scenario.name] = str(error)
                        self._skip(scenario, 0)
                        continue
                    for block in range(self._plan.blocks):
                        if not self._block(scenario, repositories, block):
                            break
                        self._save()
                    shutil.rmtree(folder)
            self.run.complete = True
            self._progress("done", self._total, self._total)
            return self.run
        finally:
            self._save()

    def _repositories(self, folder: Path, scenario: Scenario) -> dict[str, Path]:
        """By subject; one for all of those that have the same parameters."""
        made: dict[tuple[tuple[str, str], ...], Path] = {}
        for one in self._contestants.values():
            if one.parameters not in made:
                made[one.parameters] = folder / str(len(made))
                write_repository(made[one.parameters], scenario, self._catalogue, one.parameters)
        return {key: made[one.parameters] for key, one in self._contestants.items()}

    def _skip(self, scenario: Scenario, block: int) -> None:
        """Counts the processes from that block on as done."""
        self._done += (self._plan.blocks - block) * len(self._order(scenario, block))

    def _save(self) -> None:
        if self._keep is not None:
            results.write(self.run, self._keep)

    def _block(self, scenario: Scenario, repositories: Mapping[str, Path], block: int) -> bool:
        """False if the scenario can't go on."""
        timing = Timing(self._plan.seconds, self._plan.warmup)
        samples: list[Sample] = []
        for number, process in enumerate(self._order(scenario, block)):
            label = self.run.subjects[process.subject].label
            self._progress(f"{scenario.name}, block {block + 1} of {self._plan.blocks}: {label}"
                           + (", counting" if process.counted else ""), self._done, self._total)
            try:
                samples += self._samples(scenario, repositories[process.subject], process, timing)
            # A server that dies under its load is seen as a refused connection or a missing process.
            except (TritonError, OSError) as error:
                what = "while it was counted: " if process.counted else ""
                self.run.not_run[scenario.name] = f"{label}: {what}{error}"
                # A block counts whole or not at all: half of one has no ratio.
                self._skip(scenario, block)
                self._done -= number
                return False
            self._done += 1
        self.run.samples += samples
        return True

    def _samples(self, scenario: Scenario, repository: Path, process: _Process, timing: Timing
                 ) -> list[Sample]:
        """What one process does. One that crashes is run again, which the report says."""
        contestant = self._contestants[process.subject]
        place = Place(repository, contestant.backends, repository.with_suffix(".log"))
        for attempt in range(ATTEMPTS):
            try:
                done = list(count(scenario, contestant.peer, place) if process.counted else
                            measure(scenario, contestant.peer, place, timing))
                break
            except ServerEndedError as error:
                self.run.crashes.append(Crash(scenario.name, process.subject, process.block,
                                              str(error)))
                if attempt == ATTEMPTS - 1:
                    raise
        return [Sample(made.case, process.subject, process.block, process.position, made.seconds,
                       made.figures, made.requests, list(made.histogram)) for made in done]
