# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loads the core: ``libtritonserver.so``, which is also a set of Python extension modules.

The library goes into the process's *global* symbol scope, because a backend that leaves the
server's symbols undefined, and this package's own front ends, bind to it there. Importing this
package makes ``triton_py.core.<module>`` importable for every module linked into that file.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType

LIBRARY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                       "lib", "libtritonserver.so")

#: Every module of the core (tests/core/test_modules.py holds this against cbackend/core). All are
#: imported at once: a C function of a module that was not initialised must never be called, and
#: a backend may call any of them.
MODULES = (
    "account", "agent", "agent_host", "agent_model", "allocator", "backend",
    "buffer_attributes", "channel", "constants", "counters", "cuda", "error", "histogram",
    "host", "input", "instance", "labels", "library", "log", "memory", "message", "metric",
    "metric_args", "metric_handle", "model", "normalize", "null_request", "options", "order",
    "parameter", "pinned", "probe", "queue", "queue_levels", "queue_timer", "reaper",
    "registry", "request", "request_attributes", "request_backend", "request_content",
    "response", "response_client", "response_statistics", "scratch_allocator", "sequence",
    "sequence_batch", "sequence_inputs", "sequence_map", "sequence_probe", "sequencer",
    "server", "slab", "state", "state_value", "statistics", "strategy", "summary", "text",
    "trace", "trace_context", "trace_tensors", "unsupported", "warm_up", "watch", "worker",
)


class _CoreFinder(importlib.abc.MetaPathFinder):
    """Finds ``triton_py.core.x`` inside the one shared object (it holds ``PyInit_x``)."""

    def __init__(self, library: str, handle: ctypes.CDLL) -> None:
        self._library = library
        self._handle = handle

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        prefix, _, name = fullname.rpartition(".")
        if prefix != __name__ or not hasattr(self._handle, f"PyInit_{name}"):
            return None
        loader = importlib.machinery.ExtensionFileLoader(fullname, self._library)
        return importlib.util.spec_from_file_location(fullname, self._library, loader=loader)


def _load() -> ctypes.CDLL:
    if not os.path.exists(LIBRARY):
        raise ImportError(
            f"the core library {LIBRARY} is not built; in a source tree run "
            "'pip install -e .' or 'python setup.py build_ext --inplace'"
        )
    # RTLD_NOW: a symbol that the core itself lacks is an error here, not at the first request.
    return ctypes.CDLL(LIBRARY, mode=os.RTLD_NOW | os.RTLD_GLOBAL)


_handle = _load()
sys.meta_path.insert(0, _CoreFinder(LIBRARY, _handle))
for _name in MODULES:
    importlib.import_module(f"{__name__}.{_name}")
