# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reports of all forms: what they show, and that nothing in a file breaks them."""

from __future__ import annotations

import json
import math
import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bench_samples import WITH_CONTROL, gauss, run, slower

from triton_py.benchmarks.compare import paired, unpaired
from triton_py.benchmarks.report import as_html, as_json, junit, markdown, terminal, words
from triton_py.benchmarks.report.document import Document
from triton_py.benchmarks.results import Case, Subject
from triton_py.benchmarks.statistics.rules import Rules

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))
from schema_check import problems

SCHEMA = json.loads(as_json.SCHEMA.read_text())
#: Markup, control characters, halves of characters and what Markdown reads as its own.
NASTY = "<b onclick='x'>&\"|`*_\x1b[31m\x00\ud800\nnew ]]>"
FIGURES = {"throughput": lambda s: 1000.0, "p50": slower(0.0, 40.0), "p99": slower(0.3),
           "cpu": slower(0.047), "instructions": slower(0.0, 1e6), "allocations": lambda s: 0.0}
CASES = [Case("http", "1"), Case("http", "8"), Case("start")]


def compared(**fields):
    made = run(FIGURES, order=WITH_CONTROL, cases=CASES, noise=gauss(0.004), **fields)
    return Document([made], paired(made, Rules()), ["run.json"])


def two():
    runs = [run(FIGURES, order=("A",), cases=CASES, noise=gauss(0.004), seed=n) for n in (1, 2)]
    return Document(runs, unpaired(*runs, Rules()))


def plain(count=1):
    runs = [run(FIGURES, order=("A",), cases=CASES, noise=gauss(0.004), seed=n)
            for n in range(1, count + 1)]
    return Document([replace(made, started=f"2026-01-0{n}T00:00:00")
                     for n, made in enumerate(runs, 1)])


def nasty():
    document = compared(not_run={NASTY: NASTY}, machine={NASTY: NASTY}, plan={NASTY: NASTY})
    made = document.run
    made.command = NASTY
    made.subjects["B"] = Subject(NASTY, {NASTY: NASTY})
    made.samples = [replace(s, case=Case(NASTY, NASTY)) for s in made.samples]
    return Document([made], paired(made, Rules()))


def hollow():
    made = run(order=("A",), blocks=0, complete=False)
    return Document([made])


def infinite():
    made = run({"throughput": lambda s: 0.0 if s == "B" else 9.0, "p99": slower(1e200),
                "allocations": lambda s: 1.0 if s == "B" else 0.0}, order=WITH_CONTROL)
    return Document([made], paired(made, Rules()))


ALL = {"compared": compared, "two": two, "plain": plain, "history": lambda: plain(4),
       "nasty": nasty, "hollow": hollow, "infinite": infinite}


@pytest.fixture(params=ALL)
def document(request):
    return ALL[request.param]()


def test_json_fits_its_schema(document):
    text = as_json.dumps(document)
    text.encode("ascii")
    assert problems(json.loads(text), SCHEMA) == []


def test_the_schema_finds_what_does_not_fit():
    data = as_json.to_json(compared())
    data["comparison"]["rows"][0]["verdict"] = "pass"
    assert problems(data, SCHEMA)


def test_json_says_what_the_comparison_says():
    document = compared()
    data = as_json.to_json(document)
    assert (data["verdict"], data["exit_code"]) == ("slower", 1)
    row = next(r for r in data["comparison"]["rows"] if r["figure"]["name"] == "p99")
    assert row["ratio"] == pytest.approx(1.3, rel=0.02)
    assert row["noise"]["detection"][0]["size"] == 0.02
    assert as_json.to_json(plain())["verdict"] is None


def test_junit_is_xml_and_counts_what_is_in_it(document):
    root = ET.fromstring(junit.dumps(document))
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"),
                      ("skipped", "skipped")):
        assert int(root.get(name)) == len(root.findall(f".//{tag}"))
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in root)


def test_junit_is_red_for_what_is_no_pass():
    document = compared(complete=False)
    root = ET.fromstring(junit.dumps(document))
    rows = document.comparison.gated
    assert int(root.get("failures")) == sum(r.verdict == "slower" for r in rows) > 0
    # And one for the run, which is not whole.
    assert int(root.get("errors")) == sum(r.verdict == "inconclusive" for r in rows) + 1 > 1


class Page(HTMLParser):
    """Tags with their attributes; and whether each element is closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.words += data


def test_the_page_is_whole_and_loads_nothing(document):
    text = as_html.dumps(document)
    page = Page(text)
    assert not page.open
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form",
                           "image", "use", "foreignobject", "audio", "video"}
        for name, value in attributes.items():
            assert not name.startswith("on") and name not in ("src", "href", "xlink:href")
            assert "url(" not in (value or "")
    assert "url(" not in text and "@import" not in text
    assert not re.search(r"https?://", text)


def test_plots_have_numbers_only(document):
    text = as_html.dumps(document)
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        for value in re.findall(r' (?:x|y|x1|y1|x2|y2|cx|cy|width|height|points)="([^"]*)"', svg):
            assert all(math.isfinite(float(v)) for v in re.split("[ ,]", value))


def test_the_page_shows_what_is_needed_to_judge_it():
    text = as_html.dumps(compared(not_run={"grpc": "no such port"}))
    for said in ("Some CPU", "performance", "triton-py bench versus", "no such port", "blocks",
                 "latency over throughput", "latencies", "injected", "worse than the baseline",
                 "prefers-color-scheme: dark"):
        assert said in text, said


def test_history_is_drawn_from_three_runs_on():
    assert "Over the runs" not in as_html.dumps(plain(2))
    assert "Over the runs" in as_html.dumps(plain(3))
    assert len(as_json.to_json(plain(3))["history"]) == 3


def test_a_plain_run_has_values_and_no_verdicts():
    document = plain()
    shown = terminal.report(document)
    assert "spread" in shown and "verdict" not in shown and "slower" not in shown
    assert "inconclusive" not in markdown.dumps(document)
    page = as_html.dumps(document)
    assert "inconclusive" not in page[page.index("</style>"):]
    assert document.exit_code == 0 and hollow().exit_code == 2


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_terminal_is_not_wider_than_it_is(document, width):
    for line in terminal.report(document, width).splitlines():
        # What is one word stays one word.
        assert len(line) <= width or len(line.split()) == 1, line


def test_colour_only_where_it_is_wanted(document):
    assert "\x1b" not in terminal.report(document)


def test_colour_marks_the_verdicts():
    assert "\x1b[31;1mslower\x1b[0m" in terminal.report(compared(), colour=True)


def test_markdown_leaves_no_markup_of_a_file():
    text = re.sub("```sh\n.*?\n```", "", markdown.dumps(nasty()), flags=re.DOTALL)
    assert "<b" not in text and "\x1b" not in text and "\x00" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) == 1


def test_markdown_fits_a_comment():
    made = run(FIGURES, noise=gauss(0.004), blocks=4,
               cases=[Case("scenario-with-a-long-name", str(n)) for n in range(40)])
    text = markdown.dumps(Document([made], paired(made, Rules())))
    assert len(text) < 65536 and "rows more" in text


@pytest.mark.parametrize("value, said", [
    (0.0, "0"), (None, "-"), (1234567.0, "1,234,567"), (12.3456, "12.35"), (0.012344, "0.01234"),
    (math.inf, "∞"), (-2.5, "-2.500"), (1e200, "1.000e+200")])
def test_numbers(value, said):
    assert words.number(value) == said


@pytest.mark.parametrize("ratio, said", [
    (1.0, "0 %"), (1.05, "+5.0 %"), (0.5, "-50.0 %"), (1.0012, "+0.12 %"), (None, "-"),
    (math.inf, "∞"), (0.0, "-100.0 %"), (20.0, "× 20.00"), (1 - 1e-9, "0 %")])
def test_changes(ratio, said):
    assert words.change(ratio) == said
