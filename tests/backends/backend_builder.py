# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Compiles the test backends of ``src/`` and the host of ``host/``.

``build(name, folder)`` makes ``<folder>/<name>/libtriton_<name>.so``, so ``folder`` can serve as a
backend directory. ``SPECIMENS`` lists the names; the sources say what each does.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INCLUDE = ROOT / "cbackend" / "include"
SHIPPED = ROOT / "cbackend" / "backends"


@dataclass(frozen=True)
class Specimen:
    """How one test backend is compiled from files of ``src/``."""

    sources: tuple[str, ...]
    flags: tuple[str, ...] = ()
    #: Its DT_NEEDED names libtritonserver.so; the others leave the server's functions undefined.
    linked: bool = field(default=False)


def _failing(where: int) -> Specimen:
    return Specimen(("failing.c",), (f"-DFAIL_AT={where}",))


SPECIMENS: dict[str, Specimen] = {
    "minimal": Specimen(("minimal.c",)),
    "linked": Specimen(("minimal.c",), linked=True),
    "sum": Specimen(("sum.cc",)),
    "later": Specimen(("later.c",), ("-pthread",)),
    "stream": Specimen(("stream.c",)),
    "slow": Specimen(("slow.c",)),
    "sequence": Specimen(("sequence.c",), ("-pthread",)),
    "stateful": Specimen(("stateful.c",)),
    "iterate": Specimen(("iterate.c",)),
    "strategy": Specimen(("strategy.c",)),
    "trace": Specimen(("trace.c",)),
    "memory": Specimen(("memory.c",)),
    "metrics": Specimen(("metrics.c",)),
    "more_metrics": Specimen(("metrics.c",), ('-DABOUT_REQUESTS="Something else"',)),
    "misuse": Specimen(("misuse.c", "null_handles.c")),
    "no_execute": Specimen(("no_execute.c",)),
    "no_backend": Specimen(("no_backend.c",)),
    "unresolved": Specimen(("unresolved.c",)),
    "newer": Specimen(("newer.c",)),
    "partial_batcher": Specimen(("partial_batcher.c",)),
    "fail_initialize": _failing(1),
    "fail_model": _failing(2),
    "fail_instance": _failing(3),
    "fail_second_instance": _failing(4),
    "fail_ready": _failing(5),
    "fail_finalize": _failing(6),
}


def run(command: list[str | Path]) -> None:
    """Runs a compiler; what it says is part of the error."""
    done = subprocess.run(
        [str(c) for c in command], check=False, capture_output=True, text=True, timeout=120
    )
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")


def compiler(cpp: bool) -> list[str | Path]:
    """The command for C11 or C++17 with the project's headers; warnings are errors."""
    name = os.environ.get("CXX", "g++") if cpp else os.environ.get("CC", "gcc")
    standard = "-std=c++17" if cpp else "-std=c11"
    return [
        *shlex.split(name),
        standard,
        "-O1",
        "-g",
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{INCLUDE}",
    ]


def _server_stub(folder: Path) -> Path:
    """An empty libtritonserver.so to link against: what matters is its SONAME."""
    stub = folder / "libtritonserver.so"
    if not stub.exists():
        run(
            [
                *compiler(False),
                "-shared",
                "-fPIC",
                "-Wl,-soname,libtritonserver.so",
                "-x",
                "c",
                "/dev/null",
                "-o",
                stub,
            ]
        )
    return stub


def build(name: str, folder: Path) -> Path:
    """Compiles test backend ``name`` to ``folder/name/libtriton_<name>.so`` and returns the path."""
    specimen = SPECIMENS[name]
    library = folder / name / f"libtriton_{name}.so"
    library.parent.mkdir(parents=True, exist_ok=True)
    cpp = any(source.endswith(".cc") for source in specimen.sources)
    link: list[str | Path] = []
    if specimen.linked:
        link = ["-Wl,--no-as-needed", _server_stub(folder)]
    sources = [HERE / "src" / source for source in specimen.sources]
    run([*compiler(cpp), "-shared", "-fPIC", *specimen.flags, *sources, *link, "-o", library])
    return library


def build_shipped(name: str, folder: Path, count_allocations: bool = False) -> Path:
    """Compiles a backend that ships as the project's own build does, plus debug information.

    With ``count_allocations`` its allocation functions are the host's, which can make them fail.
    """
    library = folder / name / f"libtriton_{name}.so"
    library.parent.mkdir(parents=True, exist_ok=True)
    sources = [*sorted((SHIPPED / "common").glob("*.c")), *sorted((SHIPPED / name).glob("*.c"))]
    flags = ["-Wshadow", "-Wconversion", "-shared", "-fPIC", "-fvisibility=hidden"]
    if count_allocations:
        functions = ("malloc", "calloc", "realloc", "aligned_alloc")
        flags += [f"-D{function}=host_{function}" for function in functions]
    run([*compiler(False), *flags, *sources, "-o", library, "-lpthread", "-ldl"])
    return library


def build_host(name: str, folder: Path) -> Path:
    """Compiles the host with ``host/<name>_main.c`` to a program and returns its path."""
    program = folder / f"{name}_host"
    parts = ("host.c", "server.c", "requests.c", "states.c", "allocation.c", f"{name}_main.c")
    sources = [HERE / "host" / part for part in parts]
    # gnu11: the host itself is no example, strdup will do.
    run([*compiler(False), "-std=gnu11", "-rdynamic", *sources, "-o", program, "-ldl"])
    return program


def build_library(source: str, output: Path, *flags: str) -> Path:
    """Compiles one file of ``host/`` to the shared library ``output``."""
    output.parent.mkdir(parents=True, exist_ok=True)
    run([*compiler(False), "-shared", "-fPIC", *flags, HERE / "host" / source, "-o", output])
    return output


def build_json_filter(folder: Path) -> Path:
    """Compiles the backends' JSON reader as a filter, with the address and undefined sanitizers."""
    program = folder / "json_filter"
    common = [SHIPPED / "common" / f for f in ("json.c", "json_parse.c", "json_write.c", "error.c")]
    host = [HERE / "host" / part for part in ("json_main.c", "host.c", "server.c")]
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    run([*compiler(False), "-std=gnu11", *sanitize, *host, *common, "-o", program, "-ldl"])
    return program
