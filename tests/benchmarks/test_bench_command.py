# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench compare`` and ``report``, as they are typed."""

from __future__ import annotations

import argparse
import json
import xml.etree.ElementTree as ET

import pytest
from bench_samples import MACHINE, WITH_CONTROL, gauss, run, slower

from triton_py.benchmarks import results
from triton_py.cli.bench_compare import alpha, part
from triton_py.cli.main import main

QUIET = gauss(0.004)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value, order, fields in [
        ("old", 0.0, ("A",), {}), ("again", 0.0, ("A",), {"seed": 2}), ("slow", 0.5, ("A",), {}),
        ("elsewhere", 0.0, ("A",), {"machine": {**MACHINE, "cpu": "Other CPU"}}),
        ("cut", 0.0, ("A",), {"complete": False}),
        ("both", 0.5, WITH_CONTROL, {}), ("alike", 0.0, WITH_CONTROL, {}),
        ("noisy", 0.0, WITH_CONTROL, {"noise": gauss(0.5)}),
    ]:
        only = "B" if "B" in order else "A"
        made = run({"p99": slower(value, only=only)}, order=order, **{"noise": QUIET, **fields})
        results.write(made, tmp_path / f"{name}.json")
    return tmp_path


def bench(*arguments):
    return main(["bench", *arguments])


@pytest.mark.parametrize("arguments, code", [
    (["compare", "old.json", "slow.json"], 1),
    (["compare", "old.json", "again.json", "--margin", "10%"], 0),
    (["compare", "slow.json", "old.json"], 0),
    (["compare", "old.json", "cut.json", "--margin", "10%"], 2),
    (["report", "both.json"], 1),
    (["report", "alike.json"], 0),
    (["report", "noisy.json"], 2),
    (["report", "old.json"], 0),
    (["report", "cut.json"], 2),
    (["report", "old.json", "again.json", "both.json"], 1),
])
def test_exit_codes(folder, arguments, code):
    assert bench(*arguments) == code


def test_by_default_two_sittings_are_seldom_enough_to_say_same(folder, capsys):
    """An allowance of 2 % between runs reaches almost to a margin of 5 %."""
    assert bench("compare", "old.json", "cut.json") == 2
    assert "NOT interleaved" in capsys.readouterr().out
    assert bench("compare", "old.json", "again.json", "--between-runs", "0.1%") == 0


def test_the_margin_decides(folder):
    assert bench("report", "both.json", "--margin", "60%") == 0
    assert bench("report", "both.json", "--margin", "0.1") == 1


@pytest.mark.parametrize("arguments, said", [
    (["compare", "old.json", "none.json"], "none.json"),
    (["compare", "old.json", "both.json"], "one subject each"),
    (["compare", "old.json", "elsewhere.json"], "Some CPU / Other CPU"),
    (["report", "old.json", "--html", "nowhere/x.html"], "there is no folder"),
    (["report", "old.json", "--json", "-", "--html", "-"], "only one report"),
    (["report", "old.json", "--json", "x", "--html", "x"], "same file"),
    (["report", "old.json", "--json", "old.json"], "which is read"),
])
def test_what_can_not_be_done_is_a_sentence_and_2(folder, capsys, arguments, said):
    assert bench(*arguments) == 2
    assert said in capsys.readouterr().err
    # And what was there is there still.
    assert results.read(folder / "old.json").samples


def test_across_machines(folder, capsys):
    assert bench("compare", "old.json", "elsewhere.json", "--across-machines", "--margin", "10%"
                 ) == 0
    assert "differ in CPU model" in capsys.readouterr().out


def test_all_reports_are_written(folder, capsys):
    assert bench("report", "both.json", "--json", "o.json", "--junit", "o.xml", "--markdown",
                 "o.md", "--html", "o.html") == 1
    assert json.loads((folder / "o.json").read_text())["verdict"] == "slower"
    assert ET.parse(folder / "o.xml").getroot().get("failures") == "1"
    assert "slower" in (folder / "o.md").read_text()
    assert "<svg" in (folder / "o.html").read_text()
    assert "written: o.json, o.xml, o.md, o.html" in capsys.readouterr().out


def test_one_report_on_standard_output_is_all_there_is(folder, capfdbinary):
    assert bench("report", "both.json", "--json", "-") == 1
    assert json.loads(capfdbinary.readouterr().out)["exit_code"] == 1


@pytest.mark.parametrize("text, value", [("5%", 0.05), ("5 %", 0.05), ("0.05", 0.05),
                                         ("0.5%", 0.005), ("99.9%", 0.999)])
def test_parts(text, value):
    assert part(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["5", "0", "1", "100%", "-5%", "", "%", "five", "nan", "inf%"])
def test_what_is_no_part(text):
    with pytest.raises(argparse.ArgumentTypeError, match="no part"):
        part(text)


def test_alpha_is_below_one_half():
    assert alpha("1%") == 0.01
    with pytest.raises(argparse.ArgumentTypeError):
        alpha("50%")


@pytest.mark.parametrize("arguments", [
    ["compare", "old.json"], ["compare", "a", "b", "--margin", "7"], ["report"],
    ["report", "old.json", "--across-machines"], [], ["compare", "a", "b", "--marg", "5%"]])
def test_usage_errors_are_2(folder, arguments):
    with pytest.raises(SystemExit) as ended:
        bench(*arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("command", ["compare", "report"])
def test_help_teaches(capsys, command):
    with pytest.raises(SystemExit) as ended:
        bench(command, "--help")
    out = capsys.readouterr().out
    assert ended.value.code == 0
    assert "examples:" in out and "exit status:" in out and f"triton-py bench {command} " in out


def test_no_colour_away_from_a_terminal(folder, capsys):
    bench("report", "both.json")
    assert "\x1b" not in capsys.readouterr().out
