# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Our own transport: nghttp2 inside asyncio protocols, on a uvloop event loop."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from triton_py.errors import UnavailableError
from triton_py.grpc._connection import Connection
from triton_py.grpc._endpoint import Endpoint
from triton_py.grpc._nghttp2 import load
from triton_py.grpc.handlers import Handlers
from triton_py.grpc.options import GrpcOptions
from triton_py.grpc.tls import server_context
from triton_py.inprocess import NativeServer


class Nghttp2Transport:
    """One listening port; made once, started and stopped once.

    Raises ``LibraryNotFound`` where there is no nghttp2.
    """

    def __init__(self, server: NativeServer, handlers: Handlers, options: GrpcOptions) -> None:
        load()
        # Before anything is made that would have to be given back.
        self._tls = server_context(options.tls) if options.tls else None
        self._options = options
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2), "grpc-pack")
        routes = {path.encode(): route for path, route in handlers.table().items()}
        inference = handlers.inference
        self._endpoint = Endpoint(
            server, options, asyncio.get_running_loop(), self._pool, routes,
            handlers.model_infer, inference.forwarded if inference.forwards else None,
            inference.encode, handlers.tracing.tracer)
        self._listener: asyncio.AbstractServer | None = None

    async def start(self) -> str:
        """Binds and serves; returns the bound ``address:port``.

        Raises ``UnavailableError`` if the address can't be bound.
        """
        options, endpoint = self._options, self._endpoint
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: Connection(endpoint), options.address.strip("[]"), options.port, backlog=1024,
                reuse_port=options.reuse_port or None, ssl=self._tls)
        except OSError as error:
            raise UnavailableError(
                f"Socket '{options.where}' already in use or not to be bound: {error}") from error
        endpoint.open()
        port = self._listener.sockets[0].getsockname()[1]
        return f"{options.where.rpartition(':')[0]}:{port}"

    async def stop(self, grace_seconds: float) -> None:
        """No new calls; those in flight get ``grace_seconds`` to finish, then are cancelled."""
        if self._listener is None:
            return
        self._listener.close()
        self._listener = None
        await self._endpoint.close(grace_seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
