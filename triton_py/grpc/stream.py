# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``ModelStreamInfer``: many requests and their responses over one call.

Requests go to the core in the order in which they arrive. Responses of models that answer one to
one leave in that order too; those of decoupled models leave as they come. An error belongs to its
request and travels as a message, the stream goes on; unless the client sent the metadata
``triton_grpc_error: true``, then the first error ends the call with its status.

What waits for a client is bounded: beyond that no more requests are read, and one of a decoupled model,
whose responses can't be held back, is cancelled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any

import grpc

from triton_py.errors import TritonError, UnavailableError
from triton_py.grpc._decode import InferRequest
from triton_py.grpc._encode import encode_response
from triton_py.grpc._received import Received
from triton_py.grpc.infer import Inference, Metadata
from triton_py.grpc.status import SHUTTING_DOWN, as_triton_error
from triton_py.inprocess import FINAL, NativeResponse
from triton_py.inprocess.bridge import ResponseStream
from triton_py.tracing._tracer import TraceSample, now


async def write(context: Any, message: bytes) -> bool:
    """Sends a message of a stream; False if there is nobody any more to send it to."""
    try:
        await context.write(message)
    except (grpc.aio.InternalError, grpc.aio.UsageError, ConnectionError):
        # That a call is over can show in its next write before it shows as a cancellation.
        return False
    return True


def _text(error: TritonError) -> str:
    # A client takes a message without error text for a response.
    return error.message or error.code_name


class _Slot:
    """The place of one request's responses among those that keep the order of arrival."""

    __slots__ = ("done", "messages")

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.done = False


class Stream:
    """One call of ``ModelStreamInfer``."""

    def __init__(self, inference: Inference, context: Any,
                 metadata: Metadata, stopping: asyncio.Event, max_backlog: int,
                 max_backlog_bytes: int) -> None:
        self._inference = inference
        self._context = context
        self._metadata = list(metadata)
        self._stopping = stopping
        self._max_backlog = max_backlog
        self._max_backlog_bytes = max_backlog_bytes
        self._bytes = 0         # of the messages that wait
        self._end_on_error = ("triton_grpc_error", "true") in (
            (k, v.decode("ascii", "replace") if isinstance(v, bytes) else v)
            for k, v in self._metadata
        )
        self._ordered: deque[_Slot] = deque()
        self._outbox: deque[bytes] = deque()
        self._tasks: dict[asyncio.Task[None], ResponseStream] = {}
        self._progress = asyncio.Event()
        self._fatal: TritonError | None = None
        #: When the last request was read, for traces.
        self._read_ns = now()

    # --- one request ---

    def _start(self, data: bytes | Received) -> None:
        """Sends a request to the core, before the next one is read, and has it answered."""
        slot = _Slot()
        self._ordered.append(slot)
        message: InferRequest | None = None
        sample: TraceSample | None = None
        target: _Slot | None = slot
        try:
            message = self._inference.decode(data)
            if self._stopping.is_set():
                raise UnavailableError(SHUTTING_DOWN)
            if self._inference.is_decoupled(message):
                self._settle(slot)
                target = None
            request, empty_final, classes = self._inference.build(
                message, self._metadata, now())
            sample = self._inference.trace(request, message.name, self._metadata, self._read_ns)
            self._read_ns = now()
            responses = self._inference.bridge.stream(request)
        except Exception as error:  # noqa: BLE001  as_triton_error logs what isn't ours
            if sample is not None:
                sample.close()
            self._fail(target, as_triton_error(error), message)
            self._settle(slot)
            return
        delivery = self._deliver(responses, message, slot, target, empty_final, classes)
        if sample is not None:
            delivery = self._traced(delivery, sample)
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks[task] = responses
        task.add_done_callback(self._finished)

    async def _traced(self, delivery: Coroutine[Any, Any, None], sample: TraceSample) -> None:
        """A delivery that is traced; what sends its messages is out of sight from here."""
        try:
            await delivery
            sample.stamp("INFER_RESPONSE_COMPLETE")
            sample.stamp("GRPC_SEND_START")
            sample.stamp("GRPC_SEND_END")
        finally:
            sample.close()

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._progress.set()

    async def _deliver(self, responses: ResponseStream, message: InferRequest, slot: _Slot,
                       target: _Slot | None, empty_final: bool,
                       classes: dict[str, int]) -> None:
        """Encodes a request's responses as they come. ``target`` is None for a decoupled model."""
        cut = False
        try:
            async for response, flags in responses:
                final = bool(flags & FINAL)
                if cut:
                    continue
                if response is not None:
                    encoded = self._encode(message, response, final, classes)
                    cut = target is None and self._is_too_much(encoded)
                    if cut:
                        responses.cancel()
                        encoded = self._error(message, self._overflow(), True)
                    self._put(target, encoded)
                elif final and target is None and empty_final:
                    self._put(target, encode_response(
                        message.name, message.version, message.request_id,
                        {"triton_final_response": True}, [], stream=True))
        except Exception as error:  # noqa: BLE001  as_triton_error logs what isn't ours
            self._fail(target, as_triton_error(error), message)
        finally:
            self._settle(slot)

    def _encode(self, message: InferRequest, response: NativeResponse, final: bool,
                classes: dict[str, int]) -> bytes:
        error = response.error
        if error is None:
            return self._inference.encode(response, classes, True, final)
        return self._error(message, error, final)

    def _error(self, message: InferRequest, error: TritonError, final: bool) -> bytes:
        if self._end_on_error:
            raise error
        return encode_response(
            message.name, message.version, message.request_id,
            {"triton_final_response": final}, [], stream=True, error=_text(error),
        )

    def _is_too_much(self, message: bytes) -> bool:
        # One that waits alone may be larger: else large outputs could not be had at all.
        return self._bytes > 0 and self._bytes + len(message) > self._max_backlog_bytes

    def _overflow(self) -> TritonError:
        return UnavailableError(
            f"more than {self._max_backlog_bytes} bytes of responses wait for this client to read "
            "them; the request is cancelled")

    def _fail(self, target: _Slot | None, error: TritonError, message: InferRequest | None) -> None:
        """A request that didn't make it to the core, or whose responses can't be sent."""
        if self._end_on_error:
            self._fatal = self._fatal or error
            self._progress.set()
            return
        id_ = message.request_id if message is not None else ""
        self._put(target, encode_response("", "", id_, {}, [], stream=True, error=_text(error)))

    def _put(self, target: _Slot | None, message: bytes) -> None:
        self._bytes += len(message)
        if target is None or (self._ordered and self._ordered[0] is target):
            self._outbox.append(message)
        else:
            target.messages.append(message)
        self._progress.set()

    def _settle(self, slot: _Slot) -> None:
        slot.done = True
        while self._ordered and self._ordered[0].done:
            self._outbox.extend(self._ordered.popleft().messages)
            if self._ordered:
                self._outbox.extend(self._ordered[0].messages)
                self._ordered[0].messages.clear()
        self._progress.set()

    # --- the call ---

    async def run(self) -> None:
        """Reads, infers and writes until the client is done; raises what ends the call early."""
        reader: asyncio.Future[Any] | None = None
        progress: asyncio.Future[Any] | None = None
        stop: asyncio.Future[Any] = asyncio.ensure_future(self._stopping.wait())
        reading = True
        try:
            while True:
                self._progress.clear()
                while self._outbox:
                    message = self._outbox.popleft()
                    if not await write(self._context, message):
                        return
                    self._bytes -= len(message)
                if self._fatal is not None:
                    raise self._fatal
                if self._stopping.is_set():
                    reading = False
                if not reading and not self._tasks and not self._outbox:
                    if self._stopping.is_set():
                        raise UnavailableError(SHUTTING_DOWN)
                    return
                if reading and reader is None and self._has_room:
                    reader = asyncio.ensure_future(self._context.read())
                if progress is None or progress.done():
                    progress = asyncio.ensure_future(self._progress.wait())
                waiting: set[asyncio.Future[Any]] = {progress}
                if reading:
                    waiting.add(stop)
                    if reader is not None:
                        waiting.add(reader)
                if self._outbox or self._progress.is_set():
                    continue
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if reader is not None and reader.done():
                    data = reader.result()
                    reader = None
                    if data is grpc.aio.EOF:
                        reading = False
                    else:
                        self._start(data)
        finally:
            for task, responses in self._tasks.items():
                task.cancel()
                responses.cancel()
            for future in (reader, progress, stop):
                if future is not None:
                    future.cancel()

    @property
    def _has_room(self) -> bool:
        return (len(self._tasks) + len(self._outbox) < self._max_backlog
                and self._bytes < self._max_backlog_bytes)
