# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The least that the work can cost: a program that receives, copies once and sends."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from triton_py.errors import UnsupportedError

from ..load.programs import program
from ..results import Subject
from .peer import Peer, Served, free_ports


class Floor(Peer):
    """HTTP alone. It takes no path."""

    scenarios = "floor"

    def __init__(self, path: str = "") -> None:
        if path:
            raise UnsupportedError("the floor is a program of this package; it has no other path")

    def subject(self) -> Subject:
        return Subject("socket and one copy", {})

    def serve(self, repository: Path, backends: Path, log: Path, flags: list[str],
              env: Mapping[str, str] | None = None) -> Served:
        (http,) = free_ports(1)
        # No gRPC: nobody listens on port 0, and a scenario that asks for it says so.
        return Served([program("floor_server"), str(http)], env or {}, log, http, 0)
