# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Certificates: what they say, and that nothing but the certified library passes with them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import report_samples as samples

from triton_py.conformance.report import certificate
from triton_py.conformance.report.verification import HOLDS, INVALID, NOT_CONFORMANT, verify
from triton_py.conformance.results import FAIL, ClauseResult, RunResult, Violation

TODAY = date(2026, 5, 1)
CONTENT = b"\x7fELF a library"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "libtriton_x.so"
    path.write_bytes(CONTENT)
    return path


def good() -> RunResult:
    run = samples.conformant()
    run.sha256 = hashlib.sha256(CONTENT).hexdigest()
    return run


def written(folder: Path, run: RunResult) -> Path:
    path = folder / "certificate.json"
    path.write_text(certificate.dumps(run))
    return path


def test_what_it_says() -> None:
    issued = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    value = json.loads(certificate.dumps(samples.hostile(), issued))
    assert (value["format"], value["version"]) == ("triton-py-certificate", 1)
    assert value["library"] == {"name": "libtriton_x.so", "sha256": "ab" * 32, "backend": "x"}
    assert value["issued"] == "2026-01-02T03:04:05+00:00"
    assert (value["verdict"], value["api_version"], value["seeds"]) == ("violations", "1.19", [7])
    ((name, model),) = value["models"].items()
    assert name == f"m{samples.HOSTILE}" and samples.HOSTILE in model["config"]
    text = model["config"].encode("utf-8", "surrogatepass")
    assert model["config_sha256"] == hashlib.sha256(text).hexdigest()
    assert value["not_examined"]["gpu.outputs"] == "not run: no GPU"
    assert "requests.released-once" not in value["not_examined"]
    clauses = {c["id"]: c for c in value["clauses"]}
    assert clauses["statistics.truthful"]["waived_until"] == "2999-12-31"
    assert clauses["requests.released-once"]["status"] == "fail"
    core = value["profiles"]["core"]
    assert (core["clauses"], core["passed"], core["complete"]) == (5, 1, False)
    assert core["tolerated"] == ["statistics.truthful"]
    assert value["environment"]["machine"].startswith("x86_64")
    assert value["settings"]["file"] == "conformance.toml"


def test_it_holds(tmp_path: Path, library: Path) -> None:
    path = written(tmp_path, good())
    found = verify(path, library, TODAY)
    assert (found.exit_code, found.warnings) == (HOLDS, [])
    assert "is conformant" in found.sentences[0] and "core 1 of 1" in found.sentences[1]
    # Its form may change, its content may not.
    path.write_text(json.dumps(json.loads(path.read_text()), indent=None, sort_keys=True))
    assert verify(path, library, TODAY).exit_code == HOLDS


def every_place(value, place=()):
    """All leaves of a certificate."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from every_place(item, (*place, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from every_place(item, (*place, index))
    else:
        yield place


def test_any_edit_is_found(tmp_path: Path, library: Path) -> None:
    path = written(tmp_path, good())
    original = path.read_text()
    places = list(every_place(json.loads(original)))
    assert len(places) > 40
    for place in places:
        value = json.loads(original)
        inner = value
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = "edited" if inner[place[-1]] != "edited" else ""
        path.write_text(json.dumps(value))
        assert verify(path, library, TODAY).exit_code == INVALID, place


def test_additions_and_removals_are_found(tmp_path: Path, library: Path) -> None:
    path = written(tmp_path, good())
    original = path.read_text()
    for key in json.loads(original):
        value = json.loads(original)
        del value[key]
        path.write_text(json.dumps(value))
        assert verify(path, library, TODAY).exit_code == INVALID, key
    path.write_text(json.dumps(json.loads(original) | {"more": 1}))
    assert verify(path, library, TODAY).exit_code == INVALID
    # A reader would see the first, a parser takes the last.
    path.write_text(original.replace("{", '{"verdict": "conformant",', 1))
    assert verify(path, library, TODAY).exit_code == INVALID


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 1}', b"[" * 100_000, b"9" * 5000,
     b'{"format": "triton-py-certificate", "version": 1}',
     b'{"format": "triton-py-certificate", "version": true}',
     b'{"format": "triton-py-certificate", "version": 2}'],
)  # fmt: skip
def test_what_is_no_certificate(tmp_path: Path, library: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    found = verify(path, library, TODAY)
    assert found.exit_code == INVALID and str(path) in found.sentences[0]


def test_files_that_are_not_there(tmp_path: Path, library: Path) -> None:
    path = written(tmp_path, good())
    for found in (verify(tmp_path / "no", library, TODAY), verify(path, tmp_path / "no", TODAY),
                  verify(tmp_path, library, TODAY)):  # fmt: skip
        assert found.exit_code == INVALID and "can't be read" in found.sentences[0]


def test_another_library(tmp_path: Path, library: Path) -> None:
    path = written(tmp_path, good())
    library.write_bytes(CONTENT + b"\0")
    found = verify(path, library, TODAY)
    assert found.exit_code == INVALID and "is not the library" in found.sentences[0]


def test_not_conformant(tmp_path: Path, library: Path) -> None:
    run = good()
    run.results.append(ClauseResult(samples.clause("responses.timely"), FAIL, "", 1,
                                    [Violation("it was late")]))  # fmt: skip
    found = verify(written(tmp_path, run), library, TODAY)
    assert found.exit_code == NOT_CONFORMANT
    assert "'violations'" in found.sentences[0]
    assert found.sentences[1] == "responses.timely failed: it was late"
    run = good()
    run.problems.append("the time budget was used up")
    found = verify(written(tmp_path, run), library, TODAY)
    assert found.exit_code == NOT_CONFORMANT
    assert found.sentences[1] == "the time budget was used up"


def test_one_that_contradicts_itself(tmp_path: Path, library: Path) -> None:
    run = good()
    run.results.append(ClauseResult(samples.clause("responses.timely"), FAIL, "", 1,
                                    [Violation("it was late")]))  # fmt: skip
    value = certificate.to_json(run) | {"verdict": "conformant"}
    value["digest"] = certificate.digest(value)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(value))
    assert verify(path, library, TODAY).exit_code == INVALID


def test_waivers_that_are_over_are_warnings(tmp_path: Path, library: Path) -> None:
    run = good()
    run.results.append(ClauseResult(samples.clause("responses.timely"), FAIL, "", 1,
                                    [Violation("late")], "known", "2026-05-01"))  # fmt: skip
    path = written(tmp_path, run)
    assert verify(path, library, TODAY).warnings == []
    found = verify(path, library, date(2026, 5, 2))
    assert found.exit_code == HOLDS and "until 2026-05-01" in found.warnings[0]


def test_the_command(tmp_path: Path, library: Path) -> None:
    path = written(tmp_path, good())

    def verified() -> tuple[int, str, str]:
        command = [sys.executable, "-m", "triton_py", "certify", "--verify", str(path), str(library)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    code, out, err = verified()
    assert (code, err) == (0, "") and "is conformant" in out
    path.write_text(path.read_text().replace("no GPU", "no need"))
    code, out, err = verified()
    assert (code, out) == (2, "") and "changed after it was written" in err
    run = good()
    run.results[0].status = FAIL
    written(tmp_path, run)
    code, out, err = verified()
    assert (code, out) == (1, "") and "'violations'" in err
