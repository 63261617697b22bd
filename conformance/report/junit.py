# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""JUnit's XML: a suite for each profile, a case for each clause.

A reader of this format knows red and green only, so that red is what the verdict depends on: a clause
that is tolerated or only advice is skipped, with what was found. The suite ``run`` is the verdict
itself, and is in error where the run is not whole.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from ..results import CONFORMANT, ERROR, FAIL, PASS, ClauseResult, RunResult, Violation
from .case_text import case_json
from .summary import ADVICE, TOLERATED, by_profile, kind, tolerance, why_incomplete

#: What XML 1.0 has no way to write, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """The text with a replacement character for each one that XML forbids."""
    return _FORBIDDEN.sub("\ufffd", text)


def dumps(run: RunResult) -> str:
    """The text of the file."""
    root = ET.Element("testsuites", name=legal(f"triton-py certify {run.library}"))
    for profile, results in by_profile(run).items():
        suite = _suite(root, run, profile)
        for result in results:
            _clause(suite, run, result)
    _verdict(_suite(root, run, "run"), run)
    for suite in root:
        _count(suite, [suite])
    _count(root, list(root))
    root.set("time", f"{run.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _suite(root: ET.Element, run: RunResult, name: str) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=legal(name))
    properties = ET.SubElement(suite, "properties")
    facts = {
        "library": run.library,
        "sha256": run.sha256,
        "backend": run.backend,
        "api_version": run.api_version,
        "seed": str(run.seed),
        "verdict": run.verdict,
    }
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=legal(value))
    return suite


def _count(element: ET.Element, suites: Sequence[ET.Element]) -> None:
    for attribute, path in (
        ("tests", "testcase"),
        ("failures", "testcase/failure"),
        ("errors", "testcase/error"),
        ("skipped", "testcase/skipped"),
    ):
        element.set(attribute, str(sum(len(suite.findall(path)) for suite in suites)))


def _clause(suite: ET.Element, run: RunResult, result: ClauseResult) -> None:
    # Time is not known by clause: a case exercises many.
    case = ET.SubElement(
        suite, "testcase", name=legal(result.clause.id), time="0",
        classname=legal(f"conformance.{result.clause.profile}"),
    )  # fmt: skip
    what = kind(run, result)
    if what == PASS:
        return
    found = "\n\n".join(_violation(v) for v in result.violations)
    first = result.violations[0].summary if result.violations else result.clause.sentence
    if what == FAIL:
        _outcome(case, "failure", first, f"{result.clause.sentence}\n\n{found}")
    elif what == TOLERATED:
        _outcome(case, "skipped", f"{tolerance(result)}; found: {first}", found)
    elif what == ADVICE:
        _outcome(case, "skipped", f"{result.clause.level}, decides nothing; found: {first}", found)
    elif what == ERROR:
        _outcome(case, "error", result.reason or "the harness failed", "")
    else:
        _outcome(case, "skipped", f"{what}: {result.reason}" if result.reason else what, "")


def _outcome(case: ET.Element, tag: str, message: str, text: str) -> None:
    outcome = ET.SubElement(case, tag, message=legal(message))
    if tag != "skipped":
        outcome.set("type", tag)
        outcome.text = legal(text) or None
    elif text:
        # What a skipped case says besides its message is seldom shown; its output is.
        ET.SubElement(case, "system-out").text = legal(text)


def _violation(violation: Violation) -> str:
    parts = [violation.summary]
    if violation.ended:
        parts.append(f"The process ended: {violation.ended}")
    if violation.events:
        parts.append("\n".join(["events:", *(f"  {event}" for event in violation.events)]))
    if violation.case is not None:
        parts.append(f"case:\n{case_json(violation.case)}")
    parts += [f"{name} reproducer: {path}" for name, path in violation.reproducers.items()]
    return "\n".join(parts)


def _verdict(suite: ET.Element, run: RunResult) -> None:
    case = ET.SubElement(
        suite, "testcase", name="verdict", classname="conformance.run", time=f"{run.seconds:.3f}"
    )
    why = why_incomplete(run)
    if why:
        _outcome(case, "error", f"{run.verdict}: {why[0]}", "\n".join(why))
    output = [*run.problems, *run.warnings] if run.verdict != CONFORMANT else run.warnings
    if output:
        ET.SubElement(case, "system-out").text = legal("\n".join(output))
