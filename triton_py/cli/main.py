# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The entry point: finds the subcommand and reports failures as one sentence."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence

from triton_py.cli.errors import CliError, UsageError

#: Subcommand to its module and its line in the help.
COMMANDS = {
    "serve": ("triton_py.cli.serve", "serve models over HTTP, gRPC and metrics"),
    "infer": ("triton_py.cli.infer", "send one request to a running server"),
    "explain": ("triton_py.cli.explain", "say how a model batches, and what could be changed"),
    "certify": ("triton_py.cli.certify", "hold a backend's library against the backend API"),
    "bench": ("triton_py.cli.bench", "measure, and find what became slower"),
    "doctor": ("triton_py.cli.doctor", "say why a backend's library would not load"),
    "model": ("triton_py.cli.model", "write a model, and try it without a server"),
    "config": ("triton_py.cli.config", "print where headers, library and backends lie"),
    "abi": ("triton_py.cli.abi", "print which functions of the C API work"),
}


def usage() -> str:
    """The help of ``triton-py`` itself."""
    lines = ["usage: triton-py COMMAND [...]", "",
             "A model server for Triton backends.", "", "commands:"]
    lines += [f"  {name:8} {text}" for name, (_, text) in COMMANDS.items()]
    lines += ["", "  triton-py COMMAND --help explains a command",
              "  triton-py --version      prints the version", "",
              "to begin with:", "  triton-py serve --demo"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``triton-py``; returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(usage())
        return 0 if arguments else 1
    name = arguments[0]
    if name in ("--version", "version"):
        from triton_py import __version__

        print(f"triton-py {__version__}")
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        print(f"triton-py: there is no command '{name}'.{hint}\n"
              f"commands: {', '.join(COMMANDS)}; see triton-py --help", file=sys.stderr)
        return 1
    return _run(name, arguments[1:])


def _run(name: str, arguments: Sequence[str]) -> int:
    import importlib

    try:
        status: int = importlib.import_module(COMMANDS[name][0]).main(arguments)
        sys.stdout.flush()
        return status
    except UsageError as error:
        print(f"usage: see triton-py {name} --help\n\n{error}", file=sys.stderr)
        return error.exit_status
    except CliError as error:
        print(f"triton-py {name}: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of the output went away (`| head`); the interpreter must not try again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
