# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any

from triton_py.frontend.access_log import AccessLog
from triton_py.http.load_metrics import LoadMetrics
from triton_py.http.message import Answer, Request
from triton_py.http.options import HttpOptions
from triton_py.inprocess import NativeServer
from triton_py.tracing._tracer import Tracer

class Endpoint:
    """What the connections of one port share."""

    requests: int
    def __init__(
        self,
        server: NativeServer | None,
        app: Callable[[Request], Answer | Coroutine[Any, Any, Answer]],
        options: HttpOptions,
        loop: asyncio.AbstractEventLoop,
        pool: Executor,
        tracer: Tracer | None = None,
        access_log: AccessLog | None = None,
        load: LoadMetrics | None = None,
    ) -> None: ...
    def open(self) -> None: ...
    async def close(self, grace: float) -> bool: ...
    @property
    def open_connections(self) -> int: ...

class Connection(asyncio.BufferedProtocol):
    """The protocol of one connection."""

    def __init__(self, endpoint: Endpoint) -> None: ...
    def get_buffer(self, sizehint: int) -> bytearray: ...
    def buffer_updated(self, nbytes: int) -> None: ...
