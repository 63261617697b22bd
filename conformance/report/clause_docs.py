# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""docs/conformance-clauses.md, made of the clauses: ``python -m triton_py.conformance.report.clause_docs``
prints it."""

from __future__ import annotations

from ..clauses import PROFILES, clauses

HEAD = """\
# The clauses

<!-- Made by python -m triton_py.conformance.report.clause_docs; a test holds it against the clauses. -->

What `triton-py certify` holds a backend against. A clause's id never changes its meaning and is never
used again. MUST clauses decide about the verdict; SHOULD clauses do with `--strict`.
"""


def text() -> str:
    """The whole file."""
    lines = [HEAD]
    for profile, what in PROFILES.items():
        lines += [f"## {profile}", "", f"For {what}.", "", "| clause | level | sentence |", "|---|---|---|"]
        for clause in clauses().values():
            if clause.profile != profile:
                continue
            about = ", ".join(f"`{name}`" for name in clause.functions)
            sentence = clause.sentence.replace("|", "\\|") + (f" ({about})" if about else "")
            lines.append(f"| `{clause.id}` | {clause.level} | {sentence} |")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(text(), end="")
