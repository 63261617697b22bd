# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of ``triton-py certify``."""

from __future__ import annotations

import argparse

from triton_py.conformance.defaults import DEFAULT_BUDGET_S, DEFAULT_EXAMPLES, DEFAULT_SEED

DESCRIPTION = """\
Holds a backend's library, libtriton_<name>.so, against Triton's backend API, clause by clause: makes
requests, batches, loads, cancellations and failing calls, watches each call across the API, and shows
for each violation the calls that led to it and the smallest case. Needs no GPU, no source and no
change to the library. Cases run in processes of their own: a crash or a hang is a finding.
"""

EPILOG = """\
examples:
  triton-py certify libtriton_mine.so --model models/mine
      examine it; the report is printed
  triton-py certify libtriton_mine.so --model models/mine --html report.html --junit report.xml
      the same, with a page for people and a file for a build server
  triton-py certify libtriton_mine.so --profile core --fail-fast --examples 10
      a quick look while you work; the models are named by the conformance.toml beside the library
  triton-py certify libtriton_mine.so --model models/mine --strict --certificate mine.json
      examine it for a release, and write what can be handed on with it
  triton-py certify --verify mine.json libtriton_mine.so
      whether this is the library that was certified, and how it came out
  triton-py certify libtriton_mine.so
      with small models that the library is found to take, where none is named anywhere
  triton-py certify --self-test
      whether known faults are found: minutes
  triton-py certify --list --profile batching
      what is asked of a backend

conformance.toml, beside the library, says what a config.pbtxt can't:
  deterministic = false            answers need not repeat
  reference = "ref.py:answer"      a Python function that computes the right outputs
  [ranges]                         the values that an input may have
  INPUT = [0, 255]
  [largest]                        the largest size of variable dimensions
  "*" = 512
  [[model]]                        a model to examine, with any of the above for it alone
  path = "models/mine"
  [[tolerate]]                     a clause that may fail until a day
  clause = "statistics.truthful"
  reason = "issue 12"
  expires = 2026-12-31

exit status:
  0  conformant: each clause that decides and was examined holds
  1  violations
  2  nothing can be said: the run is incomplete, or the arguments or a file are wrong
With --verify: 0 it holds, 1 the certificate is in order but not of a conformant library, 2 it is
damaged, edited, unreadable or another library's.
"""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="triton-py certify",
        usage="triton-py certify LIBRARY [--model DIR]... [options]\n"
        "       triton-py certify --verify CERTIFICATE LIBRARY\n"
        "       triton-py certify --list [--profile NAME]...\n"
        "       triton-py certify --self-test [--specimen NAME]...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    p.add_argument("library", nargs="?", metavar="LIBRARY", help="libtriton_<name>.so")

    what = p.add_argument_group("what is examined")
    what.add_argument("--model", action="append", default=[], metavar="DIR",
                      help="a model folder with its config.pbtxt, as often as you like; without it "
                      "the [[model]] tables of conformance.toml name the models, else small ones "
                      "are tried")
    what.add_argument("--config", metavar="FILE",
                      help="this file instead of the conformance.toml beside the library")
    what.add_argument("--profile", action="append", default=[], metavar="NAME",
                      help="only the clauses of this profile; may be given several times")
    what.add_argument("--strict", action="store_true", help="SHOULD clauses decide, too")

    how = p.add_argument_group("how")
    how.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N",
                     help="the same seed makes the same cases (default: %(default)s)")
    how.add_argument("--examples", type=int, default=DEFAULT_EXAMPLES, metavar="N",
                     help="cases for each property and model (default: %(default)s)")
    how.add_argument("--time-budget", type=float, default=DEFAULT_BUDGET_S, metavar="SECONDS",
                     help="so long for all; what is unfinished then is not run, and the run "
                     "incomplete (default: %(default)s)")
    how.add_argument("--fail-fast", action="store_true", help="end with the first violation")

    out = p.add_argument_group("reports, each besides the one on the terminal; '-' writes one of "
                               "them to standard output instead")
    out.add_argument("--json", metavar="FILE", help="all that was found, as data")
    out.add_argument("--junit", metavar="FILE", help="JUnit's XML, for build servers")
    out.add_argument("--html", metavar="FILE", help="one self-contained page for people")
    out.add_argument("--certificate", metavar="FILE",
                     help="what was examined and how it came out, bound to the library's SHA-256")
    out.add_argument("--reproducers", metavar="DIR",
                     help="where stand-alone programs that show the violations are written "
                     "(default, only where there are violations: triton-py-certify-<name> beside "
                     "the first report file, or here)")

    other = p.add_argument_group("instead of examining")
    other.add_argument("--verify", metavar="CERTIFICATE",
                       help="whether a certificate holds for the library")
    other.add_argument("--list", action="store_true", help="print the clauses and exit")
    other.add_argument("--self-test", action="store_true",
                       help="certify backends with a known fault each, and one without")
    other.add_argument("--specimen", action="append", default=[], metavar="NAME",
                       help="with --self-test: only those whose names begin so")
    other.add_argument("--jobs", type=int, default=0, metavar="N",
                       help="with --self-test: so many at a time (default: one for each CPU)")
    return p
