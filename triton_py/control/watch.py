# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""For developers of backends: a library that was built again takes the place of the loaded one."""

from __future__ import annotations

import threading

from triton_py.control.backends import BackendStore, LoadedLibrary
from triton_py.control.dataplane import LOG_ERROR, LOG_INFO, DataPlane
from triton_py.control.libraries import Stamp, library_stamp
from triton_py.control.loader import Loader
from triton_py.control.registry import Registry
from triton_py.control.text import as_triton_error, status_text
from triton_py.control.workers import start_thread
from triton_py.repository import LoadParameters, ModelId


class BackendWatcher:
    """Looks at the files of the loaded backends, a thread of its own.

    A changed file is loaded beside the one in use, and the models of that backend are built again on
    it, each as in any reload: the old build serves until the new one does. A library or a model that
    fails leaves what serves, and is tried again when the file changes again.

    Thread safety: what it remembers is its thread's; ``_stopped`` and ``_over`` are events.
    """

    def __init__(
        self,
        dataplane: DataPlane,
        backends: BackendStore,
        registry: Registry,
        loader: Loader,
        interval_s: float = 0.5,
    ) -> None:
        self._dataplane = dataplane
        self._backends = backends
        self._registry = registry
        self._loader = loader
        self._interval = interval_s
        self._stopped = threading.Event()
        #: Set while there is no thread.
        self._over = threading.Event()
        self._over.set()
        #: Library to what its file was like when last looked at.
        self._seen: dict[str, Stamp | None] = {}

    def start(self) -> None:
        """Look from now on, until ``stop``."""
        self._over.clear()
        try:
            start_thread("watch-backends", self._run)
        except BaseException:
            self._over.set()
            raise

    def stop(self) -> None:
        """Look no more. What is under way is given up as any load when a server stops."""
        self._stopped.set()

    def wait_over(self, timeout: float) -> bool:
        """After ``stop``: wait, at most ``timeout`` seconds, until a library that is just being loaded
        is through."""
        return self._over.wait(timeout)

    def look(self) -> None:
        """Look once, and load what has changed and was the same the last time: a linker that still
        writes changes the file in between."""
        for library in self._backends.libraries():
            stamp = library_stamp(library.path)
            settled = self._seen.get(library.path) == stamp
            self._seen[library.path] = stamp
            if stamp is None or not settled or stamp == library.stamp or self._stopped.is_set():
                continue
            self._replace(library)

    def _run(self) -> None:
        try:
            while not self._stopped.wait(self._interval):
                try:
                    self.look()
                except Exception as error:  # noqa: BLE001  the next look may fare better
                    if self._stopped.is_set():
                        return
                    reason = status_text(as_triton_error(error))
                    self._dataplane.log(LOG_ERROR, f"watching backends failed: {reason}")
        finally:
            self._over.set()

    def _replace(self, library: LoadedLibrary) -> None:
        what = f"backend '{library.backend}': '{library.path}'"
        self._dataplane.log(LOG_INFO, f"{what} has changed and is loaded again")
        try:
            self._backends.renew(library)
        except Exception as error:  # noqa: BLE001
            self._dataplane.log(
                LOG_ERROR,
                f"{what} can't be loaded, what serves goes on with the one before: "
                f"{status_text(as_triton_error(error))}",
            )
            return
        requests: dict[ModelId, LoadParameters | None] = {
            model: None
            for model, versions in self._registry.all_ready().items()
            if any(built.backend.outdated for built in versions.values())
        }
        # Those that the old library kept from being loaded may work with the new one.
        for model in self._registry.failed():
            requests[model] = LoadParameters()
        results = self._loader.load(requests)
        moved = [model for model, problem in results.items() if problem is None]
        self._dataplane.log(
            LOG_INFO, f"{what} is in use, for models: {', '.join(sorted(moved)) or 'none'}"
        )
        for model, problem in results.items():
            if problem is not None:
                self._dataplane.log(
                    LOG_ERROR,
                    f"model '{model}' does not work with the new '{library.path}', what served goes "
                    f"on: {problem.message}",
                )
