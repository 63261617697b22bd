# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py abi``: which functions of the C API work in this build."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from triton_py.cli.errors import CliError


def build_parser(prog: str = "triton-py abi") -> argparse.ArgumentParser:
    """The parser of ``abi``."""
    parser = argparse.ArgumentParser(
        prog=prog, description="Print the functions that the core exports, header by header: "
        "'works', or 'unsupported' for one that only answers TRITONSERVER_ERROR_UNSUPPORTED.")
    parser.add_argument("--unsupported", action="store_true",
                        help="only those that don't work yet")
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py abi``; returns the exit status."""
    from triton_py import abi_table

    options = build_parser().parse_args(arguments)
    try:
        rows = abi_table.table()
    except FileNotFoundError as error:
        raise CliError(str(error)) from None
    if options.unsupported:
        rows = tuple(row for row in rows if row.status == abi_table.UNSUPPORTED)
    if options.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
    else:
        print(abi_table.format_table(rows))
    return 0
