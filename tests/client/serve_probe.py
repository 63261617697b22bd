# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py serve`` with a window into the process, for tests.

Runs the command line as it is; beside it a thread answers each line on standard input, ``counters``
or ``memory``, with one line of JSON on the file descriptor that ``PROBE_FD`` names.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def answer(question: str) -> object:
    if question == "counters":
        gc.collect()
        from triton_py.core import counters

        return counters.snapshot()
    if question == "memory":
        gc.collect()
        return resident_bytes()
    return {"probe_error": f"unknown question {question!r}"}


def probe(fd: int) -> None:
    for line in sys.stdin:
        try:
            reply = answer(line.strip())
        except Exception as error:  # noqa: BLE001  the test shall see it, not stderr
            reply = {"probe_error": repr(error)}
        os.write(fd, json.dumps(reply).encode() + b"\n")


def main() -> int:
    threading.Thread(target=probe, args=(int(os.environ["PROBE_FD"]),), daemon=True).start()
    from triton_py.cli.main import main as cli

    return cli(["serve", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
