# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where the onnxruntime backend finds the ONNX Runtime library of the installed package."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

_LIBRARY = re.compile(r"libonnxruntime\.so(\.\d+)*")


def find() -> str | None:
    """The path of ``libonnxruntime.so.*`` in the ``onnxruntime`` package; None without one.

    The package is looked up but not imported: importing it would load a second copy of ONNX Runtime,
    the one inside its extension module. Wheels before 1.19 have only that second copy.
    """
    spec = importlib.util.find_spec("onnxruntime")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        names = (Path(folder) / "capi").glob("libonnxruntime.so*")
        found = [path for path in names if _LIBRARY.fullmatch(path.name)]
        if found:
            # With links among them (libonnxruntime.so.1 and the like) the longest name is the file.
            return str(max(found, key=lambda path: len(path.name)))
    return None
