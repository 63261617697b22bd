# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers beside Triton's own, where there is one; and the comparison itself, on answers that are made
up.

    python -m venv DIR && DIR/bin/pip install nvidia-pytriton==0.7.0 'numpy<2'
    TRITON_PY_PYTRITON=DIR pytest tests/compatibility
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import compat

SCENARIOS = sorted((compat.HERE / "scenarios").glob("*.toml"))
PLACE = os.environ.get("TRITON_PY_PYTRITON", "")
PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"


@pytest.mark.slow
@pytest.mark.skipif(not PLACE, reason="not run: TRITON_PY_PYTRITON names no nvidia-pytriton")
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_what_differs_is_known(path: Path, tmp_path: Path) -> None:
    from triton_py.benchmarks.peers import TritonPy, TritonServer
    from triton_py.benchmarks.runner.execute import shipped_backends

    scenario = compat.read(path)
    backends = shipped_backends(tmp_path / "backends")
    said: list[list[Any]] = []
    for number, peer in enumerate((TritonServer(PLACE), TritonPy())):
        models = tmp_path / f"models-{number}"
        models.mkdir()
        compat.write_models(scenario, models)
        flags = ["--exit-on-error=false", "--strict-readiness=false", *scenario.flags]
        with peer.serve(models, backends, tmp_path / f"log-{number}", flags) as served:
            said.append(compat.answers(scenario, served.http, served.grpc))
    found = compat.differences(scenario, *said)
    judged = compat.judge(scenario.name, found, compat.known())
    assert not judged.unknown, "\n".join(map(str, judged.unknown))
    assert not judged.gone, f"no longer seen: {judged.gone}"


def test_the_page_is_made_from_the_list() -> None:
    assert PAGE.read_text() == compat.document(compat.known()), (
        "python tests/compatibility/compat.py > docs/compatibility.md")


def test_every_known_difference_is_of_a_step_that_is_asked() -> None:
    steps = {path.stem: {step.name for step in compat.read(path).steps} for path in SCENARIOS}
    for one in compat.known():
        assert set(one.steps) <= steps[one.scenario], one
        assert one.why.endswith("."), one


# --- the comparison --------------------------------------------------------------------------


def scenario(*ignore: str) -> compat.Scenario:
    return compat.Scenario("s", {}, [compat.Step("one", {"path": "/"}, None, ignore)])


def compared(a: Any, b: Any, *ignore: str) -> list[tuple[str, Any, Any]]:
    return [(d.part, d.triton, d.ours) for d in compat.differences(scenario(*ignore), [a], [b])]


def test_what_is_the_same() -> None:
    answer = {"status": 200, "body": {"a": [1, {"b": "x"}]}}
    assert compared(answer, answer) == []


def test_every_part_that_differs_is_named() -> None:
    a = {"status": 200, "body": {"a": [1, {"b": "x"}], "gone": 1}}
    b = {"status": 400, "body": {"a": [1, {"b": "y"}], "new": 2}}
    assert compared(a, b) == [
        ("body.a.1.b", "x", "y"), ("body.gone", 1, "(absent)"), ("body.new", "(absent)", 2),
        ("status", 200, 400)]


def test_lists_of_other_lengths_and_other_types() -> None:
    assert compared({"body": [1]}, {"body": [1, 2]}) == [("body", [1], [1, 2])]
    assert compared({"body": "x"}, {"body": {"error": "x"}}) == [("body", "x", {"error": "x"})]


@pytest.mark.parametrize(("pattern", "parts"), [
    ("error", ["body.error"]),
    ("a.*.b", ["body.a.0.b", "body.a.0.b.c"]),
    ("**.b", ["body.a.0.b", "body.a.0.b.c", "body.b"]),
    ("a", ["body.a.0.b", "body.a.0.b.c"]),
    ("status", ["status"]),
    ("*", ["body.a.0.b", "body.a.0.b.c", "body.b", "body.error", "status"]),
])
def test_parts_that_are_ignored(pattern: str, parts: list[str]) -> None:
    every = ["body.a.0.b", "body.a.0.b.c", "body.b", "body.error", "status"]
    assert [part for part in every if compat._pattern(pattern).fullmatch(part)] == parts


def test_known_unknown_and_gone() -> None:
    found = [compat.Difference("one", "body.error", "x", "y"),
             compat.Difference("two", "status", 400, 413),
             compat.Difference("two", "body.error", "x", "y")]
    listed = [compat.Known("s", ("one", "two"), ("error",), "x", "y", "Because."),
              compat.Known("s", ("two", "three"), ("error", "code"), "x", "y", "Because."),
              compat.Known("other", ("two",), ("status",), "400", "413", "Because.")]
    judged = compat.judge("s", found, listed)
    assert judged.unknown == found[1:2]
    assert judged.gone == ["three", "code of two, three"]


@pytest.mark.parametrize(("text", "words"), [
    ('step = [{name = "a"}]', "is one request"),
    ('step = [{name = "a", http = {path = "/"}, grpc = {method = "x"}}]', "is one request"),
    ('step = [{name = "a", http = {path = "/"}}, {name = "a", http = {path = "/"}}]', "one name"),
    ('step = []\nmodel = 1', "no scenario has model"),
])
def test_scenarios_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(ValueError, match=words):
        compat.read(tmp_path / "s.toml")
