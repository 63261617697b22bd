# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Allocations and copied bytes of a process, whoever built it: ``load/counts.c`` preloaded into it."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from .programs import program

#: As ``Counts`` in load/counts.h.
_LAYOUT = struct.Struct("=QQ")


@dataclass(frozen=True)
class Counts:
    """What a process and its children have counted since they began."""

    allocations: int
    #: Bytes.
    copied: int


def preload(file: Path | None = None) -> dict[str, str]:
    """The environment in which a process is counted.

    :param file: of ``new_file``, where the counts go; None: the process reads its own.
    """
    before = os.environ.get("LD_PRELOAD", "")
    made = {"LD_PRELOAD": " ".join(filter(None, (program("libcounts.so"), before)))}
    if file is not None:
        made["TRITON_PY_COUNTS"] = str(file)
    return made


def new_file(path: Path) -> Path:
    """For the counts, all zero."""
    path.write_bytes(bytes(_LAYOUT.size))
    return path


def read(file: Path) -> Counts:
    return Counts(*_LAYOUT.unpack(file.read_bytes()))
