# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The real load: in a process of its own, with a time limit, since constructors may do anything."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .finding import DoctorError

_KEPT_OUTPUT = 1 << 14
DEFAULT_LIMIT_S = 60.0


@dataclass
class Trial:
    """What became of the child."""

    #: The last step that it began (trial_child.STEPS); "" if not even the first.
    step: str = ""
    error: str = ""
    api_version: tuple[int, ...] = ()
    #: "", "ended", "hung" or the name of a signal.
    ended: str = ""
    status: int = 0
    seconds: float = 0.0
    output: list[str] = field(default_factory=list)


class _Tail:
    """Reads a pipe until it closes, and keeps the end: a library may print without end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.kept = b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(self._descriptor, 1 << 16):
                self.kept = (self.kept + piece)[-_KEPT_OUTPUT:]


def try_load(name: str, path: str, *, backend: bool = True,
             limit_s: float = DEFAULT_LIMIT_S) -> Trial:
    """Loads the library in a child process. Raises DoctorError where that can't be started."""
    report, child_report = os.pipe()
    output, child_output = os.pipe()
    root = str(Path(__file__).resolve().parent.parent.parent)
    # The child is to find this package, and nothing of the folder that it happens to start in.
    paths = [root, *(p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "triton_py.doctor.trial_child", str(child_report), name,
               os.path.abspath(path), "backend" if backend else "library"]
    began = time.monotonic()
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=child_output, stderr=child_output,
            pass_fds=(child_report,), env=environ, start_new_session=True)
    except (OSError, ValueError) as error:
        for descriptor in (report, output):
            os.close(descriptor)
        raise DoctorError(f"no process to load the library in can be started: {error}") from None
    finally:
        os.close(child_report)
        os.close(child_output)
    tails = _Tail(report), _Tail(output)
    trial = Trial()
    try:
        trial.status = child.wait(limit_s)
    except subprocess.TimeoutExpired:
        trial.ended = "hung"
    finally:
        # With what it may have started: those hold the pipes open.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    trial.seconds = time.monotonic() - began
    for tail, descriptor in zip(tails, (report, output), strict=True):
        tail.thread.join(5)
        if not tail.thread.is_alive():
            os.close(descriptor)
    _read_report(trial, tails[0].kept)
    text = tails[1].kept.decode("utf-8", "backslashreplace")
    trial.output = [line for line in text.splitlines() if line.strip()][-8:]
    return trial


def _read_report(trial: Trial, lines: bytes) -> None:
    for line in lines.splitlines():
        try:
            said: Any = json.loads(line)
        except ValueError:
            continue  # cut off by the child's death
        if not isinstance(said, dict):
            continue
        trial.step = str(said.get("step", ""))
        trial.error = str(said.get("error", ""))
        trial.api_version = tuple(said.get("api_version", trial.api_version))
    if trial.ended == "hung":
        return
    if trial.status < 0:
        trial.ended = signal.Signals(-trial.status).name if -trial.status in _SIGNALS else (
            f"signal {-trial.status}")
    elif trial.step != "done" and not trial.error:
        trial.ended = "ended"


_SIGNALS = {int(s) for s in signal.Signals}
