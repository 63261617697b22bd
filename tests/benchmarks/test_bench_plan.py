# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Who runs when, and how much."""

from __future__ import annotations

import pytest

from triton_py.benchmarks.runner.plan import Plan, order
from triton_py.errors import InvalidArgumentError

THREE = ["A", "B", "A'"]


def test_one_subject_runs_once():
    assert order(["A"], 3, "http", 1) == ["A"]


@pytest.mark.parametrize("subjects", [["A", "B"], THREE])
def test_several_run_there_and_back(subjects):
    """Each is as early as it is late: the sum of its two positions is that of every other one."""
    for block in range(20):
        made = order(subjects, block, "http", 1)
        assert made == made[::-1]
        assert sorted(made[:len(subjects)]) == sorted(subjects)


def test_who_begins_is_drawn_by_seed_scenario_and_block():
    def plan(scenario, seed):
        return [tuple(order(THREE, block, scenario, seed)) for block in range(40)]

    assert plan("http", 1) == plan("http", 1)
    assert plan("http", 1) != plan("http", 2)
    assert plan("http", 1) != plan("grpc", 1)
    # Each of the six orders comes up, so that nobody always begins.
    assert len(set(plan("http", 1))) == 6


def test_drawing_leaves_the_list_alone():
    subjects = list(THREE)
    for block in range(5):
        order(subjects, block, "x", 1)
    assert subjects == THREE


def test_facts_are_what_is_written_to_the_file():
    assert Plan(3, 0.5, 0.0, 9).facts() == {"blocks": 3, "seconds": 0.5, "warmup": 0.0, "seed": 9,
                                             "counts": False}


@pytest.mark.parametrize("fields, said", [
    ({"blocks": 0}, "0 blocks are none"), ({"seconds": 0}, "seconds are above 0"),
    ({"warmup": -1}, "those of the warm-up not below")])
def test_what_is_no_plan(fields, said):
    with pytest.raises(InvalidArgumentError, match=said):
        Plan(**fields)
