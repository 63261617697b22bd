# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Workers, and what becomes of them: a worker that crashes, hangs or takes too much memory is an
outcome like any other, and the next case gets a fresh one."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .cases import Case, Infer, Outcome, outcome_from_json, step_result
from .log import Log, LogEvent

#: More than this beyond what the worker began with is a runaway allocation.
MEMORY_LIMIT = 3 << 30
#: A worker is replaced after so many cases, so that one case's leftovers don't add up.
CASES_PER_WORKER = 400
_START_TIMEOUT_S = 60.0
#: A case that is given longer than this needs its time, to load or for many requests.
QUICK_S = 15.0
#: How long a case may go on after a step that lacks answers.
UNLOAD_S = 2.0


class HarnessError(Exception):
    """The harness can't do its work; nothing is said about the library."""


class _Process:
    """One worker. Its log is read also after it has ended."""

    def __init__(self, target: Path, backend: str, more: Mapping[str, str]) -> None:
        self.log_fd = Log.create()
        read_fd, write_fd = os.pipe()
        os.set_inheritable(write_fd, True)
        env = {**os.environ, "PYTHONFAULTHANDLER": "", "PYTHONUNBUFFERED": "1", **more}
        env.pop("PYTHONFAULTHANDLER")
        self._errors = os.memfd_create("triton-py-stderr")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "triton_py.conformance.worker", str(self.log_fd),
             str(write_fd)],
            stdin=subprocess.PIPE, stdout=self._errors, stderr=self._errors,
            pass_fds=[self.log_fd, write_fd], env=env,
        )  # fmt: skip
        os.close(write_fd)
        self._answers = os.fdopen(read_fd, "rb", buffering=0)
        self._pending = b""
        self.log = Log(self.log_fd)
        self.cases = 0
        #: Of a case that does not end: its steps up to the one that lacks answers.
        self.so_far: list[dict[str, Any]] = []
        self._send({"target": str(target), "backend": backend})
        answer, ended = self._receive(_START_TIMEOUT_S)
        if answer is None:
            raise HarnessError(f"a worker did not start ({ended}): {self.output()[-2000:]}")
        self._base_memory = self._memory()

    def _send(self, message: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def _memory(self) -> int:
        try:
            text = Path(f"/proc/{self.process.pid}/statm").read_text()
        except OSError:
            return 0
        return int((text.split() or ["0", "0"])[1]) * os.sysconf("SC_PAGESIZE")

    def _receive(self, timeout_s: float) -> tuple[dict[str, object] | None, str]:
        """The worker's answer, or None and how it ended."""
        deadline = time.monotonic() + timeout_s
        limit = getattr(self, "_base_memory", 1 << 62) + MEMORY_LIMIT
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0:
                return None, self.end("hang")
            if select.select([self._answers], [], [], min(0.1, left))[0]:
                piece = self._answers.read(1 << 20)
                if not piece:
                    return None, self.end("")
                self._pending += piece
                if self._pending.startswith(b'{"so far"') and b"\n" in self._pending:
                    line, _, self._pending = self._pending.partition(b"\n")
                    self.so_far = json.loads(line)["so far"]
                    # What is left is to unload, for which requests may be waited for that never end.
                    deadline = min(deadline, time.monotonic() + UNLOAD_S)
            elif self._memory() > limit:
                return None, self.end("out of memory")
        line, _, self._pending = self._pending.partition(b"\n")
        return json.loads(line), ""

    def run(self, case: Case) -> Outcome:
        first = self.log.head
        self.cases += 1
        self.so_far = []
        try:
            self._send(case.to_json())
            answer, ended = self._receive(case.timeout_s)
        except BrokenPipeError:
            answer, ended = None, self.end("")
        if answer is not None:
            return outcome_from_json(answer)
        steps = tuple(step_result(step) for step in self.so_far)
        return Outcome(steps, first, self.log.head, ended=ended)

    def end(self, why: str) -> str:
        """Ends the process if it lives; how it ended, in a word or two."""
        if why or self.process.poll() is None:
            if why:
                self.process.kill()
            else:
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    self.process.kill()
        code = self.process.wait()
        if why:
            return why
        return signal.Signals(-code).name if code < 0 else f"exit {code}"

    def output(self) -> str:
        """What the worker, and the library in it, printed."""
        size = os.fstat(self._errors).st_size
        return os.pread(self._errors, size, 0).decode("utf-8", "replace")

    def close(self) -> None:
        if self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # it is gone already, and said so
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._answers.close()
        self.log.close()
        os.close(self.log_fd)
        os.close(self._errors)


def _sooner(case: Case) -> Case:
    steps = tuple(
        replace(s, timeout_s=s.timeout_s / 2) if isinstance(s, Infer) else s for s in case.steps
    )
    return replace(case, steps=steps, timeout_s=case.timeout_s / 2)


class Pool:
    """Runs cases on one worker at a time. Use as a context manager."""

    def __init__(self, target: Path, backend: str) -> None:
        # Not resolved: where it lies may be what is examined.
        self._target = target.absolute()
        self.backend = backend
        self._process: _Process | None = None
        self.cases = 0
        self.workers = 0
        #: Something hung before: no need to wait as long again.
        self._hangs = False
        #: What the newest worker has run, the newest case last. It is kept when the worker ends.
        self.history: list[Case] = []
        #: Each case gets a process of its own: for a library that can't be initialized again.
        self.single_use = False
        #: What a worker's environment has beside this process's.
        self._more: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        self._drop()

    def _drop(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def fresh(self) -> None:
        """The next case gets a process of its own from the start."""
        self._drop()

    @contextmanager
    def exact_memory(self) -> Iterator[None]:
        """Cases in here get a process of their own, in which a thread keeps nothing of what it freed.

        glibc counts what lies in such a cache as given out, and each thread's fills for a while: that
        looks like a leak. Not for all cases: with the cache malloc finds more of what is freed twice.
        """
        tunables = [os.environ.get("GLIBC_TUNABLES", ""), "glibc.malloc.tcache_count=0"]
        self._drop()
        self._more = {"GLIBC_TUNABLES": ":".join(filter(None, tunables))}
        try:
            yield
        finally:
            self._drop()
            self._more = {}

    def run(self, case: Case, with_events: bool = True) -> tuple[Outcome, list[LogEvent]]:
        """What became of a case, and its events, if they are wanted: to read many takes longer than
        the case. Raises HarnessError."""
        if self._process is not None and (
            self._process.process.poll() is not None
            or self._process.cases >= CASES_PER_WORKER
            or self.single_use
        ):
            self._drop()
        if self._process is None:
            self._process = _Process(self._target, self.backend, self._more)
            self.workers += 1
            self.history = []
        self.cases += 1
        self.history.append(case)
        if self._hangs and case.timeout_s <= QUICK_S:
            case = _sooner(case)
        outcome = self._process.run(case)
        self._hangs |= outcome.ended == "hang" or any(s.unanswered for s in outcome.steps)
        events = []
        if with_events or outcome.ended:
            events = self._process.log.events(outcome.first, outcome.last)
        if outcome.harness_error:
            raise HarnessError(f"{outcome.harness_error}\n{self._process.output()[-2000:]}")
        if outcome.ended:
            printed = self._process.output()[-1000:].strip()
            self._drop()
            if printed:
                outcome = replace(outcome, ended=f"{outcome.ended}\n{printed}")
        return outcome, events
