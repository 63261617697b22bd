# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py certify``: holds a backend's library against the backend API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from triton_py.cli.errors import CliError

if TYPE_CHECKING:
    from triton_py.conformance.results import RunResult

EPILOG = """\
examples:
  triton-py certify libtriton_mine.so --model models/mine
  triton-py certify libtriton_mine.so                 the models of the conformance.toml beside it, or
                                                      small ones that the library is found to take
  triton-py certify libtriton_mine.so --profile core --profile batching --time-budget 300
  triton-py certify libtriton_mine.so --html report.html --certificate mine.cert.json
  triton-py certify --verify mine.cert.json libtriton_mine.so
  triton-py certify --list                            the clauses
  triton-py certify --self-test                       whether known faults are found

exit status: 0 conformant in every profile that ran, 1 violations, 2 the run failed or is incomplete
             with --verify: 0 the certificate holds for the library, 1 it does not, 2 it can't be read
"""


def parser() -> argparse.ArgumentParser:
    from triton_py.conformance import run

    p = argparse.ArgumentParser(
        prog="triton-py certify",
        description="Hold libtriton_<name>.so against the backend API, clause by clause. Cases run in "
        "processes of their own: a crash or a hang is a finding.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("library", nargs="?", help="libtriton_<name>.so")

    what = p.add_argument_group("what is examined")
    what.add_argument("--model", action="append", default=[], metavar="DIR",
                      help="a model folder with its config.pbtxt; may be given several times")
    what.add_argument("--config", metavar="FILE",
                      help="the conformance.toml, which says what a config.pbtxt can't: a reference "
                      "function, ranges, what is tolerated (default: the one beside the library)")
    what.add_argument("--profile", action="append", default=[], metavar="NAME",
                      help="only the clauses of this profile; may be given several times")
    what.add_argument("--seed", type=int, default=run.DEFAULT_SEED,
                      help="the same seed makes the same cases (default: %(default)s)")
    what.add_argument("--examples", type=_positive, default=run.DEFAULT_EXAMPLES, metavar="N",
                      help="cases for each property and model (default: %(default)s)")
    what.add_argument("--time-budget", type=float, default=run.DEFAULT_BUDGET_S, metavar="SECONDS",
                      help="begin nothing new after so long; what was left out makes the run "
                      "incomplete (default: %(default).0f)")
    what.add_argument("--strict", action="store_true", help="SHOULD clauses decide, too")
    what.add_argument("--fail-fast", action="store_true", help="end with the first violation")

    results = p.add_argument_group("results", "beside the report on standard output; '-' is that")
    results.add_argument("--json", metavar="FILE", help="everything, as data (docs/certify-report.md)")
    results.add_argument("--junit", metavar="FILE", help="JUnit's XML")
    results.add_argument("--html", metavar="FILE", help="one page that needs nothing else")
    results.add_argument("--certificate", metavar="FILE",
                         help="what was shown about this very file, to be handed on with it")
    results.add_argument("--reproducers", metavar="DIR",
                         help="where violations are written as programs of their own (default: "
                         "./certify-<name>; only if there are any)")

    other = p.add_argument_group("instead of a run")
    other.add_argument("--list", action="store_true", help="print the clauses and exit")
    other.add_argument("--verify", metavar="FILE",
                       help="check that a certificate holds for the library")
    other.add_argument("--self-test", action="store_true",
                       help="certify backends with a known fault each, and one without (minutes)")
    other.add_argument("--specimen", action="append", default=[], metavar="NAME",
                       help="with --self-test: only those whose names begin so")
    other.add_argument("--jobs", type=_positive, default=None, metavar="N",
                       help="with --self-test: so many at a time (default: one for each CPU)")
    return p


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return number


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status."""
    try:
        import triton_py.conformance.examiner
        import triton_py.conformance.server_alias  # noqa: F401 both need what the extra brings
    except ImportError as error:
        raise CliError(
            f"certifying needs the package {error.name}: pip install 'triton-py[conformance]'"
        ) from None
    from triton_py.conformance.pool import HarnessError

    options = parser().parse_args(arguments)
    try:
        if options.list:
            return _list(options)
        if options.self_test:
            from triton_py.cli.self_test import self_test

            return self_test(options)
        if options.library is None:
            raise CliError("name the library to certify: triton-py certify libtriton_<name>.so")
        if options.verify:
            return _verify(options)
        return _certify(options)
    except (HarnessError, CliError) as error:
        # Not 1, which says that there are violations.
        print(f"triton-py certify: {error}", file=sys.stderr)
        return 2


def _list(options: argparse.Namespace) -> int:
    from triton_py.conformance.report.terminal import listing

    _check_profiles(options.profile)
    print(listing(options.profile or None), end="")
    return 0


def _check_profiles(names: Sequence[str]) -> None:
    from triton_py.conformance.clauses import PROFILES

    for name in names:
        if name not in PROFILES:
            raise CliError(f"there is no profile '{name}'; there are {', '.join(PROFILES)}")


def _verify(options: argparse.Namespace) -> int:
    from triton_py.conformance.report.certificate import verify

    certificate, library = Path(options.verify), Path(options.library)
    for path in (certificate, library):
        if not path.is_file():
            raise CliError(f"there is no file '{path}'")
    problems = verify(certificate, library)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"{certificate} holds for {library}: conformant.")
    return 1 if problems else 0


def _certify(options: argparse.Namespace) -> int:
    from triton_py.conformance.report import terminal
    from triton_py.conformance.report.progress import Progress
    from triton_py.conformance.reproducers import write
    from triton_py.conformance.run import certify
    from triton_py.conformance.settings import read_target
    from triton_py.conformance.waivers import apply

    _check_profiles(options.profile)
    outputs = _outputs(options)
    target, settings = read_target(
        Path(options.library), [Path(folder) for folder in options.model], options.config
    )
    if not options.model and not settings.models:
        names = ", ".join(model.name for model in target.models)
        print(f"no --model was given; the library takes these: {names}", file=sys.stderr)
    progress = Progress()
    try:
        result = certify(
            target, seed=options.seed, examples=options.examples, budget_s=options.time_budget,
            profiles=options.profile, strict=options.strict, fail_fast=options.fail_fast,
            progress=progress,
        )  # fmt: skip
    finally:
        progress.finish()
    apply(result, settings.waivers, datetime.now(UTC).date())
    if any(r.violations for r in result.results):
        folder = Path(options.reproducers or f"certify-{target.backend}")
        write(result, target, folder)
    elsewhere = False
    for path, text in outputs:
        if path == "-":
            print(text(result), end="")
            elsewhere = True
        else:
            Path(path).write_text(text(result), encoding="utf-8")
    if not elsewhere:
        terminal.show(result, sys.stdout)
    return result.exit_code


def _outputs(options: argparse.Namespace) -> list[tuple[str, Callable[[RunResult], str]]]:
    """What is to be written, and by what; said before the run if it can't be."""
    from triton_py.conformance.report import as_json, certificate, html, junit

    wanted: list[tuple[str, Callable[[RunResult], str]]] = [
        (options.json, as_json.dumps), (options.junit, junit.dumps), (options.html, html.dumps),
        (options.certificate, certificate.dumps),
    ]  # fmt: skip
    found = [(path, text) for path, text in wanted if path]
    if sum(path == "-" for path, _ in found) > 1:
        raise CliError("only one of the results can be written to standard output")
    for path, _ in found:
        folder = Path(path).parent
        if path != "-" and not folder.is_dir():
            raise CliError(f"'{path}' can't be written: there is no folder '{folder}'")
    return found
