# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Threads for work that may take long, or for ever."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class WorkerPool:
    """A fixed number of daemon threads, started as needed.

    concurrent.futures has one of these, but the interpreter joins its threads at exit, and a
    backend whose ModelInitialize never returns would keep the process from ending.

    Thread safety: ``_lock`` guards ``_threads`` and ``_idle``; the queue has its own.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0
        self._here = threading.local()
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Run a call on one of the threads; its result or exception ends up in the future.

        A call from one of the threads is run at once: it would wait for a thread that waits for
        it, when a backend loads a model while it initialises another.
        """
        future: Future[T] = Future()

        def task() -> None:
            try:
                result = function(*arguments)
            except BaseException as error:  # noqa: BLE001
                future.set_exception(error)
            else:
                future.set_result(result)

        if getattr(self._here, "working", False):
            task()
            return future
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._threads < self._size:
                self._threads += 1
                start_thread(f"{self._name}-{self._threads}", self._work)
        self._tasks.put(task)
        return future

    def close(self) -> None:
        """Let the threads end once the queued work is done; nothing may be submitted after."""
        with self._lock:
            threads = self._threads
        for _ in range(threads):
            self._tasks.put(None)

    def _work(self) -> None:
        self._here.working = True
        while (task := self._tasks.get()) is not None:
            task()
            with self._lock:
                self._idle += 1


def start_thread(name: str, function: Callable[..., None], *arguments: Any) -> None:
    """Run a call on a daemon thread of its own."""
    threading.Thread(target=function, args=arguments, name=name, daemon=True).start()


def run_all(calls: list[Callable[[], None]], parallel: bool) -> None:
    """Make several calls, one after the other or all at once.

    Raises:
        BaseException: what the first failing call in the list raised, after all that were begun
            have ended; when not parallel the calls after it are not made.
    """
    if not parallel or len(calls) < 2:
        for call in calls:
            call()
        return
    errors: list[BaseException | None] = [None] * len(calls)

    def run(index: int) -> None:
        try:
            calls[index]()
        except BaseException as error:  # noqa: BLE001
            errors[index] = error

    threads = [
        threading.Thread(target=run, args=(index,), name=f"instance-{index}", daemon=True)
        for index in range(len(calls))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        if error is not None:
            raise error
