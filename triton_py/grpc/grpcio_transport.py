# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""grpcio's asyncio server as the transport: for where nghttp2 can't be had, or isn't wanted."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import TYPE_CHECKING, Any

import grpc

from triton_py.errors import InvalidArgumentError, UnavailableError
from triton_py.frontend.address import (
    LONGEST_PATH,
    check_unix,
    file_identity,
    remove_unix,
    unix_path,
)
from triton_py.frontend.restriction import Restriction
from triton_py.frontend.tls import Certificates
from triton_py.grpc.grpcio_access_log import logged
from triton_py.grpc.handlers import INFERENCES, RESPONSES, STREAM, Handler, Handlers
from triton_py.grpc.options import GrpcOptions
from triton_py.grpc.restricted import admitted, refusal

if TYPE_CHECKING:
    from triton_py.frontend.access_log import AccessLog

logger = logging.getLogger(__name__)


class _Credentials:
    """What grpcio asks for with each new connection: whether there are other certificates now.

    :raises InvalidArgumentError: those that there are can't be used.
    """

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self.credentials = grpc.dynamic_ssl_server_credentials(
            self._read(), self._fresh, certificates.tls.mutual)

    def _read(self) -> grpc.ServerCertificateConfiguration:
        source, tls = self._certificates, self._certificates.tls
        # OpenSSL says what is wrong with them; grpcio would only turn clients away.
        source.context()
        return grpc.ssl_server_certificate_configuration(
            [(source.read(tls.server_key, "server key"),
              source.read(tls.server_cert, "server certificate"))],
            source.read(tls.root_cert, "root certificate") if tls.root_cert else None)

    def _fresh(self) -> grpc.ServerCertificateConfiguration | None:
        if not self._certificates.changed():
            return None
        try:
            return self._read()
        except InvalidArgumentError as error:
            logger.error("gRPC goes on with the certificates it has: %s", error)
            return None


def _guarded(restriction: Restriction, handler: Handler) -> Handler:
    async def handle(data: Any, context: Any) -> Any:
        if not admitted(restriction, context.invocation_metadata() or ()):
            await context.abort(grpc.StatusCode.UNAVAILABLE, refusal(restriction))
        return await handler(data, context)

    return handle


class _Methods(grpc.GenericRpcHandler):
    """Which handler serves a path."""

    def __init__(self, handlers: Handlers, access_log: AccessLog | None) -> None:
        make = {RESPONSES: grpc.unary_stream_rpc_method_handler,
                STREAM: grpc.stream_stream_rpc_method_handler,
                INFERENCES: grpc.stream_stream_rpc_method_handler}
        self._table = {}
        for path, (kind, handler, restriction) in handlers.table().items():
            if restriction is not None:
                handler = _guarded(restriction, handler)
            if access_log is not None:
                handler = logged(access_log, path, handler)
            self._table[path] = make.get(kind, grpc.unary_unary_rpc_method_handler)(handler)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self._table.get(details.method)


class GrpcioTransport:
    """One listening port; made once, started and stopped once."""

    def __init__(self, handlers: Handlers, options: GrpcOptions,
                 access_log: AccessLog | None = None) -> None:
        # Before anything is made that would have to be given back.
        self._credentials = (
            _Credentials(Certificates(options.tls, "gRPC", "h2")).credentials
            if options.tls else None)
        self._options = options
        self._path = unix_path(options.address)
        self._file: tuple[int, int] | None = None
        self._server = grpc.aio.server(
            options=options.channel_arguments(),
            maximum_concurrent_rpcs=options.max_concurrent_calls,
            compression=options.compression.algorithm,
        )
        self._server.add_generic_rpc_handlers((_Methods(handlers, access_log),))

    async def start(self) -> str:
        """Binds and serves; returns the bound ``address:port``, or ``unix:PATH``.

        Raises ``UnavailableError`` if the address can't be bound.
        """
        where = self._options.where
        try:
            if self._path is not None:
                await self._start_unix(self._path)
                return where
            port = self._bind(where)
        except (RuntimeError, OSError) as error:
            raise UnavailableError(f"Socket '{where}' already in use or not to be bound: {error}"
                                   ) from error
        await self._server.start()
        return f"{where.rpartition(':')[0]}:{port}"

    def _bind(self, where: str) -> int:
        if self._credentials is not None:
            return self._server.add_secure_port(where, self._credentials)
        return self._server.add_insecure_port(where)

    async def _start_unix(self, path: str) -> None:
        check_unix(path)
        # grpcio listens at once, with the permissions that the umask leaves: so in a folder that
        # nobody else may enter, from where the socket goes to its place when it is as it should be.
        with tempfile.TemporaryDirectory(prefix=".", dir=os.path.dirname(path) or ".") as folder:
            place = os.path.join(os.path.abspath(folder), "s")
            if len(os.fsencode(place)) > LONGEST_PATH:
                raise OSError(f"the path must be {len(os.fsencode(place)) - LONGEST_PATH} bytes "
                              "shorter with this transport")
            self._bind(f"unix:{place}")
            os.chmod(place, self._options.unix_socket_mode)
            await self._server.start()
            os.rename(place, path)
        self._file = file_identity(path)

    async def reload(self) -> bool:
        """Nothing is to be done: new certificates are looked for with each new connection."""
        return True

    async def stop(self, grace_seconds: float) -> None:
        """No new calls; those in flight get ``grace_seconds`` to finish, then are cancelled."""
        if self._path is not None:
            remove_unix(self._path, self._file)
            self._file = None
        await self._server.stop(grace_seconds)
