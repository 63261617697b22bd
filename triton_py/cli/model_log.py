# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The server's log as a person who writes a model wants to read it, while it is written.

The server writes an object on each line, into memory. A thread prints what is new: an error's traceback
on lines of its own, and of information only what the model has to say.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from types import TracebackType
from typing import Any, Self

#: Seconds between two looks at what is new.
_PAUSE = 0.1


class ModelLog:
    """To be entered before the server starts, and left after its stop.

    :param everything: also what the server tells about itself.
    """

    def __init__(self, everything: bool = False) -> None:
        self._everything = everything
        self._fd = -1
        self._read = 0
        self._rest = b""
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="log", daemon=True)
        #: The errors that were printed.
        self.errors: list[str] = []

    @property
    def path(self) -> str:
        """The file that the server is to write to."""
        return f"/proc/self/fd/{self._fd}"

    def __enter__(self) -> Self:
        self._fd = os.memfd_create("triton-py-log", os.MFD_CLOEXEC)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        from triton_py.inprocess import Options

        self._stopped.set()
        self._thread.join()
        self.flush()
        # The log is the process's: what comes now goes where it went before.
        options = Options()
        options.set_log_file("")
        options.set_log_format(0)
        os.close(self._fd)

    def flush(self) -> None:
        """Prints what is there by now."""
        with self._lock:
            while data := os.pread(self._fd, 1 << 16, self._read):
                self._read += len(data)
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    self._print(line.decode(errors="replace"))
            sys.stderr.flush()

    def _follow(self) -> None:
        while not self._stopped.wait(_PAUSE):
            self.flush()

    def _print(self, line: str) -> None:
        try:
            entry: dict[str, Any] = json.loads(line)
            level, message, file = entry["level"], entry["message"], entry["file"]
        except (ValueError, KeyError, TypeError):
            # A table; its lines are none of the server's log.
            if self._everything:
                print(line, file=sys.stderr)
            return
        if level == "ERROR":
            self.errors.append(message)
        of_model = file.endswith(".py")
        if level in ("INFO", "VERBOSE") and not of_model and not self._everything:
            return
        where = f" {file}:{entry['line']}" if of_model else ""
        print(f"{level}{where}: {message}", file=sys.stderr)
