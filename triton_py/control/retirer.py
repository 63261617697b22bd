# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The end of a model version: wait for its requests, then close it, in the background."""

from __future__ import annotations

import threading

from triton_py.control.dataplane import LOG_ERROR, LOG_INFO, DataPlane
from triton_py.control.registry import Registry
from triton_py.control.states import UNLOADED, BuiltModel
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.workers import start_thread


def dispose(dataplane: DataPlane, built: BuiltModel) -> str:
    """Close a build that has no requests, then give up its folder and its backend.

    Returns:
        "" or what its finalisation complained about; the resources are freed either way.
    """
    problem = ""
    built.pins.end()
    try:
        built.model.close()
    except Exception as error:  # noqa: BLE001
        problem = status_text(as_triton_error(error))
        dataplane.log(
            LOG_ERROR,
            f"failed finalizing model '{built.name}' version {built.version}: {problem}",
        )
    built.folder.release()
    built.backend.release()
    return problem


class Retirer:
    """Ends versions that don't serve any more, each on a thread of its own.

    A thread each, because a request may take for ever and must not keep another model from being
    closed.

    Thread safety: ``_changed``'s lock guards ``_live``; no call is made under it.
    """

    def __init__(self, dataplane: DataPlane, registry: Registry) -> None:
        self._dataplane = dataplane
        self._registry = registry
        self._changed = threading.Condition()
        self._live: list[BuiltModel] = []

    def retire(self, built: BuiltModel) -> None:
        """Drain and close a version that new requests can't find any more; returns at once."""
        with self._changed:
            self._live.append(built)
        try:
            start_thread(f"unload-{built.name}-{built.version}", self._run, built)
        except RuntimeError:
            # No thread to be had: better to wait here than to leave the model open.
            self._run(built)

    def live(self) -> list[BuiltModel]:
        """The versions that are not closed yet."""
        with self._changed:
            return list(self._live)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until every retired version is closed, at most ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._live, timeout)

    def _run(self, built: BuiltModel) -> None:
        # One that was built again from the same files has taken its place otherwise.
        if not self._registry.serves_from(built.name, built.folder):
            # Here, on its own thread: an agent that takes its time must keep nobody else.
            built.folder.begin_unload()
        try:
            built.model.drain(None)
        except Exception as error:  # noqa: BLE001
            # Closing a model that may have requests would pull the ground from under them; it
            # stays, and stop() reports that the server did not end cleanly.
            reason = f"failed to unload: {status_text(as_triton_error(error))}"
            self._dataplane.log(LOG_ERROR, f"'{built.name}' version {built.version}: {reason}")
            self._registry.finish_unload(built, reason)
            return
        problem = dispose(self._dataplane, built)
        if not problem:
            self._dataplane.log(
                LOG_INFO, f"successfully unloaded '{built.name}' version {built.version}"
            )
        self._registry.finish_unload(built, UNLOADED)
        with self._changed:
            self._live.remove(built)
            self._changed.notify_all()
