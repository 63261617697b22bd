# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py model``: for who writes a model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from triton_py.cli import model_new, model_run

_EPILOG = """\
a first model:
  triton-py model new double --into models
  pytest models/double
  triton-py model run models/double INPUT='[1,2,3]'
  triton-py serve --model-repository=models --model-control-mode=poll --repository-poll-secs=1

triton-py model COMMAND --help explains a command
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status."""
    options = build_parser().parse_args(arguments)
    status: int = options.run(options)
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``model`` and its commands."""
    parser = argparse.ArgumentParser(
        prog="triton-py model", description="Write models, and try them without a server.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    model_new.register(commands)
    model_run.register(commands)
    return parser
