# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The HTTP front end as one object to start and stop."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import triton_py.core  # noqa: F401  the C API, which the modules below bind to
from triton_py.frontend.listener import Listener
from triton_py.frontend.tls import Certificates
from triton_py.http._protocol import Connection, Endpoint
from triton_py.http.app import ControlPlane
from triton_py.http.load_metrics import LoadMetrics
from triton_py.http.options import HttpOptions
from triton_py.tracing import TraceManager

if TYPE_CHECKING:
    from triton_py.frontend.access_log import AccessLog
    from triton_py.inprocess import NativeServer

#: Over TLS, for a client to take the last answer: the connection itself watches that it does.
FAREWELL_SECONDS = 3600.0


class Port:
    """A listening socket and its connections; runs on a uvloop event loop.

    :raises InvalidArgumentError: certificates that can't be used.
    """

    def __init__(self, options: HttpOptions, endpoint: Endpoint) -> None:
        o = options
        self._endpoint = endpoint
        self._listener = Listener(
            lambda: Connection(endpoint), o.address, o.port, reuse_port=o.reuse_port,
            mode=o.unix_socket_mode, farewell=FAREWELL_SECONDS,
            certificates=Certificates(o.tls, "HTTP", "http/1.1") if o.tls else None)
        self._open = False

    async def open(self) -> str:
        """Listens; returns ``host:port`` as bound, or ``unix:PATH``.

        :raises OSError: the address can't be bound.
        """
        await self._listener.open()
        self._open = True
        self._endpoint.open()
        return self._listener.bound

    async def reload(self) -> bool:
        """:meth:`Listener.reload`."""
        return await self._listener.reload()

    async def close(self, grace: float) -> bool:
        """Stops listening, then :meth:`Endpoint.close`."""
        if not self._open:
            return True
        self._open = False
        self._listener.close()
        return await self._endpoint.close(grace)


class HttpServer:
    """KServe v2 over HTTP/1.1 for one server.

    ``start`` and ``stop`` belong to one event loop, which must be uvloop's (asyncio's own does not
    take a transport's buffers from C types the way this front end relies on being fast). The
    access log stays the caller's.
    """

    def __init__(self, server: NativeServer, options: HttpOptions | None = None,
                 tracing: TraceManager | None = None, access_log: AccessLog | None = None
                 ) -> None:
        self._server = server
        self.options = options or HttpOptions()
        #: Shared with the server's other front ends; whoever made it closes it.
        self._tracing = tracing or TraceManager()
        self._log = access_log
        self._port: Port | None = None
        self._app: ControlPlane | None = None
        self._endpoint: Endpoint | None = None
        self._pool: ThreadPoolExecutor | None = None

    async def start(self) -> str:
        """Listens; returns ``host:port`` as bound, or ``unix:PATH``.

        :raises OSError: the address can't be bound.
        :raises InvalidArgumentError: certificates that can't be used.
        """
        o = self.options
        loop = asyncio.get_running_loop()
        self._app = ControlPlane(self._server, o, self._tracing)
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2), "http-read")
        try:
            self._endpoint = Endpoint(
                self._server, self._app, o, loop, self._pool, self._tracing.tracer, self._log,
                LoadMetrics(self._server.metrics_text))
            self._port = Port(o, self._endpoint)
            return await self._port.open()
        except BaseException:
            self._app.close()
            self._pool.shutdown(wait=False)
            self._port = None
            raise

    async def reload(self) -> bool:
        """Reads the certificates again; False if they can't be used, and the old ones stay."""
        return self._port is None or await self._port.reload()

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
