# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Decides which ``triton_py`` the tests are about: the installed one, unless the tree is built.

The checkout has a folder ``triton_py`` too. ``pytest`` leaves the checkout out of ``sys.path``, but
``python -m pytest`` puts it first, and so does ``python -m triton_py`` in a child process started
here; in a checkout that isn't built in place that folder lacks the native modules. So the choice is
made once, here, before any test imports the package, and child processes inherit it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_BUILT_IN_PLACE = (ROOT / "triton_py" / "lib" / "libtritonserver.so").exists()


def _is_root(entry: str) -> bool:
    return Path(entry or os.curdir).resolve() == ROOT


def _choose_package() -> None:
    if not _BUILT_IN_PLACE:
        sys.path[:] = [entry for entry in sys.path if not _is_root(entry)]
    elif importlib.util.find_spec("triton_py") is None:
        sys.path.insert(0, str(ROOT))
    spec = importlib.util.find_spec("triton_py")
    if spec is None or spec.origin is None:
        raise pytest.UsageError(
            "triton_py is neither installed nor built in place: run pip install '.[test]', or "
            "python setup.py build_ext --inplace")
    place = str(Path(spec.origin).parent.parent)
    rest = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and not _is_root(p)]
    os.environ["PYTHONPATH"] = os.pathsep.join([place, *rest])
    os.environ["PYTHONSAFEPATH"] = "1"


_choose_package()


def pytest_report_header() -> str:
    """One line that says what is tested."""
    spec = importlib.util.find_spec("triton_py")
    return f"triton_py: {Path(spec.origin).parent if spec and spec.origin else 'missing'}"
