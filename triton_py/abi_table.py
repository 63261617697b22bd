# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which functions of Triton's C ABI this build implements: what ``triton-py abi`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

WORKS = "works"
UNSUPPORTED = "unsupported"
TABLE = Path(__file__).with_name("abi_implemented.json")


class Row(NamedTuple):
    """One function that the server exports."""

    name: str
    header: str
    status: str


def table() -> tuple[Row, ...]:
    """All functions that the core exports, in the order of the ABI table.

    The build writes the table from the core's sources: a function either works or only answers
    TRITONSERVER_ERROR_UNSUPPORTED. Raises FileNotFoundError where the core isn't built.
    """
    try:
        rows = json.loads(TABLE.read_text())
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{TABLE} is missing: it is written when the core is built"
            " (python setup.py build_ext --inplace, or pip install)"
        ) from None
    return tuple(Row(*row) for row in rows)


def format_table(rows: Iterable[Row]) -> str:
    """Render rows as text: one group and its totals per header, then the totals of all."""
    rows = list(rows)
    width = max((len(row.name) for row in rows), default=0)
    lines = []
    for header in dict.fromkeys(row.header for row in rows):
        group = [row for row in rows if row.header == header]
        lines.append(f"triton/core/{header}: {_totals(group)}")
        lines += [f"  {row.name:<{width}}  {row.status}" for row in group]
        lines.append("")
    lines.append(f"all: {_totals(rows)}")
    return "\n".join(lines)


def _totals(rows: list[Row]) -> str:
    works = sum(row.status == WORKS for row in rows)
    return f"{works} {WORKS}, {len(rows) - works} {UNSUPPORTED}"
