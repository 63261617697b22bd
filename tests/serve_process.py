# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py serve`` in a child process, on free ports, for tests of what a user sees."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

#: What the server prints once it serves.
READY = "Ready. Ctrl-C stops."
_PORTS = {"http": r"HTTPService at \S+?:(\d+)$", "grpc": r"GRPCInferenceService at \S+?:(\d+)$",
          "metrics": r"Metrics Service at \S+?:(\d+)$"}


class Serving:
    """A running server; a context manager that stops it and fails if it crashed.

    :param arguments: flags of ``serve``; the ports are free ones unless given.
    :param environ: variables on top of this process's.
    :param command: what to run instead of this interpreter's ``triton_py``.
    """

    def __init__(self, *arguments: str, environ: dict[str, str] | None = None,
                 command: Sequence[str] = (sys.executable, "-m", "triton_py"),
                 ready_timeout: float = 60.0) -> None:
        chosen = list(arguments)
        for name in _PORTS:
            if not any(a.startswith(f"--{name}-port") for a in arguments):
                chosen.append(f"--{name}-port=0")
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            [*command, "serve", *chosen], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, **(environ or {})})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self.wait_for(re.escape(READY), ready_timeout):
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not get ready:\n{self.output}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    @property
    def output(self) -> str:
        """All that the server has printed so far."""
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, timeout: float) -> bool:
        """Waits for a line with a match of ``pattern``; False if there was none."""
        deadline = time.monotonic() + timeout
        seen = 0
        with self._news:
            while True:
                for line in self.lines[seen:]:
                    if re.search(pattern, line):
                        return True
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    return False
                self._news.wait(left)

    def address(self, service: str) -> str:
        """``127.0.0.1:port`` of ``http``, ``grpc`` or ``metrics``."""
        found = re.search(_PORTS[service], self.output, re.MULTILINE)
        assert found, f"no {service} port in:\n{self.output}"
        return f"127.0.0.1:{found.group(1)}"

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 40.0) -> int:
        """Sends the signal and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not stop:\n{self.output}") from None
        self._reader.join(5)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        status = self.stop()
        if kind is None:
            assert status == 0, f"exit status {status}:\n{self.output}"


def write_model(repository: Path, name: str, config: str, version: int = 1) -> Path:
    """A model's folder with its configuration and an empty version; returns the folder."""
    folder = repository / name
    (folder / str(version)).mkdir(parents=True)
    (folder / "config.pbtxt").write_text(config)
    return folder


#: A model of the identity backend that batches.
IDENTITY = """
backend: "identity"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
dynamic_batching { }
"""
