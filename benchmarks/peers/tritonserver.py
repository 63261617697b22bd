# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Triton Inference Server: the binary that the package ``nvidia-pytriton`` carries.

It gets an environment of its own, because that package pins an old numpy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from triton_py.errors import UnavailableError

from ..machine import sha256
from ..results import Subject
from .peer import InProcess, Peer, Served, ask, common_flags, free_ports

PACKAGE = "nvidia-pytriton"
VERSION = "0.7.0"
#: Of Triton in that package, where its libraries don't say it.
_TRITON = {"0.7.0": "2.51.0"}


def default_environment() -> Path:
    """Where the environment is kept from one run to the next."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(cache, "triton-py", "peers", f"{PACKAGE}-{VERSION}")


#: In an environment that we made: it was installed to the end.
_WHOLE = "whole"


def _site(environment: Path) -> Path | None:
    found = sorted(environment.glob("lib/python3*/site-packages/pytriton/tritonserver/bin/tritonserver"))
    return found[0].parents[3] if found else None


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def make_environment(place: Path) -> None:
    """Installs the package there, whole or not at all. Raises ``UnavailableError``."""
    _say(f"installing {PACKAGE} {VERSION}, which carries Triton, into {place}")
    place.parent.mkdir(parents=True, exist_ok=True)
    # Scripts of a virtual environment name its path, so it is made where it stays, and marked when it
    # is whole.
    for command in ([sys.executable, "-m", "venv", "--clear", str(place)],
                    [str(place / "bin" / "pip"), "install", "--quiet",
                     f"{PACKAGE}=={VERSION}", "numpy<2"]):
        done = subprocess.run(command, check=False, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip().splitlines()[-3:]
            raise UnavailableError(f"can't install {PACKAGE}: " + " | ".join(words))
    (place / _WHOLE).touch()


_ASK = """
import json, sysconfig
print(json.dumps({"libraries": sysconfig.get_config_var("LIBDIR") or ""}))
"""


class TritonServer(Peer):
    """:param environment: a virtual environment that has nvidia-pytriton; empty: one of our own,
    made at the first use.
    """

    def __init__(self, environment: str = "") -> None:
        self._environment = Path(environment) if environment else default_environment()
        self._given = bool(environment)

    @cached_property
    def _packages(self) -> Path:
        site = _site(self._environment)
        if not self._given and not (self._environment / _WHOLE).exists():
            make_environment(self._environment)
            site = _site(self._environment)
        if site is None:
            raise UnavailableError(f"no tritonserver in {self._environment}: it should be a virtual "
                                   f"environment in which {PACKAGE} is installed")
        return site

    @cached_property
    def _library(self) -> Path:
        found = sorted((self._packages / "nvidia_pytriton.libs").glob("libtritonserver-*.so*"))
        if not found:
            raise UnavailableError(f"no libtritonserver in {self._packages}/nvidia_pytriton.libs")
        return found[0]

    @cached_property
    def _env(self) -> dict[str, str]:
        # Where the libraries lie that its own one needs.
        return {"LD_LIBRARY_PATH": str(self._library.parent)}

    def subject(self) -> Subject:
        version = next(self._packages.glob("nvidia_pytriton-*.dist-info")).name.split("-")[1]
        version = version.removesuffix(".dist")
        return Subject(f"tritonserver {_TRITON.get(version, '')}".strip(), {
            "package": f"{PACKAGE} {version}", "core": sha256(self._library)})

    @cached_property
    def _libpython(self) -> str:
        """Where the library of the environment's interpreter is."""
        return str(ask(str(self._environment / "bin" / "python"), _ASK, "interpreter")["libraries"])

    @cached_property
    def _python(self) -> str:
        """The version of the environment's interpreter, as the package names its stubs."""
        return self._packages.parent.name.removeprefix("python")

    def backends(self, shipped: Path, folder: Path) -> Path:
        """Those that ship, but for the python backend, which is Triton's own."""
        own = self._packages / "pytriton" / "tritonserver"
        for backend in shipped.iterdir():
            if backend.name != "python":
                (folder / backend.name).symlink_to(backend)
        stub = own / "python_backend_stubs" / self._python / "triton_python_backend_stub"
        if not stub.is_file():
            raise UnavailableError(f"{PACKAGE} has no stub of its python backend for Python "
                                   f"{self._python}: no {stub}")
        python = folder / "python"
        python.mkdir()
        for file in ("libtriton_python.so", "triton_python_backend_utils.py"):
            shutil.copy(own / "backends" / "python" / file, python)
        shutil.copy(stub, python)
        (python / stub.name).chmod(0o755)
        return folder

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        http, grpc = free_ports(2)
        binary = self._packages / "pytriton" / "tritonserver" / "bin" / "tritonserver"
        # The python backend's stub loads the interpreter's library, and finds that interpreter's packages
        # as an activated environment does: by the first python3 in PATH.
        made = {"LD_LIBRARY_PATH": os.pathsep.join([str(self._library.parent), self._libpython]),
                "PATH": os.pathsep.join([str(self._environment / "bin"), os.environ.get("PATH", "")])}
        return Served([str(binary), *common_flags(repository, backends, http, grpc), *flags],
                      {**made, **(env or {})}, log, http, grpc)

    def inprocess(self) -> InProcess | None:
        return InProcess(str(self._library), "", self._env)
