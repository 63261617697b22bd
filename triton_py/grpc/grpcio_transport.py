# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""grpcio's asyncio server as the transport: for where nghttp2 can't be had, or isn't wanted."""

from __future__ import annotations

import grpc

from triton_py.errors import UnavailableError
from triton_py.grpc.handlers import RESPONSES, STREAM, Handlers
from triton_py.grpc.options import GrpcOptions, Tls
from triton_py.grpc.tls import read_file


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(read_file(tls.server_key, "server key"),
          read_file(tls.server_cert, "server certificate"))],
        root_certificates=(read_file(tls.root_cert, "root certificate") if tls.root_cert
                           else None),
        require_client_auth=tls.mutual,
    )


class _Methods(grpc.GenericRpcHandler):
    """Which handler serves a path."""

    def __init__(self, handlers: Handlers) -> None:
        make = {RESPONSES: grpc.unary_stream_rpc_method_handler,
                STREAM: grpc.stream_stream_rpc_method_handler}
        self._table = {
            path: make.get(kind, grpc.unary_unary_rpc_method_handler)(handler)
            for path, (kind, handler) in handlers.table().items()
        }

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self._table.get(details.method)


class GrpcioTransport:
    """One listening port; made once, started and stopped once."""

    def __init__(self, handlers: Handlers, options: GrpcOptions) -> None:
        # Before anything is made that would have to be given back.
        self._credentials = _credentials(options.tls) if options.tls else None
        self._options = options
        self._server = grpc.aio.server(
            options=options.channel_arguments(),
            maximum_concurrent_rpcs=options.max_concurrent_calls,
            compression=options.compression.algorithm,
        )
        self._server.add_generic_rpc_handlers((_Methods(handlers),))

    async def start(self) -> str:
        """Binds and serves; returns the bound ``address:port``.

        Raises ``UnavailableError`` if the address can't be bound.
        """
        where = self._options.where
        try:
            if self._credentials is not None:
                port = self._server.add_secure_port(where, self._credentials)
            else:
                port = self._server.add_insecure_port(where)
        except RuntimeError as error:
            raise UnavailableError(f"Socket '{where}' already in use or not to be bound: {error}"
                                   ) from error
        await self._server.start()
        return f"{where.rpartition(':')[0]}:{port}"

    async def stop(self, grace_seconds: float) -> None:
        """No new calls; those in flight get ``grace_seconds`` to finish, then are cancelled."""
        await self._server.stop(grace_seconds)
