# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repository agents in the process: one object per library, for as long as a model uses it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from triton_py.control.dataplane import LOG_ERROR, LOG_VERBOSE, Agent, DataPlane
from triton_py.control.text import as_triton_error, status_text
from triton_py.errors import TritonError, error_from_code
from triton_py.repository import find_agent_library


@dataclass
class _Slot:
    """One library: ``use_lock`` is held while it is loaded or closed; others wait."""

    name: str
    library: str
    use_lock: threading.Lock = field(default_factory=threading.Lock)
    agent: Agent | None = None
    leases: int = 0


class AgentLease:
    """The right to use an agent; ``release`` is called once, after its last model is closed."""

    def __init__(self, store: AgentStore, slot: _Slot, agent: Agent) -> None:
        self.agent = agent
        self._store = store
        self._slot = slot

    @property
    def name(self) -> str:
        return self._slot.name

    def release(self) -> None:
        self._store._release(self._slot)


class AgentStore:
    """The repository agents of a server, loaded for the first model and closed after the last.

    Unlike a backend an agent does not stay when no model uses it, as in Triton: a new build of it
    counts as soon as the models that used the old one are gone.

    Thread safety: ``_lock`` guards ``_slots`` and every slot's ``agent`` and ``leases``; a slot's
    ``use_lock`` makes loading and closing happen one after the other, is taken without ``_lock``
    and held during those calls to the data plane: nothing but the same agent's next load waits for it.
    """

    def __init__(self, dataplane: DataPlane, directories: Sequence[str]) -> None:
        self._dataplane = dataplane
        self._directories = directories
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}

    def acquire(self, agent: str, model_name: str) -> AgentLease:
        """A lease on the agent of that name, which is loaded if need be.

        Raises:
            TritonError: there is none, or it can't be loaded or refuses; the next call tries again.
        """
        library = find_agent_library(agent, model_name, self._directories)
        with self._lock:
            slot = self._slots.setdefault(os.path.realpath(library), _Slot(agent, library))
            # Counted before the agent is there, so that a release in the meantime doesn't close it.
            slot.leases += 1
        try:
            with slot.use_lock:
                return AgentLease(self, slot, self._agent(slot))
        except BaseException:
            self._release(slot)
            raise

    def _agent(self, slot: _Slot) -> Agent:
        with self._lock:
            if slot.agent is not None:
                return slot.agent
        try:
            agent = self._dataplane.load_agent(slot.name, slot.library)
        except TritonError as error:
            raise error_from_code(
                error.code, f"failed to load repository agent '{slot.name}': {error.message}"
            ) from error
        self._dataplane.log(LOG_VERBOSE, f"loaded repository agent '{slot.name}': {slot.library}")
        with self._lock:
            slot.agent = agent
        return agent

    def _release(self, slot: _Slot) -> None:
        with slot.use_lock:
            with self._lock:
                slot.leases -= 1
                agent = None
                if slot.leases == 0:
                    agent, slot.agent = slot.agent, None
            if agent is None:
                return
            try:
                agent.close()
            except Exception as error:  # noqa: BLE001 it is gone either way
                self._dataplane.log(
                    LOG_ERROR,
                    f"failed finalizing repository agent '{slot.name}': "
                    f"{status_text(as_triton_error(error))}",
                )
