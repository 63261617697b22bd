# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loads one library as a server does: ``python -m triton_py.doctor.trial_child FD NAME PATH WHAT``.

Each step is a line of JSON to FD before it is taken, so that whoever started this knows in which one
it died. WHAT is "backend", or "library" for one that has no entry points of a backend.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from typing import Any

STEPS = ("start", "load", "initialize", "finalize", "done")


def main(arguments: list[str]) -> None:
    report, name, path, what = int(arguments[0]), *arguments[1:]
    # A library that dies in here is what this is for; it need not fill the disk as well.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))

    def say(step: str, **more: Any) -> None:
        os.write(report, json.dumps({"step": step, **more}).encode() + b"\n")

    os.set_inheritable(report, False)
    say("start")
    from triton_py import core
    from triton_py.core.host import Host

    server = ctypes.CDLL(core.LIBRARY)
    major, minor = ctypes.c_uint32(), ctypes.c_uint32()
    server.TRITONBACKEND_ApiVersion(ctypes.byref(major), ctypes.byref(minor))
    say("load", api_version=[major.value, minor.value])
    try:
        # Ahead of the server's own way, whose second look finds it loaded: so it is known whether
        # the library's constructors or its Initialize is at work.
        library = ctypes.CDLL(path, mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        say("load", error=str(error))
        return
    if what == "backend":
        say("initialize")
        try:
            handle = Host().load_backend(name, path, os.path.dirname(path), _config(name, path))
        except Exception as error:  # noqa: BLE001 whatever a server would be told
            say("initialize", error=str(error))
            return
        say("finalize")
        try:
            handle.close()
        except Exception as error:  # noqa: BLE001
            say("finalize", error=str(error))
            return
    say("done", library=library._name)


def _config(name: str, path: str) -> str:
    from triton_py.control.backends import backend_config
    from triton_py.control.options import ServerOptions

    folder = os.path.dirname(os.path.dirname(path))
    return backend_config(ServerOptions(), name, backend_directory=folder,
                          min_compute_capability=6.0)


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    # Past the end of the trial nothing is examined: destructors have no say in it.
    os._exit(0)
