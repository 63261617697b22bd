# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench run``, ``versus``, ``backend`` and ``list``: what measures."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triton_py.cli import bench_compare
from triton_py.cli.bench_compare import BenchError
from triton_py.errors import TritonError

if TYPE_CHECKING:
    from triton_py.benchmarks.results import Run
    from triton_py.benchmarks.runner.execute import Contestant
    from triton_py.benchmarks.scenarios import Catalogue, Scenario

_RUN = """\
Measures this installation: each scenario at each level of load, in fresh processes. The samples go to
a file, for 'compare' and 'report'. To decide whether one build is slower than another, measure both
in one run: 'versus' and 'backend' interleave them.
"""

_RUN_EXAMPLES = """\
examples:
  triton-py bench run                          # everything, some 15 minutes
  triton-py bench run http 'grpc*'             # by name
  triton-py bench run --set smoke --blocks 1 --seconds 1
  triton-py bench run http --output before.json && ... && triton-py bench compare before.json ...

"""

_VERSUS = """\
Measures a peer and this installation side by side: in blocks, in the order A B B A, each time in fresh
processes, on the same work. The peer is the baseline A, this installation B, and the peer once more is
the control A': what the control's ratio to the baseline shows is noise.

peers:
  tritonserver   Triton itself, as the package nvidia-pytriton carries it; it is installed into an
                 environment of its own at the first use, or taken from --peer-path
  triton-py      the triton-py of another interpreter: --peer-path VENV/bin/python
  floor          a program that receives, copies once and sends: the least that HTTP can cost
  bare-onnxruntime
                 no server, but onnxruntime.InferenceSession.run in a loop, on the model of the
                 package magika; of this interpreter, or of --peer-path VENV/bin/python. The
                 requests in flight are one run. Without SCENARIO: the set 'onnxruntime'
  mlserver       another server of Python models, with models that are written for it; it is
                 installed as tritonserver is. Without SCENARIO: the set 'mlserver'
  litserve       the same, with a protocol of its own over HTTP. Without SCENARIO: the set 'litserve'
  mosec          the same, with a protocol of its own over HTTP. Without SCENARIO: the set 'mosec'
"""

_VERSUS_EXAMPLES = """\
examples:
  triton-py bench versus tritonserver --html versus.html
  triton-py bench versus tritonserver http 'grpc*' --blocks 3 --seconds 1
  triton-py bench versus floor --set floor
  triton-py bench versus triton-py --peer-path ../before/venv/bin/python http inprocess
  triton-py bench versus bare-onnxruntime --seconds 1
  triton-py bench versus tritonserver --set python --parameter ISOLATION=inprocess
  triton-py bench versus mlserver --peer-path ../mlserver/venv

"""

_BACKEND = """\
Compares two builds of one backend under one model, in process, in blocks A B B A of fresh processes.
"""

_BACKEND_EXAMPLES = """\
examples:
  triton-py bench backend old/libtriton_mine.so new/libtriton_mine.so --model models/m
  triton-py bench backend a.so b.so --model models/m --input INPUT0:FP32:1,16 --levels 1,8 --margin 2%

"""


_SELF_TEST = """\
Compares a build with itself, again and again, and with slowdowns planted in it, each in a run as
'versus' makes them, and holds what the runs said against what they should say.
"""

_SELF_TEST_EXAMPLES = """\
examples:
  triton-py bench self-test                          # some 25 minutes
  triton-py bench self-test --runs 5 --planted 10% --planted-runs 3

exit status: 0 the tool holds what it claims, 1 it does not, 2 it could not be run
"""


def register(commands: Any) -> None:
    """Adds the sub-commands to the sub-parsers of ``triton-py bench``."""
    run = _parser(commands, "run", "measure this installation", _RUN, _RUN_EXAMPLES, _run)
    _add_parameter(run)
    _add_scenarios(run)
    _add_plan(run)

    versus = _parser(commands, "versus", "measure a peer and this installation side by side",
                     _VERSUS, _VERSUS_EXAMPLES + bench_compare.EXIT, _versus)
    versus.add_argument("peer", help="tritonserver, triton-py, floor, bare-onnxruntime, mlserver, "
                        "litserve, mosec")
    versus.add_argument("--peer-path", default="", metavar="PATH",
                        help="where the peer is installed: a virtual environment, or an interpreter")
    _add_parameter(versus)
    _add_scenarios(versus)
    _add_plan(versus)
    _add_control(versus)

    backend = _parser(commands, "backend", "compare two builds of one backend",
                      _BACKEND, _BACKEND_EXAMPLES + bench_compare.EXIT, _backend)
    # One argument of two, nargs=2, makes argparse fall over its own message where one is missing.
    backend.add_argument("baseline", metavar="A", help="libtriton_<name>.so: the baseline")
    backend.add_argument("candidate", metavar="B", help="what is held against it")
    backend.add_argument("--model", required=True, metavar="DIR",
                         help="a model's folder, with config.pbtxt")
    backend.add_argument("--input", action="append", default=[], metavar="NAME:DATATYPE:DIMS[:BYTES]",
                         help="an input as it is sent; where the configuration fixes all shapes, "
                         "they are taken from there")
    backend.add_argument("--levels", type=_levels, default=(1, 8), metavar="N,N",
                         help="requests in flight (default: 1,8)")
    _add_plan(backend)
    _add_control(backend)

    own = _parser(commands, "self-test", "measure what the tool can see on this machine",
                  _SELF_TEST, _SELF_TEST_EXAMPLES, _self_test, outputs=False)
    own.add_argument("--runs", type=_count, default=50, metavar="N",
                     help="comparisons of a build with itself (default: 50)")
    own.add_argument("--planted", type=_parts, default=[0.02, 0.05, 0.1], metavar="PART,PART",
                     help="slowdowns to plant (default: 2%%,5%%,10%%)")
    own.add_argument("--planted-runs", type=_count, default=10, metavar="N",
                     help="comparisons for each of them (default: 10)")
    _add_plan(own, seconds=0.4, warmup=0.1, output=False)

    listing = commands.add_parser("list", help="print the scenarios",
                                  description="Prints the scenarios, their sets and levels.")
    _add_scenarios(listing)
    listing.set_defaults(run=_list)


def _parser(commands: Any, name: str, line: str, description: str, epilog: str,
            function: Callable[[argparse.Namespace], int], outputs: bool = True
            ) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=line, description=description, epilog=epilog, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    made.set_defaults(run=function)
    bench_compare.add_rules(made)
    if outputs:
        bench_compare.add_outputs(made)
    return made


def _number(least: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1
        if not least <= value < 1e6:
            raise argparse.ArgumentTypeError(f"'{text}' is no number from {least:g} on")
        return value

    return parse


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 10_000:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1 to 9999")
    return int(text)


def _levels(text: str) -> tuple[int, ...]:
    return tuple(_count(part) for part in text.split(","))


def _add_scenarios(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("scenarios")
    group.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                       help="by name, * as a wildcard (default: all; 'triton-py bench list')")
    group.add_argument("--set", action="append", default=[], metavar="SET", dest="sets",
                       help="all scenarios of a set; repeatable")
    group.add_argument("--scenarios-from", action="append", default=[], metavar="FILE", type=Path,
                       help="a TOML file with scenarios of your own, beside ours; repeatable")


def _add_plan(parser: argparse.ArgumentParser, seconds: float = 2.0, warmup: float = 1.0,
              output: bool = True) -> None:
    group = parser.add_argument_group("how much is measured")
    group.add_argument("--blocks", type=_count, default=5, metavar="N",
                       help="repetitions of everything (default: 5)")
    group.add_argument("--seconds", type=_number(0.1), default=seconds, metavar="S",
                       help=f"of load for each case in each process (default: {seconds:g})")
    group.add_argument("--warmup", type=_number(0), default=warmup, metavar="S",
                       help=f"of load before that, which doesn't count (default: {warmup:g})")
    group.add_argument("--seed", type=_count, default=1, metavar="N",
                       help="of the order of the subjects and of the statistics (default: 1)")
    if output:
        group.add_argument("--no-counts", action="store_true",
                           help="don't count what requests allocate and copy, which takes one more "
                           "process of each subject in each block")
        group.add_argument("--output", type=Path, metavar="FILE",
                           help="for the samples (default: bench-DATE-TIME.json)")


def _add_parameter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", type=_pair,
                        dest="parameters", help="of the configuration of each model, here and not at "
                        "the peer; repeatable")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or set(text) & set('"\\\n'):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE, without quotes and backslashes")
    return name, value


def _add_control(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-control", action="store_true",
                        help="don't measure the baseline twice: a third less time, and no noise floor")


def _parts(text: str) -> list[float]:
    return [bench_compare.part(part) for part in text.split(",")]


# --- commands --------------------------------------------------------------------------------


def _catalogue(arguments: argparse.Namespace) -> tuple[Catalogue, list[Scenario]]:
    from triton_py.benchmarks import scenarios

    catalogue = scenarios.read([*scenarios.builtin_files(), *arguments.scenarios_from])
    return catalogue, catalogue.chosen(arguments.scenarios, arguments.sets)


def _checked(function: Callable[[argparse.Namespace], int]
             ) -> Callable[[argparse.Namespace], int]:
    """What can't be measured at all is no slowdown: exit status 2."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return function(arguments)
        except TritonError as error:
            raise BenchError(str(error)) from None

    return run


@_checked
def _list(arguments: argparse.Namespace) -> int:
    _, chosen = _catalogue(arguments)
    width = max(len(scenario.name) for scenario in chosen)
    for scenario in chosen:
        levels = " ".join(case.level for case in scenario.cases())
        sets = f"  [{', '.join(sorted(scenario.tags))}]" if scenario.tags else ""
        print(f"{scenario.name:{width}}  {scenario.title}{': ' + levels if levels else ''}{sets}")
    return 0


def _this(arguments: argparse.Namespace, backends: Path) -> Contestant:
    """This installation, with the parameters that its models are to have."""
    from triton_py.benchmarks.peers import TritonPy
    from triton_py.benchmarks.runner.execute import Contestant

    peer, parameters = TritonPy(), tuple(arguments.parameters)
    about = peer.subject()
    if parameters:
        words = ", ".join(f"{name}={value}" for name, value in parameters)
        about = replace(about, label=f"{about.label}, {words}")
    return Contestant(peer, backends, about, parameters)


@_checked
def _run(arguments: argparse.Namespace) -> int:
    from triton_py.benchmarks.results import BASELINE
    from triton_py.benchmarks.runner.execute import shipped_backends

    catalogue, chosen = _catalogue(arguments)
    with tempfile.TemporaryDirectory(prefix="triton-py-bench-") as folder:
        backends = shipped_backends(Path(folder))
        return _measure(arguments, catalogue, chosen, {BASELINE: _this(arguments, backends)})


@_checked
def _versus(arguments: argparse.Namespace) -> int:
    from triton_py.benchmarks.peers import PEERS
    from triton_py.benchmarks.results import BASELINE, CANDIDATE
    from triton_py.benchmarks.runner.execute import Contestant, shipped_backends

    if arguments.peer not in PEERS:
        raise BenchError(f"there is no peer '{arguments.peer}'; there are: {', '.join(PEERS)}")
    peer = PEERS[arguments.peer](arguments.peer_path)
    if not arguments.scenarios and not arguments.sets:
        arguments.sets = [peer.scenarios]
    catalogue, chosen = _catalogue(arguments)
    with tempfile.TemporaryDirectory(prefix="triton-py-bench-") as folder:
        backends = shipped_backends(Path(folder, "shipped"))
        own = Path(folder, "own")
        own.mkdir()
        return _measure(arguments, catalogue, chosen, {
            BASELINE: Contestant(peer, peer.backends(backends, own)),
            CANDIDATE: _this(arguments, backends)})


@_checked
def _backend(arguments: argparse.Namespace) -> int:
    from triton_py.benchmarks import builds
    from triton_py.benchmarks.results import BASELINE, CANDIDATE

    libraries = [Path(name) for name in (arguments.baseline, arguments.candidate)]
    with tempfile.TemporaryDirectory(prefix="triton-py-bench-") as folder:
        catalogue, scenario = builds.scenario(Path(arguments.model), arguments.input,
                                              arguments.levels)
        contestants = builds.contestants(libraries, Path(arguments.model), Path(folder))
        return _measure(arguments, catalogue, [scenario],
                        dict(zip((BASELINE, CANDIDATE), contestants, strict=True)))


@_checked
def _self_test(arguments: argparse.Namespace) -> int:
    from triton_py.benchmarks import self_test
    from triton_py.benchmarks.runner.execute import shipped_backends
    from triton_py.benchmarks.runner.plan import Plan

    plan = Plan(arguments.blocks, arguments.seconds, arguments.warmup, arguments.seed)
    shown = _Progress()
    with tempfile.TemporaryDirectory(prefix="triton-py-bench-") as folder:
        result = self_test.execute(
            arguments.runs, arguments.planted, arguments.planted_runs, plan,
            shipped_backends(Path(folder)), bench_compare.rules(arguments), shown)
    shown.end()
    print("\n".join(self_test.table(result)))
    faults = result.faults()
    print("\n".join(["", *(faults or ["The tool holds what it claims."])]))
    return 1 if faults else 0


# --- measuring and reporting -----------------------------------------------------------------


def _measure(arguments: argparse.Namespace, catalogue: Catalogue, chosen: list[Scenario],
             contestants: Mapping[str, Contestant]) -> int:
    from triton_py import report_files
    from triton_py.benchmarks.results import BASELINE, CONTROL
    from triton_py.benchmarks.runner.execute import Execution
    from triton_py.benchmarks.runner.plan import Plan

    output = arguments.output or Path(f"bench-{datetime.now():%Y%m%d-%H%M%S}.json")
    paths = bench_compare.outputs(arguments)
    problem = report_files.problem({**paths, "output": str(output)})
    if problem:
        raise BenchError(problem)
    contestants = dict(contestants)
    if len(contestants) > 1 and not arguments.no_control:
        contestants[CONTROL] = contestants[BASELINE]
    plan = Plan(arguments.blocks, arguments.seconds, arguments.warmup, arguments.seed,
                counts=not arguments.no_counts)
    shown = _Progress()
    execution = Execution(catalogue, chosen, contestants, plan,
                          shlex.join(["triton-py", *sys.argv[1:]]), output, shown)
    try:
        run = execution.execute()
    except KeyboardInterrupt:
        shown.end()
        print(f"stopped; the samples so far are in {output}", file=sys.stderr)
        raise
    shown.end()
    return _report(arguments, run, chosen, output, paths)


def _report(arguments: argparse.Namespace, run: Run, chosen: list[Scenario], output: Path,
            paths: dict[str, str]) -> int:
    from triton_py.benchmarks import goals
    from triton_py.benchmarks.report.document import Document
    from triton_py.benchmarks.results import CANDIDATE

    document = Document([run], bench_compare.comparison_of(run, bench_compare.rules(arguments)),
                        [str(output)])
    status = bench_compare.write(document, paths)
    found = goals.outcomes(chosen, run) if CANDIDATE in run.subjects else []
    if found:
        print("\n".join(["", *goals.summary(found)]), file=sys.stderr)
    print(f"samples: {output}", file=sys.stderr)
    return status


class _Progress:
    """One line that is written over, or one line for each scenario where nobody watches."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._last = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        spent = time.monotonic() - self._began
        left = f", some {_minutes(spent / done * (total - done))} left" if done else ""
        if self._terminal:
            print(f"\r\x1b[K[{done}/{total}] {what}{left}"[:160], end="", file=sys.stderr, flush=True)
        elif (scenario := what.partition(",")[0]) != self._last:
            self._last = scenario
            print(f"[{done}/{total}] {scenario}{left}", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
