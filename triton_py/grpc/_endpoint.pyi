# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any, TypeAlias

from triton_py.frontend.access_log import AccessLog
from triton_py.frontend.restriction import Restriction
from triton_py.grpc.options import GrpcOptions
from triton_py.inprocess import NativeServer
from triton_py.tracing._tracer import Tracer

Handler: TypeAlias = Callable[[Any, Any], Awaitable[bytes | None]]
Route: TypeAlias = tuple[str, Handler, Restriction | None]
Forward: TypeAlias = Callable[[Iterable[tuple[str, str | bytes]]], Iterable[tuple[str, str]]]

class Endpoint:
    """What the connections of one port share."""

    requests: int
    stopping: bool
    def __init__(
        self,
        server: NativeServer,
        options: GrpcOptions,
        loop: asyncio.AbstractEventLoop,
        pool: Executor,
        routes: Mapping[bytes, Route],
        infer_handler: Handler,
        forward: Forward | None,
        encode: Callable[..., bytes],
        tracer: Tracer,
        access_log: AccessLog | None = None,
    ) -> None: ...
    def open(self) -> None: ...
    async def close(self, grace: float) -> bool: ...
    @property
    def open_connections(self) -> int: ...
