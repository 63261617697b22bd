# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A run's file: there and back, and what is refused."""

from __future__ import annotations

import json

import pytest
from bench_samples import WITH_CONTROL, run

from triton_py.benchmarks import results
from triton_py.benchmarks.results import Case
from triton_py.errors import InvalidArgumentError

CASES = (Case("http", "8"), Case("http", "50/s"), Case("start"))


def test_a_run_comes_back_whole(tmp_path):
    made = run(order=WITH_CONTROL, cases=CASES, blocks=2, not_run={"grpc": "no port, sagt µ"})
    path = tmp_path / "run.json"
    results.write(made, path)
    assert results.read(path) == made
    assert [str(case) for case in results.read(path).cases()] == ["http @ 8", "http @ 50/s", "start"]


def test_writing_leaves_nothing_beside_the_file(tmp_path):
    results.write(run(), tmp_path / "run.json")
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    results.write(run(), path)
    before = path.read_text()
    broken = run()
    broken.plan["x"] = object()
    with pytest.raises(TypeError):
        results.write(broken, path)
    assert path.read_text() == before


def test_samples_of_a_case_and_a_subject():
    made = run(cases=CASES, blocks=2)
    assert len(made.of(CASES[0])) == 8
    assert {s.subject for s in made.of(CASES[0], "B")} == {"B"}
    assert made.of(Case("http", "9")) == []


def edited(change):
    data = results.to_json(run(blocks=1))
    change(data)
    return data


@pytest.mark.parametrize("data, said", [
    ([], "its schema is 'list'"), ({}, "its schema is None"),
    ({"schema": "triton-py-bench/9"}, "its schema is 'triton-py-bench/9'"),
    (edited(lambda d: d.pop("seed")), "malformed benchmark file"),
    (edited(lambda d: d.update(more=1)), "malformed benchmark file"),
    (edited(lambda d: d["samples"][0].pop("level")), "malformed benchmark file"),
    (edited(lambda d: d["samples"][0]["figures"].update(speed=1)), "unknown figures: speed"),
    (edited(lambda d: d["samples"][0].update(histogram=[[1]])), "malformed benchmark file"),
    (edited(lambda d: d.update(samples=3)), "malformed benchmark file"),
    (edited(lambda d: d.update(subjects=[])), "malformed benchmark file"),
])
def test_what_is_no_run(tmp_path, data, said):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InvalidArgumentError, match=f"x.json.*{said}"):
        results.read(path)


def test_files_that_can_not_be_read(tmp_path):
    with pytest.raises(InvalidArgumentError, match="can't read"):
        results.read(tmp_path / "none.json")
    (tmp_path / "cut.json").write_text('{"schema": ')
    with pytest.raises(InvalidArgumentError, match="cut.json: not JSON"):
        results.read(tmp_path / "cut.json")


@pytest.mark.parametrize("part, value", [(0, 10), (0.2, 10), (0.21, 20), (0.5, 20), (0.99, 30),
                                         (1, 30)])
def test_quantiles(part, value):
    assert results.quantile([(10.0, 20), (20.0, 70), (30.0, 10)], part) == value


def test_a_quantile_of_nothing():
    with pytest.raises(ValueError, match="no latencies"):
        results.quantile([], 0.5)
