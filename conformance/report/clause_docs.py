# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``docs/conformance-clauses.md``, made from the clauses.

    python -m triton_py.conformance.report.clause_docs docs/conformance-clauses.md

writes the page; without an argument it is printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..clauses import PROFILES, Clause, clauses
from .summary import plural

_HEAD = """\
<!-- Made by: python -m triton_py.conformance.report.clause_docs docs/conformance-clauses.md -->
# Conformance clauses

What [`triton-py certify`](certify.md) asks of a backend. A clause's id never changes its meaning and is
never used again. A MUST decides about the verdict, a SHOULD only with `--strict`.
"""


def page() -> str:
    """The page's text."""
    everything = list(clauses().values())
    lines = [_HEAD, "| profile | for | MUST | SHOULD |", "|---|---|---|---|"]
    for profile, what in PROFILES.items():
        found = [c for c in everything if c.profile == profile]
        must = sum(c.level == "MUST" for c in found)
        lines.append(f"| [{profile}](#{profile}) | {what} | {must} | {len(found) - must} |")
    for profile, what in PROFILES.items():
        found = [c for c in everything if c.profile == profile]
        lines += ["", f"## {profile}", "", f"For {what}: {plural(len(found), 'clause')}.", "",
                  "| clause | | says | about |", "|---|---|---|---|"]  # fmt: skip
        lines += [_row(clause) for clause in found]
    return "\n".join(lines) + "\n"


def _row(clause: Clause) -> str:
    about = ", ".join(f"`{name}`" for name in clause.functions)
    sentence = " ".join(clause.sentence.split()).replace("|", "\\|")
    return f"| `{clause.id}` | {clause.level} | {sentence} | {about} |"


def main(arguments: Sequence[str]) -> int:
    """Prints the page, or writes the file that is named."""
    if not arguments:
        print(page(), end="")
        return 0
    Path(arguments[0]).write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
