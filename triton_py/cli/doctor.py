# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py doctor``: why a backend's library would not load, and what to do about it."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

from triton_py.cli.errors import CliError

_DESCRIPTION = """\
Say why libtriton_<name>.so would not load, each reason with its fix.

The file is read first, with all the libraries that it needs: its kind, its dependencies and who
needs them, symbols and their versions, entry points. Only where nothing speaks against it is it
loaded, in a process of its own, as a server does: through TRITONBACKEND_Initialize and Finalize.
"""

_EPILOG = """\
examples:
  triton-py doctor build/libtriton_mine.so
  triton-py doctor libtriton_mine.so --static            # never run its code
  triton-py doctor backends/mine/libtriton_mine.so --backend-directory backends
  LD_LIBRARY_PATH=/opt/lib triton-py doctor libtriton_mine.so    # as the server would start
  triton-py doctor libtriton_mine.so --json | jq -r '.findings[].id'

exit status: 0 it loads, 1 it would not, 2 it could not be examined
"""


class _NotExamined(CliError):
    """Nothing is known of the library."""

    exit_status = 2


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds")
    return value


def build_parser(prog: str = "triton-py doctor") -> argparse.ArgumentParser:
    """The parser of ``doctor``."""
    from triton_py.doctor.trial import DEFAULT_LIMIT_S

    p = argparse.ArgumentParser(prog=prog, description=_DESCRIPTION, epilog=_EPILOG,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("library", help="the file: libtriton_<name>.so")
    p.add_argument("--backend-directory", default="", metavar="DIR",
                   help="that of the server: is this the file that it would find there?")
    p.add_argument("--static", action="store_true",
                   help="only read the file; none of its code is run")
    p.add_argument("--time-limit", type=_seconds, default=DEFAULT_LIMIT_S, metavar="SECONDS",
                   help="how long loading may take (default: %(default)g)")
    p.add_argument("--json", action="store_true", help="print the findings as JSON")
    return p


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py doctor``; returns the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        import elftools  # noqa: F401 reads ELF files
    except ImportError:
        raise _NotExamined("reading a library needs the package pyelftools: "
                           "pip install 'triton-py[conformance]'") from None
    from triton_py.doctor.examine import examine
    from triton_py.doctor.finding import DoctorError
    from triton_py.doctor.report import as_json, as_text, safe

    try:
        result = examine(options.library, backend_directory=options.backend_directory,
                         load=not options.static, limit_s=options.time_limit)
    except (DoctorError, OSError, ImportError) as error:
        raise _NotExamined(safe(f"'{options.library}' was not examined: {error}")) from None
    print(as_json(result) if options.json else as_text(result))
    return 0 if result.loads else 1
