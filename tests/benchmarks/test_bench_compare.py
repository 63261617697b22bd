# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs to comparisons: what is compared, what is refused, what the whole comes to."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from bench_samples import MACHINE, WITH_CONTROL, gauss, run, slower

from triton_py.benchmarks.compare import paired, unpaired
from triton_py.benchmarks.results import Case
from triton_py.benchmarks.statistics.decision import FASTER, INCONCLUSIVE, SAME, SLOWER
from triton_py.benchmarks.statistics.rules import Rules
from triton_py.errors import InvalidArgumentError

RULES = Rules()
QUIET = gauss(0.005)


def _row(made, name="p99"):
    return next(row for row in made.rows if row.figure.name == name)


def _alone(seed=1, **fields):
    return run({"p99": slower(0.0)}, order=("A",), noise=QUIET, seed=seed, **fields)


@pytest.mark.parametrize("part, verdict, code", [
    (0.0, SAME, 0), (0.3, SLOWER, 1), (0.047, INCONCLUSIVE, 2), (-0.3, SAME, 0)])
def test_verdict_and_exit_code(part, verdict, code):
    made = paired(run({"p99": slower(part)}, noise=QUIET), RULES)
    assert (made.verdict, made.exit_code) == (verdict, code)
    assert _row(made).note == (FASTER if part < -0.1 else "")


def test_slower_wins_over_inconclusive_and_inconclusive_over_same():
    figures = {"p99": slower(0.3), "cpu": slower(0.047), "resident": slower(0.0)}
    made = paired(run(figures, noise=QUIET), RULES)
    assert {row.verdict for row in made.rows} == {SLOWER, INCONCLUSIVE, SAME}
    assert made.exit_code == 1
    made.rows = [row for row in made.rows if row.verdict != SLOWER]
    assert made.exit_code == 2


def test_what_does_not_gate_decides_nothing():
    made = paired(run({"p50": slower(0.5), "p99": slower(0.0)}, noise=QUIET), RULES)
    assert _row(made, "p50").verdict == SLOWER
    assert made.verdict == SAME
    alone = paired(run({"p50": slower(0.0)}, noise=QUIET), RULES)
    assert alone.verdict == INCONCLUSIVE


def test_what_does_not_gate_costs_no_power():
    one = paired(run({"p99": slower(0.0)}, noise=QUIET), RULES)
    many = paired(run({"p99": slower(0.0), "p50": slower(0.0), "p90": slower(0.0)}, noise=QUIET),
                  RULES)
    assert one.tests == many.tests == 1


@pytest.mark.parametrize("change", [{"complete": False}, {"not_run": {"grpc": "no port"}}])
def test_an_incomplete_run_is_no_pass(change):
    made = paired(run({"p99": slower(0.0)}, noise=QUIET, **change), RULES)
    assert made.incomplete and made.exit_code == 2
    slow = paired(run({"p99": slower(0.5)}, noise=QUIET, **change), RULES)
    assert slow.exit_code == 1


def test_a_figure_that_only_one_has():
    made = run({"p99": slower(0.0), "cpu": slower(0.0)}, noise=QUIET)
    made.samples = [replace(s, figures={"p99": s.figures["p99"]}) if s.subject == "B" else s
                    for s in made.samples]
    row = _row(paired(made, RULES), "cpu")
    assert row.verdict == INCONCLUSIVE and "only the baseline" in row.reason
    assert paired(made, RULES).exit_code == 2


def test_a_case_that_only_one_ran():
    made = run({"p99": slower(0.0)}, noise=QUIET, cases=[Case("http", "1"), Case("grpc", "1")])
    made.samples = [s for s in made.samples if s.subject == "A" or s.case.scenario == "http"]
    found = {row.case.scenario: row.verdict for row in paired(made, RULES).rows}
    assert found == {"http": SAME, "grpc": INCONCLUSIVE}


def test_missing_samples_of_one_side_are_no_pass():
    """The slow ones may be those that are missing."""
    made = run({"p99": slower(0.0)}, noise=QUIET, blocks=8)
    made.samples = [s for s in made.samples if s.subject == "A" or s.block != 2]
    row = _row(paired(made, RULES))
    assert row.blocks == 7 and row.verdict == INCONCLUSIVE and "lack it" in row.reason
    slow = run({"p99": slower(0.5)}, noise=QUIET, blocks=8)
    slow.samples = [s for s in slow.samples if s.subject == "A" or s.block != 2]
    assert _row(paired(slow, RULES)).verdict == SLOWER


def test_a_figure_that_nobody_has_is_no_row():
    assert [row.figure.name for row in paired(run(noise=QUIET), RULES).rows] == ["p99"]


def test_zeros_divide_nothing():
    figures = {"throughput": lambda s: 0.0, "allocations": lambda s: 0.0, "p99": slower(0.0)}
    made = paired(run(figures, order=WITH_CONTROL), RULES)
    assert _row(made, "allocations").verdict == SAME
    assert _row(made, "throughput").verdict == INCONCLUSIVE
    assert made.exit_code == 2


def test_the_control_shows_the_noise_and_what_would_be_found():
    made = paired(run({"p99": slower(0.0)}, noise=QUIET, order=WITH_CONTROL), RULES)
    noise = _row(made).noise
    assert noise.called == "" and 0 < noise.floor < 0.05
    assert noise.floor == pytest.approx(max(noise.upper, 1 / noise.lower) - 1)
    assert [d.size for d in noise.detection] == [0.02, 0.05, 0.10]
    assert not any("control" in warning for warning in made.warnings)


@pytest.mark.parametrize("part, called", [(0.2, SLOWER), (-0.2, FASTER)])
def test_a_control_that_differs_decides_nothing(part, called):
    """It is the baseline once more: what it shows is the measurement's own fault."""
    figures = {"p99": slower(part, only="A'"), "cpu": slower(0.0)}
    made = paired(run(figures, noise=QUIET, order=WITH_CONTROL), RULES)
    row = _row(made)
    assert row.noise.called == called
    assert row.verdict == INCONCLUSIVE and "control" in row.reason
    assert _row(made, "cpu").verdict == SAME


def test_without_a_control_it_is_said():
    made = paired(run(noise=QUIET), RULES)
    assert "no control" in made.warnings[0] and _row(made).noise is None


def test_several_candidates_are_compared_with_the_baseline_each():
    made = paired(run({"p99": slower(0.5)}, noise=QUIET, order=("A", "B", "C", "C", "B", "A")),
                  RULES)
    assert {row.subject: row.verdict for row in made.rows} == {"B": SLOWER, "C": SAME}


@pytest.mark.parametrize("order", [("A",), ("A", "A'"), ("B",)])
def test_nothing_to_compare_is_refused(order):
    with pytest.raises(InvalidArgumentError, match="nothing to compare"):
        paired(run(order=order), RULES)


def test_the_same_run_gives_the_same_comparison():
    made = run({"p99": slower(0.03)}, noise=gauss(0.05), order=WITH_CONTROL)
    assert paired(made, RULES).rows == paired(made, RULES).rows


# Two runs.

def test_two_runs_are_labelled_as_not_interleaved():
    made = unpaired(_alone(1), _alone(2), RULES)
    assert not made.paired and "not interleaved" in made.warnings[0]
    assert made.verdict == SAME


def test_a_slowdown_between_two_runs():
    slow = run({"p99": slower(0.3, only="A")}, order=("A",), noise=QUIET, seed=2)
    made = unpaired(_alone(1), slow, RULES)
    assert made.exit_code == 1 and _row(made).ratio == pytest.approx(1.3, rel=0.02)
    assert unpaired(slow, _alone(1), RULES).rows[0].note == FASTER


def test_throughput_between_two_runs_is_worse_where_it_is_less():
    one, other = (run({"throughput": lambda s, v=v: v}, order=("A",), noise=QUIET)
                  for v in (1000.0, 500.0))
    assert unpaired(one, other, RULES).rows[0].ratio == pytest.approx(2)


def test_unpaired_intervals_are_wider_than_paired_ones():
    """Noise that blocks share cancels out of pairs, and does not without them."""
    both = run({"p99": slower(0.0)}, noise=QUIET, block_noise=gauss(0.05))
    alone = [replace_samples(both, key) for key in ("A", "B")]
    wide, narrow = unpaired(*alone, RULES).rows[0], paired(both, RULES).rows[0]
    assert math.log(wide.upper / wide.lower) > 3 * math.log(narrow.upper / narrow.lower)


def replace_samples(made, key):
    return replace(made, samples=[s for s in made.samples if s.subject == key])


@pytest.mark.parametrize("key, value", [("cpu", "Other CPU"), ("cores", "4"),
                                        ("kernel", "6.2.0"), ("governor", "powersave")])
def test_other_machines_are_refused_with_what_differs(key, value):
    other = _alone(2, machine={**MACHINE, key: value})
    with pytest.raises(InvalidArgumentError) as refused:
        unpaired(_alone(1), other, RULES)
    assert MACHINE[key] in str(refused.value) and value in str(refused.value)
    assert len(str(refused.value).splitlines()) == 3
    made = unpaired(_alone(1), other, RULES, across_machines=True)
    assert any(value in warning for warning in made.warnings)


def test_a_machine_that_does_not_say_is_another():
    other = _alone(2, machine={k: v for k, v in MACHINE.items() if k != "governor"})
    with pytest.raises(InvalidArgumentError, match="governor: performance / not known"):
        unpaired(_alone(1), other, RULES)


def test_what_neither_says_is_a_warning_and_what_does_not_matter_none():
    machine = {"cpu": "Some CPU", "cores": "8", "kernel": "6.1.0"}
    made = unpaired(_alone(1, machine={**machine, "uptime": "1"}),
                    _alone(2, machine={**machine, "uptime": "2"}), RULES)
    assert made.warnings[1:] == ["Neither file says the machine's governor."]


def test_a_file_of_several_subjects_is_refused():
    with pytest.raises(InvalidArgumentError, match="one subject each"):
        unpaired(_alone(1), run(), RULES)
    with pytest.raises(InvalidArgumentError, match="no samples"):
        unpaired(_alone(1), run(blocks=0), RULES)


def test_cases_that_only_one_file_has():
    one, other = _alone(1), _alone(2, cases=[Case("http", "1"), Case("new", "1")])
    found = {row.case.scenario: row.verdict for row in unpaired(one, other, RULES).rows}
    assert found == {"http": SAME, "new": INCONCLUSIVE}
    with pytest.raises(InvalidArgumentError, match="no case in common"):
        unpaired(one, _alone(2, cases=[Case("new", "1")]), RULES)


def test_an_incomplete_run_of_two_is_named():
    made = unpaired(_alone(1), _alone(2, complete=False), RULES)
    assert made.exit_code == 2 and made.incomplete[0].startswith("run 2")


def test_a_comparison_survives_its_file():
    """What is compared is what was kept: reading a file back changes no number."""
    from triton_py.benchmarks import results

    made = run({"p99": slower(0.1)}, noise=QUIET, order=WITH_CONTROL)
    again = results.from_json(json.loads(json.dumps(results.to_json(made))), "x")
    assert paired(again, RULES).rows == paired(made, RULES).rows
