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

from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

ROOT = Path(__file__).resolve().parent.parent
_BUILT_IN_PLACE = (ROOT / "triton_py" / "lib" / "libtritonserver.so").exists()


def _is_root(entry: str) -> bool:
    return Path(entry or os.curdir).resolve() == ROOT


def _choose_package() -> None:
    path = list(sys.path)
    if not _BUILT_IN_PLACE:
        sys.path[:] = [entry for entry in path if not _is_root(entry)]
    if importlib.util.find_spec("triton_py") is None:
        # Nothing else is there. In a tree that isn't built, the tests of pure Python still work.
        sys.path[:] = [str(ROOT), *(entry for entry in path if not _is_root(entry))]
    spec = importlib.util.find_spec("triton_py")
    assert spec is not None and spec.origin is not None
    place = str(Path(spec.origin).parent.parent)
    rest = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and not _is_root(p)]
    os.environ["PYTHONPATH"] = os.pathsep.join([place, *rest])
    os.environ["PYTHONSAFEPATH"] = "1"


_choose_package()


def pytest_report_header() -> str:
    """One line that says what is tested."""
    spec = importlib.util.find_spec("triton_py")
    assert spec is not None and spec.origin is not None
    place = Path(spec.origin).parent
    built = (place / "lib" / "libtritonserver.so").exists()
    return f"triton_py: {place}" + ("" if built else " (native parts not built)")
