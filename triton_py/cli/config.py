# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py config``: where the headers, the library, the shipped backends and agents lie."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import triton_py

_DESCRIPTION = """\
Print where the installed parts lie. One flag prints just that path, for use in a command:

    gcc -shared -fPIC -I$(triton-py config --include) x.c -o libtriton_x.so
"""


def build_parser(prog: str = "triton-py config") -> argparse.ArgumentParser:
    """The parser of ``config``."""
    parser = argparse.ArgumentParser(prog=prog, description=_DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", action="store_true",
                        help="directory for -I; holds triton/core/tritonbackend.h")
    parser.add_argument("--libdir", action="store_true",
                        help="directory for -L; holds libtritonserver.so")
    parser.add_argument("--backends", action="store_true",
                        help="directory of the shipped backends")
    parser.add_argument("--repoagents", action="store_true",
                        help="directory of the shipped repository agents")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py config``; returns the exit status."""
    options = build_parser().parse_args(arguments)
    places = {"include": triton_py.get_include(), "libdir": triton_py.get_library_dir(),
              "backends": triton_py.get_backend_dir(),
              "repoagents": triton_py.get_repoagent_dir()}
    asked = [name for name in places if getattr(options, name)]
    if len(asked) == 1:
        print(places[asked[0]])
        return 0
    for name in asked or places:
        print(f"{name}: {places[name]}")
    return 0
