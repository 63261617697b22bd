# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fuzzes the front ends and the configuration parser, guided by coverage.

    python tests/fuzz/run.py [TARGET ...] [--seconds N] [--keep]

Needs clang with its runtime, and atheris; says so where one is missing. Builds what is fuzzed with
coverage and sanitizers under build/fuzz, beside the usual build. An input that fails is put into
tests/fuzz/findings; its log is under build/fuzz, too. The exit status is 1 if there was one.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from fuzz_targets import CORPUS, FINDINGS, HERE, TARGETS, file_name, load

ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "fuzz"

SANITIZERS = "fuzzer-no-link,address,undefined"
#: What needs more of a runtime than atheris brings.
WITHOUT = "-fno-sanitize=vptr -fno-sanitize=function"

MOST_BYTES = {"json": 4096, "codec": 2048, "config": 4096, "http": 8192, "grpc": 4096}
#: Of one input: those that wait say after 20 seconds what they wait for.
TIMEOUT = 40
#: What is kept of a target in the repository.
KEPT_FILES, KEPT_BYTES = 250, 150_000


@dataclass
class Result:
    """What a target's runs came to."""

    executions: int = 0
    seconds: float = 0.0
    coverage: int = 0
    features: int = 0
    findings: int = 0


# --- what is needed --------------------------------------------------------------------------


def _runtime() -> Path:
    """The library that is to be loaded first: sanitizers and fuzzer in one."""
    return Path(sysconfig.get_path("platlib")) / "asan_with_fuzzer.so"


def require() -> None:
    """Ends with a sentence where something is missing."""
    missing = []
    if importlib.util.find_spec("atheris") is None or not _runtime().exists():
        missing.append("atheris, of the extra 'fuzz': pip install -e '.[test,fuzz]' (it has wheels for "
                       "some versions of Python alone)")
    compiler = shlex.split(os.environ.get("CXX", "clang++"))
    if "clang" not in compiler[-1]:
        missing.append(f"clang, but CXX is {shlex.join(compiler)}")
    elif shutil.which(compiler[-1]) is None:
        missing.append("clang with its runtime: apt-get install clang libclang-rt-dev "
                       "(libclang-rt-14-dev on Debian 12)")
    if missing:
        raise SystemExit("fuzzing needs " + "; ".join(missing))


def build() -> Path:
    """Builds what has changed; returns the folder to import it from."""
    library = BUILD / "lib"
    environ = {**os.environ, "TRITON_PY_SANITIZE": SANITIZERS,
               "CC": os.environ.get("CC", "clang"), "CXX": os.environ.get("CXX", "clang++"),
               **{name: f"{os.environ.get(name, '')} {WITHOUT}" for name in ("CFLAGS", "CXXFLAGS")}}
    subprocess.run([sys.executable, "setup.py", "-q", "build", "--build-base", str(BUILD),
                    "--build-lib", str(library)], cwd=ROOT, env=environ, check=True)
    return library


# --- running ---------------------------------------------------------------------------------


def _environment(library: Path, scratch: Path) -> dict[str, str]:
    # What a target leaves in its temporary folder, as it is ended at any time, goes with that.
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    return {
        **os.environ, "LD_PRELOAD": str(_runtime()), "PYTHONPATH": str(library),
        "TMPDIR": str(scratch),
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=32:"
                        "handle_segv=1:abort_on_error=0",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    }


def _dictionary(name: str) -> Path:
    place = BUILD / f"{name}.dict"
    words = load(name).DICTIONARY
    place.write_text("".join(
        '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in words))
    return place


def _command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, str(HERE / "fuzz_process.py"), name, *arguments]


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def _keep_finding(name: str, found: Path, log: Path) -> None:
    data = found.read_bytes()
    place = FINDINGS / name / file_name(data)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    lines = log.read_text(errors="replace").splitlines()
    first = next((i for i, line in enumerate(lines) if "Traceback" in line or "ERROR:" in line
                  or "runtime error:" in line or " === " in line), len(lines))
    print(f"{name}: {place.relative_to(ROOT)}, {log.relative_to(ROOT)}")
    print("\n".join(f"    {line[:300]}" for line in lines[first:first + 30]), flush=True)


def fuzz(name: str, seconds: float, library: Path, most_findings: int = 5) -> Result:
    """One target, for so long; goes on behind what it finds."""
    corpus, found, scratch = (BUILD / kind / name for kind in ("corpus", "found", "scratch"))
    for place in (corpus, found):
        place.mkdir(parents=True, exist_ok=True)
    for data in [*load(name).seeds(),
                 *(path.read_bytes() for path in sorted((CORPUS / name).glob("*")))]:
        (corpus / file_name(data)).write_bytes(data)
    result = Result()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 1 and result.findings < most_findings:
        for old in found.iterdir():
            old.unlink()
        log = BUILD / f"{name}-{result.findings}.log"
        started = time.monotonic()
        with open(log, "w") as out:
            subprocess.run(
                _command(name, str(corpus), f"-max_total_time={int(left)}", f"-timeout={TIMEOUT}",
                         f"-max_len={MOST_BYTES[name]}", f"-dict={_dictionary(name)}",
                         "-rss_limit_mb=1500", "-malloc_limit_mb=300", "-detect_leaks=0",
                         "-print_final_stats=1", "-print_funcs=0", "-reload=0", "-len_control=10",
                         # Its bookkeeping costs more than most inputs do.
                         "-entropic=0",
                         f"-artifact_prefix={found}/"),
                env=_environment(library, scratch), cwd=scratch, stdout=out,
                stderr=subprocess.STDOUT, check=False)
        text = log.read_text(errors="replace")
        result.seconds += time.monotonic() - started
        result.executions += _last(r"number_of_executed_units: (\d+)", text) or _last(
            r"(?m)^#(\d+)", text)
        result.coverage = max(result.coverage, _last(r"cov: (\d+)", text))
        result.features = max(result.features, _last(r"ft: (\d+)", text))
        artifacts = [path for path in found.iterdir()
                     if path.name.startswith(("crash-", "timeout-", "oom-", "leak-"))]
        if not artifacts:
            if "DONE" not in text:
                raise SystemExit(f"{name} ended without a result: see {log}")
            break
        result.findings += 1
        for path in artifacts:
            _keep_finding(name, path, log)
    return result


def keep(name: str, library: Path) -> None:
    """Makes the kept corpus the smallest part of the grown one that covers as much, as far as it fits into
    the repository."""
    smallest, scratch = BUILD / "smallest" / name, BUILD / "scratch" / name
    shutil.rmtree(smallest, ignore_errors=True)
    smallest.mkdir(parents=True)
    program = BUILD / f"fuzz-{name}"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(_command(name))} "$@"\n')
    program.chmod(0o755)
    log = BUILD / f"{name}-merge.log"
    with open(log, "w") as out:
        status = subprocess.run(
            _command(name, "-set_cover_merge=1", f"-max_len={MOST_BYTES[name]}",
                     f"-timeout={TIMEOUT}", str(smallest), str(BUILD / "corpus" / name)),
            env={**_environment(library, scratch), "FUZZ_PROGRAM": str(program)}, cwd=scratch,
            stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    if status or not any(smallest.iterdir()):
        raise SystemExit(f"merging the corpus of {name} failed: see {log}")
    place = CORPUS / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    inputs = sorted((path.read_bytes() for path in smallest.iterdir()), key=len)
    # Of all sizes; but many small ones rather than a few large ones.
    count = min(len(inputs), KEPT_FILES)
    chosen = [inputs[i * len(inputs) // count] for i in range(count)]
    while sum(map(len, chosen)) > KEPT_BYTES:
        chosen.pop()
    for data in chosen:
        (place / file_name(data)).write_bytes(data)
    print(f"{name}: kept {len(chosen)} of {len(inputs)} inputs, {sum(map(len, chosen))} bytes")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", default=TARGETS,
                        help=f"of {', '.join(TARGETS)}; default: all of them, one after another")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default: 60)")
    parser.add_argument("--keep", action="store_true",
                        help="put a small part of what covers most into tests/fuzz/corpus")
    given = parser.parse_args()
    if unknown := [name for name in given.targets if name not in TARGETS]:
        parser.error(f"no target is named {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    require()
    library = build()
    failed = False
    for name in given.targets:
        if given.seconds >= 1:
            result = fuzz(name, given.seconds, library)
            failed |= result.findings > 0
            print(f"{name}: {result.executions} executions in {result.seconds:.0f} s, coverage "
                  f"{result.coverage}, features {result.features}, findings {result.findings}",
                  flush=True)
        if given.keep:
            keep(name, library)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
