# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Our own transport: nghttp2 inside asyncio protocols, on a uvloop event loop."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from triton_py.errors import UnavailableError
from triton_py.frontend.listener import Listener
from triton_py.frontend.tls import Certificates
from triton_py.grpc._connection import Connection
from triton_py.grpc._endpoint import Endpoint
from triton_py.grpc._nghttp2 import load
from triton_py.grpc.handlers import Handlers
from triton_py.grpc.options import GrpcOptions
from triton_py.inprocess import NativeServer

if TYPE_CHECKING:
    from triton_py.frontend.access_log import AccessLog


class Nghttp2Transport:
    """One listening port; made once, started and stopped once.

    Raises ``LibraryNotFound`` where there is no nghttp2.
    """

    def __init__(self, server: NativeServer, handlers: Handlers, options: GrpcOptions,
                 access_log: AccessLog | None = None) -> None:
        load()
        # Before anything is made that would have to be given back: it reads the certificates.
        self._listener = Listener(
            lambda: Connection(self._endpoint), options.address, options.port,
            reuse_port=options.reuse_port, mode=options.unix_socket_mode,
            certificates=Certificates(options.tls, "gRPC", "h2") if options.tls else None)
        self._options = options
        self._open = False
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2), "grpc-pack")
        routes = {path.encode(): route for path, route in handlers.table().items()}
        inference = handlers.inference
        self._endpoint = Endpoint(
            server, options, asyncio.get_running_loop(), self._pool, routes,
            handlers.model_infer, inference.forwarded if inference.forwards else None,
            inference.encode, handlers.tracing.tracer, access_log)

    async def start(self) -> str:
        """Binds and serves; returns the bound ``address:port``, or ``unix:PATH``.

        Raises ``UnavailableError`` if the address can't be bound.
        """
        where = self._options.where
        try:
            await self._listener.open()
        except OSError as error:
            raise UnavailableError(
                f"Socket '{where}' already in use or not to be bound: {error}") from error
        self._open = True
        self._endpoint.open()
        if self._listener.is_unix:
            return where
        return f"{where.rpartition(':')[0]}:{self._listener.port}"

    async def reload(self) -> bool:
        """Reads the certificates again; False if they can't be used, and the old ones stay."""
        return await self._listener.reload()

    async def stop(self, grace_seconds: float) -> None:
        """No new calls; those in flight get ``grace_seconds`` to finish, then are cancelled."""
        if not self._open:
            return
        self._open = False
        self._listener.close()
        await self._endpoint.close(grace_seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
