# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command: exit status, text, JSON, and that the documentation has every finding."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from backend_builder import ROOT
from doctor_support import EXECUTE, backend

from triton_py.cli.doctor import build_parser
from triton_py.doctor.examine import Result
from triton_py.doctor.finding import ERROR, FINDINGS, NOTE, SEVERITIES, WARNING, Finding
from triton_py.doctor.report import as_json, as_text, safe
from triton_py.doctor.trial import DEFAULT_LIMIT_S

_PARTS = ROOT / "triton_py" / "doctor"


def doctor(*arguments: str | Path, code: str = "pass") -> subprocess.CompletedProcess[str]:
    run = f"import sys; {code}; from triton_py.cli.main import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", run, "doctor", *map(str, arguments)],
                          capture_output=True, text=True, timeout=100, check=False)


def test_loads(tmp_path: Path) -> None:
    done = doctor(backend(tmp_path))
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines()[0].endswith("libtriton_x.so: loads")


def test_would_not_load(tmp_path: Path) -> None:
    done = doctor(backend(tmp_path, EXECUTE + "int lost(void); int f(void) { return lost(); }"))
    assert done.returncode == 1 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].endswith("would not load (1 error)")
    assert lines[2].startswith("error: ") and lines[2].endswith("[undefined-symbol]")
    assert any(line.startswith("  fix: ") for line in lines)


def test_json(tmp_path: Path) -> None:
    path = backend(tmp_path)
    done = doctor(path, "--json", "--static")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert (said["format"], said["version"]) == ("triton-py-doctor", 1)
    assert said["loads"] is True and said["tried"] is False and said["library"] == str(path)
    (note,) = said["findings"]
    assert set(note) == {"id", "severity", "what", "evidence", "fix"} and note["id"] == "not-tried"


@pytest.mark.parametrize(
    "arguments", [[], ["--nonsense", "x.so"], ["x.so", "--time-limit", "0"],
                  ["x.so", "--time-limit", "nan"], ["x.so", "y.so"]])
def test_usage(arguments: list[str]) -> None:
    done = doctor(*arguments)
    assert done.returncode == 2 and "usage" in done.stderr and "Traceback" not in done.stderr


def test_help_teaches() -> None:
    done = doctor("--help")
    assert done.returncode == 0 and "exit status: 0 it loads" in done.stdout
    assert done.stdout.count("triton-py doctor ") >= 4


def test_without_pyelftools(tmp_path: Path) -> None:
    done = doctor(tmp_path / "x.so", code="sys.modules['elftools'] = None")
    assert done.returncode == 2
    assert "pip install 'triton-py[conformance]'" in done.stderr and done.stderr.count("\n") == 1


def test_odd_paths(tmp_path: Path) -> None:
    for name in ("\x1b[31mred", "new\nline", "a" * 300, "b\udcff", "ü"):
        done = subprocess.run(
            [sys.executable, "-m", "triton_py", "doctor", str(tmp_path / name)],
            capture_output=True, timeout=60, check=False)
        assert done.returncode == 1 and b"no-such-file" in done.stdout, (name, done)
        assert b"\x1b" not in done.stdout and b"Traceback" not in done.stderr


def test_safe() -> None:
    assert safe("a\x1b[2J\n\u202e\udc80ü") == "a\\x1b[2J\\n\\u202e\\udc80ü"


def test_problems_come_before_notes() -> None:
    result = Result("x.so", (Finding("no-such-file", ERROR, "what \x07", ("shown",), ("mend", "or so")),
                             Finding("loaded", NOTE, "fine")))
    assert as_text(result).splitlines() == [
        "x.so: would not load (1 error)", "", "error: what \\x07 [no-such-file]", "    shown",
        "  fix: mend", "       or so", "", "note: fine [loaded]"]
    assert json.loads(as_json(result))["findings"][0]["what"] == "what \x07"


def test_documented() -> None:
    """docs/doctor.md has a row for each finding, with the severities that the code gives it."""
    rows = dict(re.findall(r"^\| `([a-z][a-z-]+)` \| ([a-z, ]+) \|", (ROOT / "docs" / "doctor.md").read_text(),
                           re.MULTILINE))
    assert list(rows) == list(FINDINGS)
    for severities in rows.values():
        assert set(severities.split(", ")) <= set(SEVERITIES)
    assert {WARNING, ERROR, NOTE} == {s for text in rows.values() for s in text.split(", ")}


def test_flags_are_documented() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text()
    for flag in re.findall(r"^  (--[a-z-]+)", build_parser().format_help(), re.MULTILINE):
        assert f"`{flag}" in text, flag
    assert f"{DEFAULT_LIMIT_S:g} by default" in text


def test_every_finding_is_made_somewhere() -> None:
    text = "".join(path.read_text() for path in sorted(_PARTS.glob("*.py"))
                   if path.name != "finding.py")
    text += "".join(f'"{stage}-{end}"' for stage in ("load", "initialize")
                    for end in ("crashed", "hung", "ended") if f'f"{{stage}}-{end}"' in text)
    assert [name for name in FINDINGS if f'"{name}"' not in text] == []
