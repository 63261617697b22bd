# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A run: its samples, all of them, and what has to be known to judge them; as a JSON file.

A *case* is a scenario at a level of load. A *block* measures a case once or twice for each subject,
in an order that takes a steady drift out of their ratio (ABBA); a *sample* is one fresh process of
one subject within a block.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from triton_py.errors import InvalidArgumentError

from .figures import FIGURES

SCHEMA = "triton-py-bench/1"

#: The keys of the subjects. The control is the baseline once more: what its ratio to the baseline
#: shows is the noise of the machine.
BASELINE = "A"
CANDIDATE = "B"
CONTROL = "A'"


@dataclass(frozen=True)
class Case:
    """A scenario at a level of load, e.g. ``http-identity`` at ``8`` or ``5000/s``."""

    scenario: str
    #: Requests in flight (closed loop), or ``RATE/s`` (open loop), or empty where there is no load.
    level: str = ""

    def __str__(self) -> str:
        return f"{self.scenario} @ {self.level}" if self.level else self.scenario


@dataclass(frozen=True)
class Sample:
    """What one process of one subject did."""

    case: Case
    subject: str
    block: int
    #: Within the block, from 0: when it ran.
    position: int
    #: Of the load, without start and warm-up.
    seconds: float
    #: By the names of ``figures.FIGURES``, in their units. A figure that could not be had is absent.
    figures: dict[str, float]
    requests: int = 0
    #: Latencies as (upper bound in µs, count), ascending; empty where none were taken.
    histogram: list[tuple[float, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Subject:
    """What was measured."""

    #: ``triton-py 0.1.0``, ``tritonserver 2.51.0``, a library's file name.
    label: str
    #: Name -> value: versions, hashes, paths, settings.
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Crash:
    """A server that ended under load; its process was run again."""

    scenario: str
    subject: str
    block: int
    #: What it said last.
    words: str


@dataclass
class Run:
    """All of a run."""

    #: The command that makes it again.
    command: str
    #: UTC, ISO 8601.
    started: str
    seed: int
    #: The machine's fingerprint: name -> value; see ``machine.fingerprint``.
    machine: dict[str, str]
    subjects: dict[str, Subject] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    #: Case or scenario -> why it could not run.
    not_run: dict[str, str] = field(default_factory=dict)
    crashes: list[Crash] = field(default_factory=list)
    #: False where it was stopped before its plan was carried out.
    complete: bool = False
    #: What was planned: blocks, seconds.
    plan: dict[str, Any] = field(default_factory=dict)

    def cases(self) -> list[Case]:
        """In the order in which they first ran."""
        return list(dict.fromkeys(sample.case for sample in self.samples))

    def of(self, case: Case, subject: str | None = None) -> list[Sample]:
        return [s for s in self.samples
                if s.case == case and (subject is None or s.subject == subject)]


def to_json(run: Run) -> dict[str, Any]:
    made = asdict(run)
    samples = []
    for sample in run.samples:
        entry = asdict(sample)
        entry.update(entry.pop("case"))
        samples.append(entry)
    made["samples"] = samples
    return {"schema": SCHEMA, **made}


def from_json(data: Any, where: str) -> Run:
    """:param where: what to call the file in an error.

    Raises ``InvalidArgumentError``.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise InvalidArgumentError(f"{where}: not a benchmark file of this version ({SCHEMA}): "
                                   f"its schema is {found!r}")
    fields = {key: value for key, value in data.items() if key != "schema"}
    try:
        fields["subjects"] = {key: Subject(**s) for key, s in fields["subjects"].items()}
        fields["samples"] = [_sample(s) for s in fields["samples"]]
        fields["crashes"] = [Crash(**crash) for crash in fields.get("crashes", [])]
        return Run(**fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidArgumentError(f"{where}: malformed benchmark file: {error!r}") from error


def _sample(data: dict[str, Any]) -> Sample:
    data = dict(data)
    case = Case(data.pop("scenario"), data.pop("level"))
    unknown = set(data["figures"]) - set(FIGURES)
    if unknown:
        raise ValueError(f"unknown figures: {', '.join(sorted(unknown))}")
    histogram = [(float(upper), int(count)) for upper, count in data.pop("histogram")]
    return Sample(case=case, histogram=histogram, **data)


def write(run: Run, path: Path) -> None:
    """Whole or not at all: a run that is killed leaves what was there before."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(to_json(run), indent=1, ensure_ascii=False) + "\n")
    beside.replace(path)


def read(path: Path) -> Run:
    """Raises ``InvalidArgumentError``."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(f"can't read {path}: {error}") from error
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidArgumentError(f"{path}: not JSON: {error}") from error
    return from_json(data, str(path))


def quantile(histogram: Iterable[tuple[float, int]], part: float) -> float:
    """The latency in µs that ``part`` (0 to 1) of the requests stay at or below."""
    entries = list(histogram)
    total = sum(count for _, count in entries)
    seen = 0
    for upper, count in entries:
        seen += count
        if seen >= part * total:
            return upper
    raise ValueError("no latencies")
