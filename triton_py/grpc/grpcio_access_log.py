# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The access log on grpcio's transport: what ``_connection`` notes on our own."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Any
from urllib.parse import unquote

import grpc

from triton_py.frontend.access_log import AccessLog
from triton_py.grpc._decode import decode_request
from triton_py.grpc.handlers import Handler

#: Bytes before each message on the wire.
PREFIX = 5
INFER = "/inference.GRPCInferenceService/ModelInfer"


def _peer(context: Any) -> str:
    """``host:port``, or ``unix:``, out of gRPC's own spelling."""
    text = unquote(context.peer())
    for kind in ("ipv4:", "ipv6:"):
        text = text.removeprefix(kind)
    return text


def _model(data: Any) -> str | None:
    try:
        return decode_request(data, 1 << 20, 1 << 20).name or None
    except Exception:  # noqa: BLE001  the handler answers what is wrong with it
        return None


class _Counting:
    """A call's context as the handlers use it, which counts what passes."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.received = 0
        self.sent = 0
        self.status = grpc.StatusCode.OK

    def invocation_metadata(self) -> Any:
        return self._context.invocation_metadata()

    async def read(self) -> Any:
        message = await self._context.read()
        if message is not grpc.aio.EOF:
            self.received += len(message) + PREFIX
        return message

    async def write(self, message: bytes) -> None:
        await self._context.write(message)
        self.sent += len(message) + PREFIX

    async def abort(self, code: grpc.StatusCode, details: str = "") -> None:
        self.status = code
        await self._context.abort(code, details)


def logged(log: AccessLog, path: str, handler: Handler) -> Handler:
    """The handler, whose calls are noted."""
    async def handle(data: Any, context: Any) -> Any:
        began = perf_counter_ns()
        counting = _Counting(context)
        if isinstance(data, bytes):
            counting.received = len(data) + PREFIX
        try:
            response = await handler(data, counting)
            if response is not None:
                counting.sent += len(response) + PREFIX
            return response
        except asyncio.CancelledError:
            counting.status = grpc.StatusCode.CANCELLED
            raise
        except BaseException:
            if counting.status is grpc.StatusCode.OK:
                counting.status = grpc.StatusCode.UNKNOWN
            raise
        finally:
            log.write(_peer(context), "gRPC", "POST", path,
                      _model(data) if path == INFER else None, counting.status.name,
                      counting.received, counting.sent, (perf_counter_ns() - began) // 1000)

    return handle
