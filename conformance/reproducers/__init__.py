# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Violations as programs of their own, for a maintainer who has neither seen the run nor has to.

For each: a folder with the model repository, ``reproduce.py``, and ``reproduce.c`` where what is shown
needs nothing but the server's API.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ..cases import Case
from ..results import ClauseResult, RunResult, Violation
from ..target import Target
from . import c_program, python_script

#: Larger files of a model are linked to and not copied.
LARGEST_COPY = 16 << 20


def write(result: RunResult, target: Target, folder: Path) -> None:
    """Writes each violation's programs into ``folder``/<clause>; fills ``reproducers``."""
    for clause in result.results:
        for number, violation in enumerate(clause.violations, 1):
            if violation.case is None:
                continue
            name = clause.clause.id if len(clause.violations) == 1 else f"{clause.clause.id}-{number}"
            place = folder / name
            if place.exists():
                shutil.rmtree(place)
            place.mkdir(parents=True)
            _one(target, clause, violation, place)


def _one(target: Target, clause: ClauseResult, violation: Violation, place: Path) -> None:
    assert violation.case is not None
    case = Case.from_json(violation.case)
    (place / "case.json").write_text(json.dumps(violation.case, indent=1) + "\n")
    for model in case.models:
        _model(place / "model_repository", model.name, model.config, model.folder)
    if violation.origin is not None:
        tested = next(m for m in target.models if m.name == violation.origin.model)
        _model(place / "model", tested.name, tested.config, tested.folder)
        script = place / "reproduce.py"
        script.write_text(python_script.text(target, clause, violation, tested, place))
        violation.reproducers["python"] = str(script)
    why_not = c_program.why_not(case, clause.clause.id)
    if not why_not:
        program = place / "reproduce.c"
        program.write_text(c_program.text(case, clause, violation, place))
        violation.reproducers["c"] = str(program)
    (place / "README.txt").write_text(_readme(target, clause, violation, why_not))


def _model(repository: Path, name: str, config: str, folder: str) -> None:
    place = repository / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.pbtxt").write_text(config)
    if folder:
        for entry in Path(folder).iterdir():
            if entry.name != "config.pbtxt" and not entry.name.startswith("libtriton_"):
                _mirror(entry, place / entry.name)
    if not any(child.name.isdigit() for child in place.iterdir()):
        (place / "1").mkdir()


def _mirror(source: Path, place: Path) -> None:
    if source.is_dir():
        place.mkdir(exist_ok=True)
        for entry in source.iterdir():
            _mirror(entry, place / entry.name)
    elif not place.exists():
        if source.stat().st_size > LARGEST_COPY:
            place.symlink_to(source.resolve())
        else:
            shutil.copyfile(source, place)


def _readme(
    target: Target, clause: ClauseResult, violation: Violation, why_not: str
) -> str:
    lines = [
        f"{clause.clause.id} ({clause.clause.level})", clause.clause.sentence, "",
        f"Observed with {target.library.name} (SHA-256 {target.sha256}):",
        f"  {violation.summary}", "",
    ]  # fmt: skip
    if "python" in violation.reproducers:
        lines += [
            "In Python, with the harness; exit status 1: it shows, 0: it does not, 2: it could not run:",
            "  pip install 'triton-py[conformance]'",
            f"  python reproduce.py --library {target.library}", "",
        ]  # fmt: skip
        if violation.again == "no":
            lines += ["It did not show again when it was tried; it may be a matter of time or chance.", ""]
    if why_not:
        lines += [f"There is no program in C: {why_not}.", ""]
    else:
        lines += [
            "In C, with nothing but a server's in-process API; it prints the answers:",
            *(f"  {line}" for line in c_program.COMMANDS), "",
        ]  # fmt: skip
    lines += ["The calls that led to it, the last one being the one that shows it:", ""]
    lines += [f"  {event}" for event in violation.events]
    return "\n".join(lines) + "\n"

