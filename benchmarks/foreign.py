# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""pytest-benchmark's JSON as a run of one subject.

All rounds of one of its benchmarks are taken in one process, one after the other, so they are no
independent samples: what disturbs one disturbs its neighbours. They are cut into ten stretches of
rounds, and the mean of each is a sample, with a block to itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triton_py.errors import InvalidArgumentError

from . import results
from .results import BASELINE, Case, Run, Sample, Subject

STRETCHES = 10
FIGURE = "call"

#: ``Rules.between_runs`` where each run is one process: addresses alone move a short function by
#: some percent.
BETWEEN_PROCESSES = 0.04

ONE_PROCESS = ("pytest-benchmark takes all rounds in one process: what differs from process to "
               "process (addresses, layout, hash seeds) is in the intervals as an assumption only.")


def read_any(path: Path) -> Run:
    """A run file, or pytest-benchmark's JSON. Raises ``InvalidArgumentError``."""
    try:
        data = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(f"can't read {path}: {error}") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidArgumentError(f"{path}: not JSON: {error}") from error
    if is_foreign(data):
        return from_pytest_benchmark(data, str(path))
    run = results.from_json(data, str(path))
    wrong = _wrong(run)
    if wrong:
        raise InvalidArgumentError(f"{path}: malformed benchmark file: {wrong}")
    return run


def _wrong(run: Run) -> str:
    """What is of another type than it should be, where a report or a test would fall over it; ""."""
    if isinstance(run.seed, bool) or not isinstance(run.seed, int):
        return f"its seed is {run.seed!r}"
    for name in ("machine", "not_run", "plan"):
        if not isinstance(getattr(run, name), dict):
            return f"its {name} is no object"
    for name in ("command", "started"):
        if not isinstance(getattr(run, name), str):
            return f"its {name} is no text"
    for key, subject in run.subjects.items():
        if not isinstance(subject.label, str) or not isinstance(subject.facts, dict):
            return f"its subject {key!r} is not as it should be"
    for sample in run.samples:
        names = (sample.case.scenario, sample.case.level, sample.subject)
        if not all(isinstance(name, str) for name in names) or not isinstance(sample.block, int):
            return f"a sample of {names} has no names or no block"
        for figure, value in sample.figures.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                return f"{figure} of {sample.case} is {value!r}"
    return ""


def is_foreign(data: Any) -> bool:
    return isinstance(data, dict) and "machine_info" in data and "benchmarks" in data


def from_pytest_benchmark(data: Mapping[str, Any], where: str) -> Run:
    """:param where: what to call the file in an error. Raises ``InvalidArgumentError``."""
    try:
        machine = _machine(data["machine_info"])
        facts = {str(k): str(v) for k, v in (data.get("commit_info") or {}).items()}
        run = Run(
            command="pytest --benchmark-json=FILE", started=str(data.get("datetime", "")), seed=0,
            machine=machine, complete=True, plan={"from": "pytest-benchmark"},
            subjects={BASELINE: Subject(_label(facts, where), facts)},
        )
        for benchmark in data["benchmarks"]:
            name = str(benchmark.get("fullname") or benchmark["name"])
            rounds = benchmark["stats"].get("data")
            if not rounds:
                run.not_run[name] = "the file has no rounds; make it with --benchmark-json"
                continue
            run.samples += _samples(Case(name), [float(r) for r in rounds])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidArgumentError(
            f"{where}: malformed file of pytest-benchmark: {error!r}") from error
    return run


def _samples(case: Case, rounds: list[float]) -> list[Sample]:
    """Seconds per call, in the order in which they were taken, to the means of stretches of them.

    Fewer than two rounds to a stretch make fewer stretches.
    """
    stretches = max(1, min(STRETCHES, len(rounds) // 2))
    out = []
    for number in range(stretches):
        low, high = (len(rounds) * n // stretches for n in (number, number + 1))
        part = rounds[low:high]
        mean = sum(part) / len(part)
        out.append(Sample(case, BASELINE, number, 0, sum(part), {FIGURE: mean * 1e6}, len(part)))
    return out


def _machine(info: Mapping[str, Any]) -> dict[str, str]:
    cpu = info.get("cpu") or {}
    known = {
        "cpu": cpu.get("brand_raw") or cpu.get("brand") or info.get("processor"),
        "cores": cpu.get("count"),
        "kernel": info.get("release"),
        "node": info.get("node"),
        "architecture": info.get("machine"),
        "python": info.get("python_version"),
    }
    return {key: str(value) for key, value in known.items() if value}


def _label(facts: Mapping[str, str], where: str) -> str:
    commit = facts.get("id", "")
    return f"{Path(where).stem} ({commit[:10]})" if commit not in ("", "unversioned") else Path(where).stem
