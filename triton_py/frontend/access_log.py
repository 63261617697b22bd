# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One line for each request that was answered, written by a thread of its own.

A front end only appends a tuple to a list; texts are made, and the file is written, some times a
second by the thread, so that a slow disk holds up no answer.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO
from urllib.parse import quote

logger = logging.getLogger(__name__)

#: Records that wait; what comes above that is counted and left out.
MOST_WAITING = 100_000
#: Seconds for which records are gathered.
GATHER_SECONDS = 0.05
#: Seconds for what waits to be written at the end.
CLOSE_SECONDS = 5.0

# What a field of a line may hold as it is; spaces part the fields.
_PLAIN = "!\"#$&'()*+,-./:;<=>?@[]^_`{|}~"


class Record(NamedTuple):
    """A request and what became of it, in the order of the line's fields."""

    time: float
    peer: str
    protocol: str
    method: str | None
    path: str | None
    model: str | None
    #: Of HTTP the number, of gRPC the name; None: the client was gone before it was answered.
    status: int | str | None
    received: int
    sent: int
    microseconds: int


def peer_text(name: Any) -> str:
    """A socket's peer name as text: ``host:port``, or ``unix:`` for a Unix socket's nameless one."""
    if isinstance(name, tuple) and len(name) >= 2:
        host, port = name[0], name[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"unix:{name}" if isinstance(name, str) else "unix:"


def _when(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def line(record: Record) -> str:
    """Fields with spaces between; ``-`` for one that there is not."""
    # A path comes percent-encoded already.
    path = quote(record.path or "-", safe=_PLAIN + "%")
    model = quote(record.model or "-", safe=_PLAIN)
    status = "-" if record.status is None else record.status
    return (f"{_when(record.time)} {record.peer} {record.protocol} {record.method or '-'} {path} "
            f"{model} {status} {record.received} {record.sent} {record.microseconds}")


def json_line(record: Record) -> str:
    """One JSON object."""
    return json.dumps({**record._asdict(), "time": _when(record.time)})


class AccessLog:
    """A file, or standard output for ``-``; ``as_json``: an object a line.

    :raises OSError: the file can't be opened.
    """

    def __init__(self, target: str, as_json: bool = False) -> None:
        self._target = target
        self._as_json = as_json
        self._format = json_line if as_json else line
        self._file = self._open()
        self._waiting: deque[Record] = deque()
        self._dropped = 0       # written by the front ends alone,
        self._told = 0          # and this by the thread
        self._news = threading.Event()
        self._closing = False
        self._reopen = False
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self._thread.start()

    @property
    def is_file(self) -> bool:
        """Whether it can be opened again, after somebody moved it away."""
        return self._target != "-"

    def write(self, peer: str, protocol: str, method: str | None, path: str | None,
              model: str | None, status: int | str | None, received: int, sent: int,
              microseconds: int) -> None:
        """Takes note of an answer that was just given. Never waits, never raises."""
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(Record(time.time(), peer, protocol, method, path, model, status,
                                    received, sent, microseconds))
        if not self._news.is_set():
            self._news.set()

    def reopen(self) -> None:
        """The file by its name again, for what is written from now on."""
        self._reopen = self.is_file
        self._news.set()

    def close(self) -> None:
        """Writes what waits, within some seconds; what comes later is lost."""
        if self._closing:
            return
        self._closing = True
        self._news.set()
        self._thread.join(CLOSE_SECONDS)

    # --- the thread ---

    def _open(self) -> TextIO:
        if not self.is_file:
            return sys.stdout
        return open(self._target, "a", encoding="utf-8")

    def _run(self) -> None:
        while True:
            self._news.wait()
            if not self._closing:
                time.sleep(GATHER_SECONDS)
            self._news.clear()
            closing = self._closing
            if self._reopen:
                self._reopen = False
                self._attempt(self._swap)
            self._attempt(self._write_waiting)
            if closing:
                self._finish()
                return

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (OSError, ValueError) as error:
            # Once: a full disk is not helped by a second log that grows.
            if not self._failed:
                logger.error("the access log %s can't be written: %s", self._target, error)
            self._failed = True

    def _swap(self) -> None:
        fresh = self._open()
        self._file, stale = fresh, self._file
        self._failed = False
        stale.close()

    def _write_waiting(self) -> None:
        lines = []
        for _ in range(len(self._waiting)):
            lines.append(self._format(self._waiting.popleft()))
        dropped = self._dropped - self._told
        if dropped:
            self._told += dropped
            lines.append(json.dumps({"dropped": dropped}) if self._as_json
                         else f"# {dropped} requests are missing: they came faster than written")
        if lines:
            self._file.write("\n".join(lines) + "\n")
            self._file.flush()

    def _finish(self) -> None:
        if self.is_file:
            try:
                self._file.close()
            except OSError as error:
                logger.error("the access log %s can't be closed: %s", self._target, error)
