# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A model's folder for as long as a version is loaded from it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from triton_py.control.agent_chain import AgentChain
from triton_py.repository import LocalFolder


class SharedFolder:
    """A folder that several versions are loaded from, with the agents that brought them there.

    After the last version the agents learn that it is over, and a temporary folder is deleted.
    Born with one share, its creator's.

    Thread safety: ``_lock`` guards ``_shares``; agents are told, and the folder is deleted, outside
    of it.
    """

    def __init__(
        self, path: str, temporary: LocalFolder | None = None, agents: AgentChain | None = None
    ) -> None:
        """``path`` is where the agents left the model, ``temporary`` where they found it."""
        self.path = path
        self._temporary = temporary
        self._agents = agents
        self._lock = threading.Lock()
        self._shares = 1

    def share(self) -> SharedFolder:
        """One more owner; each calls ``release`` once."""
        with self._lock:
            if self._shares == 0:
                raise RuntimeError(f"model folder '{self.path}' has been released")
            self._shares += 1
        return self

    def complete(self, version: int, check: Callable[[], None]) -> None:
        """See to it that all files are there that a version needs; see ``LocalFolder``."""
        if self._agents is not None:
            # They had the temporary folder whole.
            self._agents.complete(version, check)
        elif self._temporary is not None:
            self._temporary.complete(version, check)

    def load_complete(self) -> None:
        """What was loaded from the folder serves; may be said several times."""
        if self._agents is not None:
            self._agents.load_complete()

    def begin_unload(self) -> None:
        """What was loaded from the folder is about to be unloaded; may be said several times."""
        if self._agents is not None:
            self._agents.unload()

    def release(self) -> None:
        """Give up one share."""
        with self._lock:
            if self._shares == 0:
                raise RuntimeError(f"model folder '{self.path}' is released twice")
            self._shares -= 1
            last = self._shares == 0
        if not last:
            return
        if self._agents is not None:
            self._agents.end()
        if self._temporary is not None:
            self._temporary.remove()
