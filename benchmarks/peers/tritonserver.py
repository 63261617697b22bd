# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Triton Inference Server: the binary that the package ``nvidia-pytriton`` carries.

It gets an environment of its own, because that package pins an old numpy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from triton_py.errors import UnavailableError

from ..machine import sha256
from ..results import Subject
from .environment import Environment
from .peer import InProcess, Peer, Served, common_flags, free_ports

PACKAGE = "nvidia-pytriton"
VERSION = "0.7.0"
#: Of Triton in that package, where its libraries don't say it.
_TRITON = {"0.7.0": "2.51.0"}


def _site(environment: Path) -> Path | None:
    found = sorted(environment.glob("lib/python3*/site-packages/pytriton/tritonserver/bin/tritonserver"))
    return found[0].parents[3] if found else None


class TritonServer(Peer):
    """:param environment: a virtual environment that has nvidia-pytriton; empty: one of our own,
    made at the first use.
    """

    def __init__(self, environment: str = "") -> None:
        self._environment = Environment(PACKAGE, VERSION, ("numpy<2",),
                                        Path(environment) if environment else None)

    @cached_property
    def _packages(self) -> Path:
        place = self._environment.ensure()
        site = _site(place)
        if site is None:
            raise UnavailableError(f"no tritonserver in {place}: it should be a virtual "
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
    def _python(self) -> str:
        """The version of the environment's interpreter, as the package names its stubs."""
        return self._packages.parent.name.removeprefix("python")

    def backends(self, shipped: Path, folder: Path) -> Path:
        """Those that ship, but for the python backend, which is Triton's own. Where the package has no
        stub for the environment's Python there is none, and Triton refuses to load Python models."""
        own = self._packages / "pytriton" / "tritonserver"
        for backend in shipped.iterdir():
            if backend.name != "python":
                (folder / backend.name).symlink_to(backend)
        stub = own / "python_backend_stubs" / self._python / "triton_python_backend_stub"
        if not stub.is_file():
            return folder
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
        facts, place = self._environment.facts, self._environment.place
        made = {"LD_LIBRARY_PATH": os.pathsep.join([str(self._library.parent), facts["libraries"]]),
                "PATH": os.pathsep.join([str(place / "bin"), os.environ.get("PATH", "")])}
        return Served([str(binary), *common_flags(repository, backends, http, grpc), *flags],
                      {**made, **(env or {})}, log, http, grpc)

    def inprocess(self) -> InProcess | None:
        return InProcess(str(self._library), "", self._env)
