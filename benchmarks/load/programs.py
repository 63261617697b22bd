# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The programs that make load: where they are, and how one is run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from triton_py.errors import InternalError, UnavailableError

#: Ours, built beside the package's other libraries.
LIBRARY = Path(__file__).parent.parent / "lib"

#: Tool -> Debian's package.
PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client", "valgrind": "valgrind"}


def tool(name: str) -> str:
    """Its path. Raises ``UnavailableError`` if it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise UnavailableError(f"'{name}' is needed and not installed "
                               f"(apt-get install {PACKAGES[name]})")
    return path


def program(name: str) -> str:
    """The path of one of ours. Raises ``UnavailableError`` if the package was built without it."""
    path = LIBRARY / name
    if not path.exists():
        raise UnavailableError(f"{path} is missing: the package was not built whole")
    return str(path)


def run(command: list[str], seconds: float, env: dict[str, str] | None = None) -> str:
    """Its standard output. Raises ``InternalError`` with its last words if it fails."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=env,
                              stdin=subprocess.DEVNULL, timeout=seconds + 60)
    except subprocess.TimeoutExpired as error:
        raise InternalError(f"{Path(command[0]).name} did not end in {seconds + 60:.0f} s: "
                            "a request got no answer") from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise InternalError(f"{Path(command[0]).name} ended with {done.returncode}: "
                            + " | ".join(words))
    return done.stdout
