# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A server inside this process."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType
from typing import Any, Self

from triton_py.api.model import Model, ModelDictionary
from triton_py.api.options import Options
from triton_py.errors import InvalidArgumentError, UnavailableError
from triton_py.inprocess import AsyncBridge, NativeServer

__all__ = ["Server"]


class Server:
    """An inference server inside this process.

    >>> with triton_py.Server(model_repository="models") as server:
    ...     response = server.model("identity").infer(inputs={"INPUT0": array}).result()

    Made of Options, or of their fields. ``start`` (or entering the ``with`` block) loads the models,
    ``stop`` (or leaving it) unloads them. May be used from any thread; to be stopped by one.
    """

    def __init__(self, options: Options | None = None, **fields: Any) -> None:
        if options is not None and fields:
            raise InvalidArgumentError(
                f"give Options or their fields, not both (got {sorted(fields)} too)"
            )
        self.options = options if options is not None else Options(**fields)
        self._native: NativeServer | None = None
        self._bridges: dict[asyncio.AbstractEventLoop, AsyncBridge] = {}
        self._bridges_lock = threading.Lock()

    @property
    def native(self) -> NativeServer:
        """The bridge's server object."""
        if self._native is None:
            raise InvalidArgumentError("Server not started")
        return self._native

    def bridge(self) -> AsyncBridge:
        """What delivers responses to the running event loop; one per loop."""
        loop = asyncio.get_running_loop()
        with self._bridges_lock:
            bridge = self._bridges.get(loop)
            if bridge is None:
                for ended in [other for other in self._bridges if other.is_closed()]:
                    self._bridges.pop(ended).close()
                bridge = self._bridges[loop] = AsyncBridge(loop)
            return bridge

    # --- life ---

    def start(
        self,
        wait_until_ready: bool = False,
        polling_interval: float = 0.1,
        timeout: float | None = None,
    ) -> Self:
        """Starts the server and loads what the model control mode says. Times are in seconds."""
        if self._native is not None:
            raise InvalidArgumentError("Server already started")
        self._native = NativeServer(self.options.native())
        deadline = None if timeout is None else time.monotonic() + timeout
        while wait_until_ready and not self.ready():
            if deadline is not None and time.monotonic() >= deadline:
                raise UnavailableError("Timeout before ready")
            time.sleep(polling_interval)
        return self

    def stop(self, timeout: int | None = None) -> None:
        """Waits up to ``timeout`` seconds (the options' exit_timeout if None) for requests in
        flight, unloads all models and lets the server go. Does nothing to a stopped server."""
        native = self._native
        if native is None:
            return
        self._native = None
        try:
            native.stop(timeout)
        finally:
            native.close()
            with self._bridges_lock:
                bridges, self._bridges = self._bridges, {}
            for loop, bridge in bridges.items():
                if loop.is_closed():
                    bridge.close()
                else:
                    # Its own thread is the only one that may touch the loop; what is in flight has
                    # been answered, and is delivered before the bridge goes.
                    loop.call_soon_threadsafe(bridge.close_when_idle)

    def __enter__(self) -> Self:
        return self if self._native is not None else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # --- state ---

    def live(self) -> bool:
        return self.native.is_live()

    def ready(self) -> bool:
        return self.native.is_ready()

    def metadata(self) -> dict[str, Any]:
        """Name, version and extensions."""
        return self.native.metadata()

    def metrics(self) -> str:
        """All metrics as Prometheus text."""
        return self.native.metrics_text()

    def statistics(self) -> dict[str, Any]:
        """The statistics of all models."""
        return self.native.model_statistics()

    # --- models ---

    def model(self, model_name: str, model_version: int = -1) -> Model:
        """The model of that name; whether it exists shows at its first use."""
        if self._native is None:
            raise InvalidArgumentError("Server not started")
        return Model(self, model_name, model_version)

    def models(self, exclude_not_ready: bool = False) -> ModelDictionary:
        """All models of the repositories, with their states."""
        return ModelDictionary(
            self,
            [
                Model(
                    self,
                    entry["name"],
                    int(entry.get("version") or -1),
                    entry.get("state"),
                    entry.get("reason"),
                )
                for entry in self.native.model_index(exclude_not_ready)
            ],
        )

    def load(
        self,
        model_name: str,
        parameters: dict[str, str | int | bool | float | bytes] | None = None,
    ) -> Model:
        """Loads a model and waits for it (ModelControlMode.EXPLICIT).

        ``parameters``: ``config``, a JSON text in place of the repository's config.pbtxt, and
        ``file:<path>``, bytes in place of the file.
        """
        self.native.load(model_name, parameters)
        return self.model(model_name)

    def unload(
        self,
        model: str | Model,
        unload_dependents: bool = False,
        wait_until_unloaded: bool = False,
        polling_interval: float = 0.1,
        timeout: float | None = None,
    ) -> None:
        """Unloads a model (ModelControlMode.EXPLICIT). Times are in seconds."""
        name = model.name if isinstance(model, Model) else model
        self.native.unload(name, unload_dependents)
        deadline = None if timeout is None else time.monotonic() + timeout
        while wait_until_unloaded and self._in_memory(name):
            if deadline is not None and time.monotonic() >= deadline:
                raise UnavailableError(f"Timeout before unload of '{name}'")
            time.sleep(polling_interval)

    def _in_memory(self, name: str) -> bool:
        return any(
            entry["name"] == name and entry.get("state") not in (None, "", "UNAVAILABLE")
            for entry in self.native.model_index()
        )

    def register_model_repository(
        self, repository_path: str, name_mapping: dict[str, str] | None = None
    ) -> None:
        """Adds a repository (ModelControlMode.EXPLICIT); name_mapping: folder -> model name."""
        self.native.register_model_repository(repository_path, name_mapping)

    def unregister_model_repository(self, repository_path: str) -> None:
        """Removes a repository (ModelControlMode.EXPLICIT)."""
        self.native.unregister_model_repository(repository_path)

    def poll_model_repository(self) -> None:
        """Looks for changes in the repositories now (ModelControlMode.POLL)."""
        self.native.poll_model_repository()

    def __repr__(self) -> str:
        state = "stopped" if self._native is None else "started"
        try:
            repositories = ", ".join(self.options.repositories())
        except InvalidArgumentError:
            repositories = "no model repository"
        return f"Server({self.options.server_id!r}, {repositories}, {state})"

    def _repr_html_(self) -> str:
        if self._native is None:
            return f"<p>{self!r}</p>"
        return self.models()._repr_html_()
