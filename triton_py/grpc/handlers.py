# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The services' methods, for whichever transport carries them.

A handler gets raw bytes and a context, of which it uses ``invocation_metadata``, ``read``,
``write`` and ``abort`` as grpcio's asyncio server has them. Inference is decoded and encoded by
our own codec, the other calls by protobuf.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError

from triton_py.errors import InvalidArgumentError, UnavailableError
from triton_py.frontend.restriction import Restriction
from triton_py.grpc import health
from triton_py.grpc.control import CALLS, SLOW, trace_setting
from triton_py.grpc.infer import Inference
from triton_py.grpc.options import GrpcOptions
from triton_py.grpc.restricted import of_path
from triton_py.grpc.status import SHUTTING_DOWN, abort
from triton_py.grpc.stream import Stream, write
from triton_py.inprocess import AsyncBridge, NativeServer
from triton_py.proto import grpc_service as pb
from triton_py.tracing import TraceManager

#: Of one message in and one out; of one in and many out; of many in and many out.
UNARY, RESPONSES, STREAM = "unary", "responses", "stream"
#: As STREAM, but of inferences, which the nghttp2 transport handles by itself.
INFERENCES = "inferences"

Handler = Callable[[Any, Any], Awaitable[Any]]


class Route(NamedTuple):
    """A method: of which kind it is, its handler, and what a client needs to call it."""

    kind: str
    handler: Handler
    restriction: Restriction | None


class Handlers:
    """All methods, over one server; belongs to one event loop."""

    def __init__(self, server: NativeServer, options: GrpcOptions, tracing: TraceManager) -> None:
        self._server = server
        self._options = options
        self.tracing = tracing
        self.bridge = AsyncBridge(asyncio.get_running_loop())
        self.inference = Inference(server, self.bridge, options, tracing.tracer)
        #: Set when the server stops: streams and watches end themselves.
        self.stopping = asyncio.Event()
        # Loads may take minutes: they don't keep health checks waiting for a thread.
        self._quick = ThreadPoolExecutor(4, "grpc-control")
        self._slow = ThreadPoolExecutor(4, "grpc-load")

    async def close(self) -> None:
        """Cancels what is left; the core gets a moment to give it back."""
        self.bridge.cancel_all()
        await self.bridge.wait_idle(1.0)
        self.bridge.close()
        self._quick.shutdown(wait=False)
        self._slow.shutdown(wait=False)

    def table(self) -> dict[str, Route]:
        """All methods, by path."""
        restricted = self._options.restricted
        return {path: Route(kind, handler, of_path(path, restricted))
                for path, (kind, handler) in self._methods().items()}

    def _methods(self) -> dict[str, tuple[str, Handler]]:
        table: dict[str, tuple[str, Handler]] = {
            f"/{health.SERVICE}/Check": (UNARY, self._check),
            f"/{health.SERVICE}/Watch": (RESPONSES, self._watch),
        }
        if self._options.reflection:
            from triton_py.grpc.reflection import ALPHA_SERVICE, SERVICE

            for service in (SERVICE, ALPHA_SERVICE):
                table[f"/{service}/ServerReflectionInfo"] = (STREAM, self._reflect)
        for name, method in pb.METHODS.items():
            if name == "ModelInfer":
                table[method.path] = (UNARY, self.model_infer)
            elif name == "ModelStreamInfer":
                table[method.path] = (INFERENCES, self._model_stream_infer)
            else:
                table[method.path] = (UNARY, self._control(name, method))
        return table

    async def _blocking(self, slow: bool, function: Callable[..., Any], *arguments: Any) -> Any:
        pool = self._slow if slow else self._quick
        return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)

    def _control(self, name: str, method: Any) -> Handler:
        call = trace_setting(self.tracing) if name == "TraceSetting" else CALLS[name]
        slow = name in SLOW

        def run(data: bytes) -> bytes:
            try:
                request = method.request.FromString(data)
            except DecodeError as error:
                raise InvalidArgumentError(f"malformed {name} request: {error}") from error
            return call(self._server, request).SerializeToString()

        async def handle(data: bytes, context: Any) -> bytes:
            try:
                return await self._blocking(slow, run, data)
            except Exception as error:
                await abort(context, error)
                raise  # abort() has raised already; for the type checker

        return handle

    async def model_infer(self, data: bytes, context: Any) -> bytes:
        try:
            if self.stopping.is_set():
                raise UnavailableError(SHUTTING_DOWN)
            # Metadata is asked for only where it's used: making the tuples costs.
            wanted = self._options.header_forward_pattern or self.tracing.tracer.is_propagating
            metadata = context.invocation_metadata() if wanted else ()
            return await self.inference.unary(data, metadata)
        except Exception as error:
            # asyncio.CancelledError is none: the client left, and the bridge cancels the request.
            await abort(context, error)
            raise

    async def _model_stream_infer(self, _: Any, context: Any) -> None:
        stream = Stream(self.inference, context, context.invocation_metadata() or (),
                        self.stopping, self._options.max_stream_backlog,
                        self._options.max_stream_backlog_bytes)
        try:
            await stream.run()
        except Exception as error:  # noqa: BLE001  abort() raises
            await abort(context, error)

    async def _ready(self) -> bool:
        return not self.stopping.is_set() and await self._blocking(False, self._server.is_ready)

    async def _check(self, _: bytes, context: Any) -> bytes:
        try:
            return health.status_bytes(await self._ready())
        except Exception as error:
            await abort(context, error)
            raise

    async def _reflect(self, _: Any, context: Any) -> None:
        from triton_py.grpc.reflection import answer

        stop = asyncio.ensure_future(self.stopping.wait())
        read: asyncio.Future[Any] | None = None
        try:
            while True:
                read = asyncio.ensure_future(context.read())
                await asyncio.wait({read, stop}, return_when=asyncio.FIRST_COMPLETED)
                if not read.done():
                    raise UnavailableError(SHUTTING_DOWN)
                message = read.result()
                if message is grpc.aio.EOF:
                    return
                if not await write(context, answer(bytes(message))):
                    return
        except Exception as error:  # noqa: BLE001  abort() raises
            await abort(context, error)
        finally:
            stop.cancel()
            if read is not None:
                read.cancel()

    async def _watch(self, _: bytes, context: Any) -> None:
        last = None
        while not self.stopping.is_set():
            status = health.status_bytes(await self._ready())
            if status != last:
                if not await write(context, status):
                    return
                last = status
            try:
                await asyncio.wait_for(self.stopping.wait(), health.WATCH_INTERVAL)
            except TimeoutError:
                continue
        await write(context, health.NOT_SERVING)
