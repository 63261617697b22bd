# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench``: measures, compares and reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from triton_py.cli import bench_compare, bench_instructions, bench_run


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status."""
    made = parser()
    options, rest = made.parse_known_args(arguments)
    # argparse takes no more scenarios once options came between the peer's name and them.
    if any(word.startswith("-") for word in rest) or not hasattr(options, "scenarios"):
        made.parse_args(arguments)
    else:
        options.scenarios += rest
    status: int = options.run(options)
    return status


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="triton-py bench", description="Regression benchmarks.", allow_abbrev=False,
        epilog="triton-py bench COMMAND --help explains a command",
    )  # fmt: skip
    commands = p.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bench_run.register(commands)
    bench_compare.register(commands)
    bench_instructions.register(commands)
    return p
