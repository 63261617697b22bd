# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Certificates: they hold for one file, and an edit shows."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from report_support import EVERY_STATUS, run_of

from triton_py.conformance.report import certificate
from triton_py.conformance.results import FAIL, RunResult


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "libtriton_x.so"
    path.write_bytes(b"the library")
    return path


def written(run: RunResult, library: Path) -> Path:
    run.sha256 = hashlib.sha256(library.read_bytes()).hexdigest()
    path = library.with_name("x.cert.json")
    path.write_text(certificate.dumps(run))
    return path


def test_it_holds(library: Path) -> None:
    path = written(run_of({}), library)
    assert certificate.verify(path, library) == []
    value = json.loads(path.read_text())
    assert value["library"] == {
        "name": "libtriton_x.so", "sha256": value["library"]["sha256"], "backend": "x",
    }  # fmt: skip
    assert (value["api_version"], value["seeds"], value["cases"]) == ("1.19", [7], 99)
    assert value["profiles"]["batching"]["certified"]
    assert value["environment"] and value["models"]["m"]["config_sha256"]


def test_what_did_not_run_is_in_it(library: Path) -> None:
    run = run_of({"gpu.outputs": "not-run"})
    value = json.loads(written(run, library).read_text())
    entry = next(c for c in value["clauses"] if c["id"] == "gpu.outputs")
    assert entry["status"] == "not-run" and entry["reason"]
    assert not value["profiles"]["gpu"]["certified"]


def test_another_file(library: Path) -> None:
    path = written(run_of({}), library)
    library.write_bytes(b"the library, changed")
    assert "is not the library that was certified" in certificate.verify(path, library)[0]


@pytest.mark.parametrize("key", ["verdict", "seeds", "cases", "library", "clauses"])
def test_an_edit(library: Path, key: str) -> None:
    path = written(run_of(EVERY_STATUS), library)
    value = json.loads(path.read_text())
    value[key] = json.loads(json.dumps(value[key]).replace("fail", "pass").replace("9", "8"))
    if key == "verdict":
        value[key] = "conformant"
    elif key == "seeds":
        value[key] = [8]
    elif key == "library":
        value[key]["name"] = "another"
    path.write_text(json.dumps(value))
    assert any("was changed" in problem for problem in certificate.verify(path, library))


def test_a_run_that_was_not_conformant(library: Path) -> None:
    path = written(run_of(EVERY_STATUS), library)
    assert "The verdict is 'violations', not 'conformant'." in certificate.verify(path, library)


def test_what_was_tolerated_until_yesterday(library: Path) -> None:
    run = run_of({"requests.released": FAIL})
    result = next(r for r in run.results if r.status == FAIL)
    result.waived, result.waived_until = "soon", "2027-01-01"
    path = written(run, library)
    assert certificate.verify(path, library, date(2027, 1, 1)) == []
    assert "that day is over" in certificate.verify(path, library, date(2027, 1, 2))[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "x"}',
                                  '{"format": "triton-py-certificate", "version": 9}'])  # fmt: skip
def test_what_is_no_certificate(library: Path, text: str) -> None:
    path = library.with_name("x.cert.json")
    path.write_text(text)
    assert len(certificate.verify(path, library)) == 1
