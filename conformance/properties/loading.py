# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loading: versions, again, side by side; the life-cycle as far as it shows there."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from ..cases import Case, CaseRequest, Load, Unload
from ..examiner import Examiner
from ..server_alias import exported, leaves_its_folder
from ..strategies import requests
from ..target import ModelUnderTest, Target
from . import Property
from .common import infer, plain, same_answers, shown

ENTRY_POINT = "TRITONBACKEND_ModelInstanceExecute"
ROUNDS = 6
#: For the first load, of which nobody knows how long it takes.
LOAD_TIMEOUT_S = 60.0
#: Bytes; a folder with more is not copied but linked.
MOST_COPIED = 64 << 20


def loads(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """It loads at all: everything else depends on it."""
    clauses = ("lifecycle.initialize-succeeds", "loading.entry-point", "loading.symbols")

    def holds() -> None:
        case = Case((model.case_model(),), (Load(model.name), Unload(model.name)))
        outcome = ex.run(replace(case, timeout_s=LOAD_TIMEOUT_S), clauses)
        ex.load_s = outcome.steps[0].seconds if outcome.steps else 0.0
        error = outcome.steps[0].error if outcome.steps else outcome.ended
        clause = "lifecycle.initialize-succeeds"
        # The proxy has it in any case.
        names = exported(target.library)
        ex.expect(names is None or ENTRY_POINT in names, "loading.entry-point",
                  f"the library does not export {ENTRY_POINT}")
        if "required entrypoint" in error or "has no TRITONBACKEND_ModelInstanceExecute" in error:
            clause = "loading.entry-point"
        elif "undefined symbol" in error or "cannot open shared object" in error:
            clause = "loading.symbols"
        ex.expect(not error, clause, f"model '{model.name}' can't be loaded: {error}")

    ex.single(clauses, holds)
    return ""


def elsewhere(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """The library's folder, copied to where the path has what paths may have."""
    def holds(request: CaseRequest) -> None:
        steps = (Load(model.name), infer(model, (request,)), Unload(model.name))
        case = Case((model.case_model(plain(model)),), steps)
        here = ex.run(case)
        with tempfile.TemporaryDirectory(prefix="triton-py-") as temporary:
            folder = Path(temporary, "a folder", "with späce & sign", target.backend)
            library = _copied(target.library, folder)
            with ex.other_library(library):
                there = ex.run(case, ("loading.any-path",))
                errors = [s.error for s in there.steps if s.error]
                ex.expect(not errors, "loading.any-path", f"from '{folder}': {errors[:1]}")
                a, b = ([s.answers[0] for s in o.steps if s.answers] for o in (here, there))
                ex.expect(
                    not model.deterministic or not a or (bool(b) and same_answers(a[0], b[0])),
                    "loading.any-path",
                    f"from '{folder}' it answers {shown(b[0] if b else ())}, else {shown(a[0] if a else ())}",
                )

    ex.examine(("loading.any-path",), requests(model, elements=64), holds, examples=1)
    return ""


def _copied(library: Path, folder: Path) -> Path:
    """The library at another place, with what lies beside it: a copy, or a link to the folder where
    that is large or the library needs what lies above it."""
    size = MOST_COPIED + 1 if leaves_its_folder(library) else 0
    for place, _, names in os.walk(library.parent):
        size += sum(os.lstat(os.path.join(place, name)).st_size for name in names)
        if size > MOST_COPIED:
            break
    folder.parent.mkdir(parents=True)
    try:
        if size <= MOST_COPIED:
            shutil.copytree(library.parent, folder)
    except (OSError, shutil.Error):
        # Something beside the library may not be read: it is left where it is.
        shutil.rmtree(folder)
    if not folder.exists():
        folder.symlink_to(library.parent, target_is_directory=True)
    return folder / library.name


def versions(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds() -> None:
        for version, accepted in (((1, 99), True), ((2, 0), False), ((1, 0), False)):
            clause = "loading.newer-server" if accepted else "loading.version"
            case = Case((model.case_model(),), (Load(model.name),), api_version=version)
            outcome = ex.run(case, (clause,))
            error = outcome.steps[0].error if outcome.steps else ""
            text = f"a server of API version {version[0]}.{version[1]} was "
            ex.expect(bool(error) != accepted, clause,
                      text + (f"refused: {error}" if error else "accepted"))

    ex.single(("loading.version", "loading.newer-server"), holds)
    return ""


def reload(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(request: CaseRequest) -> None:
        steps = (Load(model.name), infer(model, (request,)), Unload(model.name)) * ex.loads(ROUNDS)
        outcome = ex.run(Case((model.case_model(plain(model)),), steps), ("loading.reload",))
        errors = [s.error for s in outcome.steps if s.error]
        ex.expect(not errors, "loading.reload", f"a later load or unload failed: {errors[:1]}")
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        for number, answer in enumerate(answers[1:], 2):
            ex.expect(
                not model.deterministic or same_answers(answers[0], answer), "loading.reload",
                f"load {number} answers {shown(answer)}, the first one {shown(answers[0])}",
            )

    ex.examine(("loading.reload",), requests(model), holds, examples=3)
    return ""


def again(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    """Each case has a server of its own: the second is the library's second Initialize."""

    def holds(request: CaseRequest) -> None:
        steps = (Load(model.name), infer(model, (request,)))
        case = Case((model.case_model(plain(model)),), steps)
        ex.pool.fresh()
        ex.pool.single_use = False
        found = [ex.run(case, ("loading.twice",)) for _ in range(2)]
        errors = [[s.error for s in outcome.steps if s.error] for outcome in found]
        # What it can't do again it can't do in the cases that follow, either.
        ex.pool.single_use = bool(errors[1])
        ex.expect(not errors[1] or bool(errors[0]), "loading.twice",
                  f"initialized again it can't be loaded: {errors[1][:1]}")
        answers = [o.steps[1].answers[0] if len(o.steps) > 1 and o.steps[1].answers else ()
                   for o in found]
        ex.expect(
            not model.deterministic or same_answers(answers[0], answers[1]), "loading.twice",
            f"initialized again it answers {shown(answers[1])}, at first {shown(answers[0])}",
        )

    ex.examine(("loading.twice",), requests(model), holds, examples=3)
    return ""


def side_by_side(ex: Examiner, target: Target, model: ModelUnderTest) -> str:
    def holds(request: CaseRequest) -> None:
        text = plain(model)
        name = "other"
        case = Case(
            (model.case_model(text), model.case_model(text, name)),
            (
                Load(model.name), infer(model, (request,), 1),
                Load(name), replace(infer(model, (request,), 1), model=name),
                infer(model, (request,), 2), Unload(model.name),
                replace(infer(model, (request,), 2), model=name), Unload(name),
            ),
        )  # fmt: skip
        outcome = ex.run(case, ("loading.two-models",))
        errors = [s.error for s in outcome.steps if s.error]
        ex.expect(not errors, "loading.two-models", f"beside another model: {errors[:1]}")
        answers = [s.answers[0] for s in outcome.steps if s.answers]
        for answer in answers[1:]:
            ex.expect(
                not model.deterministic or same_answers(answers[0], answer), "loading.two-models",
                f"beside another model it answers {shown(answer)}, alone {shown(answers[0])}",
            )

    ex.examine(("loading.two-models",), requests(model), holds, examples=3)
    return ""


PROPERTIES = (
    Property(("lifecycle.initialize-succeeds", "loading.entry-point", "loading.symbols"), loads),
    Property(("loading.twice",), again),
    Property(("loading.any-path",), elsewhere),
    Property(("loading.version", "loading.newer-server"), versions, once=True),
    Property(("loading.reload",), reload),
    Property(("loading.two-models",), side_by_side),
)
