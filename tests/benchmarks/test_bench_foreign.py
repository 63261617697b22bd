# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""pytest-benchmark's files, and files that are none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from bench_samples import gauss, run

from triton_py.benchmarks import foreign, results
from triton_py.benchmarks.compare import paired
from triton_py.benchmarks.foreign import from_pytest_benchmark, read_any
from triton_py.benchmarks.results import BASELINE
from triton_py.benchmarks.statistics.rules import Rules
from triton_py.errors import InvalidArgumentError


def document(rounds, **changes):
    """As ``pytest --benchmark-json`` writes it, without what is not read."""
    return {
        "machine_info": {"node": "n", "processor": "", "machine": "x86_64", "release": "6.1.0",
                         "python_version": "3.11.7",
                         "cpu": {"brand_raw": "Some CPU", "count": 8}},
        "commit_info": {"id": "0123456789abcdef", "dirty": False},
        "benchmarks": [{"name": "test_x", "fullname": "tests/test_x.py::test_x",
                        "stats": {"data": rounds, "rounds": len(rounds)}}],
        "datetime": "2026-01-02T03:04:05+00:00", "version": "5.1.0", **changes,
    }  # fmt: skip


def test_rounds_become_ten_samples_in_their_order():
    made = from_pytest_benchmark(document([i * 1e-6 for i in range(1, 101)]), "x.json")
    assert [s.figures["call"] for s in made.samples] == pytest.approx(
        [5.5 + 10 * i for i in range(10)])
    assert [s.block for s in made.samples] == list(range(10))
    assert {s.subject for s in made.samples} == {BASELINE}
    assert sum(s.requests for s in made.samples) == 100
    assert made.complete and str(made.cases()[0]) == "tests/test_x.py::test_x"


def test_no_round_is_lost_where_they_do_not_divide():
    made = from_pytest_benchmark(document([1.0] * 23), "x.json")
    assert sum(s.requests for s in made.samples) == 23
    assert len(from_pytest_benchmark(document([1.0] * 7), "x.json").samples) == 3
    assert len(from_pytest_benchmark(document([1.0]), "x.json").samples) == 1


def test_the_machine_is_read_in_our_words():
    made = from_pytest_benchmark(document([1.0]), "x.json")
    assert made.machine["cpu"] == "Some CPU"
    assert made.machine["cores"] == "8"
    assert made.machine["kernel"] == "6.1.0"


def test_a_file_without_rounds_is_not_run():
    made = from_pytest_benchmark(document([]), "x.json")
    assert "--benchmark-json" in made.not_run["tests/test_x.py::test_x"] and not made.samples


@pytest.mark.parametrize("changes", [
    {"benchmarks": [{"name": "x"}]}, {"benchmarks": [3]}, {"benchmarks": 3},
    {"machine_info": None}, {"benchmarks": [{"name": "x", "stats": {"data": ["soon"]}}]},
])
def test_malformed_files_are_refused_by_name(changes):
    with pytest.raises(InvalidArgumentError, match=r"x\.json"):
        from_pytest_benchmark(document([1.0], **changes), "x.json")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"{}", b'{"schema": "other/1"}',
                                     b"[" * 100_000])
def test_what_is_no_file_of_samples_is_refused_by_name(tmp_path, content):
    path = tmp_path / "it.json"
    path.write_bytes(content)
    with pytest.raises(InvalidArgumentError, match=r"it\.json"):
        read_any(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidArgumentError, match="none.json"):
        read_any(tmp_path / "none.json")


def test_both_kinds_are_known_by_what_is_in_them(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document([1.0, 2.0])))
    assert foreign.FIGURE in read_any(path).samples[0].figures


@pytest.mark.parametrize("change, said", [
    ({"seed": "x"}, "seed"), ({"seed": None}, "seed"), ({"machine": []}, "machine"),
    ({"started": 5}, "started"), ({"not_run": None}, "not_run"),
    ({"subjects": {"A": {"label": 3, "facts": {}}}}, "subject 'A'"),
    ({"samples": [{"block": "0"}]}, "block"), ({"samples": [{"scenario": 1}]}, "names"),
    ({"samples": [{"figures": {"p99": "fast"}}]}, "p99"),
    ({"samples": [{"figures": {"p99": None}}]}, "p99"),
    ({"samples": [{"figures": {"unheard": 1.0}}]}, "unheard"),
    ({"samples": [{"histogram": [[1]]}]}, "histogram|unpack"),
    ({"samples": 3}, "malformed"), ({"surplus": 1}, "surplus"),
])
def test_a_run_file_of_other_types_is_refused(tmp_path, change, said):
    data = results.to_json(run(blocks=1, order=("A",)))
    sample = data["samples"][0]
    if isinstance(change.get("samples"), list):
        change = {"samples": [{**sample, **change["samples"][0]}]}
    path = tmp_path / "it.json"
    path.write_text(json.dumps({**data, **change}))
    with pytest.raises(InvalidArgumentError, match=said):
        read_any(path)


def test_any_whole_number_is_a_seed():
    for seed in (-1, 2**80):
        assert paired(replace(run(noise=gauss(0.01)), seed=seed), Rules()).rows
