# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""JUnit's XML: a suite for each case, a test for each figure.

A reader of this format knows red and green only: slower is a failure, and inconclusive is an error,
for it is no pass. What does not decide is skipped, with what was found. The suite ``run`` is the
verdict itself.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from ..comparison import Comparison, Row
from ..statistics.decision import SAME, SLOWER
from . import words
from .document import Document

#: What XML 1.0 has no way to write, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """The text with a replacement character for each one that XML forbids."""
    return _FORBIDDEN.sub("\ufffd", text)


def dumps(document: Document) -> str:
    """The text of the file."""
    root = ET.Element("testsuites", name="triton-py bench")
    made = document.comparison
    if made is not None:
        for case in dict.fromkeys(row.case for row in made.rows):
            suite = ET.SubElement(root, "testsuite", name=legal(str(case)))
            for row in made.rows:
                if row.case == case:
                    _row(suite, made, row)
    else:
        for case in document.run.cases():
            suite = ET.SubElement(root, "testsuite", name=legal(str(case)))
            for v in document.values():
                if v.case == case:
                    one = _case(suite, str(case), f"{v.figure.name} of {v.subject}")
                    said = f"{words.quantity(v.median, v.figure.unit)}; nothing to compare"
                    ET.SubElement(one, "skipped", message=legal(said))
    _verdict(ET.SubElement(root, "testsuite", name="run"), document)
    for element in [*root, root]:
        _count(element)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _case(suite: ET.Element, owner: str, name: str) -> ET.Element:
    # A figure has no time of its own: one load gives all of them.
    return ET.SubElement(suite, "testcase", name=legal(name), classname=legal(f"bench.{owner}"),
                         time="0")


def _row(suite: ET.Element, made: Comparison, row: Row) -> None:
    several = len({r.subject for r in made.rows}) > 1
    case = _case(suite, str(row.case), row.figure.name + (f" of {row.subject}" if several else ""))
    said = f"{words.verdict(row)}: {words.change(row.ratio)}, {words.interval(row)}"
    said += f" ({words.why(row)})" if row.reason else ""
    if not row.gates:
        ET.SubElement(case, "skipped", message=legal(f"decides nothing; {said}"))
    elif row.verdict == SLOWER:
        ET.SubElement(case, "failure", message=legal(said), type=row.verdict)
    elif row.verdict != SAME:
        ET.SubElement(case, "error", message=legal(said), type=row.verdict)
    else:
        ET.SubElement(case, "system-out").text = legal(said)


def _verdict(suite: ET.Element, document: Document) -> None:
    case = _case(suite, "run", "verdict")
    made = document.comparison
    if document.incomplete:
        ET.SubElement(case, "error", message=legal(document.incomplete[0]), type="incomplete")
    said = [] if made is None else [f"{made.verdict}: {words.summary(made)}", words.method(made),
                                    *made.warnings]
    said += [*document.incomplete, f"command: {document.run.command}"]
    ET.SubElement(case, "system-out").text = legal("\n".join(said))


def _count(element: ET.Element) -> None:
    for attribute, path in (("tests", "testcase"), ("failures", "testcase/failure"),
                            ("errors", "testcase/error"), ("skipped", "testcase/skipped")):
        element.set(attribute, str(len(element.findall(f".//{path.replace('testcase/', '')}"))))
