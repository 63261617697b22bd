# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py certify``: holds a backend's library against the backend API."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from triton_py.cli.certify_parser import parser
from triton_py.cli.errors import CliError

if TYPE_CHECKING:
    from triton_py.conformance.results import RunResult
    from triton_py.conformance.settings import Settings
    from triton_py.conformance.subject import Subject
    from triton_py.conformance.target import Target


#: What says something of a run over a library, and nothing of a self-test.
_OF_RUNS = ("model", "config", "profile", "strict", "fail_fast", "junit", "html", "certificate",
            "reproducers")


class CertifyError(CliError):
    """Nothing can be said about the library. 1 would say that it violates something."""

    exit_status = 2


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status."""
    options = parser().parse_args(arguments)
    _check_profiles(options.profile)
    if options.list:
        return _list(options.profile)
    if options.self_test:
        return _self_test(options)
    if options.library is None:
        raise CertifyError("name the library to certify: triton-py certify libtriton_<name>.so")
    if options.verify:
        return _verify(Path(options.verify), Path(options.library))
    return _certify(options)


def _check_profiles(names: Sequence[str]) -> None:
    from triton_py.conformance.clauses import PROFILES

    for name in names:
        if name not in PROFILES:
            near = difflib.get_close_matches(name, PROFILES, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(PROFILES)}"
            raise CertifyError(f"there is no profile '{name}'; {hint}")


def _list(profiles: Sequence[str]) -> int:
    from triton_py.conformance.report.terminal import listing

    print(listing(profiles or None), end="")
    return 0


def _verify(certificate: Path, library: Path) -> int:
    from triton_py.conformance.report.case_text import one_line
    from triton_py.conformance.report.verification import HOLDS, verify

    found = verify(certificate, library, datetime.now(UTC).date())
    for sentence in found.sentences:
        print(one_line(sentence), file=sys.stdout if found.exit_code == HOLDS else sys.stderr)
    for sentence in found.warnings:
        print(f"warning: {one_line(sentence)}", file=sys.stderr)
    return found.exit_code


def _self_test(options: argparse.Namespace) -> int:
    from triton_py.cli.self_test import self_test
    from triton_py.conformance.pool import HarnessError

    _check(options, "")
    for name, said in vars(options).items():
        if said and name in _OF_RUNS:
            raise CertifyError(f"--self-test has no use for --{name.replace('_', '-')}")
    if options.library or options.json == "-" or options.jobs < 0:
        raise CertifyError("--self-test takes no library, a --json that is a file, and --jobs from 1 on")
    try:
        with _scratch():
            return self_test(options)
    except HarnessError as error:
        raise CertifyError(str(error)) from None


def _certify(options: argparse.Namespace) -> int:
    from triton_py import report_files
    from triton_py.conformance.pool import HarnessError
    from triton_py.conformance.report import files, terminal

    paths = {form: path for form in files.FORMS if (path := getattr(options, form))}
    _check(options, report_files.problem(paths))
    try:
        subject = _subject(options)
        run = _examine(options, subject.target)
    except HarnessError as error:
        raise CertifyError(str(error)) from None
    if subject.settings is not None:
        _settle(run, subject.settings)
    _reproduce(run, subject.target, options.reproducers, list(paths.values()))
    written, failed = report_files.write(run, files.FORMS, paths)
    if report_files.STDOUT not in paths.values():
        terminal.show(run, sys.stdout, written)
    for sentence in failed:
        print(f"triton-py certify: {sentence}", file=sys.stderr)
    return 2 if failed else run.exit_code


def _check(options: argparse.Namespace, unwritable: str) -> None:
    """What can be known to be wrong before anything is examined."""
    try:
        for needs in ("examiner", "server_alias"):
            importlib.import_module(f"triton_py.conformance.{needs}")
    except ImportError as error:
        raise CertifyError(
            f"certifying needs the package {error.name}: pip install 'triton-py[conformance]'"
        ) from None
    if options.examples < 1:
        raise CertifyError(f"--examples {options.examples}: one case is the least")
    if not 0 < options.time_budget < math.inf:
        raise CertifyError(f"--time-budget {options.time_budget:g}: give a number of seconds above 0")
    if options.reproducers and Path(options.reproducers).is_file():
        raise CertifyError(f"--reproducers '{options.reproducers}' is a file")
    if unwritable:
        raise CertifyError(unwritable)


def _subject(options: argparse.Namespace) -> Subject:
    """The library with its models, as conformance.toml wants them. Raises HarnessError."""
    from triton_py.conformance.settings import SettingsError
    from triton_py.conformance.subject import read_subject

    try:
        subject = read_subject(
            Path(options.library), [Path(folder) for folder in options.model], options.config
        )
    except SettingsError as error:
        raise CertifyError("\n  ".join(["the settings can't be used:", *error.problems])) from None
    if subject.swept:
        names = ", ".join(model.name for model in subject.target.models)
        print(f"no model was named; the library takes these: {names}", file=sys.stderr)
    return subject


def _examine(options: argparse.Namespace, target: Target) -> RunResult:
    from triton_py.conformance import reference
    from triton_py.conformance.report.certificate import sha256_of
    from triton_py.conformance.report.progress import Progress
    from triton_py.conformance.run import certify

    progress = Progress(sys.stderr, options.time_budget)
    try:
        with _scratch():
            run = certify(
                target, seed=options.seed, examples=options.examples,
                budget_s=options.time_budget, profiles=options.profile, strict=options.strict,
                fail_fast=options.fail_fast, progress=progress,
            )  # fmt: skip
    finally:
        progress.finish()
    # Workers start all along the run: what they opened must have been what was hashed.
    try:
        same = sha256_of(target.library) == target.sha256
    except OSError:
        same = False
    if not same:
        run.problems.append(f"{target.library} was changed while it was examined")
    reference.settle(run, target.models)
    return run


@contextlib.contextmanager
def _scratch() -> Iterator[None]:
    """Hypothesis keeps a folder of its own; the user's is not the place for it."""
    name = "HYPOTHESIS_STORAGE_DIRECTORY"
    if name in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="triton-py-certify-") as folder:
        os.environ[name] = folder
        try:
            yield
        finally:
            del os.environ[name]


def _settle(run: RunResult, settings: Settings) -> None:
    """Puts what conformance.toml says into the results."""
    from triton_py.conformance import waivers

    run.settings_file, run.settings = settings.path.name, settings.text
    waivers.apply(run, settings.waivers, datetime.now(UTC).date(), settings.path.name)


def _reproduce(
    run: RunResult, target: Target, folder: str | None, reports: Sequence[str]
) -> None:
    """Writes programs that show the violations, where there are any."""
    from triton_py.conformance import reproducers

    if not any(result.violations for result in run.results):
        return
    beside = next((Path(path).parent for path in reports if path != "-"), Path())
    path = Path(folder) if folder else beside / f"triton-py-certify-{run.backend}"
    try:
        reproducers.write(run, target, path)
    except OSError as error:
        run.warnings.append(f"No reproducers were written to {path}: {error.strerror}.")
