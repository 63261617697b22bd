# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The files that traces are written to."""

from __future__ import annotations

import logging
import threading
from typing import TextIO

from triton_py.tracing.setting import Batch

logger = logging.getLogger("triton_py.tracing")


class TraceFile:
    """``<path>``, one array that is closed at the end, and ``<path>.0``, ``<path>.1`` and so on, each
    an array.

    A file that can't be written is reported in the log, and its traces are lost: the server goes on.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file: TextIO | None = None
        self._numbered = 0

    def save(self, batch: Batch) -> None:
        with self._lock:
            try:
                if batch.numbered:
                    self._write_numbered(batch.text)
                else:
                    self._append(batch.text)
            except OSError as error:
                logger.error("failed creating trace file: %s", error)

    def _write_numbered(self, text: str) -> None:
        path = f"{self.path}.{self._numbered}"
        self._numbered += 1
        with open(path, "w", encoding="ascii") as file:
            file.write(f"[{text}]")

    def _append(self, text: str) -> None:
        if self._file is None:
            # It stays open until close(): there is one in a server's life.
            self._file = open(self.path, "w", encoding="ascii")  # noqa: SIM115
            self._file.write("[")
        else:
            self._file.write(",")
        self._file.write(text)
        self._file.flush()

    def close(self) -> None:
        """Nothing more comes."""
        with self._lock:
            file, self._file = self._file, None
            if file is None:
                return
            try:
                with file:
                    file.write("]")
            except OSError as error:
                logger.error("failed to finish trace file %s: %s", self.path, error)
