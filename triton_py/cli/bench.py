# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench``: measures, compares and reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from triton_py.cli import bench_compare


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status."""
    options = parser().parse_args(arguments)
    status: int = options.run(options)
    return status


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="triton-py bench", description="Regression benchmarks.", allow_abbrev=False,
        epilog="triton-py bench COMMAND --help explains a command",
    )  # fmt: skip
    commands = p.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bench_compare.register(commands)
    return p
