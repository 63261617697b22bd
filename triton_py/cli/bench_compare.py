# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench compare`` and ``triton-py bench report``: files of samples to verdicts."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triton_py.cli.errors import CliError
from triton_py.errors import InvalidArgumentError

if TYPE_CHECKING:
    from triton_py.benchmarks.comparison import Comparison
    from triton_py.benchmarks.report.document import Document
    from triton_py.benchmarks.results import Run
    from triton_py.benchmarks.statistics.rules import Rules

_FORMS = ("json", "junit", "markdown", "html")

EXIT = """\
exit status:
  0  the same: a slowdown beyond the margin is ruled out for each figure that decides
  1  slower: a slowdown beyond the margin is shown
  2  inconclusive or incomplete, which is not a pass; also where a file or an argument is wrong
"""

_COMPARE = """\
Compares two files that were measured at different times: of triton-py bench run, or the JSON of
pytest --benchmark-json. They were not interleaved, so that a change of the machine between them is
part of the result; to decide something, measure both builds in one run: triton-py bench versus.
"""

_COMPARE_EXAMPLES = """\
examples:
  triton-py bench compare before.json after.json
      a table, and the verdict as the exit status
  triton-py bench compare before.json after.json --margin 2% --markdown comment.md
      a slowdown of up to 2 % is the same; the table for a pull request
  triton-py bench compare main.json mine.json --junit bench.xml --html bench.html
      for a build server, and a page with plots

"""

_REPORT = """\
Makes reports of a run's file: verdicts where it holds several subjects, else the values with their
spread. Of several files, the last one is reported; from three on, the page shows all of them over
time.
"""

_REPORT_EXAMPLES = """\
examples:
  triton-py bench report run.json --html run.html
      the run as a page with plots
  triton-py bench report versus.json --margin 3% --json verdict.json
      the verdicts of a comparison once more, by another margin
  triton-py bench report monday.json tuesday.json wednesday.json --html week.html
      what the last one shows, and how it came to be

"""


class BenchError(CliError):
    """Nothing can be said. 1 would say that something is slower."""

    exit_status = 2


def register(commands: Any) -> None:
    """Adds the two to the sub-parsers of ``triton-py bench``.

    :param commands: what ``ArgumentParser.add_subparsers`` returned. The parsed arguments go to
        ``run``, which their attribute ``run`` is.
    """
    compare = _parser(commands, "compare", "compare two files", _COMPARE,
                      _COMPARE_EXAMPLES + EXIT)
    compare.add_argument("baseline", metavar="A", help="the file of the baseline")
    compare.add_argument("compared", metavar="B", help="the file that is held against it")
    compare.add_argument("--across-machines", action="store_true",
                         help="also where CPU model, core count, kernel release or governor differ")
    compare.add_argument("--between-runs", type=part, metavar="PART",
                         help="how far two runs of one build lie apart by themselves, as a standard "
                         "deviation of their times (default: 2%%, or 4%% for files of "
                         "pytest-benchmark, which are of one process each)")
    report = _parser(commands, "report", "make reports of a run's file", _REPORT,
                     _REPORT_EXAMPLES + EXIT
                     + "Without verdicts: 0, or 2 where the run is not whole.\n")
    report.add_argument("files", nargs="+", metavar="RUN", help="a file, or several in the order "
                        "of time")
    for parser in (compare, report):
        add_rules(parser)
        add_outputs(parser)


def run(arguments: argparse.Namespace) -> int:
    """Runs ``compare`` or ``report``; returns the exit status. Raises ``BenchError``."""
    from triton_py import report_files

    paths = outputs(arguments)
    problem = report_files.problem(paths, _files(arguments))
    if problem:
        raise BenchError(problem)
    try:
        document = _compared(arguments) if arguments.command == "compare" else _reported(arguments)
    except InvalidArgumentError as error:
        raise BenchError(str(error)) from None
    return write(document, paths)


def write(document: Document, paths: dict[str, str]) -> int:
    """Writes the report on the terminal and to files, form to path; returns the exit status."""
    from triton_py import report_files
    from triton_py.benchmarks.report import files, terminal

    written, failed = report_files.write(document, files.FORMS, paths)
    if report_files.STDOUT not in paths.values():
        terminal.show(document, sys.stdout, written)
    for sentence in failed:
        print(f"triton-py bench: {sentence}", file=sys.stderr)
    return 2 if failed else document.exit_code


def part(text: str) -> float:
    """``5%``, ``5 %`` or ``0.05``: a part above 0 and below 1."""
    plain = text.strip()
    percent = plain.endswith("%")
    try:
        value = float(plain.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no part: give a percentage such as 5%, or a fraction such as 0.05")
    return value


def alpha(text: str) -> float:
    """As ``part``, below one half."""
    value = part(text)
    if value >= 0.5:
        raise argparse.ArgumentTypeError(f"'{text}': from one half on nothing is shown")
    return value


def _compared(arguments: argparse.Namespace) -> Document:
    from triton_py.benchmarks import compare, foreign
    from triton_py.benchmarks.report.document import Document

    first, second = _read(_files(arguments))
    one_process = any(foreign.FIGURE in s.figures for s in [*first.samples, *second.samples])
    between = arguments.between_runs or (foreign.BETWEEN_PROCESSES if one_process else None)
    chosen = rules(arguments)
    if between:
        chosen = replace(chosen, between_runs=between)
    made = compare.unpaired(first, second, chosen, arguments.across_machines)
    if one_process:
        made.warnings.append(foreign.ONE_PROCESS)
    return Document([first, second], made, _files(arguments))


def _reported(arguments: argparse.Namespace) -> Document:
    from triton_py.benchmarks.report.document import Document

    runs = _read(_files(arguments))
    return Document(runs, comparison_of(runs[-1], rules(arguments)), _files(arguments))


def comparison_of(run: Run, rules: Rules) -> Comparison | None:
    """The verdicts of a run that holds something to compare, else None."""
    from triton_py.benchmarks import compare
    from triton_py.benchmarks.results import BASELINE, CONTROL

    names = {sample.subject for sample in run.samples} | set(run.subjects)
    if BASELINE not in names or not names - {BASELINE, CONTROL}:
        return None
    return compare.paired(run, rules)


def _read(names: list[str]) -> list[Run]:
    from triton_py.benchmarks import foreign

    return [foreign.read_any(Path(name)) for name in names]


def _files(arguments: argparse.Namespace) -> list[str]:
    if arguments.command == "compare":
        return [arguments.baseline, arguments.compared]
    return list(arguments.files)


def outputs(arguments: argparse.Namespace) -> dict[str, str]:
    """The reports that are asked for, form to path."""
    return {form: path for form in _FORMS if (path := getattr(arguments, form))}


def rules(arguments: argparse.Namespace) -> Rules:
    from triton_py.benchmarks.statistics.rules import Rules

    return Rules(arguments.alpha, arguments.margin, arguments.exact_margin)


def _parser(commands: Any, name: str, line: str, description: str, epilog: str
            ) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=line, description=description, epilog=epilog, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    made.set_defaults(command=name, run=run)
    return made


def add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what counts as slower")
    group.add_argument("--margin", type=part, default=0.05, metavar="PART",
                       help="a slowdown up to this is the same: 5%% or 0.05 (default: 5%%)")
    group.add_argument("--exact-margin", type=part, default=0.005, metavar="PART",
                       help="the same for counts: instructions, allocations, bytes copied "
                       "(default: 0.5%%)")
    group.add_argument("--alpha", type=alpha, default=0.05, metavar="PART",
                       help="how often a run without a slowdown may be called slower, all its "
                       "figures together (default: 5%%)")


def add_outputs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reports, each besides the one on the terminal; '-' writes "
                                      "one of them to standard output instead")
    group.add_argument("--json", metavar="FILE", help="all of it, as data")
    group.add_argument("--junit", metavar="FILE", help="JUnit's XML, for build servers")
    group.add_argument("--markdown", metavar="FILE", help="a table for a pull request")
    group.add_argument("--html", metavar="FILE", help="one self-contained page with plots")
