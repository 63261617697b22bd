# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The forms of a report: whatever a library's messages hold, they stay well-formed and say the same."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_support import EVERY_STATUS, HOSTILE, run_of

from triton_py.conformance.report import as_json, clause_docs, html, junit, terminal
from triton_py.conformance.report.progress import Progress
from triton_py.conformance.results import FAIL, NOT_RUN

ROOT = Path(__file__).resolve().parents[2]
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]")


# --- JSON ---------------------------------------------------------------------------------------


def _holds(value: object, schema: dict, root: dict, where: str = "$") -> None:
    """As much of JSON Schema as schema.json uses."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
             "boolean": bool, "null": type(None)}  # fmt: skip
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    assert not names or any(isinstance(value, kinds[n]) for n in names), (where, value, names)
    assert "const" not in schema or value == schema["const"], where
    assert "enum" not in schema or value in schema["enum"], (where, value)
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", ())) <= set(value), where
        assert set(value) <= set(schema["properties"]), (where, set(value) - set(schema["properties"]))
        for key, item in value.items():
            _holds(item, schema["properties"][key], root, f"{where}.{key}")
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            _holds(item, schema["items"], root, f"{where}[{number}]")
    if isinstance(value, str) and "pattern" in schema:
        assert re.search(schema["pattern"], value), (where, value)


def test_json_is_as_its_schema_says() -> None:
    run = run_of(EVERY_STATUS)
    value = json.loads(as_json.dumps(run))
    schema = json.loads(as_json.SCHEMA.read_text())
    _holds(value, schema, schema)
    assert value["verdict"] == "violations"
    assert value["counts"]["fail"] == 2
    failed = next(c for c in value["clauses"] if c["id"] == "requests.released")
    assert failed["reproducer"] == "somewhere/reproduce.py"
    assert failed["violations"][0]["case"]["steps"][0]["timeout_s"] == "NaN"


def test_json_there_and_back() -> None:
    run = run_of(EVERY_STATUS, problems=["p"], warnings=["w"])
    again = as_json.loads(as_json.dumps(run))
    assert as_json.dumps(again) == as_json.dumps(run)
    assert again.verdict == run.verdict


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda v: v.update(format="x"), "This is no report"),
        (lambda v: v.update(version=2), "has version 2"),
        (lambda v: v.pop("seed"), "has no field 'seed'"),
        (lambda v: v.update(verdict="conformant"), "its clauses make it 'violations'"),
        (lambda v: v["clauses"][0].update(status="good"), "unknown status 'good'"),
        (lambda v: v.update(clauses=3), "wrong type"),
    ],
)
def test_json_that_is_no_report(change, sentence: str) -> None:
    value = json.loads(as_json.dumps(run_of(EVERY_STATUS)))
    change(value)
    with pytest.raises(as_json.ReportFormatError, match=re.escape(sentence)):
        as_json.loads(json.dumps(value))
    with pytest.raises(as_json.ReportFormatError, match="not JSON"):
        as_json.loads("{")


# --- JUnit --------------------------------------------------------------------------------------


def test_junit_is_xml_that_says_what_decides() -> None:
    run = run_of(EVERY_STATUS)
    root = ET.fromstring(junit.dumps(run))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert set(cases) == {r.clause.id for r in run.results} | {"verdict"}
    assert cases["requests.released"].find("failure") is not None
    # A SHOULD decides nothing unless the run is strict.
    assert cases["cancellation.stops-early"].find("skipped") is not None
    assert cases["tensors.empty"].find("error") is not None
    assert cases["gpu.outputs"].find("skipped") is not None
    assert list(cases["responses.final"]) == []
    assert (root.get("failures"), root.get("tests")) == ("1", str(len(run.results) + 1))
    strict = ET.fromstring(junit.dumps(run_of(EVERY_STATUS, strict=True)))
    assert strict.get("failures") == "2"


def test_junit_of_a_run_that_is_not_whole_is_red() -> None:
    root = ET.fromstring(junit.dumps(run_of({}, problems=["the time budget was used up"])))
    verdict = next(c for c in root.iter("testcase") if c.get("name") == "verdict")
    error = verdict.find("error")
    assert error is not None and "time budget" in (error.get("message") or "")


# --- HTML ---------------------------------------------------------------------------------------


_VOID = ("meta", "br")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_html_is_one_page_without_scripts() -> None:
    run = run_of(EVERY_STATUS, warnings=[HOSTILE])
    page = html.dumps(run)
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "img", "iframe", "object"}
    assert not any(key.startswith("on") for _, attributes in reader.tags for key in attributes)
    assert "<script>alert(1)</script>" in reader.text, "what the library said is there, as text"
    assert CONTROL.search(page.replace("\n", "")) is None
    links = {a["href"] for tag, a in reader.tags if tag == "a"}
    ids = {a["id"] for _, a in reader.tags if "id" in a}
    assert links <= {f"#{id}" for id in ids}
    assert "culprit" in page and "url(" not in page


# --- terminal -----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_terminal_gets_no_control_characters(width: int) -> None:
    text = terminal.report(run_of(EVERY_STATUS), width, colour=False)
    assert CONTROL.search(text.replace("\n", "")) is None
    assert text.splitlines()[-1].startswith("violations: ")
    assert "python reproducer: somewhere/reproduce.py" in text
    coloured = terminal.report(run_of(EVERY_STATUS), width, colour=True)
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == text


def test_a_stream_that_knows_only_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    run = run_of({"requests.released": NOT_RUN})
    next(r for r in run.results if r.status == NOT_RUN).reason = "späce"
    terminal.show(run, stream)
    assert b"sp\\xe4ce" in raw.getvalue()


def test_tolerated_clauses_stay_visible() -> None:
    run = run_of({"requests.released": FAIL})
    result = next(r for r in run.results if r.status == FAIL)
    result.waived, result.waived_until = "fixed in the next release", "2027-01-01"
    assert run.verdict == "conformant"
    text = terminal.report(run)
    assert "tolerated: fixed in the next release (until 2027-01-01)" in text
    assert "1 tolerated" in text


def test_progress_is_a_line_on_terminals_only() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    quiet, screen = io.StringIO(), Terminal()
    for stream in (quiet, screen):
        progress = Progress(stream)
        progress(8, 28, HOSTILE, 120, 1)
        progress.finish()
    assert quiet.getvalue() == ""
    drawn = screen.getvalue()
    assert "8/28  120 cases, 1 violation, 0 s" in drawn
    assert drawn.endswith("\x1b[K") and "\n" not in drawn


def test_the_docs_list_the_clauses_as_they_are() -> None:
    path = ROOT / "docs" / "conformance-clauses.md"
    if not path.parent.is_dir():
        pytest.skip("there is no docs folder beside these tests")
    assert path.read_text() == clause_docs.text(), "python -m triton_py.conformance.report.clause_docs"
