# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py certify``: holds a backend's library against the backend API."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from triton_py.cli.errors import CliError

if TYPE_CHECKING:
    from triton_py.conformance.results import ClauseResult, RunResult

EPILOG = """\
examples:
  triton-py certify libtriton_mine.so --model models/mine
  triton-py certify libtriton_mine.so --model models/mine --profile core --profile batching
  triton-py certify --list

exit status: 0 conformant in every profile that ran, 1 violations, 2 the run failed or is incomplete
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
    p.add_argument("--model", action="append", default=[], metavar="DIR",
                   help="a model folder with its config.pbtxt; may be given several times")
    p.add_argument("--profile", action="append", default=[], metavar="NAME",
                   help="only the clauses of this profile; may be given several times")
    p.add_argument("--seed", type=int, default=run.DEFAULT_SEED,
                   help="the same seed makes the same cases (default: %(default)s)")
    p.add_argument("--examples", type=int, default=run.DEFAULT_EXAMPLES,
                   help="cases for each property and model (default: %(default)s)")
    p.add_argument("--time-budget", type=float, default=run.DEFAULT_BUDGET_S, metavar="SECONDS",
                   help="begin no further property after so long (default: %(default)s)")
    p.add_argument("--strict", action="store_true", help="SHOULD clauses count, too")
    p.add_argument("--fail-fast", action="store_true", help="end with the first violation")
    p.add_argument("--list", action="store_true", help="print the clauses and exit")
    p.add_argument("--json", metavar="FILE", help="write what was found; '-' for standard output")
    return p


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status."""
    try:
        import triton_py.conformance.examiner  # noqa: F401 needs hypothesis
    except ImportError as error:
        raise CliError(
            f"certifying needs the package {error.name}: pip install 'triton-py[conformance]'"
        ) from None
    options = parser().parse_args(arguments)
    if options.list:
        print(listing())
        return 0
    if options.library is None:
        raise CliError("name the library to certify: triton-py certify libtriton_<name>.so")
    return _certify(options)


def listing() -> str:
    """All clauses, by profile."""
    from triton_py.conformance.clauses import PROFILES, clauses

    lines = []
    for profile, what in PROFILES.items():
        lines.append(f"{profile}: {what}")
        for clause in clauses().values():
            if clause.profile == profile:
                lines.append(f"  {clause.level:6} {clause.id}\n         {clause.sentence}")
    return "\n".join(lines)


def _certify(options: argparse.Namespace) -> int:
    from triton_py.conformance.clauses import PROFILES
    from triton_py.conformance.pool import HarnessError
    from triton_py.conformance.run import certify
    from triton_py.conformance.target import open_target, read_model

    for profile in options.profile:
        if profile not in PROFILES:
            raise CliError(f"there is no profile '{profile}'; there are {', '.join(PROFILES)}")
    if not options.model:
        raise CliError("give the model to certify it with: --model DIR, a folder with a config.pbtxt")
    library = Path(options.library)
    try:
        target = open_target(library, ())
        models = [read_model(Path(folder), target.backend) for folder in options.model]
        result = certify(
            open_target(library, models), seed=options.seed, examples=options.examples,
            budget_s=options.time_budget, profiles=options.profile, strict=options.strict,
            fail_fast=options.fail_fast, progress=_progress(),
        )
    except HarnessError as error:
        print(f"triton-py certify: {error}", file=sys.stderr)
        return 2
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    if options.json:
        text = json.dumps(as_json(result), indent=1) + "\n"
        if options.json == "-":
            print(text, end="")
            return result.exit_code
        Path(options.json).write_text(text)
    print(summary(result))
    return result.exit_code


def _progress():  # type: ignore[no-untyped-def]
    """A line that tells how far it is, on a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(clause: str, cases: int, found: int) -> None:
        if cases % 5 == 0:
            print(f"\r\x1b[K{cases} cases, {found} violations  {clause}", end="", file=sys.stderr,
                  flush=True)

    return show


def summary(result: RunResult) -> str:
    """What was found, for people."""
    lines = []
    for r in result.results:
        if r.violations:
            lines.append(f"{r.clause.level} {r.clause.id}: {r.clause.sentence}")
            for violation in r.violations:
                lines.append(f"  observed: {violation.summary}")
                lines += [f"    {line}" for line in violation.events]
                lines.append("")
    for profile, found in _by_profile(result).items():
        counts = {s: sum(r.status == s for r in found) for s in dict.fromkeys(r.status for r in found)}
        lines.append(f"{profile:20} " + ", ".join(f"{n} {status}" for status, n in counts.items()))
    for r in result.results:
        if r.reason and r.status != "pass":
            lines.append(f"  {r.status}: {r.clause.id}: {r.reason}")
    lines += [f"incomplete: {problem}" for problem in result.problems]
    lines.append(
        f"{result.verdict}: {Path(result.library).name}, {result.cases} cases in "
        f"{result.seconds:.0f} s, seed {result.seed}"
    )
    return "\n".join(lines)


def _by_profile(result: RunResult) -> dict[str, list[ClauseResult]]:
    found: dict[str, list[ClauseResult]] = {}
    for r in result.results:
        found.setdefault(r.clause.profile, []).append(r)
    return found


def as_json(result: RunResult) -> dict[str, object]:
    """The result as data; ``version`` is that of this form."""
    return {
        "format": "triton-py-conformance",
        "version": 1,
        "verdict": result.verdict,
        "library": result.library,
        "sha256": result.sha256,
        "seed": result.seed,
        "cases": result.cases,
        "seconds": result.seconds,
        "environment": result.environment,
        "problems": result.problems,
        "clauses": [
            {
                "id": r.clause.id, "level": r.clause.level, "profile": r.clause.profile,
                "status": r.status, "reason": r.reason, "cases": r.cases,
                "violations": [
                    {"summary": v.summary, "events": v.events, "case": v.case, "ended": v.ended}
                    for v in r.violations
                ],
            }
            for r in result.results
        ],
    }  # fmt: skip
