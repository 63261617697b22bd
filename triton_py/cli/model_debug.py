# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Debuggers for ``triton-py model run``, of models that run in this process on threads of the core."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import termios
import threading
from collections.abc import Iterator
from types import ModuleType

import triton_py

#: The name by which the backend finds the module that calls models, if somebody has imported it before.
_WORKER = "_triton_py_python_worker"


@contextlib.contextmanager
def debugging(post_mortem: bool) -> Iterator[None]:
    """To be entered before a model is loaded.

    :param post_mortem: stop where a model raises.
    """
    trace = sys.gettrace()
    if trace is not None:
        # Started by one, as `python -m pdb`: what it looks for is on other threads.
        threading.settrace(trace)
    if post_mortem:
        _worker().on_error = _look_into  # type: ignore[attr-defined]
    try:
        with _terminal_as_it_was():
            yield
    finally:
        if post_mortem:
            _worker().on_error = None  # type: ignore[attr-defined]


def _worker() -> ModuleType:
    found = sys.modules.get(_WORKER)
    if found is not None:
        return found
    file = os.path.join(triton_py.get_backend_dir(), "python", "worker", "worker.py")
    spec = importlib.util.spec_from_file_location(_WORKER, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[_WORKER] = module
    return module


def _look_into(error: BaseException) -> None:
    import bdb
    import pdb  # noqa: T100
    import traceback

    if isinstance(error, bdb.BdbQuit) or error.__traceback__ is None:
        return
    print(*traceback.format_exception_only(error), sep="", end="", file=sys.stderr, flush=True)
    pdb.post_mortem(error.__traceback__)


@contextlib.contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """A prompt that is given up by Ctrl-C on another thread leaves the terminal without an echo."""
    try:
        before = termios.tcgetattr(0)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
