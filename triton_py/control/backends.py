# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backends in the process: their merged configuration, and one object per library."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field

from triton_py.backends import onnxruntime_library
from triton_py.control.dataplane import LOG_ERROR, Backend, DataPlane
from triton_py.control.libraries import PrivateCopy, Stamp, library_stamp
from triton_py.control.options import ServerOptions
from triton_py.errors import TritonError, UnavailableError
from triton_py.repository import PYTHON_BACKEND, BackendLibrary

_DEFAULTS = {"default-max-batch-size": "4"}


def backend_config(
    options: ServerOptions,
    backend: str,
    *,
    backend_directory: str,
    min_compute_capability: float,
    python_based: bool = False,
) -> str:
    """The JSON that TRITONBACKEND_BackendConfig gives: ``{"cmdline": {setting: value}}``.

    Settings for all backends are overridden by those for this one; what the server itself adds
    counts as a setting for all. A Python-based backend has the python backend's settings, too, overridden
    by its own. The onnxruntime backend is told where the installed package has its
    library: that lies where the dynamic loader would not look.
    """
    settings = dict(options.backend_config.get("", {}))
    settings["auto-complete-config"] = "true" if options.auto_complete_config else "false"
    settings["min-compute-capability"] = f"{min_compute_capability:f}"
    settings["backend-directory"] = backend_directory
    if python_based:
        settings.update(options.backend_config.get(PYTHON_BACKEND, {}))
    if backend:
        settings.update(options.backend_config.get(backend, {}))
    for name, value in _DEFAULTS.items():
        settings.setdefault(name, value)
    if backend == "onnxruntime" and "library" not in settings:
        library = onnxruntime_library.find()
        if library is not None:
            settings["library"] = library
    return json.dumps({"cmdline": dict(sorted(settings.items()))})


@dataclass(eq=False)
class _Slot:
    """One library: ``load_lock`` is held while it loads, so that others wait for the same one."""

    library: BackendLibrary
    config: str
    load_lock: threading.Lock = field(default_factory=threading.Lock)
    backend: Backend | None = None
    leases: int = 0
    #: Of the file when it was last loaded, or tried to be.
    stamp: Stamp | None = None
    #: What it was loaded from where that is not the file itself.
    copy: PrivateCopy | None = None
    #: Whether the file has been loaded anew since: nothing is built on this one any more.
    outdated: bool = False


@dataclass(frozen=True)
class LoadedLibrary:
    """A library that is loaded, or was tried to be; ``path`` is the file that it is made of, of a
    Python-based backend its ``model.py``, ``stamp`` tells which content of that."""

    backend: str
    path: str
    stamp: Stamp | None
    key: tuple[str, str]


class BackendLease:
    """The right to use a backend; held by each model built on it, from before its creation.

    ``release`` is called once, after the model is closed.
    """

    def __init__(self, store: BackendStore, slot: _Slot, backend: Backend) -> None:
        self.backend = backend
        self._store = store
        self._slot = slot

    @property
    def outdated(self) -> bool:
        """Whether the library's file has been loaded anew since."""
        return self._slot.outdated

    def release(self) -> None:
        self._store._release(self._slot)


class BackendStore:
    """The backends of a server, loaded at first use and kept until the server stops.

    A library is shared by all models whose backend has that name and library, however the path is
    spelled. They stay loaded while no model uses them, as in Triton, since many libraries don't
    survive being unloaded and loaded again. Only one whose file was loaded anew (``renew``) goes when
    its last model has.

    Thread safety: ``_lock`` guards ``_slots``, ``_old``, ``_closed`` and what changes in a slot; a
    slot's ``load_lock`` makes loading happen once and is taken without ``_lock``. It is the one lock
    that is held during a call to the data plane: nothing but loading the same library waits for it,
    and TRITONBACKEND_Initialize can't load a model of its own backend.
    """

    def __init__(self, dataplane: DataPlane, private: bool = False) -> None:
        """``private``: load copies of the libraries, so that their files may be written to."""
        self._dataplane = dataplane
        self._private = private
        self._lock = threading.Lock()
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._old: list[_Slot] = []
        self._closed = False

    def acquire(self, library: BackendLibrary, config: str) -> BackendLease:
        """A lease on the library's backend, which is loaded if need be.

        Args:
            library: what ``find_backend_library`` found.
            config: the backend's configuration in JSON; it counts at the first load only.

        Raises:
            TritonError: the library can't be loaded; the next call tries again.
            UnavailableError: the server is stopping.
        """
        key = (library.backend, os.path.realpath(library.path))
        with self._lock:
            self._check_open()
            slot = self._slots.setdefault(key, _Slot(library, config))
            # Counted before the library is there, so that ``close`` knows of a load under way.
            slot.leases += 1
        try:
            with slot.load_lock:
                return BackendLease(self, slot, self._backend(slot, key, config))
        except BaseException:
            self._release(slot)
            raise

    def renew(self, library: LoadedLibrary) -> None:
        """Load a library's file as it is now beside the one in use, which nothing more is built on.

        Raises:
            TritonError: it can't be loaded; then all stays as it is, and the next call tries again.
        """
        with self._lock:
            self._check_open()
            old = self._slots[library.key]
            fresh = _Slot(old.library, old.config, leases=1)
        try:
            self._load(fresh, old.config)
            with self._lock:
                self._check_open()
                # The new one is the last loaded, hence the first to be closed.
                del self._slots[library.key]
                self._slots[library.key] = fresh
                old.outdated = True
                self._old.append(old)
                old.leases += 1
        except BaseException:
            with self._lock:
                # Not to be tried again until the file changes.
                old.stamp = fresh.stamp
                fresh.outdated = True
            self._release(fresh)
            raise
        self._release(old)
        self._release(fresh)

    def libraries(self) -> list[LoadedLibrary]:
        """The libraries that models are built on, or were to be."""
        with self._lock:
            return [
                LoadedLibrary(slot.library.backend, slot.library.source, slot.stamp, key)
                for key, slot in self._slots.items()
            ]

    def loaded(self) -> list[tuple[str, str, str]]:
        """(name, library path, configuration) of each loaded backend, in order of loading."""
        with self._lock:
            return [
                (slot.library.backend, slot.library.path, slot.config)
                for slot in self._slots.values()
                if slot.backend is not None
            ]

    def close(self) -> bool:
        """Close the backends that no model uses, the last loaded first, and load no more.

        Returns:
            Whether all could be closed; a model that is still alive keeps its backend, because
            its code must not vanish under it.
        """
        with self._lock:
            self._closed = True
            slots = [*self._old, *self._slots.values()]
            idle = [slot for slot in reversed(slots) if slot.leases == 0]
            clean = len(idle) == len(slots)
        for slot in idle:
            self._unload(slot)
        return clean

    def _backend(self, slot: _Slot, key: tuple[str, str], config: str) -> Backend:
        with self._lock:
            self._check_open()
            if slot.backend is not None:
                return slot.backend
        backend = self._load(slot, config)
        with self._lock:
            # The order of loading is the reverse order of closing.
            if self._slots.get(key) is slot:
                self._slots[key] = self._slots.pop(key)
            return backend

    def _load(self, slot: _Slot, config: str) -> Backend:
        library = slot.library
        copy = None
        slot.stamp = library_stamp(library.source)
        try:
            if self._private:
                copy = PrivateCopy(library.path)
            backend = self._dataplane.load_backend(
                library.backend,
                library.path if copy is None else copy.path,
                library.directory,
                config,
            )
        except BaseException:
            if copy is not None:
                copy.remove()
            raise
        with self._lock:
            slot.config = config
            slot.copy = copy
            slot.backend = backend
        return backend

    def _unload(self, slot: _Slot) -> None:
        """Close a slot's backend, if it has one; nobody uses it any more."""
        with self._lock:
            backend, slot.backend = slot.backend, None
        if backend is not None:
            try:
                backend.close()
            except TritonError as error:
                self._dataplane.log(
                    LOG_ERROR, f"failed finalizing backend '{backend.name}': {error.message}"
                )
        if slot.copy is not None:
            slot.copy.remove()

    def _check_open(self) -> None:
        if self._closed:
            raise UnavailableError("Server exiting")

    def _release(self, slot: _Slot) -> None:
        with self._lock:
            slot.leases -= 1
            over = slot.outdated and slot.leases == 0
            if over and slot in self._old:
                self._old.remove(slot)
        if over:
            self._unload(slot)
