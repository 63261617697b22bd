# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The result as text and as JSON."""

from __future__ import annotations

import json
import textwrap

from .examine import Result
from .finding import ERROR, WARNING, Finding

FORMAT, VERSION = "triton-py-doctor", 1
_WIDTH = 100


def safe(text: str) -> str:
    """Foreign text for a terminal: what would move the cursor, or is no character, is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode()
                   for c in text)


def as_json(result: Result) -> str:
    """One object; docs/doctor.md has its members."""
    return json.dumps({
        "format": FORMAT, "version": VERSION, "library": result.path, "loads": result.loads,
        "tried": result.tried,
        "findings": [{"id": f.id, "severity": f.severity, "what": f.what,
                      "evidence": list(f.evidence), "fix": list(f.fix)} for f in result.findings],
    }, indent=1)  # fmt: skip


def as_text(result: Result) -> str:
    """A summary line, then problems before notes."""
    return "\n".join([_summary(result), *(line for f in result.findings for line in _lines(f))])


def _summary(result: Result) -> str:
    errors = sum(f.severity == ERROR for f in result.findings)
    warnings = sum(f.severity == WARNING for f in result.findings)
    if errors:
        verdict = "would not load"
    else:
        verdict = "loads" if result.tried else "should load"
    counts = [f"{n} {word}{'s'[: n > 1]}" for n, word in ((errors, "error"), (warnings, "warning"))
              if n]
    return safe(f"{result.path}: {verdict}") + (f" ({', '.join(counts)})" if counts else "")


def _lines(finding: Finding) -> list[str]:
    lines = ["", *_wrapped(f"{finding.severity}: {finding.what} [{finding.id}]", "", "    ")]
    for text in finding.evidence:
        lines += _wrapped(text, "    ", "      ")
    for number, text in enumerate(finding.fix):
        lines += _wrapped(text, "  fix: " if not number else "       ", "       ")
    return lines


def _wrapped(text: str, first: str, later: str) -> list[str]:
    # Paths and names are kept whole, so that they can be copied.
    return textwrap.wrap(safe(text), _WIDTH, initial_indent=first, subsequent_indent=later,
                         break_long_words=False, break_on_hyphens=False) or [first]
