# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The repository agents of one load of a model, from its LOAD to the end of what was loaded.

States, and what the agents are told on the way::

    LOADING --load_complete--> LOADED --unload--> UNLOADING --end--> ENDED
       |      LOAD_COMPLETE             UNLOAD               UNLOAD_COMPLETE
       +----------------- end: LOAD_FAIL --------------------^

LOAD and UNLOAD are told in the order of the configuration, the others in reverse. An agent that
refused LOAD, and those before it, are told LOAD_FAIL; those behind it learn of nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum, auto

from triton_py.control.agents import AgentLease, AgentStore
from triton_py.control.dataplane import ARTIFACT_FILESYSTEM, LOG_ERROR, AgentModel, DataPlane
from triton_py.control.text import as_triton_error, status_text
from triton_py.errors import InvalidArgumentError, TritonError, error_from_code
from triton_py.repository import LocalFolder, is_remote, storage_of


class Action(IntEnum):
    """TRITONREPOAGENT_ActionType."""

    LOAD = 0
    LOAD_COMPLETE = 1
    LOAD_FAIL = 2
    UNLOAD = 3
    UNLOAD_COMPLETE = 4


class _State(Enum):
    LOADING = auto()
    LOADED = auto()
    UNLOADING = auto()
    ENDED = auto()


@dataclass
class _Member:
    """One agent of the chain; what the agent has to do with the model is in ``model``."""

    lease: AgentLease
    model: AgentModel


class AgentChain:
    """The agents that a load goes through, each at the place where the one before left the model.

    Thread safety: ``add`` is for the thread that loads, before anyone else has the chain. The rest
    may be called by several threads: ``_turn`` guards ``_state`` and ``_unload_wanted``, and is held
    while the agents are told, since an agent may learn of one thing at a time; nobody waits for it
    but who has something to tell to the same agents.
    """

    def __init__(self, dataplane: DataPlane, store: AgentStore, name: str, path: str) -> None:
        """``path``: the model's folder, where the first agent finds it."""
        self._dataplane = dataplane
        self._store = store
        self._name = name
        self._artifact = ARTIFACT_FILESYSTEM
        self._location = path
        self._turn = threading.Lock()
        self._state = _State.LOADING
        self._members: list[_Member] = []
        self._unload_wanted = False
        #: Of what the agents left in object storage.
        self._copy: LocalFolder | None = None

    @property
    def path(self) -> str:
        """The folder to load from, once ``settle`` has returned it: where the agents left the model,
        or the copy of it."""
        return self._location if self._copy is None else self._copy.path

    @property
    def folder(self) -> str | None:
        """``path`` while it is in the local file system; None where it isn't."""
        return self._location if self._artifact == ARTIFACT_FILESYSTEM else None

    def settle(self) -> str:
        """``path``, after all agents have had their turn; begins to fetch what is in object storage.

        Raises:
            InvalidArgumentError: they left the model where there is no folder.
            TritonError: it can't be fetched.
        """
        last = self._members[-1].lease.name
        where = f"repository agent '{last}' left model '{self._name}' at '{self._location}', which "
        if self._artifact == ARTIFACT_FILESYSTEM:
            if not os.path.isdir(self._location):
                raise InvalidArgumentError(f"{where}is not a folder")
        elif not is_remote(self._location):
            raise InvalidArgumentError(f"{where}is no place in object storage")
        else:
            self._copy = storage_of(self._location).fetch(self._location)
        return self.path

    def complete(self, version: int, check: Callable[[], None]) -> None:
        """See to it that all files of a copy are there that a version needs; see ``LocalFolder``."""
        if self._copy is not None:
            self._copy.complete(version, check)

    def add(self, agent: str, parameters: Iterable[tuple[str, str]], config: str | None) -> None:
        """Let one agent more prepare for the model and carry out LOAD.

        Args:
            agent: its name.
            parameters: (name, value), of the configuration.
            config: the model's configuration in JSON, as it is where the model lies now; None
                where there is none.

        Raises:
            TritonError: the agent isn't there, or refuses. The chain is to be ended then.
        """
        lease = self._store.acquire(agent, self._name)
        try:
            model = self._dataplane.create_agent_model(
                lease.agent, self._artifact, self._location, config, list(parameters)
            )
        except BaseException as error:
            lease.release()
            if isinstance(error, TritonError):
                raise self._refusal(agent, error) from error
            raise
        self._members.append(_Member(lease, model))
        try:
            model.action(Action.LOAD)
        except TritonError as error:
            raise self._refusal(agent, error) from error
        self._artifact, self._location = model.location

    def load_complete(self) -> None:
        """The model serves; nothing is told where it was built from the same files once more."""
        with self._turn:
            if self._state is not _State.LOADING:
                return
            try:
                self._tell(Action.LOAD_COMPLETE)
            finally:
                self._state = _State.LOADED
            if self._unload_wanted:
                self._unload()

    def unload(self) -> None:
        """A version of the model is about to be unloaded; the agents are told once."""
        with self._turn:
            if self._state is _State.LOADED:
                self._unload()
            elif self._state is _State.LOADING:
                # It serves already, and stop() was quicker than the news of it.
                self._unload_wanted = True

    def end(self) -> None:
        """Nothing is loaded from the model's files any more: tell it, and let go of all agents.

        Called once, also for a chain that was broken off.
        """
        try:
            with self._turn:
                if self._state is _State.LOADING:
                    self._tell(Action.LOAD_FAIL)
                else:
                    if self._state is _State.LOADED:
                        self._unload()
                    self._tell(Action.UNLOAD_COMPLETE)
                self._state = _State.ENDED
        finally:
            self._close()

    def _unload(self) -> None:
        try:
            self._tell(Action.UNLOAD)
        finally:
            self._state = _State.UNLOADING

    def _close(self) -> None:
        """Let go of the agents, the last one first; nobody else has the chain any more."""
        try:
            while self._members:
                member = self._members.pop()
                try:
                    member.model.close()
                except Exception as error:  # noqa: BLE001 it is gone either way
                    self._complain(member, "TRITONREPOAGENT_ModelFinalize", error)
                finally:
                    member.lease.release()
        finally:
            if self._copy is not None:
                self._copy.remove()

    def _tell(self, action: Action) -> None:
        """Tell all agents; none can object any more, so their errors go to the log.

        Ctrl-C in the middle is raised after all have been told.
        """
        interrupt: BaseException | None = None
        backwards = action is not Action.UNLOAD
        for member in self._members[::-1] if backwards else self._members:
            try:
                member.model.action(action)
            except Exception as error:  # noqa: BLE001 the others have to learn of it too
                self._complain(member, f"TRITONREPOAGENT_ACTION_{action.name}", error)
            except BaseException as error:  # noqa: BLE001
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _complain(self, member: _Member, what: str, error: Exception) -> None:
        self._dataplane.log(
            LOG_ERROR,
            f"repository agent '{member.lease.name}' returns an error on {what} of model "
            f"'{self._name}': {status_text(as_triton_error(error))}",
        )

    def _refusal(self, agent: str, error: TritonError) -> TritonError:
        return error_from_code(
            error.code,
            f"repository agent '{agent}' refuses model '{self._name}': {error.message}",
        )
