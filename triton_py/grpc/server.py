# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The gRPC server: registers the services' methods on grpcio's asyncio server.

Handlers get and give raw bytes. Inference is decoded and encoded by our own codec, the other calls
by protobuf.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from triton_py.errors import InvalidArgumentError, UnavailableError
from triton_py.grpc import health
from triton_py.grpc.control import CALLS, SLOW
from triton_py.grpc.infer import Inference
from triton_py.grpc.options import GrpcOptions, Tls
from triton_py.grpc.status import abort
from triton_py.grpc.stream import SHUTTING_DOWN, Stream, write
from triton_py.inprocess import AsyncBridge, NativeServer
from triton_py.proto import grpc_service as pb


def _read(path: str, what: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InvalidArgumentError(
            f"can't read the gRPC {what} '{path}': {error.strerror}") from error


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(_read(tls.server_key, "server key"), _read(tls.server_cert, "server certificate"))],
        root_certificates=_read(tls.root_cert, "root certificate") if tls.root_cert else None,
        require_client_auth=tls.mutual,
    )


class _Handlers(grpc.GenericRpcHandler):
    """Which handler serves a path."""

    def __init__(self, table: dict[str, grpc.RpcMethodHandler]) -> None:
        self._table = table

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        return self._table.get(details.method)


class GrpcServer:
    """Serves one ``NativeServer`` over gRPC.

    To be started and stopped on the event loop that it shall run on.
    """

    def __init__(self, server: NativeServer, options: GrpcOptions | None = None) -> None:
        self._server = server
        self._options = options or GrpcOptions()
        self._grpc: grpc.aio.Server | None = None
        self._bridge: AsyncBridge | None = None
        # Loads may take minutes: they don't keep health checks waiting for a thread.
        self._quick: ThreadPoolExecutor | None = None
        self._slow: ThreadPoolExecutor | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> str:
        """Binds and serves; returns the bound ``address:port``.

        Raises ``UnavailableError`` if the address can't be bound.
        """
        if self._grpc is not None:
            raise UnavailableError("GRPC server is already running.")
        options = self._options
        # Before anything is made that would have to be given back.
        credentials = _credentials(options.tls) if options.tls else None
        server = grpc.aio.server(
            options=options.channel_arguments(),
            maximum_concurrent_rpcs=options.max_concurrent_calls,
            compression=options.compression.algorithm,
        )
        where = f"{options.address}:{options.port}"
        if ":" in options.address and not options.address.startswith("["):
            where = f"[{options.address}]:{options.port}"
        try:
            if credentials is not None:
                port = server.add_secure_port(where, credentials)
            else:
                port = server.add_insecure_port(where)
        except RuntimeError as error:
            raise UnavailableError(f"Socket '{where}' already in use or not to be bound: {error}"
                                   ) from error
        self._stopping.clear()
        self._bridge = AsyncBridge(asyncio.get_running_loop())
        self._quick = ThreadPoolExecutor(4, "grpc-control")
        self._slow = ThreadPoolExecutor(4, "grpc-load")
        self._inference = Inference(self._server, self._bridge, options)
        server.add_generic_rpc_handlers((_Handlers(self._table()),))
        self._grpc = server
        await server.start()
        return f"{where.rpartition(':')[0]}:{port}"

    async def stop(self, grace_seconds: float = 30.0) -> None:
        """No new calls; those in flight get ``grace_seconds`` to finish, then are cancelled."""
        server, bridge = self._grpc, self._bridge
        if server is None or bridge is None:
            return
        self._grpc = None
        self._stopping.set()
        await server.stop(grace_seconds)
        # Cancelled calls leave requests behind that the core still has to give back.
        bridge.cancel_all()
        await bridge.wait_idle(1.0)
        bridge.close()
        self._bridge = None
        assert self._quick is not None and self._slow is not None
        self._quick.shutdown(wait=False)
        self._slow.shutdown(wait=False)

    # --- handlers ---

    def _table(self) -> dict[str, grpc.RpcMethodHandler]:
        table = {
            f"/{health.SERVICE}/Check": grpc.unary_unary_rpc_method_handler(self._check),
            f"/{health.SERVICE}/Watch": grpc.unary_stream_rpc_method_handler(self._watch),
        }
        for name, method in pb.METHODS.items():
            if name == "ModelInfer":
                handler = grpc.unary_unary_rpc_method_handler(self._model_infer)
            elif name == "ModelStreamInfer":
                handler = grpc.stream_stream_rpc_method_handler(self._model_stream_infer)
            else:
                handler = grpc.unary_unary_rpc_method_handler(self._control(name, method))
            table[method.path] = handler
        return table

    async def _blocking(self, slow: bool, function: Callable[..., Any], *arguments: Any) -> Any:
        pool = self._slow if slow else self._quick
        return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)

    def _control(
        self, name: str, method: Any
    ) -> Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]:
        call = CALLS[name]
        slow = name in SLOW

        def run(data: bytes) -> bytes:
            try:
                request = method.request.FromString(data)
            except DecodeError as error:
                raise InvalidArgumentError(f"malformed {name} request: {error}") from error
            return call(self._server, request).SerializeToString()

        async def handle(data: bytes, context: grpc.aio.ServicerContext) -> bytes:
            try:
                return await self._blocking(slow, run, data)
            except Exception as error:
                await abort(context, error)
                raise  # abort() has raised already; for the type checker

        return handle

    async def _model_infer(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        try:
            if self._stopping.is_set():
                raise UnavailableError(SHUTTING_DOWN)
            # Metadata is asked for only where it's used: making the tuples costs.
            metadata = context.invocation_metadata() if self._options.header_forward_pattern else ()
            return await self._inference.unary(data, metadata)
        except Exception as error:
            # asyncio.CancelledError is none: the client left, and the bridge cancels the request.
            await abort(context, error)
            raise

    async def _model_stream_infer(self, _: Any, context: grpc.aio.ServicerContext) -> None:
        stream = Stream(self._inference, context, context.invocation_metadata() or (),
                        self._stopping, self._options.max_stream_backlog)
        try:
            await stream.run()
        except Exception as error:  # noqa: BLE001  abort() raises
            await abort(context, error)

    async def _ready(self) -> bool:
        return not self._stopping.is_set() and await self._blocking(False, self._server.is_ready)

    async def _check(self, _: bytes, context: grpc.aio.ServicerContext) -> bytes:
        try:
            return health.status_bytes(await self._ready())
        except Exception as error:
            await abort(context, error)
            raise

    async def _watch(self, _: bytes, context: grpc.aio.ServicerContext) -> None:
        last = None
        while not self._stopping.is_set():
            status = health.status_bytes(await self._ready())
            if status != last:
                if not await write(context, status):
                    return
                last = status
            try:
                await asyncio.wait_for(self._stopping.wait(), health.WATCH_INTERVAL)
            except TimeoutError:
                continue
        await write(context, health.NOT_SERVING)
