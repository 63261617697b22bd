# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""triton-py itself: of this environment, or of another one's interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from ..machine import sha256
from ..results import Subject
from .peer import InProcess, Peer, Served, ask, common_flags, free_ports

#: What another interpreter is asked, to know what it has installed.
_ASK = """
import json, os, sys, sysconfig
from importlib import metadata, util
root = os.path.dirname(util.find_spec("triton_py").origin)
shared = os.path.join(sysconfig.get_config_var("LIBDIR") or "",
                      sysconfig.get_config_var("INSTSONAME") or "")
print(json.dumps({
    "version": metadata.version("triton-py"), "root": root, "path": [os.path.dirname(root), *(p for p in sys.path if p)],
    "python": sys.version.split()[0],
    "libpython": shared if sysconfig.get_config_var("Py_ENABLE_SHARED") else ""}))
"""


class TritonPy(Peer):
    """:param python: the interpreter whose triton-py it is, or its virtual environment; empty: the
    running one.
    """

    def __init__(self, python: str = "") -> None:
        inside = Path(python, "bin", "python")
        self._python = str(inside) if python and inside.is_file() else python or sys.executable

    @cached_property
    def _facts(self) -> dict[str, object]:
        return ask(self._python, _ASK, "triton-py")

    @cached_property
    def _library(self) -> Path:
        return Path(str(self._facts["root"]), "lib", "libtritonserver.so")

    def subject(self) -> Subject:
        return Subject(f"triton-py {self._facts['version']}", {
            "python": str(self._facts["python"]),
            "core": sha256(self._library),
        })

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        http, grpc = free_ports(2)
        command = [self._python, "-m", "triton_py", "serve",
                   *common_flags(repository, backends, http, grpc), *flags]
        return Served(command, {"PYTHONSAFEPATH": "1", **(env or {})}, log, http, grpc)

    def inprocess(self) -> InProcess | None:
        path = self._facts["path"]
        assert isinstance(path, list)
        return InProcess(str(self._library), str(self._facts["libpython"]),
                         {"PYTHONPATH": os.pathsep.join(path)})
