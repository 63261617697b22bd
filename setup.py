# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Builds the core, the Cython front ends, the shipped backends and repository agents.

setuptools alone can't: the core is *many* Cython modules in *one* shared object that is named
``libtritonserver.so``, the backends are plain C libraries, and its own ``build_ext`` recompiles
everything after any change. So three small steps stand here: stage the Cython sources under the
package names they are imported by, translate what changed, compile and link what changed.

Environment: ``CC``, ``CXX``, ``CFLAGS``, ``CXXFLAGS``, ``LDFLAGS`` as usual;
``TRITON_PY_DEBUG=1`` builds without optimisation and with allocation counters and assertions;
``TRITON_PY_SANITIZE=address,undefined`` (or ``thread``) adds the sanitizer; with ``fuzzer-no-link``
among them, which takes clang, only what is fuzzed is built: the core, the front ends, the backends and
the agents;
``TRITON_PY_JOBS=N`` limits parallel compilations (default: the CPUs this process may use).
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
STAGE = ROOT / "build" / "stage"
INCLUDE = ROOT / "cbackend" / "include"
DEBUG = os.environ.get("TRITON_PY_DEBUG", "") not in ("", "0")
SANITIZE = os.environ.get("TRITON_PY_SANITIZE", "")
FUZZED = "fuzzer-no-link" in SANITIZE.split(",")


def jobs() -> int:
    return int(os.environ.get("TRITON_PY_JOBS") or len(os.sched_getaffinity(0)))


def common_flags() -> list[str]:
    flags = ["-fPIC", "-fvisibility=hidden", "-pthread", f"-I{INCLUDE}", "-Wall", "-Wextra"]
    flags += ["-O1", "-g", "-DTP_DEBUG=1"] if DEBUG else ["-O2", "-g1", "-DNDEBUG"]
    if SANITIZE:
        flags += [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer"]
    return flags


def c_flags() -> list[str]:
    return ["-std=c11", *common_flags(), *shlex.split(os.environ.get("CFLAGS", ""))]


def cxx_flags() -> list[str]:
    return [
        "-std=c++17", *common_flags(), f"-I{sysconfig.get_path('include')}",
        # Cython gives `cdef public` functions C++ linkage unless told otherwise.
        '-DCYTHON_EXTERN_C=extern "C"',
        # Generated code: unused helpers and parameters are no news.
        "-Wno-unused-function", "-Wno-unused-parameter", "-Wno-unused-variable",
        "-Wno-missing-field-initializers", "-Wno-sign-compare", "-Wno-cast-function-type",
        "-Wno-cpp",
        *shlex.split(os.environ.get("CXXFLAGS", "")),
    ]


def link_flags(program: bool) -> list[str]:
    flags = [*([] if program else ["-shared"]), "-pthread",
             *shlex.split(os.environ.get("LDFLAGS", ""))]
    return flags + ([f"-fsanitize={SANITIZE}"] if SANITIZE else [])


@dataclass
class Target:
    """One shared object or program: its place in the package, its sources, how it is linked."""

    output: str
    sources: list[Path]
    compiler: str = "c++"
    flags: list[str] = field(default_factory=list)
    link: list[str] = field(default_factory=list)
    program: bool = False


# --- staging -------------------------------------------------------------------------------


def _link(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_symlink() and place.resolve() == source.resolve():
        return
    if place.is_symlink() or place.exists():
        place.unlink()
    place.symlink_to(source)


def stage() -> tuple[list[Path], list[Path]]:
    """Lays the Cython sources out as packages; returns the core's modules and the others'."""
    wanted: dict[Path, Path] = {}
    for path in (ROOT / "triton_py").rglob("*"):
        if path.suffix in (".pyx", ".pxd") or path.name == "__init__.py":
            wanted[path.relative_to(ROOT)] = path
    for folder in ("core", "abi"):
        for path in (ROOT / "cbackend" / folder).glob("*.p[yx][xd]"):
            wanted[Path("triton_py") / folder / path.name] = path
    STAGE.mkdir(parents=True, exist_ok=True)
    for old in STAGE.rglob("*"):
        if old.is_symlink() and old.relative_to(STAGE) not in wanted:
            old.unlink()
    for relative, path in wanted.items():
        _link(path, STAGE / relative)
    for folder in ("core", "abi"):
        marker = STAGE / "triton_py" / folder / "__init__.pxd"
        marker.parent.mkdir(parents=True, exist_ok=True)
        if not marker.exists():
            marker.touch()
    write_unsupported(STAGE / "triton_py" / "core")
    modules = sorted(STAGE.rglob("*.pyx"))
    core = [m for m in modules if m.parent == STAGE / "triton_py" / "core"]
    return core, [m for m in modules if m not in core]


def write_unsupported(core: Path) -> None:
    """Generates the functions of the ABI that no module of the core defines yet."""
    subprocess.run(
        [sys.executable, str(ROOT / "cbackend" / "tools" / "gen_abi.py"),
         "--unsupported", str(core / "unsupported.pyx"),
         "--implemented-in", str(ROOT / "cbackend" / "core"),
         "--table", str(ROOT / "triton_py" / "abi_implemented.json")],
        check=True, stdout=subprocess.DEVNULL,
    )


def translate(modules: list[Path]) -> dict[Path, Path]:
    """Cython to C++ for the modules that changed or that cimport something that did."""
    from Cython.Build import cythonize

    names = {m: ".".join(m.relative_to(STAGE).with_suffix("").parts) for m in modules}
    cwd = os.getcwd()
    os.chdir(STAGE)  # cimport looks packages up from here
    try:
        cythonize(
            [Extension(names[m], [str(m.relative_to(STAGE))], language="c++") for m in modules],
            build_dir=str(ROOT / "build" / "cpp"),
            nthreads=0,
            language_level=3,
            compiler_directives={
                "language_level": 3, "boundscheck": False, "wraparound": False,
                "initializedcheck": False, "cdivision": True, "embedsignature": True,
                "binding": True,
            },
        )
    finally:
        os.chdir(cwd)
    out = {}
    for m in modules:
        out[m] = ROOT / "build" / "cpp" / m.relative_to(STAGE).with_suffix(".cpp")
        if not out[m].exists():
            raise SystemExit(f"Cython left no {out[m]}")
    return out


# --- compiling -----------------------------------------------------------------------------


def _newest_dependency(depfile: Path) -> float:
    """Newest mtime among what the compiler read last time; infinity if any of it is gone."""
    text = depfile.read_text().replace("\\\n", " ")
    newest = 0.0
    for name in shlex.split(text.split(":", 1)[1]):
        try:
            newest = max(newest, os.stat(name).st_mtime)
        except FileNotFoundError:
            return float("inf")
    return newest


def compile_object(source: Path, command: list[str], temp: Path) -> Path:
    """Compiles one source unless its object is newer than everything it was made from."""
    key = hashlib.sha256("\0".join([*command, str(source)]).encode()).hexdigest()[:16]
    obj = temp / f"{source.stem}-{key}.o"
    dep = obj.with_suffix(".d")
    if obj.exists() and dep.exists() and _newest_dependency(dep) <= obj.stat().st_mtime:
        return obj
    print(f"compiling {os.path.relpath(source, ROOT)}", flush=True)
    subprocess.run([*command, "-MMD", "-MF", str(dep), "-c", str(source), "-o", str(obj)],
                   check=True, cwd=ROOT)
    return obj


def link_target(target: Target, objects: list[Path], place: Path, temp: Path) -> None:
    compiler = shlex.split(os.environ.get("CXX", "g++") if target.compiler == "c++"
                           else os.environ.get("CC", "gcc"))
    command = [*compiler, *[str(o) for o in objects], *link_flags(target.program),
               *target.link]
    stamp = temp / f"{target.output.replace(os.sep, '-')}.link"
    same = stamp.exists() and stamp.read_text() == "\0".join(command)
    if same and place.exists() and all(
        o.stat().st_mtime <= place.stat().st_mtime for o in objects
    ):
        return
    print(f"linking {target.output}", flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Linked beside and renamed: a process that has the old file mapped keeps it whole.
    fresh = place.with_name(f".{place.name}.new")
    subprocess.run([*command, "-o", str(fresh)], check=True, cwd=ROOT)
    os.replace(fresh, place)
    stamp.write_text("\0".join(command))


def core_target(sources: list[Path]) -> Target:
    exports = ROOT / "build" / "core.map"
    text = ("{ global: TRITONSERVER_*; TRITONBACKEND_*; TRITONCACHE_*; TRITONREPOAGENT_*; "
            "PyInit_*; local: *; };\n")
    if not exports.exists() or exports.read_text() != text:
        exports.write_text(text)
    return Target(
        "triton_py/lib/libtritonserver.so", sources,
        flags=[f"-I{sysconfig.get_path('include')}", "-D_GNU_SOURCE",
               "-include", str(INCLUDE / "triton/core/tritonbackend.h"),
               "-include", str(INCLUDE / "triton/core/tritoncache.h"),
               "-include", str(INCLUDE / "triton/core/tritonrepoagent.h")],
        link=["-Wl,-soname,libtritonserver.so", f"-Wl,--version-script={exports}", "-ldl"],
    )


def backend_targets() -> list[Target]:
    backends = ROOT / "cbackend" / "backends"
    common = sorted((backends / "common").glob("*.c"))
    return [
        Target(f"triton_py/backends/{folder.name}/libtriton_{folder.name}.so",
               [*sorted(folder.glob("*.c")), *common], compiler="c",
               flags=[f"-I{backends}"], link=["-ldl", "-lm"])
        for folder in sorted(backends.iterdir())
        if folder.is_dir() and folder.name != "common" and any(folder.glob("*.c"))
    ] if backends.is_dir() else []


def bridge_targets() -> list[Target]:
    """What Python models have of C: built against the limited API, so that one file serves any Python from
    3.9 on, whichever a model's environment has."""
    backends = ROOT / "cbackend" / "backends"
    folder = backends / "python"
    shared = [folder / "arena.c", folder / "channel.c", folder / "pair.c", backends / "common" / "cuda.c"]
    return [Target("triton_py/backends/python/worker/_bridge.abi3.so",
                   [*sorted((folder / "worker").glob("*.c")), *shared], compiler="c",
                   flags=["-D_GNU_SOURCE", "-DPy_LIMITED_API=0x03090000", f"-I{sysconfig.get_path('include')}",
                          f"-I{backends}", "-fvisibility=hidden"], link=["-ldl"])]


def agent_targets() -> list[Target]:
    """The repository agents that ship: each from its own sources alone."""
    agents = ROOT / "cbackend" / "agents"
    return [
        Target(f"triton_py/repoagents/{folder.name}/libtritonrepoagent_{folder.name}.so",
               sorted(folder.glob("*.c")), compiler="c")
        for folder in sorted(agents.iterdir()) if any(folder.glob("*.c"))
    ]


def conformance_targets() -> list[Target]:
    """The recorder and the proxy, which stand between core and backend when one is certified."""
    folder = ROOT / "conformance" / "recorder"
    generated = ROOT / "build" / "recorder"
    subprocess.run([sys.executable, str(folder / "generate.py"), str(generated)], check=True)
    flags = [f"-I{folder}", f"-I{generated}"]
    alias = folder / "alias.c"
    sources = [path for path in sorted(folder.glob("*.c")) if path != alias]
    # A name to be replaced by any other: conformance/server_alias.py has it, too.
    placeholder = "triton-py-alias-" + "x" * 184
    return [
        Target("triton_py/conformance/lib/libtriton_recorder.so",
               [generated / "recorder_functions.c", *sources], compiler="c",
               flags=flags, link=["-Wl,-soname,libtriton_recorder.so", "-ldl"]),
        Target("triton_py/conformance/lib/alias.so", [alias], compiler="c", flags=flags,
               link=[f"-Wl,-soname,{placeholder}"]),
        Target("triton_py/conformance/lib/proxy.so", [generated / "proxy_functions.c"],
               compiler="c", flags=flags, link=["-ldl"]),
    ]


def benchmark_targets() -> list[Target]:
    """Programs that make load, and what counts in a server."""
    folder = ROOT / "benchmarks" / "load"
    programs = [
        Target(f"triton_py/benchmarks/lib/{name}", [folder / source], compiler="c",
               flags=["-D_GNU_SOURCE"], link=["-ldl", "-lm"], program=True)
        for name, source in (("inprocess_client", "inprocess.c"), ("rate_client", "rate.c"),
                             ("floor_server", "floor.c"))
    ]
    # It defines malloc and memcpy: the compiler is not to make calls of them out of what they do.
    counts = Target("triton_py/benchmarks/lib/libcounts.so", [folder / "counts.c"], compiler="c",
                    flags=["-D_GNU_SOURCE", "-fno-builtin", "-fvisibility=default"], link=["-ldl"])
    return [*programs, counts]


def build_all(destination: Path, temp: Path) -> list[Path]:
    """Builds every target into ``destination`` and returns the files."""
    temp.mkdir(parents=True, exist_ok=True)
    core, others = stage()
    cpp = translate([*core, *others])
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    targets = [core_target([*[cpp[m] for m in core], ROOT / "cbackend" / "core" / "embed.c"])]
    for module in others:
        relative = module.relative_to(STAGE)
        targets.append(Target(str(relative.with_suffix("")) + suffix, [cpp[module]],
                              link=["-ldl"]))
    targets += [*backend_targets(), *bridge_targets(), *agent_targets()]
    if not FUZZED:
        # Programs can't be linked for a fuzzer, whose runtime comes with the process.
        targets += [*conformance_targets(), *benchmark_targets()]

    def compiled(target: Target, source: Path) -> Path:
        if source.suffix == ".cpp":
            command = [*shlex.split(os.environ.get("CXX", "g++")), *cxx_flags(), *target.flags]
        else:
            command = [*shlex.split(os.environ.get("CC", "gcc")), *c_flags(), *target.flags]
        return compile_object(source, command, temp)

    with ThreadPoolExecutor(jobs()) as pool:
        todo = [(t, [pool.submit(compiled, t, s) for s in t.sources]) for t in targets]
        places = []
        for target, futures in todo:
            place = destination / target.output
            link_target(target, [f.result() for f in futures], place, temp)
            places.append(place)
    if FUZZED:
        return places
    table = destination / "triton_py" / "conformance" / "lib" / "functions.json"
    shutil.copyfile(ROOT / "build" / "recorder" / "functions.json", table)
    return [*places, table]


class BuildNative(build_ext):
    """``build_ext`` over our own three steps."""

    def run(self) -> None:
        inplace = bool(self.inplace) or bool(getattr(self, "editable_mode", False))
        self._inplace = inplace
        destination = ROOT if inplace else Path(self.build_lib).resolve()
        # Other builds beside the usual one, so that neither makes the other link again.
        tag = "-".join([sysconfig.get_platform(), sys.implementation.cache_tag,
                        *(["debug"] if DEBUG else []), *filter(None, SANITIZE.split(","))])
        self._built = build_all(destination, ROOT / "build" / f"objects-{tag}")
        if not inplace:
            # build_py, which copies data files, ran before this one was written.
            shutil.copy(ROOT / "triton_py" / "abi_implemented.json", destination / "triton_py")

    def get_outputs(self) -> list[str]:
        return [str(p) for p in getattr(self, "_built", [])]

    def get_output_mapping(self) -> dict[str, str]:
        return {}

    def get_source_files(self) -> list[str]:
        return [str(p.relative_to(ROOT)) for top in ("cbackend", "conformance/recorder", "benchmarks/load")
                for p in (ROOT / top).rglob("*")
                if p.suffix in (".pyx", ".pxd", ".h", ".c", ".json", ".py")]


class BuildPython(build_py):
    """``build_py`` plus the headers, which live in ``cbackend/include``."""

    def find_data_files(self, package: str, src_dir: str) -> list[str]:
        # What was linked in place may be of another kind than what is built now, with other flags.
        return [name for name in super().find_data_files(package, src_dir)
                if not name.endswith(".so")]

    def run(self) -> None:
        super().run()
        if getattr(self, "editable_mode", False):
            return
        place = Path(self.build_lib) / "triton_py" / "include"
        if place.exists():
            shutil.rmtree(place)
        if INCLUDE.exists():
            shutil.copytree(INCLUDE, place)


setup(
    # The one entry makes the wheel platform-specific and `build_ext` run; BuildNative knows the
    # real targets.
    ext_modules=[Extension("triton_py.core._native", sources=[])],
    cmdclass={"build_ext": BuildNative, "build_py": BuildPython},
)
