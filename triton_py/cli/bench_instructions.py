# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench instructions``: counts of the kernels' instructions, held against a baseline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from triton_py.cli.bench_compare import BenchError, part
from triton_py.cli.errors import CliError
from triton_py.errors import TritonError

_DESCRIPTION = """\
Counts the instructions of the data plane's inner parts with valgrind: the same on a busy machine as on
an idle one. Held against the baseline of this environment (processor family, compiler, C library,
Python); the package's own is of Debian 12.
"""

_EPILOG = """\
examples:
  triton-py bench instructions
  triton-py bench instructions --baseline counts.json --update    # on the main branch
  triton-py bench instructions --baseline counts.json             # on a change

exit status:
  0  no kernel needs more than the margin allows
  1  one does
  2  nothing could be counted or read, or the baseline is of other kernels
  3  it was counted and not compared: there is no baseline for this environment
"""


class NotComparedError(CliError):
    """Apart from a failure, so that a build server of another environment can let it pass."""

    exit_status = 3


def register(commands: Any) -> None:
    """Adds it to the sub-parsers of ``triton-py bench``."""
    made: argparse.ArgumentParser = commands.add_parser(
        "instructions", help="count the instructions of the inner parts", description=_DESCRIPTION,
        epilog=_EPILOG, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--baseline", type=Path, metavar="FILE",
                      help="counts by environment (default: the package's own)")
    made.add_argument("--update", action="store_true",
                      help="make what is counted now this environment's baseline")
    made.add_argument("--margin", type=part, default=0.02, metavar="PART",
                      help="this much more is the same (default: 2%%)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs it; returns the exit status. Raises ``BenchError``, ``NotComparedError``."""
    from triton_py.benchmarks import instructions

    path = arguments.baseline or instructions.BASELINE
    if not path.exists() and not arguments.update:
        raise BenchError(f"there is no file {path}; --update makes one")
    try:
        known = instructions.read(path)
        counts = instructions.count()
    except TritonError as error:
        raise BenchError(str(error)) from None
    environment = instructions.environment()
    if arguments.update:
        instructions.write(path, environment, counts)
    changes = instructions.changes(known.get(environment, {}), counts)
    print(f"{'kernel':24} {'baseline':>12} {'now':>12} {'change':>8}")
    for change in changes:
        ratio = f"{(change.ratio - 1) * 100:+.2f} %" if change.ratio else ""
        print(f"{change.kernel:24} {_shown(change.baseline):>12} {_shown(change.now):>12} {ratio:>8}"
              f"  {change.verdict(arguments.margin)}")
    if arguments.update:
        print(f"{path}: baseline of {environment}")
        return 0
    if environment not in known:
        raise NotComparedError(f"not compared: {path} has no baseline for {environment}; "
                               "--update makes one")
    verdicts = {change.verdict(arguments.margin) for change in changes}
    # What is not in the baseline is held by nobody; what is gone from the code is held no more.
    if verdicts & {"new", "gone"}:
        raise BenchError("the baseline is of other kernels; --update makes a new one")
    return 1 if "slower" in verdicts else 0


def _shown(count: float | None) -> str:
    return "" if count is None else f"{count:,.0f}"
