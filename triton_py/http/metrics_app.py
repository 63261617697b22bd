# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics port: ``GET /metrics`` in Prometheus' text format."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import triton_py.core  # noqa: F401  the C API, which the modules below bind to
from triton_py.errors import TritonError
from triton_py.http._protocol import Endpoint
from triton_py.http.app import Result, error_answer
from triton_py.http.message import Answer, Request
from triton_py.http.options import HttpOptions, MetricsOptions
from triton_py.http.server import Port

if TYPE_CHECKING:
    from triton_py.inprocess import NativeServer


class MetricsServer:
    """Serves the core's metrics until stopped; outlives the inference ports on purpose."""

    def __init__(self, server: NativeServer, options: MetricsOptions | None = None) -> None:
        self._server = server
        self.options = options or MetricsOptions()
        self._port: Port | None = None
        self._pool: ThreadPoolExecutor | None = None

    async def start(self) -> str:
        """Listens; returns ``host:port`` as bound, or ``unix:PATH``.

        :raises OSError: the address can't be bound.
        """
        o = self.options
        self._pool = ThreadPoolExecutor(1, "metrics")
        limits = HttpOptions(address=o.address, port=o.port, reuse_port=o.reuse_port,
                             unix_socket_mode=o.unix_socket_mode, max_body_size=1 << 16,
                             max_connections=64)
        endpoint = Endpoint(None, self._app, limits, asyncio.get_running_loop(), self._pool)
        self._port = Port(limits, endpoint)
        try:
            return await self._port.open()
        except BaseException:
            self._pool.shutdown(wait=False)
            self._port = None
            raise

    async def stop(self, grace_seconds: float = 0) -> bool:
        """Stops listening; returns whether scrapes in flight were answered in time."""
        if self._port is None or self._pool is None:
            return True
        port, self._port = self._port, None
        answered = await port.close(grace_seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        return answered

    def _app(self, request: Request) -> Result:
        if request.path not in ("/metrics", "/metrics/"):
            return error_answer(404, "Not Found")
        if request.method != "GET":
            return error_answer(405, "Method Not Allowed", Allow="GET")
        return self._metrics()

    async def _metrics(self) -> Answer:
        try:
            text = await asyncio.get_running_loop().run_in_executor(
                self._pool, self._server.metrics_text)
        except TritonError as error:
            return error_answer(503 if error.code == 4 else 500, error.message)
        return Answer(200, text.encode(), "text/plain; charset=utf-8")
