# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses and the iterators that deliver them."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from triton_py.api.enums import DataType, MemoryType
from triton_py.api.memory import MemoryBuffer
from triton_py.api.tensor import Tensor
from triton_py.errors import InternalError, InvalidArgumentError, TritonError
from triton_py.inprocess import (
    FINAL,
    CompletionQueue,
    NativeRequest,
    NativeResponse,
    ResponseStream,
)

if TYPE_CHECKING:
    from triton_py.api.model import Model
    from triton_py.api.request import InferenceRequest

__all__ = ["AsyncResponseIterator", "InferenceResponse", "ResponseIterator"]


@dataclass
class InferenceResponse:
    """One response. The outputs' memory is the core's, shared without a copy; it is freed when the
    last tensor or array that shows it is gone."""

    model: Model
    request_id: str | None = None
    parameters: dict[str, str | int | bool | float | bytes] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    error: TritonError | None = None
    #: No response to the request follows.
    final: bool = False

    @property
    def empty(self) -> bool:
        """Carries nothing but the news that no response follows (decoupled models)."""
        return self.error is None and not self.outputs and not self.parameters

    def __getitem__(self, name: str) -> Tensor:
        try:
            return self.outputs[name]
        except KeyError:
            raise KeyError(f"no output '{name}', but {sorted(self.outputs)}") from None

    def __repr__(self) -> str:
        parts = [f"model={self.model.name!r} version {self.model.version}"]
        if self.request_id:
            parts.append(f"request_id={self.request_id!r}")
        if self.error is not None:
            parts.append(f"error={self.error!r}")
        if self.parameters:
            parts.append(f"parameters={self.parameters}")
        parts.append(f"outputs={self.outputs}")
        parts.append(f"final={self.final}")
        return f"InferenceResponse({', '.join(parts)})"

    @staticmethod
    def from_native(
        native: NativeResponse | None, flags: int, model: Model, request_id: str | None
    ) -> InferenceResponse:
        final = bool(flags & FINAL)
        if native is None:
            return InferenceResponse(model, request_id, final=final)
        model = model.at_version(native.model_version)
        error = native.error
        # An error response has no outputs to speak of.
        outputs = {} if error is not None else {
            output.name: Tensor(
                DataType[output.datatype],
                output.shape,
                MemoryBuffer(
                    output.data_ptr,
                    MemoryType(output.memory_type),
                    output.memory_type_id,
                    output.byte_size,
                    output,
                ),
            )
            for output in native.outputs
        }
        return InferenceResponse(
            model, native.id or request_id, native.parameters, outputs, error, final
        )


def _single(responses: list[InferenceResponse]) -> InferenceResponse:
    """The one response of a request that is answered once; its error is raised."""
    full = [response for response in responses if not response.empty] or responses[:1]
    if len(full) != 1:
        raise InternalError(
            f"expected a single response, but the model sent {len(full)}; iterate over them"
        )
    if full[0].error is not None:
        raise full[0].error
    return full[0]


class ResponseIterator:
    """Iterates over the responses to one request, waiting (without the GIL) for each.

    The request is in flight from the start; iterating only collects. To stop it, ``cancel``.
    """

    def __init__(
        self, native: NativeRequest, request: InferenceRequest, raise_on_error: bool
    ) -> None:
        self._native = native
        # Not the request itself: its inputs are not to live as long as this iterator.
        self._model = request.model
        self._request_id = request.request_id
        self._raise_on_error = raise_on_error
        self._arrived: deque[tuple[NativeResponse | None, int]] = deque()
        self._complete = False
        self._forward: queue.SimpleQueue[InferenceResponse] | None = None
        user_queue = request.response_queue
        if user_queue is not None and not isinstance(user_queue, queue.SimpleQueue):
            raise InvalidArgumentError(
                f"response_queue must be a queue.SimpleQueue here, not {type(user_queue).__name__}"
            )
        self._queue = CompletionQueue()
        native.submit(self._queue)
        if user_queue is not None:
            self._forward = queue.SimpleQueue()
            threading.Thread(
                target=self._copy_to, args=(user_queue,), name="triton-py responses", daemon=True
            ).start()

    def _copy_to(self, user_queue: queue.SimpleQueue[InferenceResponse]) -> None:
        assert self._forward is not None
        final = False
        while not final:
            response = self._receive(None)
            final = response.final
            user_queue.put(response)
            self._forward.put(response)

    def _receive(self, timeout: float | None) -> InferenceResponse:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._arrived:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._queue.wait(left):
                raise TimeoutError(f"no response within {timeout} seconds")
            for _, response, flags in self._queue.drain():
                self._arrived.append((response, flags))
                if flags & FINAL:
                    # So that the inputs are let go with the core's release of the request, not
                    # with this iterator.
                    self._queue.close()
        native, flags = self._arrived.popleft()
        return InferenceResponse.from_native(native, flags, self._model, self._request_id)

    def next(self, timeout: float | None = None) -> InferenceResponse:
        """The next response; StopIteration after the final one; TimeoutError after ``timeout``
        seconds without one (the request goes on)."""
        if self._complete:
            raise StopIteration
        if self._forward is not None:
            try:
                response = self._forward.get(timeout=timeout)
            except queue.Empty:
                raise TimeoutError(f"no response within {timeout} seconds") from None
        else:
            response = self._receive(timeout)
        self._complete = response.final
        if response.error is not None and self._raise_on_error:
            raise response.error
        return response

    def __iter__(self) -> ResponseIterator:
        return self

    def __next__(self) -> InferenceResponse:
        return self.next()

    def result(self, timeout: float | None = None) -> InferenceResponse:
        """Waits for the end and returns the only response; raises the error it carries.

        For models that answer once. ``timeout`` is in seconds, for the whole wait; when it is over
        the request is cancelled and TimeoutError raised.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        responses = []
        while not self._complete:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                responses.append(self.next(left))
            except TimeoutError:
                self.cancel()
                raise TimeoutError(f"no final response within {timeout} seconds") from None
        return _single(responses)

    def cancel(self) -> None:
        """Asks for cancellation; the responses still come, normally one with CancelledError."""
        self._native.cancel()


class AsyncResponseIterator:
    """Iterates over the responses to one request in an event loop.

    The request is in flight from the start. ``await`` the iterator itself for the only response of
    a model that answers once.
    """

    def __init__(
        self, stream: ResponseStream, request: InferenceRequest, raise_on_error: bool
    ) -> None:
        self._stream = stream
        # Not the request itself: its inputs are not to live as long as this iterator.
        self._model = request.model
        self._request_id = request.request_id
        self._raise_on_error = raise_on_error
        self._complete = False
        self._forward: asyncio.Queue[InferenceResponse] | None = None
        user_queue = request.response_queue
        if user_queue is not None:
            assert isinstance(user_queue, asyncio.Queue)
            self._forward = asyncio.Queue()
            self._copier = asyncio.ensure_future(self._copy_to(user_queue))

    async def _copy_to(self, user_queue: asyncio.Queue[InferenceResponse]) -> None:
        assert self._forward is not None
        final = False
        while not final:
            response = await self._receive()
            final = response.final
            self._forward.put_nowait(response)
            await user_queue.put(response)

    async def _receive(self) -> InferenceResponse:
        native, flags = await self._stream.__anext__()
        return InferenceResponse.from_native(native, flags, self._model, self._request_id)

    def __aiter__(self) -> AsyncResponseIterator:
        return self

    async def __anext__(self) -> InferenceResponse:
        if self._complete:
            raise StopAsyncIteration
        response = await (self._receive() if self._forward is None else self._forward.get())
        self._complete = response.final
        if response.error is not None and self._raise_on_error:
            raise response.error
        return response

    async def result(self) -> InferenceResponse:
        """The only response; its error is raised. A cancelled task cancels the request."""
        try:
            return _single([response async for response in self])
        except asyncio.CancelledError:
            self.cancel()
            raise

    def __await__(self) -> Generator[Any, None, InferenceResponse]:
        return self.result().__await__()

    def cancel(self) -> None:
        """Asks for cancellation; the responses still come, normally one with CancelledError."""
        self._stream.cancel()
