# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The HTTP front end as one object to start and stop."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import triton_py.core  # noqa: F401  the C API, which the modules below bind to
from triton_py.http._protocol import Connection, Endpoint
from triton_py.http.app import ControlPlane
from triton_py.http.options import HttpOptions
from triton_py.tracing import TraceManager

if TYPE_CHECKING:
    from triton_py.inprocess import NativeServer


class Port:
    """A listening socket and its connections; runs on a uvloop event loop."""

    def __init__(self, address: str, port: int, reuse_port: bool, endpoint: Endpoint) -> None:
        self._where = (address, port, reuse_port)
        self._endpoint = endpoint
        self._listener: asyncio.AbstractServer | None = None

    async def open(self) -> str:
        """Listens; returns ``host:port`` as bound.

        :raises OSError: the address can't be bound.
        """
        address, port, reuse_port = self._where
        endpoint = self._endpoint
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Connection(endpoint), address, port, reuse_port=reuse_port or None,
            backlog=1024)
        endpoint.open()
        name = self._listener.sockets[0].getsockname()
        return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"

    async def close(self, grace: float) -> bool:
        """Stops listening, then :meth:`Endpoint.close`."""
        if self._listener is None:
            return True
        self._listener.close()
        self._listener = None
        return await self._endpoint.close(grace)


class HttpServer:
    """KServe v2 over HTTP/1.1 for one server.

    ``start`` and ``stop`` belong to one event loop, which must be uvloop's (asyncio's own does not
    take a transport's buffers from C types the way this front end relies on being fast).
    """

    def __init__(self, server: NativeServer, options: HttpOptions | None = None,
                 tracing: TraceManager | None = None) -> None:
        self._server = server
        self.options = options or HttpOptions()
        #: Shared with the server's other front ends; whoever made it closes it.
        self._tracing = tracing or TraceManager()
        self._port: Port | None = None
        self._app: ControlPlane | None = None
        self._endpoint: Endpoint | None = None
        self._pool: ThreadPoolExecutor | None = None

    async def start(self) -> str:
        """Listens; returns ``host:port`` as bound.

        :raises OSError: the address can't be bound.
        """
        o = self.options
        loop = asyncio.get_running_loop()
        self._app = ControlPlane(self._server, o, self._tracing)
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2), "http-read")
        self._endpoint = Endpoint(
            self._server, self._app, o, loop, self._pool, self._tracing.tracer)
        self._port = Port(o.address, o.port, o.reuse_port, self._endpoint)
        try:
            return await self._port.open()
        except BaseException:
            self._app.close()
            self._pool.shutdown(wait=False)
            self._port = None
            raise

    async def stop(self, grace_seconds: float = 0) -> bool:
        """No new connections and requests; returns whether all in flight were answered in time."""
        if self._port is None or self._app is None or self._pool is None:
            return True
        port, self._port = self._port, None
        answered = await port.close(grace_seconds)
        self._app.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        return answered

    def statistics(self) -> dict[str, Any]:
        """Open connections, and requests since the start."""
        if self._endpoint is None:
            return {"connections": 0, "requests": 0}
        return {"connections": self._endpoint.open_connections,
                "requests": self._endpoint.requests}
