# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""JUnit's XML: what a build server makes red, and that it is XML whatever a library says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import report_samples as samples

from triton_py.conformance.report import junit
from triton_py.conformance.results import RunResult


def parsed(run: RunResult) -> ET.Element:
    # As a file is read: from bytes, by an XML parser that accepts no forbidden character.
    return ET.fromstring(junit.dumps(run).encode("utf-8"))


def cases(root: ET.Element) -> dict[str, ET.Element]:
    return {case.get("name", ""): case for case in root.iter("testcase")}


def test_hostile_text_is_xml() -> None:
    root = parsed(samples.hostile())
    message = cases(root)["requests.released-once"].find("failure").get("message")
    assert "]]> <script>alert('x')</script>" in message
    assert "\x00" not in message and "\ud800" not in message


def test_one_case_a_clause_by_profile() -> None:
    run = samples.hostile()
    root = parsed(run)
    for result in run.results:
        (suite,) = (s for s in root if s.get("name") == result.clause.profile)
        assert sum(c.get("name") == result.clause.id for c in suite.iter("testcase")) == 1
    assert len(cases(root)) == len(run.results) + 1  # and the verdict


def test_what_is_red() -> None:
    found = cases(parsed(samples.hostile()))
    tags = {
        name: {child.tag for child in case} - {"system-out"} for name, case in found.items()
    }
    assert tags["requests.released-once"] == {"failure"}
    assert tags["responses.final"] == set()
    assert tags["batching.as-alone"] == {"error"}
    for name in ("statistics.truthful", "statistics.reported", "loading.reload", "gpu.outputs"):
        assert tags[name] == {"skipped"}, name
    assert "known" in found["statistics.truthful"].find("skipped").get("message")
    assert "not run: no GPU" in found["gpu.outputs"].find("skipped").get("message")


def test_the_counts_are_right() -> None:
    root = parsed(samples.hostile())
    assert [root.get(k) for k in ("tests", "failures", "errors", "skipped")] == ["8", "1", "1", "4"]
    for suite in root:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))


def test_an_incomplete_run_is_an_error() -> None:
    run = samples.conformant()
    assert cases(parsed(run))["verdict"].find("error") is None
    run.problems.append("the time budget was used up")
    error = cases(parsed(run))["verdict"].find("error")
    assert error is not None and "time budget" in error.get("message")


def test_the_failure_tells_all() -> None:
    text = cases(parsed(samples.hostile()))["requests.released-once"].find("failure").text
    for part in ("No request is released twice.", "TRITONBACKEND_RequestRelease(request#1, 1)",
                 '"faults": []', "c reproducer: r/a.c", "SIGSEGV"):  # fmt: skip
        assert part in text
