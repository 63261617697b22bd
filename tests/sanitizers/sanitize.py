# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests on a build with sanitizers, and collects what they report.

    python tests/sanitizers/sanitize.py thread tests/core tests/tracing
    python tests/sanitizers/sanitize.py address tests/grpc -k slow_readers
    python tests/sanitizers/sanitize.py debug tests/core

``thread`` finds data races, ``address`` (with ``undefined``) wrong memory and undefined behaviour;
``debug`` is no sanitizer, but the build with assertions and with a count of what is allocated. All of
pytest's arguments may follow. Each build has a folder of its own under build/sanitize; the usual build
stays as it is. The exit status is 1 if a test failed or a sanitizer reported anything, in this process
or in one that a test started; reports lie in build/sanitize/<kind>/reports.

Python, uvloop and grpcio are not instrumented: a race between two of their own threads is not seen, but
their locks and threads are. ``thread.supp`` says what is meant to be so, and why.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS = {"thread": "thread", "address": "address,undefined", "debug": ""}
#: What is undefined ends the process: only the other sanitizers write to files, beside each other.
MORE = {"address": "-fno-sanitize-recover=undefined"}
RUNTIMES = {"thread": "libtsan.so", "address": "libasan.so"}
SUPPRESSIONS = Path(__file__).with_name("thread.supp")
#: A report begins so, whichever sanitizer wrote it.
_HEAD = re.compile(r"^(?:==\d+==)?\s*(?:WARNING|ERROR|FATAL): \w*Sanitizer:? ?(.*)", re.MULTILINE)
_FRAME = re.compile(r"^\s+#\d+ (?:0x[0-9a-f]+ in )?(\S+) (\S*(?:cbackend|triton_py|tests)\S*)",
                    re.MULTILINE)


def build(kind: str, place: Path) -> Path:
    """Builds what has changed; returns the folder to import it from."""
    library = place / "lib"
    more = MORE.get(kind, "")
    environ = {**os.environ, "TRITON_PY_SANITIZE": FLAGS[kind],
               **{name: f"{os.environ.get(name, '')} {more}" for name in ("CFLAGS", "CXXFLAGS")}}
    if kind == "debug":
        environ["TRITON_PY_DEBUG"] = "1"
    print(f"building for '{kind}' under {place.relative_to(ROOT)}", flush=True)
    subprocess.run([sys.executable, "-W", "ignore", "setup.py", "-q", "build", "--build-base", str(place),
                    "--build-lib", str(library)], cwd=ROOT, env=environ, check=True)
    return library


def _library(name: str) -> str:
    found = subprocess.run([*os.environ.get("CC", "gcc").split(), f"-print-file-name={name}"],
                           capture_output=True, text=True, check=True).stdout.strip()
    if not os.path.isabs(found):
        raise SystemExit(f"{name} is not there: the sanitizer's runtime comes with gcc "
                         "(Debian: libtsan2, libasan8)")
    return os.path.realpath(found)


def _compilers(place: Path) -> Path:
    """A folder with the compilers' names, that call them without what is preloaded: they are not built
    for it, and end without having done anything."""
    place.mkdir(exist_ok=True)
    for name in ("cc", "gcc", "g++", "clang", "clang++"):
        real = shutil.which(name)
        if real is not None and Path(real).parent != place:
            (place / name).write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec {real} "$@"\n')
            (place / name).chmod(0o755)
    return place


def environment(kind: str, library: Path, reports: Path) -> dict[str, str]:
    """What the tests and the processes they start need to have."""
    environ = {**os.environ, "PYTHONPATH": str(library)}
    for name in ("CC", "CXX"):  # were meant for the build; the tests compile with what is usual
        environ.pop(name, None)
    environ["PATH"] = f"{_compilers(reports.parent / 'bin')}{os.pathsep}{environ['PATH']}"
    if kind == "debug":
        return environ
    # libstdc++ beside the runtime, which looks up the function that throws when it is loaded.
    environ["LD_PRELOAD"] = f"{_library(RUNTIMES[kind])} {_library('libstdc++.so.6')}"
    environ["TRITON_PY_SANITIZED"] = kind
    # Its handlers of forks disturb the compilers that tests start, as under a sanitizer they are forked.
    environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    log = f"log_path={reports / 'report'}:exitcode=0"
    environ["TSAN_OPTIONS"] = f"{log}:suppressions={SUPPRESSIONS}:history_size=4:die_after_fork=0"
    # Python keeps much until it ends, so leaks are counted by the tests themselves.
    environ["ASAN_OPTIONS"] = f"{log}:detect_leaks=0:handle_segv=1:allocator_may_return_null=1"
    environ["UBSAN_OPTIONS"] = "print_stacktrace=1"
    if kind == "address":
        # Python's own allocator would hide the ends of its objects.
        environ["PYTHONMALLOC"] = "malloc"
    return environ


def summary(text: str) -> list[tuple[str, str]]:
    """Each report's kind, and the first place in our sources."""
    heads = list(_HEAD.finditer(text))
    found = []
    for number, head in enumerate(heads):
        part = text[head.start() : heads[number + 1].start() if number + 1 < len(heads) else len(text)]
        frame = _FRAME.search(part)
        where = f"{frame[1]} {frame[2]}" if frame else part.strip().splitlines()[-1][:150]
        found.append((re.sub(r" \(pid=\d+\)| on address.*", "", head[1]).strip(), where))
    return found


def collected(reports: Path) -> list[tuple[str, str]]:
    """What was reported by any process."""
    return [one for path in sorted(reports.iterdir()) for one in summary(path.read_text(errors="replace"))]


def fixed_addresses(kind: str) -> list[str]:
    """What a command begins with: the thread sanitizer wants certain addresses for itself, and ends where
    one is taken by chance."""
    return ["setarch", "-R"] if kind == "thread" else []


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(FLAGS))
    options, arguments = parser.parse_known_args()
    place = ROOT / "build" / "sanitize" / options.kind
    place.mkdir(parents=True, exist_ok=True)
    library = build(options.kind, place)
    reports = place / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    began = time.monotonic()
    # pytest's own limit of a test is for the usual build.
    limit = [] if any(a.startswith("--timeout") for a in arguments) else ["--timeout=900"]
    status = subprocess.run([*fixed_addresses(options.kind), sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", *limit, *arguments],
                            cwd=ROOT, env=environment(options.kind, library, reports), check=False).returncode
    counts: dict[tuple[str, str], int] = {}
    for one in collected(reports):
        counts[one] = counts.get(one, 0) + 1
    for (what, where), count in sorted(counts.items(), key=lambda item: -item[1]):
        print(f"{count:5} x {what}: {where}")
    print(f"{options.kind}: pytest ended with {status} after {time.monotonic() - began:.0f} s, "
          f"{sum(counts.values())} reports in {reports.relative_to(ROOT)}")
    return 1 if status or counts else 0


if __name__ == "__main__":
    sys.exit(main())
