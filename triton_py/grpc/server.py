# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The gRPC server: its methods on the transport that the options ask for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from triton_py.errors import UnavailableError
from triton_py.grpc._nghttp2 import LibraryNotFound
from triton_py.grpc.handlers import Handlers
from triton_py.grpc.nghttp2_transport import Nghttp2Transport
from triton_py.grpc.options import GrpcOptions, Transport
from triton_py.inprocess import NativeServer
from triton_py.tracing import TraceManager

if TYPE_CHECKING:
    from triton_py.frontend.access_log import AccessLog
    from triton_py.grpc.grpcio_transport import GrpcioTransport

log = logging.getLogger(__name__)


class GrpcServer:
    """Serves one ``NativeServer`` over gRPC.

    To be started and stopped on the event loop that it shall run on, which must be uvloop's unless
    the transport is grpcio's. The access log stays the caller's.
    """

    def __init__(self, server: NativeServer, options: GrpcOptions | None = None,
                 tracing: TraceManager | None = None, access_log: AccessLog | None = None
                 ) -> None:
        self._server = server
        self._options = options or GrpcOptions()
        #: Shared with the server's other front ends; whoever made it closes it.
        self._tracing = tracing or TraceManager()
        self._log = access_log
        self._handlers: Handlers | None = None
        self._transport: GrpcioTransport | Nghttp2Transport | None = None

    async def start(self) -> str:
        """Binds and serves; returns the bound ``address:port``, or ``unix:PATH``.

        Raises ``UnavailableError`` if the address can't be bound, or if nghttp2 was asked for and
        there is none; ``InvalidArgumentError`` for certificates that can't be used.
        """
        if self._transport is not None:
            raise UnavailableError("GRPC server is already running.")
        handlers = Handlers(self._server, self._options, self._tracing)
        try:
            transport = self._make(handlers)
            address = await transport.start()
        except BaseException:
            await handlers.close()
            raise
        self._handlers, self._transport = handlers, transport
        return address

    def _make(self, handlers: Handlers) -> GrpcioTransport | Nghttp2Transport:
        if self._options.transport is not Transport.GRPCIO:
            try:
                return Nghttp2Transport(self._server, handlers, self._options, self._log)
            except LibraryNotFound as error:
                if self._options.transport is Transport.NGHTTP2:
                    raise UnavailableError(f"the gRPC transport nghttp2 can't be had: {error}"
                                           ) from error
                log.warning("gRPC runs on grpcio, which is slower: %s", error)
        from triton_py.grpc.grpcio_transport import GrpcioTransport

        return GrpcioTransport(handlers, self._options, self._log)

    async def reload(self) -> bool:
        """Reads the certificates again; False if they can't be used, and the old ones stay."""
        return self._transport is None or await self._transport.reload()

    async def stop(self, grace_seconds: float = 30.0) -> None:
        """No new calls; those in flight get ``grace_seconds`` to finish, then are cancelled."""
        transport, handlers = self._transport, self._handlers
        if transport is None or handlers is None:
            return
        self._transport = None
        handlers.stopping.set()
        await transport.stop(grace_seconds)
        # Cancelled calls leave requests behind that the core still has to give back.
        await handlers.close()
        self._handlers = None
