# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The pages about certifying say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import report_samples as samples

from triton_py.cli.certify_parser import parser
from triton_py.conformance.report import as_json, certificate, clause_docs
from triton_py.conformance.settings import KEYS, MODEL_KEYS, read
from triton_py.conformance.target import read_model

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "certify.md").read_text()
FORM = (DOCS / "certify-report.md").read_text()


def test_the_clauses() -> None:
    assert (DOCS / "conformance-clauses.md").read_text() == clause_docs.page(), (
        "run python -m triton_py.conformance.report.clause_docs docs/conformance-clauses.md"
    )


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_example_of_conformance_toml(tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_text(block("toml"))
    (tmp_path / "reference.py").write_text(block("python"))
    for name in ("small", "sampling"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "config.pbtxt").write_text(
            'backend: "mine" max_batch_size: 4\n'
            'input { name: "TOKENS" data_type: TYPE_INT32 dims: [ -1 ] }\n'
            'output { name: "LENGTH" data_type: TYPE_INT64 dims: [ 1 ] }\n'
        )
    settings = read(tmp_path / "conformance.toml")
    small, sampling = settings.applied([read_model(f, "mine") for f in settings.models])
    assert (small.deterministic, sampling.deterministic) == (True, False)
    assert small.largest == {"TOKENS": 512, "": 64} and sampling.largest["TOKENS"] == 128
    assert small.ranges == sampling.ranges == {"TOKENS": (0, 31999)}
    assert small.parameters["mode"] == ("greedy", "beam")
    assert [w.clause for w in settings.waivers] == ["statistics.truthful"]
    assert small.reference is not None
    lengths = small.reference({"TOKENS": np.array([[1, 0, 5]], np.int32)})
    assert lengths["LENGTH"].tolist() == [[2]]


def test_every_key_is_in_the_example() -> None:
    for key in {*KEYS, *MODEL_KEYS}:
        assert re.search(rf"^(\[*{key}\]*$|{key} =)", block("toml"), re.MULTILINE), key


def test_every_option_is_in_the_guide() -> None:
    for action in parser()._actions:
        for name in action.option_strings:
            if name not in ("-h", "--help"):
                assert f"{name}" in GUIDE, name


def test_every_field_is_documented() -> None:
    value = as_json.to_json(samples.hostile())
    entries = [value, value["clauses"][0], value["clauses"][0]["violations"][0],
               certificate.to_json(samples.hostile())]  # fmt: skip
    for entry in entries:
        for field in entry:
            assert f"`{field}`" in FORM or f'"{field}"' in FORM or field == "triton_py", field
