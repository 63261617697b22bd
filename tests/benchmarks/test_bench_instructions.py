# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counts of instructions beside a baseline, and the command's exit statuses."""

from __future__ import annotations

import json
import shutil

import pytest

from triton_py.benchmarks import instructions, kernels
from triton_py.benchmarks.instructions import Change
from triton_py.benchmarks.load import programs
from triton_py.cli.main import main
from triton_py.errors import InvalidArgumentError, UnavailableError

COUNTS = {"one": 1000.0, "two": 2000.0}


@pytest.mark.parametrize("baseline, now, verdict", [
    (1000, 1020, "same"), (1000, 1021, "slower"), (1000, 980, "same"), (1000, 979, "faster"),
    (None, 5, "new"), (5, None, "gone")])
def test_verdicts(baseline, now, verdict):
    assert Change("k", baseline, now).verdict(0.02) == verdict


def test_changes_are_in_the_order_of_the_kernels_and_what_is_gone_comes_last():
    found = instructions.changes({"gone": 3, "b": 1}, {"a": 1, "b": 2})
    assert [c.kernel for c in found] == ["a", "b", "gone"]
    assert [c.ratio for c in found] == [None, 2, None]


def test_a_baseline_keeps_the_other_environments(tmp_path):
    path = tmp_path / "counts.json"
    instructions.write(path, "here", {"one": 1.25})
    instructions.write(path, "there", COUNTS)
    instructions.write(path, "here", {"two": 2})
    assert instructions.read(path) == {"here": {"two": 2}, "there": COUNTS}


def test_a_baseline_that_is_not_there_is_empty(tmp_path):
    assert instructions.read(tmp_path / "none.json") == {}


@pytest.mark.parametrize("text", ["", "[]", "3", '{"e": 3}', '{"e": {"k": "many"}}',
                                  '{"e": {"k": null}}'])
def test_what_is_no_baseline(tmp_path, text):
    path = tmp_path / "counts.json"
    path.write_text(text)
    with pytest.raises(InvalidArgumentError, match="counts.json is no baseline of instruction"):
        instructions.read(path)


def test_the_environment_without_a_compiler(monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/g++")
    assert "gcc unknown" in instructions.environment()


def test_ours_is_of_the_kernels_that_there_are():
    for counts in instructions.read(instructions.BASELINE).values():
        assert set(counts) == set(kernels.KERNELS)


def test_kernels_are_marked_off_from_each_other():
    """One mark before each and one behind it: every other count of callgrind's is a kernel's."""
    marks = []
    kernels.count(1, lambda: marks.append(1))
    assert len(marks) == 2 * len(kernels.KERNELS)


# --- the command -----------------------------------------------------------------------------


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """A count that is made up; what it says can be changed."""
    counts = dict(COUNTS)
    monkeypatch.setattr(instructions, "count", lambda: counts)
    monkeypatch.chdir(tmp_path)
    return counts


def bench(*arguments):
    return main(["bench", "instructions", *arguments])


def test_the_command_from_the_first_count_to_a_slowdown(counted, capsys):
    assert bench("--baseline", "c.json", "--update") == 0
    assert bench("--baseline", "c.json") == 0
    counted["two"] = 2100.0
    capsys.readouterr()
    assert bench("--baseline", "c.json") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["one", "1,000", "1,000", "+0.00", "%", "same"]
    assert lines[2].split() == ["two", "2,000", "2,100", "+5.00", "%", "slower"]
    assert bench("--baseline", "c.json", "--margin", "10%") == 0


def test_another_environment_is_not_compared_and_has_a_status_of_its_own(counted, capsys):
    instructions.write(instructions.Path("c.json"), "elsewhere", COUNTS)
    assert bench("--baseline", "c.json") == 3
    said = capsys.readouterr()
    assert f"not compared: c.json has no baseline for {instructions.environment()}" in said.err
    # What was counted is shown nevertheless.
    assert "1,000" in said.out


@pytest.mark.parametrize("change", [{"three": 3.0}, None])
def test_other_kernels_are_a_failure(counted, capsys, change):
    bench("--baseline", "c.json", "--update")
    counted.update(change) if change else counted.pop("two")
    assert bench("--baseline", "c.json") == 2
    assert "the baseline is of other kernels" in capsys.readouterr().err


def test_a_file_that_is_not_there(counted, capsys):
    assert bench("--baseline", "none.json") == 2
    assert "there is no file none.json" in capsys.readouterr().err


def test_a_failure_to_count_is_2(monkeypatch, capsys):
    def fails():
        raise UnavailableError("'valgrind' is needed and not installed")

    monkeypatch.setattr(instructions, "count", fails)
    assert bench() == 2
    assert "'valgrind' is needed" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_real_count(monkeypatch):
    """What does the same twice needs twice as many."""
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed (apt-get install valgrind)")
    monkeypatch.setattr(instructions, "KERNELS", dict.fromkeys(["once", "twice"]))
    monkeypatch.setattr(instructions, "_CHILD", """
import sys
from triton_py.benchmarks import kernels
from triton_py.core.probe import WatchProbe
make = kernels.KERNELS["grpc-encode"]
def twice():
    kernel = make()
    def both():
        kernel()
        kernel()
    return both
kernels.KERNELS = {"once": make, "twice": twice}
kernels.count(int(sys.argv[1]), WatchProbe)
""")
    found = instructions.count(50)
    assert list(found) == ["once", "twice"]
    assert found["once"] > 100
    assert found["twice"] == pytest.approx(2 * found["once"], rel=0.1)


def test_a_tool_that_is_missing_says_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnavailableError, match="apt-get install nghttp2-client"):
        programs.tool("h2load")


def test_the_file_is_readable_to_people(tmp_path):
    instructions.write(tmp_path / "c.json", "here", {"b": 1.26, "a": 2.0})
    text = (tmp_path / "c.json").read_text()
    assert list(json.loads(text)["here"]) == ["a", "b"] and "1.3" in text
