# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON report, held against its schema."""

from __future__ import annotations

import json
import math

import pytest
import report_samples as samples
from schema_check import problems

from triton_py.conformance.report import as_json
from triton_py.conformance.results import STATUSES

SCHEMA = json.loads(as_json.SCHEMA.read_text())


def strict(text: str):
    """What another language's reader sees: no NaN, no infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("run", [samples.hostile(), samples.conformant()], ids=["hostile", "clean"])
def test_it_is_what_the_schema_says(run) -> None:
    text = as_json.dumps(run)
    assert text.isascii() and text.endswith("\n")
    value = strict(text)
    assert problems(value, SCHEMA) == []
    assert list(value)[:3] == ["format", "version", "verdict"]
    assert (value["format"], value["version"]) == ("triton-py-conformance", 1)


@pytest.mark.parametrize(
    ("break_it", "place"),
    [
        (lambda v: v.pop("verdict"), "verdict"),
        (lambda v: v.update(version=2), "version"),
        (lambda v: v.update(cases=-1), "cases"),
        (lambda v: v["clauses"][0].update(status="passed"), "clauses[0].status"),
        (lambda v: v["clauses"][0].update(id="Not.An.Id"), "clauses[0].id"),
        (lambda v: v["clauses"][0]["violations"][0].update(events=[1]), "events[0]"),
        (lambda v: v["models"].update(x=3), "models.x"),
        (lambda v: v.update(strict=1), "strict"),
    ],
)
def test_the_schema_refuses(break_it, place: str) -> None:
    value = as_json.to_json(samples.hostile())
    break_it(value)
    assert any(place in problem for problem in problems(value, SCHEMA))


def test_every_field_is_described() -> None:
    value = as_json.to_json(samples.hostile())
    assert set(value) == set(SCHEMA["properties"]) == set(SCHEMA["required"])
    for name, entry in (("clause", value["clauses"][0]),
                        ("violation", value["clauses"][0]["violations"][0])):  # fmt: skip
        described = SCHEMA["$defs"][name]
        assert set(entry) == set(described["properties"]) == set(described["required"])
    assert SCHEMA["$defs"]["clause"]["properties"]["status"]["enum"] == list(STATUSES)


def test_reasons_and_reproducers() -> None:
    clauses = {c["id"]: c for c in as_json.to_json(samples.hostile())["clauses"]}
    failed = clauses["requests.released-once"]
    assert failed["reason"] == f"it was {samples.HOSTILE}"
    assert failed["reproducer"] == f"r/{samples.HOSTILE}.py"
    assert clauses["gpu.outputs"]["reason"] == "not run: no GPU"
    assert clauses["responses.final"]["reason"] == ""
    assert clauses["responses.final"]["reproducer"] is None
    assert failed["decisive"] and not clauses["statistics.truthful"]["decisive"]
    assert clauses["statistics.truthful"]["waived_until"] == "2999-12-31"


def test_numbers_that_json_has_not() -> None:
    run = samples.hostile()
    value = strict(as_json.dumps(run))
    assert math.isinf(run.time_budget) and value["time_budget"] == 0
    step = value["clauses"][0]["violations"][0]["case"]["steps"][0]
    assert step["value"] == "NaN"
    assert step["more"] == ["Infinity", "-Infinity", 1.5]


def test_the_settings_are_in_it() -> None:
    value = as_json.to_json(samples.hostile())["settings"]
    assert value["file"] == "conformance.toml" and samples.HOSTILE in value["text"]
    assert as_json.to_json(samples.conformant())["settings"] is None
